"""The bins of a characteristic: a stretch of numbers, a list of words, everything else, no value at all, or not known."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final, TypeAlias

from scoring.engine.errors import ScorecardError

MOST_POINTS: Final = 100_000
CUT_OFF_LIMIT: Final = 10**15
MOST_DECIMALS: Final = 12


def check_text(text: object, *, where: str) -> None:
    """:raises ScorecardError: if this is not text or blank"""
    if not isinstance(text, str) or not text.strip():
        raise ScorecardError("not_text", {"where": where})


def check_whole(number: object, *, where: str) -> None:
    """:raises ScorecardError: if this is not a whole number of reasonable size"""
    if type(number) is not int or abs(number) > MOST_POINTS:
        raise ScorecardError("not_whole", {"where": where})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bin:
    label: str
    points: int

    def __post_init__(self) -> None:
        check_text(self.label, where="the label of a bin")
        check_whole(self.points, where=f"the points of “{self.label}”")


@dataclass(frozen=True, slots=True, kw_only=True)
class NumericBin(_Bin):
    """The numbers from `lower` to `upper`, in rupiah, months or as a ratio; None means without end."""

    lower: Decimal | None = None
    lower_included: bool = False
    upper: Decimal | None = None
    upper_included: bool = False

    def __post_init__(self) -> None:
        _Bin.__post_init__(self)
        for cut_off in (self.lower, self.upper):
            if cut_off is not None:
                self._check_cut_off(cut_off)
        if self.lower is not None and self.upper is not None and self.lower >= self.upper:
            raise ScorecardError("bin_empty", {"label": self.label, "lower": self.lower, "upper": self.upper})

    def _check_cut_off(self, cut_off: Decimal) -> None:
        exponent = cut_off.as_tuple().exponent
        if not isinstance(exponent, int):
            raise ScorecardError("cut_off_not_finite", {"label": self.label, "cut_off": cut_off})
        if exponent < -MOST_DECIMALS or abs(cut_off) >= CUT_OFF_LIMIT:
            raise ScorecardError("cut_off_unusable", {"label": self.label, "cut_off": cut_off})


@dataclass(frozen=True, slots=True, kw_only=True)
class ValuesBin(_Bin):
    """The listed words, spelled exactly so."""

    values: tuple[str, ...]

    def __post_init__(self) -> None:
        _Bin.__post_init__(self)
        if not self.values:
            raise ScorecardError("values_empty", {"label": self.label})
        for value in self.values:
            check_text(value, where=f"a value of “{self.label}”")


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherBin(_Bin):
    """Every word that no other bin lists."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoValueBin(_Bin):
    """A derived fact that has no value although its inputs are known: a debt service ratio on an income of zero."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingBin(_Bin):
    """An input of the fact is not known. It is not zero, and no word of its own."""


Bin: TypeAlias = NumericBin | ValuesBin | OtherBin | NoValueBin | MissingBin
