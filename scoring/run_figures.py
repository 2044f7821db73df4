"""What a scored file looks like as a whole: segments with their exposure, the spread of scores and of the DSR."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from loans.models import Segment
from scoring.models import ScoringRun
from scoring.result_pages import scored_parts

COLUMNS = ("credit_score", "segment", "loan_amount", "dsr")
DSR_EDGES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0)
SCORE_STEPS = 22


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentFigure:
    """`exposure` is the financing asked for, in rupiah; the shares are of all that was scored."""

    segment: Segment
    count: int
    exposure: Decimal
    share: float
    exposure_share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """How many are from `low` up to, and not including, `high`; None is without end."""

    low: float | None
    high: float | None
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFigures:
    """`scores` cover the card's whole range in even steps, the last one with its upper end."""

    segments: tuple[SegmentFigure, ...]
    scores: tuple[Step, ...]
    dsr: tuple[Step, ...]
    no_income_count: int
    exposure: Decimal
    average_score: float | None


def run_figures(run: ScoringRun) -> RunFigures:
    """
    Add up the results of a scored file, a part in memory at a time.

    :raises ResultsChanged: if the results are not what was written
    """
    card = run.version.card
    edges = np.linspace(card.score_range.lowest, card.score_range.highest, SCORE_STEPS + 1)
    sums = _Sums(edges)
    for part in scored_parts(run, COLUMNS):
        sums.add(part)
    count = sum(sums.counts.values())
    return RunFigures(
        segments=tuple(sums.segments()),
        scores=tuple(_steps(list(edges), sums.scores)),
        dsr=tuple(_steps([None, *DSR_EDGES, None], sums.dsr)),
        no_income_count=sums.no_income,
        exposure=sum(sums.exposures.values(), Decimal(0)),
        average_score=sums.score_sum / count if count else None,
    )


class _Sums:
    def __init__(self, edges: np.ndarray[tuple[int], np.dtype[np.float64]]) -> None:
        self.edges = edges
        self.counts = dict.fromkeys(Segment, 0)
        self.exposures = dict.fromkeys(Segment, Decimal(0))
        self.scores = np.zeros(len(edges) - 1, dtype=np.int64)
        self.dsr = np.zeros(len(DSR_EDGES) + 1, dtype=np.int64)
        self.no_income = self.score_sum = 0

    def add(self, part: pa.Table) -> None:
        by_segment = part.group_by("segment").aggregate([("segment", "count"), ("loan_amount", "sum")])
        for row in by_segment.to_pylist():
            self.counts[Segment(row["segment"])] += row["segment_count"]
            self.exposures[Segment(row["segment"])] += row["loan_amount_sum"]
        scores = part["credit_score"].to_numpy()
        self.scores += np.histogram(scores, self.edges)[0]
        self.score_sum += int(scores.sum())
        ratios = part["dsr"].drop_null().to_numpy()
        self.dsr += np.bincount(np.digitize(ratios, DSR_EDGES), minlength=len(self.dsr))
        self.no_income += pc.sum(pc.is_null(part["dsr"])).as_py() or 0

    def segments(self) -> Iterator[SegmentFigure]:
        """From low risk to high, those without anybody included."""
        count, exposure = sum(self.counts.values()), sum(self.exposures.values(), Decimal(0))
        for segment in Segment:
            yield SegmentFigure(
                segment=segment,
                count=self.counts[segment],
                exposure=self.exposures[segment],
                share=self.counts[segment] / count if count else 0.0,
                exposure_share=float(self.exposures[segment] / exposure) if exposure else 0.0,
            )


def _steps(edges: Sequence[float | None], counts: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Iterator[Step]:
    for low, high, count in zip(edges, edges[1:], counts.tolist(), strict=False):
        yield Step(low=low, high=high, count=count)
