"""What came of scoring: the runs, their rows, and the scores of a loan."""

from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from ninja import Query, Router, Status

from bprs.access.auth import Needs, Request
from bprs.access.lockout import address_of
from bprs.http.downloads import file_answer
from bprs.http.pages import Page, PageOf, PageQuery
from bprs.jobs.api import JobOut
from bprs.jobs.models import Job
from loans.models import Loan
from scoring.api.results import Row, error_page, loan_error_rows, loan_result_rows, result_page
from scoring.api.schemas import ErrorRow, ResultRow, RunOut, ScoreOut, score_out
from scoring.models import ScoringRun
from scoring.result_pages import error_count, scored_count
from scoring.selectors import explain, of_visible_loans
from scoring.services.run_files import Taking, rejected_file
from scoring.services.run_workbooks import DownloadFormat, results_file

router = Router(tags=["runs"])
loan_scores = Router(tags=["loans"])


@router.get("", auth=Needs("scoring.view_scoringrun"), response=Page[RunOut], summary="List the runs")
def list_runs(request: Request, page: Query[PageQuery]) -> PageOf[ScoringRun]:
    """The newest first: the caller's own, or everybody's for those who see every branch."""
    return page.of(_visible_runs(request).order_by("-scored_at", "-pk"))


@router.get("/{uuid:run_id}", auth=Needs("scoring.view_scoringrun"), response=RunOut, summary="Get a run")
def get_run(request: Request, run_id: UUID) -> ScoringRun:
    return _visible_run(request, run_id)


@router.get(
    "/{uuid:run_id}/results",
    auth=Needs("scoring.view_scoringrun"),
    response=Page[ResultRow],
    summary="List the scores of a run",
)
def list_results(request: Request, run_id: UUID, page: Query[PageQuery]) -> PageOf[Row]:
    """In the order of the file."""
    run = _visible_run(request, run_id)
    if run.stored_file_id:
        return {"items": result_page(run, offset=page.offset, limit=page.limit), "count": scored_count(run)}
    scores = run.scores.filter(of_visible_loans(request.auth.user)).order_by("pk")
    return {"items": loan_result_rows(page.cut(scores)), "count": scores.count()}


@router.get(
    "/{uuid:run_id}/errors",
    auth=Needs("scoring.view_scoringrun"),
    response=Page[ErrorRow],
    summary="List the rejected rows of a run",
)
def list_errors(request: Request, run_id: UUID, page: Query[PageQuery]) -> PageOf[Row]:
    """In the order of the file, each with what is wrong; a row with two faults stands here twice."""
    run = _visible_run(request, run_id)
    if run.stored_file_id:
        return {"items": error_page(run, offset=page.offset, limit=page.limit), "count": error_count(run)}
    refusals = run.refusals.filter(of_visible_loans(request.auth.user)).order_by("pk")
    return {"items": loan_error_rows(page.cut(refusals)), "count": refusals.count()}


@router.get(
    "/{uuid:run_id}/download",
    auth=Needs("scoring.view_scoringrun"),
    response={202: JobOut},
    summary="Download the scores of a run",
)
def download(
    request: Request,
    run_id: UUID,
    response: HttpResponse,
    format: DownloadFormat = "csv",  # noqa: A002 its name in the address
) -> StreamingHttpResponse | Status[Job]:
    """
    The facts and the outcome of every scored row of a file, as CSV, XLSX or Parquet.

    A large workbook takes its time: 202, and the job that makes it; ask again when that is done.
    """
    run = _visible_run(request, run_id)
    content = results_file(run, format, language=None, taken=_taking(request))
    if isinstance(content, Job):
        response["Location"] = reverse("api:get_job", args=[content.pk])
        return Status(202, content)
    return file_answer(content, f"{run.name}-scored.{format}")


@router.get(
    "/{uuid:run_id}/rejected", auth=Needs("scoring.view_scoringrun"), summary="Download the rejected rows of a run"
)
def download_rejected(request: Request, run_id: UUID) -> StreamingHttpResponse:
    """
    A workbook with the rejected rows as they came and what is wrong with them: to be mended and uploaded as it is.

    NIKs and phone numbers are masked for who did not bring the file.
    """
    run = _visible_run(request, run_id)
    return file_answer(rejected_file(run, taken=_taking(request)), f"{run.name}-rejected.xlsx")


@loan_scores.get(
    "/{int:loan_id}/scores",
    auth=Needs("scoring.view_score"),
    response=Page[ScoreOut],
    summary="List the scores of a loan",
)
def list_scores(request: Request, loan_id: int, page: Query[PageQuery]) -> PageOf[ScoreOut]:
    """The newest first. Scores are written once: none is ever changed or removed."""
    loan = get_object_or_404(Loan.objects.visible_to(request.auth.user), pk=loan_id)
    scores = loan.scores.select_related("run__version").order_by("-pk")
    items = [score_out(explain(score)) for score in page.cut(scores)]
    return {"items": items, "count": scores.count()}


def _taking(request: Request) -> Taking:
    return Taking(by=request.auth.user, at=timezone.now(), remote_address=address_of(request))


def _visible_runs(request: Request) -> QuerySet[ScoringRun]:
    runs: QuerySet[ScoringRun] = ScoringRun.objects.visible_to(request.auth.user)
    return runs.select_related("version", "scored_by", "stored_file", "job")


def _visible_run(request: Request, run_id: UUID) -> ScoringRun:
    return get_object_or_404(_visible_runs(request), pk=run_id)
