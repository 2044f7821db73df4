"""The log of what left the masked screens, for those who look after it."""

from typing import Any
from urllib.parse import unquote_plus

from django.apps import apps
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesCheckboxFilter, RangeDateTimeFilter
from unfold.decorators import display

from bprs.access.admin_base import BranchScopedAdmin, ReadOnlyMixin
from bprs.access.models import Disclosure


class DisclosureAdmin(ReadOnlyMixin, BranchScopedAdmin):
    list_display = ("made_at", "who", "kind", "which_list", "row_count", "filtered", "subject", "with_identities")
    list_filter = (
        ("kind", ChoicesCheckboxFilter),
        ("made_at", RangeDateTimeFilter),
    )
    list_select_related = ("made_by",)
    search_fields = ("made_by__username", "made_by__first_name", "made_by__last_name", "subject")
    search_help_text = _("Name of the person, or number of the row")
    ordering = ("-made_at", "-pk")
    fields = (
        *("made_at", "who", "remote_address", "kind", "which_list", "subject"),
        *("row_count", "filtered", "shown_columns", "file_format", "with_identities"),
    )
    readonly_fields = fields

    @display(description=_("by"), ordering="made_by__first_name")
    def who(self, disclosure: Disclosure) -> str:
        return disclosure.made_by.known_as

    @display(description=_("list"), ordering="list_name")
    def which_list(self, disclosure: Disclosure) -> str:
        try:
            return str(apps.get_model(disclosure.list_name)._meta.verbose_name_plural).capitalize()
        except (LookupError, ValueError):
            return disclosure.list_name

    @display(description=_("filters"))
    def filtered(self, disclosure: Disclosure) -> str:
        return unquote_plus(disclosure.query).replace("&", ", ") or self.empty_value_display

    @display(description=_("columns"))
    def shown_columns(self, disclosure: Disclosure) -> str:
        return ", ".join(map(str, disclosure.columns)) or self.empty_value_display

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("access.view_disclosure")
