"""Cells and values as JSON, and back, each as what it was."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from math import isfinite
from typing import Any

from bprs.spreadsheets.cells import Broken
from bprs.spreadsheets.remarks import origin_place

_WRITE: tuple[tuple[type, str, Callable[[Any], Any]], ...] = (
    (Broken, "broken", lambda cell: cell.value),
    (datetime, "datetime", datetime.isoformat),
    (date, "date", date.isoformat),
    (time, "time", time.isoformat),
    (timedelta, "seconds", timedelta.total_seconds),
    (Decimal, "decimal", str),
)
_READ: dict[str, Callable[[Any], Any]] = {
    "broken": Broken,
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "time": time.fromisoformat,
    "seconds": lambda seconds: timedelta(seconds=seconds),
    "decimal": Decimal,
    "float": float,
    "escaped": lambda text: text.encode().decode("unicode_escape"),
}


def to_json(value: Any) -> Any:
    """Text, numbers and nothing stay; what JSON or a database does not know is named."""
    if isinstance(value, str):
        return value if _is_plain(value) else {"escaped": value.encode("unicode_escape").decode()}
    if isinstance(value, float) and not isfinite(value):
        return {"float": str(value)}
    for kind, name, write in _WRITE:
        if isinstance(value, kind):
            return {name: write(value)}
    return value


def _is_plain(text: str) -> bool:
    return "\x00" not in text and not any("\ud800" <= char <= "\udfff" for char in text)


def from_json(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    ((name, written),) = value.items()
    return _READ[name](written)


def origin_of(headers: Sequence[str], cells: Sequence[Any]) -> int | None:
    """The row of the file that a rejected row came from, where it was mended and brought again."""
    place = origin_place(headers)
    said = None if place is None or place >= len(cells) else from_json(cells[place])
    return int(float(str(said))) if said is not None and str(said).removesuffix(".0").isdecimal() else None
