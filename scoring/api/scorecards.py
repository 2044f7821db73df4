"""The cards, readable by programs."""

from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Query, Router

from bprs.access.auth import Needs, Request
from bprs.http.pages import Page, PageOf, PageQuery
from scoring.api.schemas import ScorecardDetailOut, ScorecardOut
from scoring.models import ScorecardVersion

router = Router(tags=["scorecards"])


@router.get("", auth=Needs("scoring.view_scorecardversion"), response=Page[ScorecardOut], summary="List scorecards")
def list_scorecards(request: Request, page: Query[PageQuery]) -> PageOf[ScorecardVersion]:
    """The newest first; exactly one is in force."""
    return page.of(ScorecardVersion.objects.with_status(timezone.now()).order_by("-pk"))


@router.get(
    "/{int:scorecard_id}",
    auth=Needs("scoring.view_scorecardversion"),
    response=ScorecardDetailOut,
    summary="Get a scorecard",
)
def get_scorecard(request: Request, scorecard_id: int) -> ScorecardVersion:
    return get_object_or_404(ScorecardVersion.objects.with_status(timezone.now()), pk=scorecard_id)


@router.get(
    "/{label}",
    auth=Needs("scoring.view_scorecardversion"),
    response=ScorecardDetailOut,
    summary="Get a scorecard by its label",
)
def get_scorecard_labelled(request: Request, label: str) -> ScorecardVersion:
    """Such as standard-1."""
    name, _hyphen, number = label.rpartition("-")
    versions = ScorecardVersion.objects.with_status(timezone.now())
    return get_object_or_404(versions, name=name, number=int(number) if number.isascii() and number.isdigit() else 0)
