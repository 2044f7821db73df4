"""Two cards over the same applications, in columns."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scoring.engine.arrays import FloatColumn, IntColumn, Mask
from scoring.engine.comparison import MOST_MOVERS, Comparison, Judged, Matrix, Mover, Scores, Side, Tally
from scoring.engine.outcomes import Outcomes

Codes = npt.NDArray[np.intp]
HALF = 32  # bits: sums of either half of an amount stay exact as doubles


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Book:
    """
    What is known of the applications besides what is scored, in columns of their length.

    - `keys`: int64, the caller's own; `amounts`: int64 sen, 0 where there is none
    - `is_known`, `is_default`: how the financing went, where that is known; a default is always known
    - `groups`: by what they are grouped, the position of each one's group in the names of the groups
    """

    keys: IntColumn
    amounts: IntColumn
    is_known: Mask
    is_default: Mask
    groups: Mapping[str, tuple[Codes, Sequence[str]]]


def compare(*, before: Outcomes, after: Outcomes, book: Book) -> Comparison:
    """Add up what two cards made of the same applications, row by row the same."""
    cells = _Cells(before, after, book)
    return Comparison(
        before=_side(before, book),
        after=_side(after, book),
        total=next(cells.tallies(np.zeros(len(before), np.intp), 1)),
        groups={
            by: dict(zip(names, cells.tallies(codes, len(names)), strict=True))
            for by, (codes, names) in book.groups.items()
        },
        movers=tuple(_movers(before, after, book)),
    )


class _Cells:
    """Every application in its cell of segment before and segment after."""

    def __init__(self, before: Outcomes, after: Outcomes, book: Book) -> None:
        self.shape = (len(before.segment_names) + 1, len(after.segment_names) + 1)
        # A refused row has the index -1, which is the last.
        self.cell = (before.segment % self.shape[0]).astype(np.intp) * self.shape[1] + after.segment % self.shape[1]
        self.whole = {
            "count": np.ones(len(before), np.int64),
            "amount": book.amounts,
            "score_before": before.credit_score.astype(np.int64),
            "score_after": after.credit_score.astype(np.int64),
            "known": book.is_known.astype(np.int64),
            "known_amount": np.where(book.is_known, book.amounts, 0),
            "defaulted": book.is_default.astype(np.int64),
            "defaulted_amount": np.where(book.is_default, book.amounts, 0),
        }
        self.expected = {
            "expected_before": _expected(before, book),
            "expected_after": _expected(after, book),
        }

    def tallies(self, codes: Codes, groups: int) -> Iterator[Tally]:
        """The tally of each group, in the order of their codes."""
        size = self.shape[0] * self.shape[1]
        index = codes * size + self.cell
        sums = {name: _exact_sums(index, values, groups * size) for name, values in self.whole.items()}
        for name, values in self.expected.items():
            sums[name] = np.bincount(index, weights=values, minlength=groups * size).tolist()
        for start in range(0, groups * size, size):
            yield Tally(cells={name: self._matrix(values[start : start + size]) for name, values in sums.items()})

    def _matrix(self, values: Sequence[int | float]) -> Matrix:
        lines, columns = self.shape
        return tuple(tuple(values[line * columns : (line + 1) * columns]) for line in range(lines))


def _exact_sums(index: Codes, values: IntColumn, length: int) -> list[int | float]:
    upper = np.bincount(index, weights=values >> HALF, minlength=length).tolist()
    lower = np.bincount(index, weights=values & (2**HALF - 1), minlength=length).tolist()
    return [(int(high) << HALF) + int(low) for high, low in zip(upper, lower, strict=True)]


def _expected(outcomes: Outcomes, book: Book) -> FloatColumn:
    """Sen that are expected to default, were all of the amount owed; nothing of what was not scored."""
    expected: FloatColumn = np.where(outcomes.refused, 0.0, outcomes.default_probability * book.amounts)
    return expected


def _side(outcomes: Outcomes, book: Book) -> Side:
    refusals = {f"{refusal.field} {refusal.code}": count for refusal, count in outcomes.refusal_counts().items()}
    return Side(segments=outcomes.segment_names, scores=_scores(outcomes, book), refusals=refusals)


def _scores(outcomes: Outcomes, book: Book) -> Scores:
    scored = ~outcomes.refused
    scores, place = np.unique(outcomes.credit_score[scored], return_inverse=True)
    known, defaulted = book.is_known[scored], book.is_default[scored]
    counts = [
        np.bincount(place[mask], minlength=len(scores)).tolist()
        for mask in (np.ones(len(place), np.bool_), known, defaulted)
    ]
    return Scores(counts=dict(zip(scores.tolist(), zip(*counts, strict=True), strict=True)))


def _movers(before: Outcomes, after: Outcomes, book: Book) -> Iterator[Mover]:
    change = np.abs(after.credit_score - before.credit_score)
    change[before.refused | after.refused] = 0
    moved = np.flatnonzero(change)
    order = np.lexsort((book.keys[moved], -book.amounts[moved], -change[moved]))
    for row in moved[order[:MOST_MOVERS]].tolist():
        yield Mover(
            key=int(book.keys[row]),
            amount=int(book.amounts[row]),
            before=_judged(before, row),
            after=_judged(after, row),
        )


def _judged(outcomes: Outcomes, row: int) -> Judged:
    one = outcomes.row(row)
    return Judged(score=one.credit_score, segment=one.segment, points=one.points, bins=one.bins)
