"""What the combinations of bins that can occur add up to: counted, with the best and the worst sum of every bin."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Final, Self

import numpy as np

from scoring.engine.arrays import IntTable, MaskTable
from scoring.engine.bins import Bin
from scoring.engine.cells import Places, word_cells
from scoring.engine.characteristic import Characteristic
from scoring.engine.margin import Margin
from scoring.engine.meeting import Cell, Groups, amount_cells, asset_cells, income_cells, meetings, tenor_cells
from scoring.engine.vocabulary import DerivedFact

NEVER: Final = 2**40
SOME: Final = 2**30  # more points than any card has
MOST_WORK: Final = 600_000_000  # comparisons; a few seconds
MOST_MEETINGS: Final = 50_000_000
NUMBERS: Final = (
    ("tenor_months",),
    ("loan_amount", DerivedFact.MONTHLY_INSTALLMENT.value),
    ("monthly_income", DerivedFact.DEBT_SERVICE_RATIO.value),
    ("assets_value", DerivedFact.ASSET_COVERAGE_RATIO.value),
)


@dataclass(slots=True, kw_only=True, eq=False)
class Family:
    """Characteristics judged together, and their cells: bins, points, and the best and worst sums each occurs with."""

    characteristics: Sequence[Characteristic]
    bins: IntTable
    points: IntTable
    best: IntTable
    worst: IntTable

    @classmethod
    def of(cls, characteristics: Sequence[Characteristic], cells: Sequence[Places]) -> Self:
        points = [
            sum(each.bins[bin_].points for each, bin_ in zip(characteristics, cell, strict=True)) for cell in cells
        ]
        return cls(
            characteristics=characteristics,
            bins=np.array(cells, dtype=np.int64).reshape(len(cells), len(characteristics)),
            points=np.array(points, dtype=np.int64),
            best=np.full(len(cells), -NEVER),
            worst=np.full(len(cells), NEVER),
        )

    def note(self, cells: slice, best: IntTable, worst: IntTable) -> None:
        self.best[cells] = np.maximum(self.best[cells], best)
        self.worst[cells] = np.minimum(self.worst[cells], worst)


@dataclass(slots=True, kw_only=True, eq=False)
class Count:
    """The sums of points of families that depend on each other, and which of their cells meet."""

    families: Sequence[Family]
    sums: Counter[int] = field(default_factory=Counter)
    together: dict[tuple[int, int], MaskTable] = field(default_factory=dict)

    @classmethod
    def of_bins(cls, characteristic: Characteristic) -> Self:
        """Count a characteristic as if all its bins could occur, with any bin of any other."""
        return cls.of_one(Family.of([characteristic], [(index,) for index in range(len(characteristic.bins))]))

    @classmethod
    def of_one(cls, family: Family) -> Self:
        family.note(slice(None), family.points, family.points)
        return cls(families=[family], sums=Counter(family.points.tolist()))

    def by_bin(self, *, best: bool) -> Iterator[tuple[str, list[int | None]]]:
        """Yield for each characteristic the best or the worst sum that occurs with each of its bins."""
        for family in self.families:
            sums = family.best if best else family.worst
            for column, each in enumerate(family.characteristics):
                found = [sums[family.bins[:, column] == index] for index in range(len(each.bins))]
                yield each.name, [_extreme(part, best=best) for part in found]

    def meetings(self) -> Iterator[tuple[tuple[str, str], MaskTable]]:
        """Yield for every two characteristics which bins of the one meet which of the other."""
        columns = [(place, column) for place, each in enumerate(self.families) for column in range(each.bins.shape[1])]
        for (one, left), (two, right) in combinations(columns, 2):
            first, second = self.families[one], self.families[two]
            cells = np.nonzero(np.diag(first.best > -SOME)) if one == two else np.nonzero(self.together[one, two])
            pair = first.characteristics[left], second.characteristics[right]
            table = np.zeros((len(pair[0].bins), len(pair[1].bins)), dtype=np.bool_)
            table[first.bins[cells[0], left], second.bins[cells[1], right]] = True
            yield (pair[0].name, pair[1].name), table


def occurring_bins(characteristic: Characteristic, margin: Margin) -> tuple[Bin, ...]:
    """The bins of a characteristic that some application can fall into."""
    groups: Groups = defaultdict(list, {characteristic.fact: [characteristic]})
    count = count_words([characteristic]) if characteristic.is_categorical else count_numbers(groups, margin)
    ((_, sums),) = (count or Count.of_bins(characteristic)).by_bin(best=True)
    return tuple(bin_ for bin_, points in zip(characteristic.bins, sums, strict=True) if points is not None)


def count_words(characteristics: Sequence[Characteristic]) -> Count:
    """Count the ways in which the characteristics of one word fact fall together."""
    return Count.of_one(Family.of(characteristics, word_cells(characteristics)))


def count_numbers(groups: Groups, margin: Margin) -> Count | None:
    """Count the ways in which all characteristics of numbers fall together; None if that would take too long."""
    tenors = tenor_cells(groups)
    cells = [amount_cells(groups), income_cells(groups), asset_cells(groups)]
    if _is_too_much(cells, tenors):
        return None
    bins = [[place for place, _ in tenors], *([cell.bins for cell in family] for family in cells)]
    families = [
        Family.of([each for fact in facts for each in groups[fact]], own)
        for facts, own in zip(NUMBERS, bins, strict=True)
    ]
    count = Count(families=families, together=_apart(families))
    tally = _Tally.of(count)
    for place, (_, months) in enumerate(tenors):
        for amount, met in enumerate(meetings(cells, margin, months)):
            if met.any():
                tally.add(place, amount, met)
    tally.finish()
    return count


def _is_too_much(cells: Sequence[Sequence[Cell]], tenors: Sequence[tuple[Places, range]]) -> bool:
    amounts, incomes, assets = map(len, cells)
    meetings_at_most = len(tenors) * amounts * incomes * assets
    months = sum(len(each) for _, each in tenors)
    return meetings_at_most > MOST_MEETINGS or months * incomes * assets > MOST_WORK


def _apart(families: Sequence[Family]) -> dict[tuple[int, int], MaskTable]:
    return {
        (one, two): np.zeros((len(families[one].bins), len(families[two].bins)), dtype=np.bool_)
        for one, two in combinations(range(len(families)), 2)
    }


def _extreme(sums: IntTable, *, best: bool) -> int | None:
    extreme = int(sums.max(initial=-NEVER) if best else sums.min(initial=NEVER))
    return extreme if abs(extreme) < SOME else None


@dataclass(slots=True, kw_only=True, eq=False)
class _Tally:
    """Adds up what meets at one cell of the tenor and one of the amount: a table of incomes by assets."""

    count: Count
    sums: IntTable
    distinct: IntTable
    kind: IntTable
    counted: dict[int, IntTable]

    @classmethod
    def of(cls, count: Count) -> Self:
        incomes, assets = count.families[2:]
        sums = incomes.points[:, None] + assets.points
        distinct, kind = np.unique(sums, return_inverse=True)
        return cls(count=count, sums=sums, distinct=distinct, kind=kind.reshape(sums.shape), counted={})

    def add(self, place: int, amount: int, met: MaskTable) -> None:
        tenors, amounts, incomes, assets = self.count.families
        before = int(tenors.points[place] + amounts.points[amount])
        counts = np.bincount(self.kind[met], minlength=len(self.distinct))
        self.counted[before] = self.counted.get(before, 0) + counts
        best, worst = np.where(met, self.sums, -NEVER), np.where(met, self.sums, NEVER)
        incomes.note(slice(None), best.max(axis=1) + before, worst.min(axis=1) + before)
        assets.note(slice(None), best.max(axis=0) + before, worst.min(axis=0) + before)
        for family, cell in ((tenors, place), (amounts, amount)):
            family.note(slice(cell, cell + 1), best.max() + before, worst.min() + before)
        self._mark(place, amount, met)

    def _mark(self, place: int, amount: int, met: MaskTable) -> None:
        together, incomes, assets = self.count.together, met.any(axis=1), met.any(axis=0)
        together[0, 1][place, amount] = True
        together[0, 2][place] |= incomes
        together[0, 3][place] |= assets
        together[1, 2][amount] |= incomes
        together[1, 3][amount] |= assets
        together[2, 3][:] |= met

    def finish(self) -> None:
        for before, counts in self.counted.items():
            for points, number in zip(self.distinct.tolist(), counts.tolist(), strict=True):
                if number:
                    self.count.sums[before + points] += number
