"""The record of decisions: who recommended and decided what, and where it went against the score."""

from typing import Any, cast

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesCheckboxFilter, DropdownFilter, RangeDateTimeFilter
from unfold.decorators import display

from bprs.access.admin_base import BranchScopedAdmin, ReadOnlyMixin
from bprs.access.admin_filters import VisibleBranchFilter
from bprs.badges import badge
from bprs.display import rupiah
from loans.badges import segment_badge
from scoring.models import Decision
from scoring.models.decisions import DecisionQuerySet

Outcome, Override = Decision.Outcome, Decision.Override
TONES = {
    Outcome.PENDING: ("info", "gavel"),
    Outcome.APPROVED: ("success", "task_alt"),
    Outcome.REJECTED: ("plain", "block"),
    Outcome.RETURNED: ("warning", "undo"),
    Outcome.WITHDRAWN: ("plain", "undo"),
}


class AgainstTheScoreFilter(DropdownFilter):
    title = _("against the score")
    parameter_name = "against"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("any", str(_("Against the score"))), *((each.value, str(each.label)) for each in Override if each)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Decision]) -> QuerySet[Decision]:
        if self.value() == "any":
            return queryset.exclude(override="")
        return queryset.filter(override=self.value()) if self.value() in Override.values else queryset


class UnadvisedFilter(DropdownFilter):
    title = _("against the recommendation")
    parameter_name = "unadvised"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", str(_("Decided otherwise than recommended")))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Decision]) -> QuerySet[Decision]:
        if self.value() != "yes":
            return queryset
        approved = queryset.filter(advice=Decision.Advice.REJECT, outcome=Outcome.APPROVED)
        return approved | queryset.filter(advice=Decision.Advice.APPROVE, outcome=Outcome.REJECTED)


@admin.register(Decision)
class DecisionAdmin(ReadOnlyMixin, BranchScopedAdmin):
    """A list only: what belongs to one decision stands on the page of its financing."""

    is_long = True
    list_display = ("financing", "amount_asked", "risk", "recommended", "outcome_shown", "against", "decided")
    list_display_links = None
    list_filter = (
        AgainstTheScoreFilter,
        UnadvisedFilter,
        ("outcome", ChoicesCheckboxFilter),
        ("segment", ChoicesCheckboxFilter),
        ("decided_at", RangeDateTimeFilter),
        ("loan__customer__branch", VisibleBranchFilter),
    )
    list_select_related = ("loan__customer", "recommended_by", "decided_by", "reason")
    search_fields = ("loan",)  # that there is a search; what it finds, get_search_results says
    search_help_text = _("Financing number, customer, or who recommended or decided")
    ordering = ("-pk",)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Decision], search_term: str
    ) -> tuple[QuerySet[Decision], bool]:
        term = search_term.strip()
        return (cast("DecisionQuerySet", queryset).found_by(term) if term else queryset), False

    @display(description=_("financing"))
    def financing(self, decision: Decision) -> SafeString:
        return format_html(
            '<span class="bprs-two"><a class="bprs-link" href="{}">{}</a><small>{}</small></span>',
            reverse("admin:loans_loan_change", args=[decision.loan_id]),
            decision.loan.loan_number,
            decision.loan.customer.full_name,
        )

    @display(description=_("amount"), ordering="amount")
    def amount_asked(self, decision: Decision) -> str:
        return rupiah(decision.amount)

    @display(description=_("risk segment"), ordering="segment")
    def risk(self, decision: Decision) -> SafeString:
        return segment_badge(decision.segment)

    @display(description=_("recommendation"))
    def recommended(self, decision: Decision) -> SafeString:
        return _two(decision.get_advice_display(), decision.recommended_by.known_as)

    @display(description=_("outcome"), ordering="outcome")
    def outcome_shown(self, decision: Decision) -> SafeString:
        tone, icon = TONES[Outcome(decision.outcome)]
        return badge(decision.get_outcome_display(), tone=tone, icon=icon)

    @display(description=_("against the score"), ordering="override")
    def against(self, decision: Decision) -> str | SafeString:
        if not decision.override:
            return self.empty_value_display
        return _two(decision.get_override_display(), str(decision.reason))

    @display(description=_("decided by"), ordering="decided_at")
    def decided(self, decision: Decision) -> str | SafeString:
        if decision.decided_by is None or decision.decided_at is None:
            return self.empty_value_display
        when = date_format(timezone.localtime(decision.decided_at), "j M Y, H:i")
        if decision.outcome == Outcome.WITHDRAWN:
            return _two(self.empty_value_display, gettext("withdrawn %(when)s") % {"when": when})
        return _two(decision.decided_by.known_as, when)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Of one decision the page of its financing says everything."""
        decision = self.get_object(request, object_id)
        if decision is None or not self.has_view_permission(request, decision):
            return super().change_view(request, object_id, form_url, extra_context)
        return redirect("admin:loans_loan_change", decision.loan_id)


def _two(above: str, below: str) -> SafeString:
    return format_html('<span class="bprs-two"><span>{}</span><small>{}</small></span>', above, below)
