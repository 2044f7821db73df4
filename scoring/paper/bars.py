"""What each characteristic gave, ready to draw."""

from dataclasses import dataclass

from scoring.engine import Contribution
from scoring.messages import shown_label


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """Points drawn from zero to where they stand, on the way from the fewest to the most; in percent of the way."""

    given: Contribution
    zero: float
    start: float
    width: float

    @property
    def label(self) -> str:
        return shown_label(self.given.label)

    @property
    def bin_label(self) -> str:
        return shown_label(self.given.bin_label)

    @property
    def is_negative(self) -> bool:
        return self.given.points < 0


def bar_of(given: Contribution) -> Bar:
    low, high = min(given.min_points, 0), max(given.max_points, 0)
    whole = (high - low) or 1
    zero, end = 100 * -low / whole, 100 * (given.points - low) / whole
    return Bar(given=given, zero=zero, start=min(zero, end), width=abs(end - zero))
