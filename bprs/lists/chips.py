"""What a list is narrowed to, in words, each with the way to widen it again."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib.admin.utils import NotRelationField, get_fields_from_path
from django.core.exceptions import FieldDoesNotExist
from django.utils.dateparse import parse_date
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from bprs.lists.queries import ORDER, OURS, PASSING, SEARCH, Values, tidied, without, written

_NOT_FILTERS = (*PASSING, *OURS, ORDER)
_ENDS = ("_from", "_to", "_from_0", "_to_0", "_from_1", "_to_1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    title: str
    value: str
    removed: str


def chips_of(change_list: Any) -> list[Chip]:
    """One for the search and for every value of every filter, in the order of the filters."""
    values = tidied(change_list.filter_params)
    said = {name: spec for spec in change_list.filter_specs for name in spec.expected_parameters() if name}
    chips = [_chip(values, SEARCH, _("search"), term, term) for term in values.get(SEARCH, ())]
    for name in [*(name for name in said if name in values), *sorted(values.keys() - said.keys() - {SEARCH})]:
        if name not in _NOT_FILTERS:
            chips += _chips(change_list, values, name, said.get(name))
    return chips


def _chips(change_list: Any, values: Values, name: str, spec: Any) -> Iterator[Chip]:
    title = str(spec.title) if spec else _title_of(change_list.model, name)
    words = dict(_words(change_list, spec, name))
    for value in values[name]:
        yield _chip(values, name, _bounded(title, name), words.get(value, _readable(value)), value)


def _chip(values: Values, name: str, title: str, text: str, value: str) -> Chip:
    return Chip(title=title, value=text, removed=f"?{written(without(values, name, value)) or 'view=0'}")


def _words(change_list: Any, spec: Any, name: str) -> Iterator[tuple[str, str]]:
    """The choices as the filter itself offers them."""
    for choice in spec.choices(change_list) if spec else ():
        field = choice["form"].fields.get(name) if "form" in choice else None
        for value, label in getattr(field, "choices", ()):
            yield str(value), str(label)


def _bounded(title: str, name: str) -> str:
    if not name.endswith(_ENDS):
        return title
    return _("%(what)s to") % {"what": title} if "_to" in name else _("%(what)s from") % {"what": title}


def _title_of(model: Any, name: str) -> str:
    """Of a filter that only an address knows: the field it is about."""
    path = name.removesuffix("__exact").removesuffix("__id").removesuffix("__isnull").removesuffix("__gte")
    try:
        return str(get_fields_from_path(model, path)[-1].verbose_name)
    except (FieldDoesNotExist, NotRelationField, AttributeError):
        return name


def _readable(value: str) -> str:
    try:
        day = parse_date(value)
    except ValueError:
        day = None
    return date_format(day, "j M Y") if day else value
