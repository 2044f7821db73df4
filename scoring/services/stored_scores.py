"""Stored scores, read in chunks of columns: nothing is built for a row that nobody looks at."""

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson
from django.db import connections
from django.db.models import BigIntegerField, FloatField, QuerySet, TextField
from django.db.models.functions import Cast

from scoring.models import Score

CHUNK = 20_000
NO_NUMBER = -(2**62)
Columns = dict[str, tuple[Any, ...]]
_JSON = ("facts", "points", "bins", "incomplete")
_COLUMNS = (
    *("pk", "run", "loan", "facts", "raw_score", "credit_score", "default_probability", "segment"),
    *("debt_service_ratio", "monthly_installment", "points", "bins", "incomplete"),
)


@contextmanager
def uncollected() -> Iterator[None]:
    """Without the search for cycles, of which rows make none: measured, it takes a fourth of the time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def score_chunks() -> Iterator[Columns]:
    """Every score, in the order they were written. `run` is as the database writes it, money is in sen, JSON is text."""
    last = 0
    while chunk := _read(_rows(Score.objects.filter(pk__gt=last))[:CHUNK]):
        yield chunk
        last = chunk["pk"][-1]


def score_chunks_of(pks: Sequence[int]) -> Iterator[Columns]:
    """As `score_chunks`, these scores only."""
    for start in range(0, len(pks), CHUNK):
        if chunk := _read(_rows(Score.objects.filter(pk__among=pks[start : start + CHUNK]))):
            yield chunk


def parsed(texts: Sequence[str]) -> list[Any]:
    """JSON texts, read at once; None for one that is no JSON, which no application wrote."""
    try:
        rows: list[Any] = orjson.loads("[" + ",".join(texts) + "]")
    except (orjson.JSONDecodeError, TypeError):
        return [_read_or_none(text) for text in texts]
    return rows if len(rows) == len(texts) else [_read_or_none(text) for text in texts]


def whole(values: Sequence[Any]) -> npt.NDArray[np.int64]:
    """A column of whole numbers; one that nothing has instead of what is none, which no application wrote."""
    column = np.array(values)
    if column.dtype.kind == "i":
        return column
    return np.array([value if type(value) is int else NO_NUMBER for value in values], dtype=np.int64)


def doubles(values: Sequence[Any]) -> npt.NDArray[np.float64]:
    """A column of doubles; NaN for nothing."""
    try:
        return np.array(values, dtype=np.float64)
    except (TypeError, ValueError):
        return np.array([value if isinstance(value, int | float) else np.nan for value in values], dtype=np.float64)


def _read_or_none(text: Any) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None


def _rows(scores: QuerySet[Score]) -> QuerySet[Score, tuple[Any, ...]]:
    texts = {name: Cast(name, TextField()) for name in _JSON}
    return scores.order_by("pk").values_list(
        *("pk", Cast("run", TextField()), "loan_id", texts["facts"], "raw_score", "credit_score"),
        *(Cast("default_probability", FloatField()), "segment", "debt_service_ratio"),
        *(Cast("monthly_installment", BigIntegerField()), texts["points"], texts["bins"], texts["incomplete"]),
    )


def _read(rows: QuerySet[Score, tuple[Any, ...]]) -> Columns:
    """Fetched at once, and as the driver has them: nothing here wants Django's converters."""
    with connections[rows.db].cursor() as cursor:
        cursor.execute(*rows.query.sql_with_params())
        rows_read = cursor.fetchall()
    return dict(zip(_COLUMNS, zip(*rows_read, strict=True), strict=True)) if rows_read else {}
