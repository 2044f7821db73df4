"""What came of scoring: the runs, their rows, and the scores of a loan."""

from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from ninja import Query, Router

from bprs.access.auth import Needs, Request
from bprs.http.pages import Page, PageOf, PageQuery
from loans.models import Loan
from scoring.api.results import Row, error_rows, result_rows
from scoring.api.schemas import ErrorRow, ResultRow, RunOut, ScoreOut, score_out
from scoring.models import ScoringRun
from scoring.selectors import explain

router = Router(tags=["runs"])
loan_scores = Router(tags=["loans"])


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
    scores = _visible_run(request, run_id).scores.order_by("row_index", "pk")
    return {"items": result_rows(page.cut(scores)), "count": scores.count()}


@router.get(
    "/{uuid:run_id}/errors",
    auth=Needs("scoring.view_scoringrun"),
    response=Page[ErrorRow],
    summary="List the rejected rows of a run",
)
def list_errors(request: Request, run_id: UUID, page: Query[PageQuery]) -> PageOf[Row]:
    """In the order of the file, each with what is wrong."""
    refusals = _visible_run(request, run_id).refusals.order_by("row_index", "pk")
    return {"items": error_rows(page.cut(refusals)), "count": refusals.count()}


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


def _visible_run(request: Request, run_id: UUID) -> ScoringRun:
    runs: QuerySet[ScoringRun] = ScoringRun.objects.visible_to(request.auth.user)
    return get_object_or_404(runs.select_related("version", "scored_by", "stored_file"), pk=run_id)
