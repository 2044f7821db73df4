"""The loan desk: financing with its scores, and the buttons that make them."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect, render
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RangeNumericFilter
from unfold.decorators import display

from bprs.access.admin_base import user_of
from bprs.errors import DomainError
from bprs.wording import sentence_of
from loans.admin.filters import QueueFilter
from loans.admin.loan_admin import LoanAdmin
from loans.models import Loan, LoanQuerySet, Segment
from loans.selectors import NextStep, missing_data, next_step
from scoring.admin.loan_filters import DecidedFilter, DecidedInFilter, RepaymentFilter, VintageFilter
from scoring.admin.paper_desk import PaperDesk
from scoring.admin.refusals import refusals_shown
from scoring.admin.replay_page import ReplayForm, replay_context
from scoring.admin.score_panel import score_panel
from scoring.admin.score_print import printed_score
from scoring.admin.what_if import TermsForm, what_if_panel
from scoring.authority import FOR_ME, for_decision_by
from scoring.models import ScoringRun, Source
from scoring.selectors import Explanation
from scoring.services.score_loans import UnknownLoan, score_loan
from scoring.services.score_replay import versions_to_replay
from scoring.services.score_selection import score_selection


class DeskQueueFilter(QueueFilter):
    """Also what this user may decide on."""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [*super().lookups(request, model_admin), (FOR_ME, gettext("For me to decide"))]

    def queryset(self, request: HttpRequest, queryset: LoanQuerySet) -> LoanQuerySet:
        if self.value() == FOR_ME:
            return for_decision_by(queryset, user_of(request))
        return super().queryset(request, queryset)


class LoanDesk(PaperDesk):
    actions = ("score_selected",)
    list_filter: tuple[Any, ...] = (
        *(DeskQueueFilter if each is QueueFilter else each for each in LoanAdmin.list_filter),
        ("credit_score", RangeNumericFilter),
        ("default_probability", RangeNumericFilter),
        DecidedFilter,
        DecidedInFilter,
        VintageFilter,
        RepaymentFilter,
    )
    change_form_outer_before_template = "scoring/loan_panels.html"

    def get_urls(self) -> list[URLPattern]:
        score = path("<int:loan_id>/score/", self.admin_site.admin_view(self.score_view), name="loans_loan_score")
        what_if = path(
            "<int:loan_id>/what-if/", self.admin_site.admin_view(self.what_if_view), name="loans_loan_what_if"
        )
        printed = path(
            "<int:loan_id>/scores/<int:score_id>/print/",
            self.admin_site.admin_view(self.print_view),
            name="loans_loan_score_print",
        )
        replay = path(
            "<int:loan_id>/scores/<int:score_id>/replay/",
            self.admin_site.admin_view(self.replay_view),
            name="loans_loan_replay",
        )
        return [score, what_if, printed, replay, *super().get_urls()]

    def has_score_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("scoring.score_loan")

    @display(description=_("next step"))
    def next(self, loan: Loan) -> str | SafeString:
        """A loan that lacks nothing but its score is scored from the list: the button posts the list's own form."""
        step = next_step(loan)
        if step is not NextStep.SCORE:
            return super().next(loan)
        return format_html(
            '<button type="submit" class="bprs-button bprs-button--small" formaction="{}">'
            '<span class="material-symbols-outlined" aria-hidden="true">speed</span>{}</button>',
            reverse("admin:loans_loan_score", args=[loan.pk]),
            step.label,
        )

    @admin.action(description=_("Score selected loans"), permissions=["score"])
    def score_selected(self, request: HttpRequest, queryset: LoanQuerySet) -> HttpResponse | None:
        try:
            run = score_selection(
                loans=queryset, scored_by=user_of(request), scored_at=timezone.now(), source=Source.ADMIN
            )
        except DomainError as refusal:
            self.message_user(request, sentence_of(refusal), messages.ERROR)
            return None
        if run.job is not None:
            return redirect("admin:jobs_job_change", run.job.pk)
        self.message_user(request, summary_of(run), messages.SUCCESS if run.scored_count else messages.WARNING)
        if run.rejected_count:
            self.message_user(request, refusals_shown(run), messages.WARNING)
        return None

    def score_view(self, request: HttpRequest, loan_id: int) -> HttpResponse:
        """Score one loan: the button of its page and of its row in the list."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not self.has_score_permission(request) or not self.has_view_permission(request):
            raise PermissionDenied
        officer = user_of(request)
        try:
            explanation = score_loan(
                loan_id=loan_id,
                scored_by=officer,
                scored_at=timezone.now(),
                source=Source.ADMIN,
            )
        except UnknownLoan:
            raise Http404 from None
        except DomainError as refusal:
            self.message_user(request, sentence_of(refusal), messages.WARNING)
        else:
            self.message_user(request, result_of(explanation), messages.SUCCESS)
        return redirect("admin:loans_loan_change", loan_id)

    def what_if_view(self, request: HttpRequest, loan_id: int) -> HttpResponse:
        """What to offer: a part of the loan's page, asked for again whenever a slider moves."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        loan = get_object_or_404(Loan.objects.visible_to(user_of(request)), pk=loan_id)
        form = TermsForm(request.GET)
        try:
            context = {"what_if": what_if_panel(loan, form), "form": form}
        except DomainError as refusal:
            context = {"refusal": sentence_of(refusal)}
        is_answer_only = request.headers.get("HX-Target") == "what-if-answer"
        return render(request, "scoring/what_if_answer.html" if is_answer_only else "scoring/what_if.html", context)

    def print_view(self, request: HttpRequest, loan_id: int, score_id: int) -> HttpResponse:
        """One score and why, for paper: on the facts it was made from, whatever they are today."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        loans = Loan.objects.visible_to(user_of(request)).select_related("customer__branch")
        loan = get_object_or_404(loans, pk=loan_id)
        score = get_object_or_404(loan.scores.select_related("run__version", "run__scored_by"), pk=score_id)
        return render(request, "scoring/score_print.html", printed_score(loan, score, printed_at=timezone.now()))

    def replay_view(self, request: HttpRequest, loan_id: int, score_id: int) -> HttpResponse:
        """A score computed again, beside another card or today's data."""
        officer = user_of(request)
        if not self.has_view_permission(request) or not officer.has_perm("scoring.view_score"):
            raise PermissionDenied
        loan = get_object_or_404(Loan.objects.visible_to(officer), pk=loan_id)
        scores = loan.scores.select_related("run__version", "run__scored_by", "loan")
        score, form = get_object_or_404(scores, pk=score_id), ReplayForm(request.GET)
        context = {**self.admin_site.each_context(request), "title": str(loan), "original": loan, "score": score}
        now = timezone.now()
        context |= {"opts": self.opts, "form": form, "versions": versions_to_replay(user=officer, at=now)}
        try:
            context |= replay_context(score, form, user=officer, at=now)
        except DomainError as refusal:
            context["refusal"] = sentence_of(refusal)
        return TemplateResponse(request, "scoring/replay.html", context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        loan = self.get_object(request, object_id) if self.has_view_permission(request) else None
        context = {"may_score": self.has_score_permission(request), **(extra_context or {})}
        if loan is not None:
            step = next_step(loan)
            context |= {
                "panel": score_panel(loan, user_of(request)),
                "next_step": step,
                "missing": missing_data(loan) if step is NextStep.COMPLETE else [],
            }
        return super().change_view(request, object_id, form_url, context)


def summary_of(run: ScoringRun) -> SafeString:
    """«Scored 3 loans; 1 refused.» and the way to the run."""
    scored = ngettext("Scored %(count)d loan", "Scored %(count)d loans", run.scored_count) % {"count": run.scored_count}
    refused = gettext("%(count)d refused") % {"count": run.rejected_count}
    sentence = f"{scored}; {refused}." if run.rejected_count else f"{scored}."
    url = reverse("admin:scoring_scoringrun_change", args=[run.pk])
    return format_html('{} <a class="bprs-message-link" href="{}">{}</a>', sentence, url, gettext("Open the run"))


def result_of(explanation: Explanation) -> str:
    score = explanation.score
    return gettext("Scored: %(points)d points, %(segment)s.") % {
        "points": score.credit_score,
        "segment": str(Segment(score.segment).label).lower(),
    }


admin.site.unregister(Loan)
admin.site.register(Loan, LoanDesk)
