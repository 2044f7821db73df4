"""What becomes of rows, and what is stored of the records they speak of."""

from collections.abc import Collection, Container, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from django.db.models import Model, QuerySet

Stored = tuple[Any, ...]
AnyModel = TypeVar("AnyModel", bound=Model)


class Fate(StrEnum):
    """What becomes of a row. Every row has exactly one."""

    NEW = "new"
    CHANGED = "update"
    UNCHANGED = "skip"
    REJECTED = "invalid"
    BLANK = "blank"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many records of one kind are added and changed; one that stands in several rows counts once."""

    created: int
    changed: int


def tally_of(
    keys: Sequence[str], stored: Sequence[Stored | None], changed: Iterable[int], refused: Container[int]
) -> Tally:
    """
    Count the records behind the rows that are not refused.

    :param keys: of each row, the same for rows that speak of one record
    :param changed: the rows that change theirs
    """
    new = {key for row, key in enumerate(keys) if stored[row] is None and row not in refused}
    changed_keys = {keys[row] for row in changed if row not in refused}
    return Tally(created=len(new), changed=len(changed_keys))


_MERGED = {
    (first, second): next((fate for fate in (Fate.NEW, Fate.CHANGED) if fate in (first, second)), Fate.UNCHANGED)
    for first in (Fate.NEW, Fate.CHANGED, Fate.UNCHANGED)
    for second in (Fate.NEW, Fate.CHANGED, Fate.UNCHANGED)
}


def merged(first: Iterable[Fate], second: Iterable[Fate]) -> list[Fate]:
    """The fates of rows that speak of two records each: new if it adds one, changed if it changes one."""
    return [_MERGED[pair] for pair in zip(first, second, strict=True)]


def stored_by(
    rows: "QuerySet[AnyModel]", field_name: str, wanted: Collection[str], names: Sequence[str]
) -> dict[str, Stored]:
    """What is stored (primary key, then the names), by the value of a field: one query for any number of values."""
    found = rows.filter(**{f"{field_name}__among": frozenset(wanted)}).values_list(field_name, "pk", *names)
    return {row[0]: row[1:] for row in found.iterator(chunk_size=10_000)} if wanted else {}


def differences(said: Sequence[Any], stored: Sequence[Stored | None], place: int) -> list[int]:
    """The rows whose stored record has something else in this place than the row says; silence changes nothing."""
    return [
        row
        for row, (value, known) in enumerate(zip(said, stored, strict=True))
        if value is not None and known is not None and known[place] != value
    ]
