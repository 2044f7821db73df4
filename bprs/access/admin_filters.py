"""Filters of the lists."""

from typing import Any

from django.http import HttpRequest
from unfold.contrib.filters.admin import RelatedDropdownFilter

from bprs.access.admin_base import user_of
from bprs.access.models import Branch


class VisibleBranchFilter(RelatedDropdownFilter):
    """Offers the branches the user works in; nothing at all to those who work in one."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> list[tuple[int, str]]:
        branches = Branch.objects.visible_to(user_of(request)).order_by("code")
        return [(branch.pk, str(branch)) for branch in branches]

    def has_output(self) -> bool:
        return len(self.lookup_choices) > 1
