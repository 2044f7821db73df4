"""The results of a scored file, read back: page by page, part by part, or one row; never more than is asked for."""

from collections.abc import Iterator, Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from django.db.models import Sum

from scoring.models import RunPart, ScoringRun
from scoring.result_parts import Kind, column_names, read_results

Row = dict[str, Any]
REJECTED_COLUMNS = ("row_index", "row_number", "column", "field", "code", "params")
_COUNTS: dict[Kind, Literal["scored_count", "error_count"]] = {"scored": "scored_count", "rejected": "error_count"}


def scored_parts(run: ScoringRun, columns: Sequence[str]) -> Iterator[pa.Table]:
    """
    Read some columns of all scored rows, one part in memory at a time.

    :raises ResultsChanged: if a part is not what was written
    """
    return (_read(part, "scored", columns) for part in run.parts.order_by("index") if part.scored_count)


def rejected_parts(run: ScoringRun) -> Iterator[pa.Table]:
    """
    Read what was wrong with the rejected rows, one part in memory at a time.

    :raises ResultsChanged: if a part is not what was written
    """
    return (_read(part, "rejected", REJECTED_COLUMNS) for part in run.parts.order_by("index") if part.error_count)


def scored_page(run: ScoringRun, columns: Sequence[str], *, offset: int, limit: int) -> list[Row]:
    return _page(run, "scored", columns, offset=offset, limit=limit)


def rejected_page(run: ScoringRun, *, offset: int, limit: int) -> list[Row]:
    return _page(run, "rejected", REJECTED_COLUMNS, offset=offset, limit=limit)


def scored_count(run: ScoringRun) -> int:
    """Also of a run that is not complete yet."""
    return _sum(run, "scored_count")


def error_count(run: ScoringRun) -> int:
    return _sum(run, "error_count")


def scored_row(run: ScoringRun, row_index: int) -> Row | None:
    """One scored row with all its columns; None if there is none."""
    part = run.parts.filter(start__lte=row_index).order_by("-start").first()
    if part is None or not part.scored_count:
        return None
    table = _read(part, "scored", _columns(part))
    rows = table.filter(pc.equal(table["row_index"], row_index)).to_pylist()
    return rows[0] if rows else None


def scored_rows_at(run: ScoringRun, columns: Sequence[str], places: npt.NDArray[np.int64]) -> list[Row]:
    """
    Read the scored rows at these places, counted from the first one, in the order that is asked for.

    :raises ResultsChanged: if a part is not what was written
    """
    rows: dict[int, Row] = {}
    start = 0
    for part in run.parts.order_by("index"):
        inside = places[(places >= start) & (places < start + part.scored_count)]
        if len(inside):
            found = _read(part, "scored", columns).take(inside - start).to_pylist()
            rows |= zip(inside.tolist(), found, strict=True)
        start += part.scored_count
    return [rows[place] for place in places.tolist()]


def check_results(run: ScoringRun) -> None:
    """:raises ResultsChanged: if any of the scored rows are not what was written"""
    for _part in scored_parts(run, ["row_index"]):
        pass


def scored_columns(run: ScoringRun) -> list[str]:
    """The columns of the scored rows; none if no row was scored."""
    part = run.parts.filter(scored_count__gt=0).order_by("index").first()
    return [] if part is None else _columns(part)


def _columns(part: RunPart) -> list[str]:
    return column_names(run_id=part.run_id, index=part.index, kind="scored", sha256=part.scored_sha256)


def _sum(run: ScoringRun, name: str) -> int:
    return int(run.parts.aggregate(total=Sum(name, default=0))["total"])


def _page(run: ScoringRun, kind: Kind, columns: Sequence[str], *, offset: int, limit: int) -> list[Row]:
    rows: list[Row] = []
    for part in run.parts.order_by("index"):
        count = getattr(part, _COUNTS[kind])
        if offset < count and len(rows) < limit:
            table = _read(part, kind, columns)
            rows += table.slice(offset, limit - len(rows)).to_pylist()
        offset = max(offset - count, 0)
    return rows


def _read(part: RunPart, kind: Kind, columns: Sequence[str]) -> pa.Table:
    sha256 = part.scored_sha256 if kind == "scored" else part.rejected_sha256
    return read_results(run_id=part.run_id, index=part.index, kind=kind, sha256=sha256, columns=columns)
