"""A simulation in the figures that people decide by."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from bprs.access.models import Branch
from loans.models import Akad
from scoring.engine import Comparison, Scores, Side, Tally
from scoring.models import Simulation

SEN: Final = 100
STEPS: Final = 22
LINES_LISTED: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """Who goes from one segment to another; `move` is better, worse, same, or none where a card gave no score."""

    count: int
    amount: Decimal
    move: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What was one segment before: where it goes, and all of it. An empty segment is what was not scored."""

    segment: str
    cells: tuple[Cell, ...]
    total: Cell


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """From the segments of the other card (lines) to those of the one that is simulated (columns)."""

    segments: tuple[str, ...]
    lines: tuple[Line, ...]
    totals: tuple[Cell, ...]
    all: Cell


@dataclass(frozen=True, slots=True, kw_only=True)
class Swap:
    """Some financing, and how it went where that is known."""

    kind: str
    count: int
    amount: Decimal
    known: int
    defaulted: int
    defaulted_amount: Decimal

    @property
    def default_rate(self) -> float | None:
        return self.defaulted / self.known if self.known else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """What is expected to be lost of an amount, in rupiah."""

    amount: Decimal
    expected: Decimal

    @property
    def rate(self) -> float | None:
        return float(self.expected / self.amount) if self.amount else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """A figure before and after."""

    before: float | None
    after: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """What becomes of a branch or an akad; `worst` is the share in the worst segment of those that are scored."""

    name: str
    count: int
    amount: Decimal
    score: Shift
    worst: Shift
    swapped_in: Cell
    swapped_out: Cell
    loss: tuple[Decimal, Decimal]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """How many have a score from `low` to `high`, both in it."""

    low: int
    high: int
    before: int
    after: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """`loss` is of everything, `accepted_loss` of what is better than the worst segment; each before and after."""

    matrix: Matrix
    better: Cell
    worse: Cell
    swaps: tuple[Swap, ...]
    loss: tuple[Loss, Loss]
    accepted_loss: tuple[Loss, Loss]
    score: Shift
    gini: Shift
    branches: tuple[Group, ...]
    akads: tuple[Group, ...]
    steps: tuple[Step, ...]

    def swap(self, kind: str) -> Swap:
        return next(swap for swap in self.swaps if swap.kind == kind)

    @property
    def swapped_in(self) -> Swap:
        return self.swap("in")

    @property
    def swapped_out(self) -> Swap:
        return self.swap("out")


def figures_of(simulation: Simulation) -> Figures:
    comparison, share = simulation.comparison, simulation.loss_given_default
    total, before, after = comparison.total, comparison.before, comparison.after
    matrix = _matrix(comparison)
    return Figures(
        matrix=matrix,
        better=_moved(matrix, "better"),
        worse=_moved(matrix, "worse"),
        swaps=tuple(_swaps(comparison)),
        loss=_losses(comparison, total, share),
        accepted_loss=(
            _loss(total, share, "before", before=before.accepted),
            _loss(total, share, "after", after=after.accepted),
        ),
        score=_mean_scores(total, before, after),
        gini=Shift(before=before.scores.gini(), after=after.scores.gini()),
        branches=tuple(_groups(comparison, "branch", share)),
        akads=tuple(_groups(comparison, "akad", share)),
        steps=tuple(_steps(simulation, before.scores, after.scores)),
    )


def rupiah_of_sen(sen: float) -> Decimal:
    return Decimal(round(sen)) / SEN


def _cell(total: Tally, lines: Sequence[int] | None, columns: Sequence[int] | None, move: str = "") -> Cell:
    count = total.sum("count", before=lines, after=columns)
    return Cell(count=int(count), amount=rupiah_of_sen(total.sum("amount", before=lines, after=columns)), move=move)


def _matrix(comparison: Comparison) -> Matrix:
    total, before, after = comparison.total, comparison.before, comparison.after
    columns = range(len(after.segments) + 1)
    lines = (
        Line(
            segment=segment,
            cells=tuple(_cell(total, [line], [column], _move(before, after, line, column)) for column in columns),
            total=_cell(total, [line], None),
        )
        for line, segment in enumerate((*before.segments, ""))
    )
    return Matrix(
        segments=(*after.segments, ""),
        lines=tuple(lines),
        totals=tuple(_cell(total, None, [column]) for column in columns),
        all=_cell(total, None, None),
    )


def _move(before: Side, after: Side, line: int, column: int) -> str:
    """Segments are as good as they are far from the worst one."""
    if line in before.not_scored or column in after.not_scored:
        return "none"
    step = (len(after.segments) - column) - (len(before.segments) - line)
    return "same" if step == 0 else "better" if step > 0 else "worse"


def _moved(matrix: Matrix, move: str) -> Cell:
    cells = [cell for line in matrix.lines for cell in line.cells if cell.move == move]
    return Cell(count=sum(cell.count for cell in cells), amount=sum((cell.amount for cell in cells), Decimal(0)))


def _swaps(comparison: Comparison) -> Iterator[Swap]:
    before, after = comparison.before, comparison.after
    for kind, lines, columns in (
        ("in", before.worst, after.accepted),
        ("out", before.accepted, after.worst),
        ("stay", before.accepted, after.accepted),
        ("stay_out", before.worst, after.worst),
    ):

        def total(measure: str, lines: Sequence[int] = lines, columns: Sequence[int] = columns) -> int | float:
            return comparison.total.sum(measure, before=lines, after=columns)

        yield Swap(
            kind=kind,
            count=int(total("count")),
            amount=rupiah_of_sen(total("amount")),
            known=int(total("known")),
            defaulted=int(total("defaulted")),
            defaulted_amount=rupiah_of_sen(total("defaulted_amount")),
        )


def _losses(comparison: Comparison, tally: Tally, share: Decimal) -> tuple[Loss, Loss]:
    """Of what each card scored: of anything else nothing is expected."""
    return (
        _loss(tally, share, "before", before=comparison.before.scored),
        _loss(tally, share, "after", after=comparison.after.scored),
    )


def _loss(total: Tally, share: Decimal, side: str, **where: Sequence[int]) -> Loss:
    expected = rupiah_of_sen(total.sum(f"expected_{side}", **where) * float(share))
    return Loss(amount=rupiah_of_sen(total.sum("amount", **where)), expected=expected)


def _mean_scores(total: Tally, before: Side, after: Side) -> Shift:
    return Shift(
        before=_ratio(total.sum("score_before"), total.sum("count", before=before.scored)),
        after=_ratio(total.sum("score_after"), total.sum("count", after=after.scored)),
    )


def _groups(comparison: Comparison, by: str, share: Decimal) -> Iterator[Group]:
    """The largest amounts first."""
    before, after = comparison.before, comparison.after
    names = _names(by)
    tallies = sorted(comparison.groups[by].items(), key=lambda item: -item[1].sum("amount"))
    for code, tally in tallies[:LINES_LISTED]:
        losses = _losses(comparison, tally, share)
        yield Group(
            name=names.get(code, code),
            count=int(tally.sum("count")),
            amount=rupiah_of_sen(tally.sum("amount")),
            score=_mean_scores(tally, before, after),
            worst=Shift(
                before=_ratio(tally.sum("count", before=before.worst), tally.sum("count", before=before.scored)),
                after=_ratio(tally.sum("count", after=after.worst), tally.sum("count", after=after.scored)),
            ),
            swapped_in=_cell(tally, before.worst, after.accepted),
            swapped_out=_cell(tally, before.accepted, after.worst),
            loss=(losses[0].expected, losses[1].expected),
        )


def _names(by: str) -> dict[str, str]:
    if by == "akad":
        return {akad.value: str(akad.label) for akad in Akad}
    return {branch.code: str(branch) for branch in Branch.objects.all()}


def _steps(simulation: Simulation, before: Scores, after: Scores) -> Iterator[Step]:
    """Over the ranges of both cards, in equal steps but for the last."""
    ranges = [card.score_range for card in simulation.cards]
    lowest, highest = min(each.lowest for each in ranges), max(each.highest for each in ranges)
    width = -(-(highest - lowest + 1) // STEPS)
    for low in range(lowest, highest + 1, width):
        high = min(low + width - 1, highest)
        yield Step(low=low, high=high, before=_count(before, low, high), after=_count(after, low, high))


def _count(scores: Scores, low: int, high: int) -> int:
    return sum(counts[0] for score, counts in scores.counts.items() if low <= score <= high)


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole else None
