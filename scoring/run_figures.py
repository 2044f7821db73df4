"""What a run looks like as a whole: segments with their exposure, the spread of scores and of the DSR."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from django.db.models import DecimalField, Sum
from django.db.models.fields.json import KT
from django.db.models.functions import Cast

from loans.models import Segment
from scoring.models import ScoringRun
from scoring.result_pages import scored_parts

COLUMNS = ("credit_score", "segment", "loan_amount", "dsr")
DSR_EDGES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0)
SCORE_STEPS = 22
COLUMN_TYPES = (pa.int32(), pa.string(), pa.decimal128(17, 2), pa.float64())
LOANS_AT_ONCE = 10_000
TOTALS = ("rows_read", "scored_count", "rejected_count", "blank_count", "high_risk_count")


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


def run_totals(run: ScoringRun) -> dict[str, int]:
    """The account of the rows; of a run that is not complete, of what there is of it so far."""
    if run.is_complete:
        return {name: getattr(run, name) for name in TOTALS}
    if run.stored_file_id:
        return dict(run.parts.aggregate(**{name: Sum(name, default=0) for name in TOTALS}))
    scored, rejected = run.scores.count(), run.refusals.count()
    high_risk = run.scores.filter(segment=Segment.HIGH).count()
    return dict(zip(TOTALS, (scored + rejected, scored, rejected, 0, high_risk), strict=True))


def run_figures(run: ScoringRun) -> RunFigures:
    """
    Add up the results of a run: of a scored file with a part in memory at a time, of stored loans in one query.

    :raises ResultsChanged: if the results of a file are not what was written
    """
    card = run.version.card
    edges = np.linspace(card.score_range.lowest, card.score_range.highest, SCORE_STEPS + 1)
    sums = _Sums(edges)
    for part in scored_parts(run, COLUMNS) if run.stored_file_id else _loan_parts(run):
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


def _loan_parts(run: ScoringRun) -> Iterator[pa.Table]:
    """The scores of stored loans as the columns that a file has, some at a time."""
    amount = Cast(KT("facts__loan_amount"), DecimalField(max_digits=17, decimal_places=2))
    scores = run.scores.order_by().values_list("credit_score", "segment", amount, "debt_service_ratio")
    rows = scores.iterator(chunk_size=LOANS_AT_ONCE)
    while some := list(islice(rows, LOANS_AT_ONCE)):
        columns = zip(*some, strict=True)
        arrays = [pa.array(column, kind) for column, kind in zip(columns, COLUMN_TYPES, strict=True)]
        yield pa.table(arrays, names=list(COLUMNS))


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
