"""
The cells of a fact: the finest pieces its characteristics cut it into, each with one bin of every characteristic.

Positions lie between numbers: (v, BEFORE) just before v, (v, AFTER) just after it. A stretch from one position to a later
one is never empty, so open and closed ends need no cases: it includes v if it begins before v, or ends after it.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Final, Self, TypeAlias

from scoring.engine.arithmetic import CutOff
from scoring.engine.binning import cut_offs_of
from scoring.engine.bins import MissingBin, NoValueBin, OtherBin, ValuesBin
from scoring.engine.characteristic import Characteristic
from scoring.engine.vocabulary import LIMITS, RAW_FACTS, scale_of

BEFORE: Final = 0
AFTER: Final = 1
Position: TypeAlias = tuple[Fraction, int]
Places: TypeAlias = tuple[int, ...]  # of one bin in each of some characteristics

ZERO: Final[Position] = (Fraction(0), BEFORE)
ABOVE_ZERO: Final[Position] = (Fraction(0), AFTER)
END: Final[Position] = (Fraction(10**40), AFTER)  # beyond anything that valid input and cut-offs can make


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """The numbers between two positions, and the bin of each characteristic that they fall into."""

    lower: Position
    upper: Position
    bins: Places = ()

    @property
    def has_zero(self) -> bool:
        return self.lower <= ZERO and self.upper >= ABOVE_ZERO

    @property
    def positive(self) -> Self | None:
        """What of it lies above zero."""
        lower = max(self.lower, ABOVE_ZERO)
        return type(self)(lower=lower, upper=self.upper, bins=self.bins) if lower < self.upper else None


def stretches(fact: str, characteristics: Sequence[Characteristic]) -> list[Stretch]:
    """Cut the values a fact may have, in rupiah, months and plain ratios; raw facts count in whole sen and months."""
    own = [[_position(fact, cut_off) for cut_off in cut_offs_of(each.numeric_bins)] for each in characteristics]
    lowest, highest = _limits(fact)
    inner = sorted({cut for cuts in own for cut in cuts if lowest < cut < highest})
    return [
        Stretch(lower=lower, upper=upper, bins=_bins_at(before, characteristics, own))
        for before, (lower, upper) in _between(fact, [lowest, *inner, highest])
    ]


def _between(fact: str, ends: list[Position]) -> Iterator[tuple[Position, tuple[Position, Position]]]:
    """Pair the ends; a raw fact above a whole number begins at the next."""
    for lower, upper in pairwise(ends):
        value, side = lower
        is_stepped = fact in RAW_FACTS and side == AFTER
        yield lower, ((value + Fraction(1, scale_of(fact)), BEFORE) if is_stepped else lower, upper)


def _position(fact: str, cut_off: CutOff) -> Position:
    if fact in RAW_FACTS:
        scale = scale_of(fact)
        return Fraction(cut_off.as_integer(scale), scale), AFTER
    return Fraction(cut_off.value), BEFORE if cut_off.opens_upper else AFTER


def _limits(fact: str) -> tuple[Position, Position]:
    if fact not in RAW_FACTS:
        return ZERO, END
    scale = scale_of(fact)
    return (Fraction(LIMITS[fact].lowest, scale), BEFORE), (Fraction(LIMITS[fact].highest, scale), AFTER)


def _bins_at(position: Position, characteristics: Sequence[Characteristic], own: list[list[Position]]) -> Places:
    """Look up the bin of each characteristic that begins at the last of its own cut-offs up to there."""
    return tuple(
        each.bins.index(each.numeric_bins[bisect_right(cuts, position)])
        for each, cuts in zip(characteristics, own, strict=True)
    )


def bins_for_none(characteristics: Sequence[Characteristic]) -> Places:
    return tuple(index for each in characteristics for index, bin_ in enumerate(each.bins) if type(bin_) is NoValueBin)


def bins_for_missing(characteristics: Sequence[Characteristic]) -> Places | None:
    """The bins of an application that lacks the fact; None if a characteristic does not say what that earns."""
    found = tuple(index for each in characteristics for index, bin_ in enumerate(each.bins) if type(bin_) is MissingBin)
    return found if characteristics and len(found) == len(characteristics) else None


def word_cells(characteristics: Sequence[Characteristic]) -> list[Places]:
    """The bins of every word that some characteristic lists, of any other word, and of none given."""
    words = {word for each in characteristics for word in each.listed_values}
    cells = {*(_bins_of_word(word, characteristics) for word in (*words, None)), bins_for_missing(characteristics)}
    return sorted(cell for cell in cells if cell is not None)


def _bins_of_word(word: str | None, characteristics: Sequence[Characteristic]) -> Places | None:
    """None for a word that a characteristic refuses."""
    found = tuple(place for each in characteristics for place in _bin_of_word(word, each))
    return found if len(found) == len(characteristics) else None


def _bin_of_word(word: str | None, characteristic: Characteristic) -> Iterator[int]:
    is_listed = word in characteristic.listed_values
    for index, bin_ in enumerate(characteristic.bins):
        if (isinstance(bin_, ValuesBin) and word in bin_.values) or (isinstance(bin_, OtherBin) and not is_listed):
            yield index
