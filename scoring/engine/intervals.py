"""Stretches of numbers with exact ends, as the bins of a card cut them."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Self, TypeAlias

from scoring.engine.bins import NumericBin

End: TypeAlias = tuple[Fraction | None, bool]  # where it lies, and whether it is included


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """The numbers between two exact ends; None means without end."""

    lower: Fraction | None = None
    lower_included: bool = False
    upper: Fraction | None = None
    upper_included: bool = False

    @classmethod
    def of(cls, bin_: NumericBin) -> Self:
        return cls(
            lower=None if bin_.lower is None else Fraction(bin_.lower),
            lower_included=bin_.lower_included,
            upper=None if bin_.upper is None else Fraction(bin_.upper),
            upper_included=bin_.upper_included,
        )

    @property
    def is_empty(self) -> bool:
        if self.lower is None or self.upper is None:
            return False
        return self.lower > self.upper or (
            self.lower == self.upper and not (self.lower_included and self.upper_included)
        )

    def __contains__(self, number: int | Fraction) -> bool:
        above = self.lower is None or self.lower < number or (self.lower == number and self.lower_included)
        below = self.upper is None or number < self.upper or (self.upper == number and self.upper_included)
        return above and below

    def __and__(self, other: "Interval") -> "Interval":
        lower, lower_included = _tighter((self.lower, self.lower_included), (other.lower, other.lower_included), sign=1)
        upper, upper_included = _tighter(
            (self.upper, self.upper_included), (other.upper, other.upper_included), sign=-1
        )
        return Interval(lower=lower, lower_included=lower_included, upper=upper, upper_included=upper_included)

    def __mul__(self, other: "Interval") -> "Interval":
        """Multiply two intervals of numbers that are not negative."""
        return Interval(
            lower=(self.lower or Fraction(0)) * (other.lower or Fraction(0)),
            lower_included=self.lower_included and other.lower_included,
            upper=None if self.upper is None or other.upper is None else self.upper * other.upper,
            upper_included=self.upper_included and other.upper_included,
        )

    def inverse(self) -> "Interval":
        """Return 1 / x for every x of an interval of positive numbers."""
        return Interval(
            lower=Fraction(0) if self.upper is None else 1 / self.upper,
            lower_included=self.upper is not None and self.upper_included,
            upper=1 / self.lower if self.lower else None,
            upper_included=bool(self.lower) and self.lower_included,
        )


def _tighter(one: End, two: End, *, sign: int) -> End:
    """Pick the end that leaves less: the higher of two lower ends (sign 1), the lower of two upper ones (sign -1)."""
    if one[0] is None or two[0] is None:
        return two if one[0] is None else one
    if one[0] == two[0]:
        return one[0], one[1] and two[1]
    return one if (one[0] > two[0]) == (sign > 0) else two


POSITIVE = Interval(lower=Fraction(0))
NOT_NEGATIVE = Interval(lower=Fraction(0), lower_included=True)
