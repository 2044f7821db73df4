"""The page on which financing is recommended and decided on, and what the page of the financing says of it."""

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from unfold.decorators import display

from bprs.access.admin_base import user_of
from bprs.access.models import User
from bprs.errors import DomainError
from bprs.validation import Invalid
from bprs.wording import sentence_of
from loans.admin.loan_admin import LoanAdmin
from loans.models import Loan, Status
from loans.selectors import NextStep, next_step
from scoring.admin.decision_forms import DecideForm, NoteForm, RecommendForm
from scoring.admin.score_panel import as_scored
from scoring.authority import FOR_ME, for_decision_by
from scoring.models import Decision
from scoring.selectors import explain, latest_score
from scoring.services.decisions import (
    decide_loan,
    obstacle_to_deciding,
    obstacle_to_recommending,
    recommend_loan,
    return_loan,
    withdraw_recommendation,
)
from scoring.timeline import timeline

AnyForm = TypeVar("AnyForm", bound=forms.Form)
Outcome = Decision.Outcome
RECOMMEND, DECIDE = "scoring.recommend_loan", "scoring.decide_loan"
RIGHTS = {"recommend": RECOMMEND, "withdraw": RECOMMEND, "approve": DECIDE, "reject": DECIDE, "return": DECIDE}


class DecisionDesk(LoanAdmin):
    change_form_outer_after_template = "scoring/timeline.html"

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.decision_view)
        return [path("<int:loan_id>/decision/", view, name="loans_loan_decision"), *super().get_urls()]

    @display(description=LoanAdmin.next.short_description)
    def next(self, loan: Loan) -> str | SafeString:
        step = next_step(loan)
        if step not in {NextStep.RECOMMEND, NextStep.DECIDE}:
            return super().next(loan)
        url = reverse("admin:loans_loan_decision", args=[loan.pk])
        return format_html('<a class="bprs-link" href="{}">{}</a>', url, step.label)

    def decision_view(self, request: HttpRequest, loan_id: int) -> HttpResponse:
        """All that somebody needs who recommends or decides, and what they say. A refusal keeps what was typed."""
        user = user_of(request)
        if not self.has_view_permission(request) or not user.has_perm("scoring.view_decision"):
            raise PermissionDenied
        loans = Loan.objects.visible_to(user).select_related("customer__branch", "account_officer")
        loan = get_object_or_404(loans, pk=loan_id)
        if request.method != "POST":
            return self._decision_page(request, loan)
        what = request.POST.get("what", "")
        if what not in RIGHTS:
            raise SuspiciousOperation(what)
        if not user.has_perm(RIGHTS[what]):
            raise PermissionDenied
        try:
            decision = _ACTS[what](request, loan)
        except DomainError as refusal:
            return self._decision_page(request, loan, refusal=sentence_of(refusal))
        messages.success(request, _done(decision, user))
        return redirect("admin:loans_loan_change", loan.pk)

    def _decision_page(self, request: HttpRequest, loan: Loan, *, refusal: str = "") -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": loan.loan_number,
            "original": loan,
            "opts": self.opts,
        }
        context |= decision_context(loan, user_of(request)) | {"refusal": refusal, "panel": None}
        data = request.POST if refusal else None
        context["chosen"] = request.POST.getlist("told")
        context["form"] = DecideForm(data, segment=context["segment"]) if context["pending"] else RecommendForm(data)
        return TemplateResponse(request, "scoring/decision.html", context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = dict(extra_context or {})
        loan = self.get_object(request, object_id) if self.has_view_permission(request) else None
        if loan is not None and request.user.has_perm("scoring.view_decision"):
            context |= {"events": timeline(loan), "decided": _latest_decision(loan), "next_step": next_step(loan)}
        return super().change_view(request, object_id, form_url, context)


def decision_context(loan: Loan, user: User) -> dict[str, Any]:
    """What the page shows: the score the recommendation rests on, or the latest; and what stands in the way."""
    pending = (
        loan.decisions.pending()
        .select_related("recommended_by", "score__run__version", "score__run__scored_by")
        .first()
    )
    score = pending.score if pending else latest_score(loan)
    return {
        "loan": loan,
        "pending": pending,
        "latest": as_scored(explain(score)) if score else None,
        "segment": score.segment if score else "",
        "may_recommend": user.has_perm(RECOMMEND),
        "may_decide": user.has_perm(DECIDE),
        "may_withdraw": pending is not None and pending.recommended_by == user,
        "obstacle": obstacle_to_deciding(pending, user) if pending else obstacle_to_recommending(loan),
        "events": timeline(loan),
    }


def _latest_decision(loan: Loan) -> Decision | None:
    """The one that still says where the file is: not what was withdrawn, nor what was mended since."""
    people = ("recommended_by", "decided_by", "reason")
    over = {Outcome.WITHDRAWN} if loan.status == Status.RETURNED else {Outcome.WITHDRAWN, Outcome.RETURNED}
    return loan.decisions.exclude(outcome__in=over).select_related(*people).order_by("-pk").first()


def _recommend(request: HttpRequest, loan: Loan) -> Decision:
    typed = _checked(RecommendForm(request.POST)).cleaned_data
    return recommend_loan(
        loan_id=loan.pk,
        advice=typed["advice"],
        note=typed["note"],
        recommended_by=user_of(request),
        recommended_at=timezone.now(),
    )


def _withdraw(request: HttpRequest, loan: Loan) -> Decision:
    note = _checked(NoteForm(request.POST)).cleaned_data["note"]
    return withdraw_recommendation(
        loan_id=loan.pk, note=note, withdrawn_by=user_of(request), withdrawn_at=timezone.now()
    )


def _return(request: HttpRequest, loan: Loan) -> Decision:
    note = _checked(NoteForm(request.POST)).cleaned_data["note"]
    return return_loan(loan_id=loan.pk, note=note, returned_by=user_of(request), returned_at=timezone.now())


def _decide(outcome: Outcome, request: HttpRequest, loan: Loan) -> Decision:
    pending = loan.decisions.pending().first()
    form = _checked(DecideForm(request.POST, segment=pending.segment if pending else ""))
    return decide_loan(
        loan_id=loan.pk,
        outcome=outcome,
        grounds=form.grounds(),
        decided_by=user_of(request),
        decided_at=timezone.now(),
    )


_ACTS: dict[str, Callable[[HttpRequest, Loan], Decision]] = {
    "recommend": _recommend,
    "withdraw": _withdraw,
    "return": _return,
    "approve": partial(_decide, Outcome.APPROVED),
    "reject": partial(_decide, Outcome.REJECTED),
}


def _checked(form: AnyForm) -> AnyForm:
    if not form.is_valid():
        raise Invalid(" ".join(str(error) for errors in form.errors.values() for error in errors))
    return form


def _done(decision: Decision, user: User) -> str | SafeString:
    """What was done, and the way on to what else waits for this user."""
    said = {
        Outcome.PENDING: gettext("Recommended: it awaits a decision."),
        Outcome.WITHDRAWN: gettext("Withdrawn: it is submitted again."),
        Outcome.RETURNED: gettext("Returned to the account officer."),
        Outcome.APPROVED: gettext("Approved."),
        Outcome.REJECTED: gettext("Rejected."),
    }[Outcome(decision.outcome)]
    left = for_decision_by(Loan.objects.visible_to(user), user).count()
    if not left or decision.outcome in {Outcome.PENDING, Outcome.WITHDRAWN}:
        return said
    url = f"{reverse('admin:loans_loan_changelist')}?queue={FOR_ME}"
    more = ngettext("%(count)d more waits for you", "%(count)d more wait for you", left) % {"count": left}
    return format_html('{} <a class="bprs-message-link" href="{}">{}</a>', said, url, more)
