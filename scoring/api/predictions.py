"""Scoring over HTTP: one loan, or a file."""

from django.conf import settings
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from ninja import Router, Status

from bprs.access.auth import Needs, Request
from bprs.files.models import StoredFile
from bprs.files.row_count import count_rows
from bprs.files.selectors import file_of
from bprs.http.rendering import dumps
from bprs.jobs.api import JobOut
from bprs.jobs.models import Job
from bprs.jobs.services import enqueue
from loans.models import Loan
from scoring.api.results import bulk_answer
from scoring.api.schemas import BulkIn, BulkOut, ScoreOut, score_out
from scoring.models import Source
from scoring.services.score_file import score_stored_file
from scoring.services.score_loans import score_loan
from scoring.tasks import SCORE_FILE, ScoreFileParams

router = Router(tags=["predictions"])


@router.post(
    "/individual/{int:loan_id}", auth=Needs("scoring.score_loan"), response=ScoreOut, summary="Score a stored loan"
)
def predict_individual(request: Request, loan_id: int) -> ScoreOut:
    """Score the loan with the card in force and store the result on it. The score says where points were lost."""
    user = request.auth.user
    explanation = score_loan(
        loans=Loan.objects.visible_to(user),
        loan_id=loan_id,
        scored_by=user,
        scored_at=timezone.now(),
        source=Source.API,
    )
    return score_out(explanation)


@router.post(
    "/bulk", auth=Needs("scoring.score_loan"), response={200: BulkOut, 202: JobOut}, summary="Score an uploaded file"
)
def predict_bulk(request: Request, file: BulkIn, response: HttpResponse) -> HttpResponse | Status[Job]:
    """
    Score every row of an uploaded file. Stored loans are not touched.

    A small file is answered at once. A large one becomes a job: 202, and its address in the header Location.
    """
    stored_file = file_of(owner=request.auth.user, token=file.file_path)
    rows = _rows_in(stored_file)
    if rows is None or rows > settings.BULK_ROWS_ANSWERED_AT_ONCE:
        job = _enqueue(request, stored_file, rows)
        response["Location"] = reverse("api:get_job", args=[job.pk])
        return Status(202, job)
    run = score_stored_file(
        stored_file=stored_file, scored_by=request.auth.user, scored_at=timezone.now(), source=Source.API
    )
    return HttpResponse(dumps(bulk_answer(run)), content_type="application/json")


def _rows_in(stored_file: StoredFile) -> int | None:
    with stored_file.content.open("rb") as content:
        return count_rows(content)


def _enqueue(request: Request, stored_file: StoredFile, rows: int | None) -> Job:
    params: ScoreFileParams = {"stored_file_id": stored_file.pk, "language": get_language() or settings.LANGUAGE_CODE}
    return enqueue(kind=SCORE_FILE, params=params, owner=request.auth.user, created_at=timezone.now(), total_count=rows)
