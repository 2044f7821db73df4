"""The decision sheet and the customer's letter, as pages to print and as PDF."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from bprs.access.admin_base import user_of
from bprs.access.models import User
from bprs.errors import DomainError
from bprs.http.downloads import file_answer
from bprs.wording import sentence_of
from loans.models import Loan
from scoring.admin.decision_desk import DecisionDesk
from scoring.models import Decision
from scoring.paper.blocks import Paper
from scoring.paper.letter import TOLD_OF, letter_of
from scoring.paper.pdf import pdf_of
from scoring.paper.sheet import decision_sheet


def _sheet(loan: Loan, user: User) -> Paper:
    return decision_sheet(loan, printed_by=user, printed_at=timezone.now())


def _letter(loan: Loan, _user: User) -> Paper:
    return letter_of(loan, printed_at=timezone.now())


PAPERS: dict[str, Callable[[Loan, User], Paper]] = {"decision_sheet": _sheet, "letter": _letter}


class PaperDesk(DecisionDesk):
    def get_urls(self) -> list[URLPattern]:
        return [*(url for what in PAPERS for url in self._urls_of(what)), *super().get_urls()]

    def _urls_of(self, what: str) -> list[URLPattern]:
        address, name = f"<int:loan_id>/{what.replace('_', '-')}", f"loans_loan_{what}"
        page, pdf = partial(self.paper_view, what=what), partial(self.pdf_view, what=what)
        return [
            path(f"{address}/", self.admin_site.admin_view(page), name=name),
            path(f"{address}.pdf", self.admin_site.admin_view(pdf), name=f"{name}_pdf"),
        ]

    def paper_view(self, request: HttpRequest, loan_id: int, *, what: str) -> HttpResponseBase:
        return self._answer(request, loan_id, what, as_pdf=False)

    def pdf_view(self, request: HttpRequest, loan_id: int, *, what: str) -> HttpResponseBase:
        return self._answer(request, loan_id, what, as_pdf=True)

    def _answer(self, request: HttpRequest, loan_id: int, what: str, *, as_pdf: bool) -> HttpResponseBase:
        """A refusal is told on the page of the financing, to which it leads back."""
        user = user_of(request)
        if not self.has_view_permission(request) or not user.has_perm("scoring.view_decision"):
            raise PermissionDenied
        loans = Loan.objects.visible_to(user).select_related("customer__branch", "account_officer")
        loan = get_object_or_404(loans, pk=loan_id)
        try:
            paper = PAPERS[what](loan, user)
        except DomainError as refusal:
            messages.warning(request, sentence_of(refusal))
            return redirect("admin:loans_loan_change", loan.pk)
        return file_answer(iter([pdf_of(paper)]), f"{paper.name}.pdf") if as_pdf else _page(request, loan, paper, what)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = dict(extra_context or {})
        loan = self.get_object(request, object_id) if self.has_view_permission(request) else None
        if loan is not None and request.user.has_perm("scoring.view_decision"):
            has_letter = Decision.objects.filter(loan=loan, outcome__in=TOLD_OF).exists()
            context |= {"has_paper": loan.scored_at is not None, "has_letter": has_letter}
        return super().change_view(request, object_id, form_url, context)


def _page(request: HttpRequest, loan: Loan, paper: Paper, what: str) -> HttpResponse:
    context = {"paper": paper, "loan": loan, "pdf_url": reverse(f"admin:loans_loan_{what}_pdf", args=[loan.pk])}
    return render(request, "scoring/paper.html", context)
