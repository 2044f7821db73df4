"""Scoring runs and the scores they made: written by the program, read by people."""

from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesCheckboxFilter, RangeDateTimeFilter
from unfold.decorators import display

from bprs.access.admin_base import BaseModelAdmin, BranchScopedAdmin, ReadOnlyMixin, user_of
from bprs.badges import badge
from bprs.display import percentage, rupiah
from loans.badges import segment_badge
from loans.models import Loan
from scoring.admin.refusals import reason_of, refusals_of
from scoring.models import Score, ScoringRun
from scoring.result_pages import error_count
from scoring.selectors import file_error_page

REFUSALS_LISTED = 500


@admin.register(ScoringRun)
class ScoringRunAdmin(ReadOnlyMixin, BranchScopedAdmin):
    list_display = (
        "when",
        "scored_by",
        "source",
        "version",
        "rows_read",
        "scored_count",
        "rejected",
        "high_risk_count",
    )
    list_filter = (("scored_at", RangeDateTimeFilter), ("source", ChoicesCheckboxFilter))
    list_select_related = ("scored_by", "version")
    search_fields = ("scored_by__username", "scored_by__first_name", "scored_by__last_name")
    ordering = ("-scored_at",)
    fieldsets = (
        (_("Run"), {"fields": ("when", "scored_by", "source", "version", "stored_file")}),
        (_("Counts"), {"fields": ("rows_read", "scored_count", "rejected_count", "blank_count", "high_risk_count")}),
    )
    change_form_outer_after_template = "scoring/run.html"

    @display(description=_("scored at"), ordering="scored_at")
    def when(self, run: ScoringRun) -> str:
        return date_format(timezone.localtime(run.scored_at), "j M Y, H:i")

    @display(description=_("rejected"), ordering="rejected_count")
    def rejected(self, run: ScoringRun) -> str | SafeString:
        return badge(str(run.rejected_count), tone="warning", icon="error") if run.rejected_count else "0"

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        run = self.get_object(request, object_id) if self.has_view_permission(request) else None
        context = dict(extra_context or {})
        if run is not None:
            context |= rows_refused(run) if run.stored_file_id else loans_refused(run)
        return super().change_view(request, object_id, form_url, context)


def loans_refused(run: ScoringRun) -> dict[str, Any]:
    refusals = list(refusals_of(run)[:REFUSALS_LISTED])
    return {
        "refusals": [(refusal.loan, gettext("Financing removed"), reason_of(refusal)) for refusal in refusals],
        "refusals_unlisted": run.rejected_count - len(refusals),
        "scores_url": f"{reverse('admin:scoring_score_changelist')}?run__id__exact={run.pk}",
    }


def rows_refused(run: ScoringRun) -> dict[str, Any]:
    """The rows of a file have no page of their own among the scores: they are read and downloaded with their run."""
    errors = file_error_page(run, limit=REFUSALS_LISTED)
    return {
        "refusals": [
            (None, gettext("Row %(number)s") % {"number": error.row_number}, error.reason) for error in errors
        ],
        "refusals_unlisted": error_count(run) - len(errors),
    }


@admin.register(Score)
class ScoreAdmin(ReadOnlyMixin, BaseModelAdmin):
    """The scores of the loans the user may see, and in the runs they may see of loans that were removed since."""

    list_display = ("what", "customer", "total", "pd", "dsr", "installment", "card", "when")
    list_display_links = None
    list_filter = (("run__scored_at", RangeDateTimeFilter), ("segment", ChoicesCheckboxFilter))
    list_select_related = ("loan__customer", "run__version")
    search_fields = ("loan__loan_number", "loan__customer__full_name")
    ordering = ("-pk",)

    def get_queryset(self, request: HttpRequest) -> Any:
        user = user_of(request)
        scores = super().get_queryset(request)
        if user.has_every_branch():
            return scores
        removed = Q(loan__pk__isnull=True, run__in=ScoringRun.objects.visible_to(user))
        return scores.filter(removed | Q(loan__in=Loan.objects.visible_to(user)))

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        return lookup == "run__id__exact" or bool(super().lookup_allowed(lookup, value, request))

    @display(description=_("financing"))
    def what(self, score: Score) -> str | SafeString:
        if score.loan is None:
            return gettext("Financing removed")
        url = reverse("admin:loans_loan_change", args=[score.loan.pk])
        return format_html('<a class="bprs-link" href="{}">{}</a>', url, score.loan.loan_number)

    @display(description=_("customer"))
    def customer(self, score: Score) -> str:
        return self.empty_value_display if score.loan is None else score.loan.customer.full_name

    @display(description=_("score"), ordering="credit_score")
    def total(self, score: Score) -> SafeString:
        return format_html('<b class="bprs-points">{}</b> {}', score.credit_score, segment_badge(score.segment))

    @display(description=_("PD"), ordering="default_probability")
    def pd(self, score: Score) -> str:
        return percentage(score.default_probability, 0)

    @display(description=_("DSR"), ordering="debt_service_ratio")
    def dsr(self, score: Score) -> str:
        return self.empty_value_display if score.debt_service_ratio is None else percentage(score.debt_service_ratio)

    @display(description=_("installment"), ordering="monthly_installment")
    def installment(self, score: Score) -> str:
        return rupiah(score.monthly_installment)

    @display(description=_("scorecard"))
    def card(self, score: Score) -> str:
        return score.run.version.label

    @display(description=_("scored at"), ordering="run__scored_at")
    def when(self, score: Score) -> str:
        return date_format(timezone.localtime(score.run.scored_at), "j M Y, H:i")
