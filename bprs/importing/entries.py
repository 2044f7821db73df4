"""What one row says about one record, beside what is stored of it."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar

from django.db.models import Model, QuerySet

LOOKED_UP_AT_ONCE = 1000
Stored = Mapping[str, Any]
AnyModel = TypeVar("AnyModel", bound=Model)


class Fate(StrEnum):
    """What becomes of a row. Every row has exactly one."""

    NEW = "new"
    CHANGED = "update"
    UNCHANGED = "skip"
    REJECTED = "invalid"
    BLANK = "blank"


@dataclass(slots=True, kw_only=True)
class Entry:
    """`values` holds what the row says, by the model's names; what it is silent about is not in it."""

    key: str
    stored: Stored | None
    values: dict[str, Any] = field(default_factory=dict)

    @property
    def changes(self) -> dict[str, Any]:
        stored = self.stored
        if stored is None:
            return self.values
        return {name: value for name, value in self.values.items() if stored.get(name) != value}

    @property
    def fate(self) -> Fate:
        if self.stored is None:
            return Fate.NEW
        return Fate.CHANGED if self.changes else Fate.UNCHANGED


def merged(fates: Collection[Fate]) -> Fate:
    """The fate of a row that speaks of several records: new if it adds one, changed if it changes one."""
    return next((fate for fate in (Fate.NEW, Fate.CHANGED) if fate in fates), Fate.UNCHANGED)


def stored_by(
    rows: "QuerySet[AnyModel]", field_name: str, wanted: Collection[str], names: Sequence[str]
) -> dict[str, Stored]:
    """What is stored, by the value of a field: one query for a thousand values."""
    found: dict[str, Stored] = {}
    for some in _portions(sorted(set(wanted))):
        for row in rows.filter(**{f"{field_name}__in": some}).values("pk", field_name, *names):
            found[row[field_name]] = row
    return found


def _portions(values: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(values), LOOKED_UP_AT_ONCE):
        yield values[start : start + LOOKED_UP_AT_ONCE]
