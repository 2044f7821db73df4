"""A characteristic as somebody wrote it, right or wrong, and what can be read off it."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from scoring.engine.arithmetic import RATIOS
from scoring.engine.bins import Bin, MissingBin, NumericBin, ValuesBin
from scoring.engine.vocabulary import ALWAYS_NEEDED, RAW_FACTS, FactKind


class Direction(StrEnum):
    """Which way the risk officer means the points to go; the lint says where they do not."""

    HIGHER_IS_BETTER = "higher_is_better"
    LOWER_IS_BETTER = "lower_is_better"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sketch:
    """The bins stand in the order the card shows them, which may differ from the order of the numbers."""

    name: str
    label: str
    fact: str
    bins: tuple[Bin, ...]
    refuses_unlisted: bool = False
    direction: Direction | None = None

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
