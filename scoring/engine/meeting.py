"""
Which cells of different facts can meet in one application.

Facts made from one another exclude each other's cells: nobody with an income of zero has a debt service ratio of 0.20. Say
the tenor is n, and the installment is the amount P times k. What a card asks of installment, income and debt service
ratio, and of assets and asset coverage ratio, are then stretches of P: of P itself, of P k, of P k / income for some
income, of assets / P for some assets. Stretches on one line have a number in common exactly if every two of
them have, so it is enough to compare three families pairwise: amount with installment, income with its ratio, assets with
theirs. Only the order of their ends counts; it is settled once for each tenor, exactly, and small whole numbers stand for the
ends after that. Akad and purpose meet anything.

Between the facts amounts count as real numbers: a meeting that would need a fraction of a sen counts as possible.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import Final, TypeAlias

import numpy as np

from scoring.engine.arrays import IntTable, MaskTable
from scoring.engine.cells import (
    ABOVE_ZERO,
    AFTER,
    END,
    ZERO,
    Places,
    Position,
    Stretch,
    bins_for_missing,
    bins_for_none,
    stretches,
)
from scoring.engine.characteristic import Characteristic
from scoring.engine.margin import Margin
from scoring.engine.vocabulary import DerivedFact

CLOSE: Final = 1e-13  # doubles are off by less than four roundings of 1.2e-16
AT_ONCE: Final = 8_000_000  # comparisons, a byte each

Span: TypeAlias = tuple[Position, Position]
Groups: TypeAlias = Mapping[str, Sequence[Characteristic]]  # the characteristics of each fact
ANYTHING: Final[Span] = (ZERO, END)
INSTALLMENT: Final = DerivedFact.MONTHLY_INSTALLMENT.value
DSR: Final = DerivedFact.DEBT_SERVICE_RATIO.value
ACR: Final = DerivedFact.ASSET_COVERAGE_RATIO.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One bin of each characteristic of a family, and the amounts and the installments with which that happens."""

    bins: Places
    amounts: Span = ANYTHING
    installments: Span = ANYTHING


def tenor_cells(groups: Groups) -> list[tuple[Places, range]]:
    """The whole months of each cell of the tenor."""
    cells = stretches("tenor_months", groups["tenor_months"])
    return [(each.bins, range(int(each.lower[0]), int(each.upper[0]) + 1)) for each in cells]


def amount_cells(groups: Groups) -> list[Cell]:
    pairs = product(stretches("loan_amount", groups["loan_amount"]), stretches(INSTALLMENT, groups[INSTALLMENT]))
    return [
        Cell(
            bins=(*amount.bins, *installment.bins),
            amounts=(amount.lower, amount.upper),
            installments=(installment.lower, installment.upper),
        )
        for amount, installment in pairs
        if installment.positive
    ]


def income_cells(groups: Groups) -> list[Cell]:
    """Without income there is no ratio; an unknown income is unknown to all."""
    incomes, ratios = groups["monthly_income"], groups[DSR]
    cells = []
    for income in stretches("monthly_income", incomes):
        if not ratios:
            cells.append(Cell(bins=income.bins))
            continue
        if income.has_zero:
            cells.append(Cell(bins=(*income.bins, *bins_for_none(ratios))))
        cells += [
            Cell(bins=(*income.bins, *ratio.bins), installments=_product(income.positive, ratio.positive))
            for ratio in stretches(DSR, ratios)
            if income.positive and ratio.positive
        ]
    return [*cells, *_cells_for_missing([*incomes, *ratios])]


def asset_cells(groups: Groups) -> list[Cell]:
    """No assets cover nothing of any amount; unknown assets are unknown to all."""
    assets, ratios = groups["assets_value"], groups[ACR]
    cells = []
    for value, ratio in product(stretches("assets_value", assets), stretches(ACR, ratios)):
        bins = (*value.bins, *ratio.bins)
        if not ratios or (value.has_zero and ratio.has_zero):
            cells.append(Cell(bins=bins))
        elif value.positive and ratio.positive:
            cells.append(Cell(bins=bins, amounts=_quotient(value.positive, ratio.positive)))
    return [*cells, *_cells_for_missing([*assets, *ratios])]


def _cells_for_missing(characteristics: Sequence[Characteristic]) -> list[Cell]:
    bins = bins_for_missing(characteristics)
    return [] if bins is None else [Cell(bins=bins)]


def _product(one: Stretch, two: Stretch) -> Span:
    """Multiply two stretches of positive numbers: an end is reached if both are."""
    (low_one, low_two), (high_one, high_two) = (one.lower, two.lower), (one.upper, two.upper)
    lower = low_one[0] * low_two[0], max(low_one[1], low_two[1])
    return lower, END if END in (high_one, high_two) else (high_one[0] * high_two[0], min(high_one[1], high_two[1]))


def _quotient(one: Stretch, two: Stretch) -> Span:
    """Divide two stretches of positive numbers: the least by the greatest, and the greatest by the least."""
    (low, low_side), (high, high_side) = one.lower, one.upper
    (least, least_side), (greatest, greatest_side) = two.lower, two.upper
    lower = ABOVE_ZERO if two.upper == END else (low / greatest, max(low_side, AFTER - greatest_side))
    return lower, END if least == 0 else (high / least, min(high_side, AFTER - least_side))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ends:
    """Where the cells of a family begin and end among the amounts: a line for each tenor, a number for each cell."""

    lower: IntTable
    upper: IntTable

    def overlap(self, other: "Ends") -> MaskTable:
        """Say for each tenor and each pair of cells whether they have an amount in common."""
        lower = np.maximum(self.lower[:, :, None], other.lower[:, None, :])
        return lower < np.minimum(self.upper[:, :, None], other.upper[:, None, :])


def meetings(families: Sequence[Sequence[Cell]], margin: Margin, tenors: Sequence[int]) -> MaskTable:
    """
    Say which cells of three families can meet at one of the tenors.

    :returns: one dimension for each family
    """
    if all(cell.installments == ANYTHING for family in families for cell in family):
        tenors = tenors[:1]  # nothing depends on it
    ends = _ends(families, margin, tenors)
    first, second, third = (each.lower.shape[1] for each in ends)
    found = np.zeros((first, second, third), dtype=np.bool_)
    step = max(1, AT_ONCE // (second * third))
    for start in range(0, len(ends[0].lower), step):
        here = [Ends(lower=each.lower[start : start + step], upper=each.upper[start : start + step]) for each in ends]
        _mark(found, here[0].overlap(here[1]), here[0].overlap(here[2]), here[1].overlap(here[2]))
    return found


def _mark(found: MaskTable, one_two: MaskTable, one_three: MaskTable, two_three: MaskTable) -> None:
    for cell in range(len(found)):
        tenors = one_two[:, cell].any(axis=1) & one_three[:, cell].any(axis=1)
        for two, three, both in zip(one_two[tenors, cell], one_three[tenors, cell], two_three[tenors], strict=True):
            found[cell] |= both & two[:, None] & three


def _ends(families: Sequence[Sequence[Cell]], margin: Margin, tenors: Sequence[int]) -> list[Ends]:
    amounts = sorted({value for family in families for cell in family for value, _ in cell.amounts})
    installments = sorted({value for family in families for cell in family for value, _ in cell.installments})
    ranks = np.unique(_ranks(amounts, installments, margin, tenors), axis=0)  # tenors that order alike say the same
    place_of = {
        **{("amount", value): place for place, value in enumerate(amounts)},
        **{("installment", value): place for place, value in enumerate(installments, start=len(amounts))},
    }

    def at(family: Sequence[Cell], kind: str, end: int) -> IntTable:
        spans = [cell.amounts if kind == "amount" else cell.installments for cell in family]
        sides = np.array([span[end][1] for span in spans], dtype=np.int64)
        return ranks[:, [place_of[kind, span[end][0]] for span in spans]] * 2 + sides

    return [
        Ends(
            lower=np.maximum(at(family, "amount", 0), at(family, "installment", 0)),
            upper=np.minimum(at(family, "amount", 1), at(family, "installment", 1)),
        )
        for family in families
    ]


def _ranks(
    amounts: Sequence[Fraction], installments: Sequence[Fraction], margin: Margin, tenors: Sequence[int]
) -> IntTable:
    """
    Order amounts and installments together for each tenor n: an installment i stands for the amount i / k.

    Doubles order them; where two come so close that doubles could be wrong, whole numbers decide.
    """
    ratios = [margin.debt_ratio(tenor) for tenor in tenors]
    per_installment = np.array([bottom * tenor / top for (top, bottom), tenor in zip(ratios, tenors, strict=True)])
    fixed = np.broadcast_to(np.array([float(value) for value in amounts]), (len(tenors), len(amounts)))
    keys = np.hstack([fixed, per_installment[:, None] * np.array([float(value) for value in installments])])
    order = np.argsort(keys, axis=1, kind="stable")
    ordered = np.take_along_axis(keys, order, axis=1)
    is_close = np.diff(ordered, axis=1) <= ordered[:, 1:] * CLOSE
    steps = np.hstack([np.zeros((len(tenors), 1), dtype=np.int64), np.cumsum(~is_close, axis=1)])
    ranks = np.empty(keys.shape, dtype=np.int64)
    np.put_along_axis(ranks, order, steps, axis=1)
    for line in np.flatnonzero(is_close.any(axis=1)).tolist():
        pairs = [(order[line, at], order[line, at + 1]) for at in np.flatnonzero(is_close[line])]
        exact = _Exact(amounts=amounts, installments=installments, ratio=ratios[line], tenor=tenors[line])
        if any(exact.key(left) != exact.key(right) for left, right in pairs):
            ranks[line] = exact.ranks()
    return ranks


@dataclass(frozen=True, slots=True, kw_only=True)
class _Exact:
    """With k = top / (bottom n), a < i / k is a top < i bottom n."""

    amounts: Sequence[Fraction]
    installments: Sequence[Fraction]
    ratio: tuple[int, int]
    tenor: int

    def key(self, place: int) -> Fraction:
        top, bottom = self.ratio
        if place < len(self.amounts):
            return self.amounts[place] * top
        return self.installments[place - len(self.amounts)] * bottom * self.tenor

    def ranks(self) -> list[int]:
        keys = [self.key(place) for place in range(len(self.amounts) + len(self.installments))]
        rank_of = {key: rank for rank, key in enumerate(sorted(set(keys)))}
        return [rank_of[key] for key in keys]
