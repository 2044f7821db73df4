"""Filters of the lists."""

from typing import Any

from django.http import HttpRequest
from unfold.contrib.filters.admin import RelatedDropdownFilter

from bprs.access.admin_base import visible_branches


class VisibleBranchFilter(RelatedDropdownFilter):
    """Offers the branches the user works in; nothing at all to those who work in one."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> list[tuple[int, str]]:
        return [(branch.pk, str(branch)) for branch in visible_branches(request)]

    def has_output(self) -> bool:
        """Also for who works in one, if an address or a shared view names a branch: then it filters, and shows theirs or none."""
        return len(self.lookup_choices) > 1 or bool(self.value())
