"""A characteristic: one fact cut into bins that leave nothing out and count nothing twice."""

import re
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Final

from scoring.engine.arithmetic import RATIOS
from scoring.engine.bins import Bin, MissingBin, NoValueBin, NumericBin, OtherBin, ValuesBin, check_text
from scoring.engine.errors import ScorecardError
from scoring.engine.vocabulary import ALWAYS_NEEDED, MAY_HAVE_NO_VALUE, RAW_FACTS, DerivedFact, FactKind

MOST_BINS: Final = 100
NAME: Final = re.compile(r"[a-z][a-z0-9_]*")
FACTS: Final = frozenset({*RAW_FACTS, *(fact.value for fact in DerivedFact)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Characteristic:
    """
    The bins stand in the order the card shows them, which may differ from the order of the numbers.

    :raises ScorecardError: if a value could fall into no bin or into two
    """

    name: str
    label: str
    fact: str
    bins: tuple[Bin, ...]
    refuses_unlisted: bool = False

    def __post_init__(self) -> None:
        check_text(self.name, where="the name of a characteristic")
        if not NAME.fullmatch(self.name):
            raise ScorecardError("not_a_name", {"where": f"“{self.name}”"})
        check_text(self.label, where=f"the label of {self.name}")
        check_text(self.fact, where=f"the fact of {self.name}")
        if self.fact not in FACTS:
            raise self._error("fact_unknown", fact=self.fact)
        self._check_labels()
        self._check_missing()
        if self.is_categorical:
            self._check_words()
        else:
            self._check_numbers()

    @property
    def is_categorical(self) -> bool:
        return RAW_FACTS.get(self.fact) is FactKind.CATEGORY

    @property
    def may_lack(self) -> tuple[str, ...]:
        """The raw facts this characteristic rests on that an application may lack."""
        inputs = (self.fact,) if self.fact in RAW_FACTS else RATIOS[self.fact].inputs
        return tuple(name for name in inputs if name not in ALWAYS_NEEDED)

    @property
    def has_missing_bin(self) -> bool:
        return any(isinstance(bin_, MissingBin) for bin_ in self.bins)

    @property
    def numeric_bins(self) -> tuple[NumericBin, ...]:
        """The bins of numbers from the lowest to the highest."""
        bins = [bin_ for bin_ in self.bins if isinstance(bin_, NumericBin)]
        return tuple(sorted(bins, key=lambda bin_: (bin_.lower is not None, bin_.lower or Decimal(0))))

    @property
    def listed_values(self) -> tuple[str, ...]:
        """The words that some bin lists, in card order."""
        return tuple(value for bin_ in self.bins if isinstance(bin_, ValuesBin) for value in bin_.values)

    @property
    def highest_points(self) -> int:
        return max(bin_.points for bin_ in self.bins)

    @property
    def lowest_points(self) -> int:
        return min(bin_.points for bin_ in self.bins)

    def _error(self, code: str, **params: object) -> ScorecardError:
        return ScorecardError(code, {"characteristic": self.name, **params})

    def _check_labels(self) -> None:
        if not self.bins:
            raise self._error("no_bins")
        if len(self.bins) > MOST_BINS:
            raise self._error("too_many_bins")
        seen: set[str] = set()
        for bin_ in self.bins:
            if bin_.label in seen:
                raise self._error("label_twice", label=bin_.label)
            seen.add(bin_.label)

    def _check_missing(self) -> None:
        count = sum(isinstance(bin_, MissingBin) for bin_ in self.bins)
        if count > 1:
            raise self._error("missing_bin_twice")
        if count and not self.may_lack:
            raise self._error("missing_bin_needless", fact=self.fact)
        if count == len(self.bins):
            raise self._error("no_bins")

    def _check_kinds(self, allowed: type[Bin] | tuple[type[Bin], ...], kind: str) -> None:
        for bin_ in self.bins:
            if not isinstance(bin_, allowed):
                raise self._error("bin_kind_wrong", label=bin_.label, kind=kind)

    def _check_numbers(self) -> None:
        self._check_kinds((NumericBin, NoValueBin, MissingBin), "numeric")
        if self.refuses_unlisted:
            raise self._error("unlisted_needless")
        self._check_no_value()
        bins = self.numeric_bins
        if not bins:
            raise self._error("no_bins")
        if bins[0].lower is not None:
            raise self._error("nothing_below", cut_off=bins[0].lower)
        for left, right in pairwise(bins):
            self._check_neighbours(left, right)
        if bins[-1].upper is not None:
            raise self._error("nothing_above", cut_off=bins[-1].upper)

    def _check_no_value(self) -> None:
        count = sum(isinstance(bin_, NoValueBin) for bin_ in self.bins)
        if count > 1:
            raise self._error("no_value_bin_twice")
        if self.fact in MAY_HAVE_NO_VALUE and not count:
            raise self._error("no_value_bin_missing", fact=self.fact)
        if self.fact not in MAY_HAVE_NO_VALUE and count:
            raise self._error("no_value_bin_needless", fact=self.fact)

    def _check_neighbours(self, left: NumericBin, right: NumericBin) -> None:
        """See that the line goes on exactly where it was left."""
        if left.upper is None or right.lower is None or left.upper > right.lower:
            raise self._error("overlap", left=left.label, right=right.label)
        if left.upper < right.lower:
            raise self._error("gap", lower=left.upper, upper=right.lower)
        if left.upper_included and right.lower_included:
            raise self._error("cut_off_in_both", cut_off=left.upper)
        if not (left.upper_included or right.lower_included):
            raise self._error("cut_off_in_none", cut_off=left.upper)

    def _check_words(self) -> None:
        self._check_kinds((ValuesBin, OtherBin, MissingBin), "category")
        others = sum(isinstance(bin_, OtherBin) for bin_ in self.bins)
        if others + self.refuses_unlisted != 1:
            raise self._error("unlisted_undecided")
        seen: set[str] = set()
        for value in self.listed_values:
            if value in seen:
                raise self._error("value_twice", value=value)
            seen.add(value)
