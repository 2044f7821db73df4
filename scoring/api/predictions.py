"""Scoring over HTTP: one loan, or a file."""

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from ninja import Router, Status

from bprs.access.auth import Needs, Request
from bprs.files.selectors import file_of
from bprs.jobs.api import JobOut
from bprs.jobs.models import Job
from scoring.api.results import bulk_answer
from scoring.api.schemas import BulkIn, BulkOut, ScoreOut, score_out
from scoring.models import Source
from scoring.services.score_file import FileChoices, score_stored_file
from scoring.services.score_loans import score_loan

router = Router(tags=["predictions"])


@router.post(
    "/individual/{int:loan_id}", auth=Needs("scoring.score_loan"), response=ScoreOut, summary="Score a stored loan"
)
def predict_individual(request: Request, loan_id: int) -> ScoreOut:
    """Score the loan with the card in force and store the result on it. The score says where points were lost."""
    user = request.auth.user
    explanation = score_loan(
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

    A small file is answered at once. A large one becomes a job: 202, and its address in the header Location. The same
    file with the same card is scored once: asked for again, it is answered with the same run, or with its job.
    """
    run = score_stored_file(
        stored_file=file_of(owner=request.auth.user, token=file.file_path),
        scored_by=request.auth.user,
        scored_at=timezone.now(),
        source=Source.API,
        choices=FileChoices(sheet=file.sheet, locale=file.locale),
    )
    if run.job is None:
        return HttpResponse(bulk_answer(run), content_type="application/json")
    response["Location"] = reverse("api:get_job", args=[run.job.pk])
    return Status(202, run.job)
