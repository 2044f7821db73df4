"""The overview: what the portfolio looks like, each number with the financing behind it."""

from datetime import date
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from bprs.access.admin_base import BaseModelAdmin, ReadOnlyMixin, user_of, visible_branches
from loans.models import Akad
from scoring.admin.overview_panels import overview_of
from scoring.models import Overview
from scoring.overview import Scope, months_known
from scoring.services.overview import refresh_overview


@admin.register(Overview)
class OverviewAdmin(ReadOnlyMixin, BaseModelAdmin):
    def get_urls(self) -> list[URLPattern]:
        """There is one overview, and it is no form."""
        page, refresh = self.admin_site.admin_view(self.changelist_view), self.admin_site.admin_view(self.refresh_view)
        return [
            path("", page, name="scoring_overview_changelist"),
            path("refresh/", refresh, name="scoring_overview_refresh"),
        ]

    def has_view_permission(self, request: HttpRequest, obj: Overview | None = None) -> bool:
        return bool(request.user.has_perm("loans.view_loan"))

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        user, branches = user_of(request), visible_branches(request)
        months = months_known(user)
        scope = _scope(request, months)
        officers = user.whose_work_is_seen().filter(is_staff=True).order_by("first_name", "last_name", "pk")
        shown = [branch for branch in branches if scope.branch_id in (None, branch.pk)]
        headlines, panels = overview_of(scope, shown, officers)
        page = {
            **self.admin_site.each_context(request),
            "title": _("Overview"),
            "opts": self.opts,
            "as_of": Overview.objects.values_list("as_of", flat=True).first(),
            "scope": scope,
            "branches": branches if len(branches) > 1 else [],
            "akads": Akad.choices,
            "months": [(f"{month:%Y-%m}", date_format(month, "F Y")) for month in months],
            "times": _times(timezone.localdate()),
            "headlines": headlines,
            "panels": panels,
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "scoring/overview.html", page)

    def refresh_view(self, request: HttpRequest) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        refresh_overview(at=timezone.now())
        return redirect("admin:scoring_overview_changelist")


def _scope(request: HttpRequest, months: list[date]) -> Scope:
    """What is not there, or not the user's, is as if it were not asked for."""
    by_month = {f"{month:%Y-%m}": month for month in months}
    branches = {str(branch.pk): branch.pk for branch in visible_branches(request)}
    akad = request.GET.get("akad", "")
    return Scope(
        user=user_of(request),
        branch_id=branches.get(request.GET.get("branch", "")),
        akad=akad if akad in Akad.values else "",
        since=by_month.get(request.GET.get("from", "")),
        until=by_month.get(request.GET.get("to", "")),
    )


def _times(today: date) -> list[tuple[Any, str, str]]:
    """Quick choices: a name, the first month and the last."""
    a_year_ago = date(today.year - (today.month < 12), today.month % 12 + 1, 1)  # noqa: PLR2004 months of a year
    return [
        (_("All"), "", ""),
        (_("Last 12 months"), f"{a_year_ago:%Y-%m}", f"{today:%Y-%m}"),
        (_("This year"), f"{today.year}-01", f"{today:%Y-%m}"),
        (_("Last year"), f"{today.year - 1}-01", f"{today.year - 1}-12"),
    ]
