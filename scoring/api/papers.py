"""The decision sheet and the customer's letter over HTTP, as PDF."""

from typing import Any

from django.http import StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Router

from bprs.access.auth import Needs, Request
from bprs.http.downloads import MEDIA_TYPES, file_answer
from loans.models import Loan
from scoring.paper.letter import letter_of
from scoring.paper.pdf import pdf_of
from scoring.paper.sheet import decision_sheet

router = Router(tags=["loans"])
_BINARY = {"schema": {"type": "string", "format": "binary"}}
AS_PDF: dict[str, Any] = {"responses": {200: {"description": "A PDF.", "content": {MEDIA_TYPES[".pdf"]: _BINARY}}}}


def _visible(request: Request, loan_id: int) -> Loan:
    loans = Loan.objects.visible_to(request.auth.user).select_related("customer__branch", "account_officer")
    return get_object_or_404(loans, pk=loan_id)


@router.get(
    "/{int:loan_id}/decision-sheet.pdf",
    auth=Needs("scoring.view_decision"),
    openapi_extra=AS_PDF,
    summary="The decision sheet",
)
def get_decision_sheet(request: Request, loan_id: int) -> StreamingHttpResponse:
    """Request, score, reasons, recommendation, decision and proof. A draft before a decision; 409 without a score."""
    loan, now = _visible(request, loan_id), timezone.now()
    paper = decision_sheet(loan, printed_by=request.auth.user, printed_at=now)
    return file_answer(iter([pdf_of(paper)]), f"{paper.name}.pdf")


@router.get(
    "/{int:loan_id}/letter.pdf",
    auth=Needs("scoring.view_decision"),
    openapi_extra=AS_PDF,
    summary="The letter to the customer",
)
def get_letter(request: Request, loan_id: int) -> StreamingHttpResponse:
    """What was approved or rejected, and why, as the customer may read it. In Indonesian; 409 while it is undecided."""
    paper = letter_of(_visible(request, loan_id), printed_at=timezone.now())
    return file_answer(iter([pdf_of(paper)]), f"{paper.name}.pdf")
