"""Which bin a row falls into and what it earns there: one characteristic at a time, for whole columns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol, Self

import numpy as np

from scoring.engine.arithmetic import RATIOS, CutOff, DebtRatios, Ratio, count_above, count_above_exactly
from scoring.engine.arrays import AnyColumn, FloatColumn, IntColumn, Mask, ScoreColumn, SmallColumn
from scoring.engine.bins import MissingBin, NoValueBin, NumericBin, OtherBin, ValuesBin
from scoring.engine.characteristic import Characteristic
from scoring.engine.outcomes import NO_BIN
from scoring.engine.vocabulary import MAY_HAVE_NO_VALUE, RAW_FACTS, scale_of


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Values:
    """
    What is known of a block of valid rows: raw numbers in sen and months, words, derived facts as doubles.

    `gaps` says where a raw fact is not known although its row can be scored.
    """

    numbers: Mapping[str, IntColumn]
    words: Mapping[str, AnyColumn]
    derived: Mapping[str, FloatColumn]
    gaps: Mapping[str, Mask]
    debt_ratios: DebtRatios


class Locator(Protocol):
    """Finds positions: along the numbers 0 is the lowest stretch, and no value comes after the highest."""

    def positions(self, values: Values) -> SmallColumn: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class IntegerLocator:
    """Sen and months are whole, so every comparison is exact as it stands."""

    fact: str
    thresholds: tuple[int, ...]

    def positions(self, values: Values) -> SmallColumn:
        return count_above(values.numbers[self.fact], self.thresholds)


@dataclass(frozen=True, slots=True, kw_only=True)
class RatioLocator:
    """Doubles decide, and integers where two guards of one cut-off disagree."""

    fact: str
    ratio: Ratio
    cut_offs: tuple[CutOff, ...]
    lower_guards: tuple[float, ...]
    upper_guards: tuple[float, ...]

    def positions(self, values: Values) -> SmallColumn:
        column = values.derived[self.fact]
        positions = count_above(column, self.upper_guards)
        near = positions != count_above(column, self.lower_guards)
        if near.any():
            positions[near] = count_above_exactly(self.ratio, self.cut_offs, values.numbers, values.debt_ratios, near)
        if self.fact in MAY_HAVE_NO_VALUE:
            np.putmask(positions, np.isnan(column), len(self.cut_offs) + 1)
        return positions


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WordLocator:
    """The position of a word is that of its bin in the card; an unlisted one stands after all bins unless it has one."""

    fact: str
    position_of: Mapping[str, int]
    unlisted: int

    def positions(self, values: Values) -> SmallColumn:
        words = values.words[self.fact].tolist()
        return np.array([self.position_of.get(word, self.unlisted) for word in words], dtype=np.int8)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Binner:
    """A characteristic made ready: from positions to bins and points by looking up."""

    fact: str
    may_lack: tuple[str, ...]
    missing_at: int | None
    locator: Locator
    bin_at: SmallColumn
    points_at: ScoreColumn

    @classmethod
    def of(cls, characteristic: Characteristic) -> Self:
        locator, order = _numeric(characteristic) if characteristic.fact not in RAW_FACTS else _raw(characteristic)
        missing = [place for place, index in enumerate(order) if _is_missing_bin(characteristic, index)]
        points = [0 if index == NO_BIN else characteristic.bins[index].points for index in order]
        return cls(
            fact=characteristic.fact,
            may_lack=characteristic.may_lack,
            missing_at=missing[0] if missing else None,
            locator=locator,
            bin_at=np.array(order, dtype=np.int8),
            points_at=np.array(points, dtype=np.int32),
        )

    def apply(self, values: Values, *, bins: SmallColumn, points: ScoreColumn) -> None:
        """Write the bin (its position in the card, -1 for an unlisted word) and the points of every row."""
        positions = self.locator.positions(values).astype(np.intp)
        if self.missing_at is not None:
            for name in values.gaps.keys() & self.may_lack:
                np.putmask(positions, values.gaps[name], self.missing_at)
        self.bin_at.take(positions, out=bins, mode="clip")
        self.points_at.take(positions, out=points, mode="clip")


def _is_missing_bin(characteristic: Characteristic, index: int) -> bool:
    return index != NO_BIN and isinstance(characteristic.bins[index], MissingBin)


def _raw(characteristic: Characteristic) -> tuple[Locator, list[int]]:
    if characteristic.is_categorical:
        return _words(characteristic)
    scale = scale_of(characteristic.fact)
    thresholds = tuple(cut_off.as_integer(scale) for cut_off in cut_offs_of(characteristic.numeric_bins))
    return IntegerLocator(fact=characteristic.fact, thresholds=thresholds), _order(characteristic)


def _numeric(characteristic: Characteristic) -> tuple[Locator, list[int]]:
    cut_offs = cut_offs_of(characteristic.numeric_bins)
    locator = RatioLocator(
        fact=characteristic.fact,
        ratio=RATIOS[characteristic.fact],
        cut_offs=cut_offs,
        lower_guards=tuple(cut_off.guards[0] for cut_off in cut_offs),
        upper_guards=tuple(cut_off.guards[1] for cut_off in cut_offs),
    )
    return locator, _order(characteristic)


def _words(characteristic: Characteristic) -> tuple[Locator, list[int]]:
    bins = characteristic.bins
    position_of = {
        value: index for index, bin_ in enumerate(bins) if isinstance(bin_, ValuesBin) for value in bin_.values
    }
    unlisted = next((index for index, bin_ in enumerate(bins) if isinstance(bin_, OtherBin)), len(bins))
    locator = WordLocator(fact=characteristic.fact, position_of=position_of, unlisted=unlisted)
    return locator, [*range(len(bins)), NO_BIN]


def _order(characteristic: Characteristic) -> list[int]:
    """List the places in the card of the bins from the lowest stretch up, then of those for no value and for missing."""
    bins = characteristic.bins
    others = [index for kind in (NoValueBin, MissingBin) for index, bin_ in enumerate(bins) if isinstance(bin_, kind)]
    return [*(bins.index(bin_) for bin_ in characteristic.numeric_bins), *others]


def cut_offs_of(bins: Sequence[NumericBin]) -> tuple[CutOff, ...]:
    """List the cut-offs between neighbouring bins from the lowest up."""
    return tuple(
        CutOff(value=right.lower, opens_upper=right.lower_included)
        for _, right in pairwise(bins)
        if right.lower is not None
    )
