"""A list whose address names its columns and its order, and leaves the rest to Django."""

from typing import Any

from django.contrib.admin.views.main import ORDER_VAR
from django.http import HttpRequest
from unfold.views import ChangeList

from bprs.lists.queries import OURS, named, positions

_ADDED_BY_DJANGO = "_changelist_filters"


class NamedChangeList(ChangeList):
    """`?o=-amount.state` orders by name; the positions that Django writes are still read."""

    def get_filters_params(self, params: Any = None) -> Any:
        filters = super().get_filters_params(params)
        for name in (*OURS, _ADDED_BY_DJANGO):
            filters.pop(name, None)
        return filters

    def get_queryset(self, request: HttpRequest, **kwargs: Any) -> Any:
        if ORDER_VAR in self.params:
            self.params[ORDER_VAR] = positions(named(self.params[ORDER_VAR], self.column_names()), self.column_names())
        return super().get_queryset(request, **kwargs)

    def get_query_string(self, new_params: Any = None, remove: Any = None) -> str:
        if new_params and ORDER_VAR in new_params:
            new_params = {**new_params, ORDER_VAR: named(new_params[ORDER_VAR], self.column_names())}
        query: str = super().get_query_string(new_params, remove)
        return query

    @property
    def is_narrowed(self) -> bool:
        return bool(self.query or self.get_filters_params())

    def column_names(self) -> list[str]:
        aliases = getattr(self.model_admin, "column_aliases", {})
        return [aliases.get(name, name) if isinstance(name, str) else name.__name__ for name in self.list_display]
