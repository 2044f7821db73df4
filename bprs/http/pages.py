"""Lists in pages: bounded, counted, and in an order that does not change between pages."""

from collections.abc import Sequence
from typing import Generic, TypedDict, TypeVar

from django.conf import settings
from django.db.models import F, Model, QuerySet
from django.db.models.expressions import OrderBy
from ninja import Schema
from ninja.errors import ValidationError
from pydantic import Field

Item = TypeVar("Item")
Row = TypeVar("Row")
AnyModel = TypeVar("AnyModel", bound=Model)


class Page(Schema, Generic[Item]):
    items: list[Item]
    count: int = Field(description="How many there are in all, not only on this page.", examples=[1])


class PageOf(TypedDict, Generic[Row]):
    items: Sequence[Row]
    count: int


class PageQuery(Schema):
    limit: int = Field(
        settings.NINJA_PAGINATION_PER_PAGE,
        ge=1,
        le=settings.NINJA_PAGINATION_MAX_LIMIT,
        description="How many to answer.",
    )
    offset: int = Field(0, ge=0, le=2**31 - 1, description="How many to skip.")

    def of(self, rows: "QuerySet[AnyModel, Row]") -> PageOf[Row]:
        return {"items": list(self.cut(rows)), "count": rows.count()}

    def cut(self, rows: "QuerySet[AnyModel, Row]") -> "QuerySet[AnyModel, Row]":
        return rows[self.offset : self.offset + self.limit]


def ordered(rows: "QuerySet[AnyModel, Row]", ordering: str, *, allowed: Sequence[str]) -> "QuerySet[AnyModel, Row]":
    """
    Order by the comma-separated fields (a minus in front turns one round), unknown values last, then by age.

    :raises ValidationError: naming what can be ordered by
    """
    names = [name for name in ordering.split(",") if name]
    if any(name.removeprefix("-") not in allowed for name in names):
        error = {
            "type": "unknown_ordering",
            "loc": ("query", "ordering"),
            "msg": "",
            "ctx": {"expected": ", ".join(allowed)},
        }
        raise ValidationError([error])
    last = "-pk" if not names or names[0].startswith("-") else "pk"
    return rows.order_by(*(_order_by(rows.model, name) for name in names), last)


def _order_by(model: type[Model], name: str) -> OrderBy:
    """Say where unknowns go only where there can be some: the databases disagree on it, and it costs the index."""
    plain = name.removeprefix("-")
    field, nulls_last = F(plain), True if model._meta.get_field(plain).null else None
    return field.desc(nulls_last=nulls_last) if name.startswith("-") else field.asc(nulls_last=nulls_last)
