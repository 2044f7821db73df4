"""The scored rows of a file as people look through them: those of one segment, the lowest scores first."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from loans.models import Segment
from scoring.models import ScoringRun
from scoring.result_pages import Row, scored_count, scored_page, scored_parts, scored_rows_at

Order = Literal["file", "lowest", "highest"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RowPage:
    """`count` is how many rows there are on all pages."""

    rows: list[Row]
    count: int


def row_page(
    run: ScoringRun, columns: Sequence[str], *, segment: Segment | None, order: Order, offset: int, limit: int
) -> RowPage:
    """
    Read a page of the scored rows; rows of one score stay in the order of the file.

    :raises ResultsChanged: if the results are not what was written
    """
    if segment is None and order == "file":
        return RowPage(rows=scored_page(run, columns, offset=offset, limit=limit), count=scored_count(run))
    places = _places(run, segment, order)
    return RowPage(rows=scored_rows_at(run, columns, places[offset : offset + limit]), count=len(places))


def _places(run: ScoringRun, segment: Segment | None, order: Order) -> npt.NDArray[np.int64]:
    parts = list(scored_parts(run, ("credit_score", "segment")))
    if not parts:
        return np.zeros(0, dtype=np.int64)
    scores = np.concatenate([part["credit_score"].to_numpy() for part in parts]).astype(np.int64)
    places = np.arange(len(scores))
    if segment is not None:
        places = places[np.concatenate([_is_in(part, segment) for part in parts])]
    if order == "file":
        return places
    scores = scores[places] if order == "lowest" else -scores[places]
    return places[np.argsort(scores, kind="stable")]


def _is_in(part: pa.Table, segment: Segment) -> npt.NDArray[np.bool_]:
    labels = part["segment"].cast(pa.string())
    found: npt.NDArray[np.bool_] = pc.equal(labels, segment.value).to_numpy()
    return found
