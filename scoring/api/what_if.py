"""What an application would score: one that is stored nowhere, and a stored one with other terms."""

from decimal import Decimal

from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Query, Router, Schema
from pydantic import ConfigDict, Field, JsonValue

from bprs.access.auth import Needs, Request
from bprs.http.fields import MoneyIn, MoneyOut, Text, Whole
from loans.models import Akad, Loan, Purpose, Segment
from scoring.api.schemas import JudgementOut, judgement_of
from scoring.engine import Change, Scorecard
from scoring.facts import facts_of
from scoring.models import ScorecardVersion
from scoring.services.records import SEN
from scoring.services.what_if import LoanWhatIf, TermsMap, preview, wanted_score

previews = Router(tags=["predictions"])
router = Router(tags=["loans"])
EXAMPLE: dict[str, JsonValue] = {
    "monthly_income": 5000000,
    "assets_value": 20000000,
    "loan_amount": 10000000,
    "tenor_months": 12,
}


class ApplicationIn(Schema):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [EXAMPLE]})

    monthly_income: MoneyIn | None = None
    assets_value: MoneyIn | None = None
    loan_amount: MoneyIn | None = None
    tenor_months: Whole | None = Field(None, description="Whole months, 1 to 360.")
    akad: Akad | None = None
    purpose: Purpose | None = None


class WhatIfQuery(Schema):
    segment: Text = Field("", max_length=50, description="The segment to reach; the next better one, if left out.")
    min_score: int | None = Field(None, ge=-100_000, le=100_000, description="A score to reach, in place of a segment.")
    with_map: bool = Field(default=False, description="Add the score of 40 amounts with 60 tenors.")


class ChangeOut(Schema):
    """Other values of one fact or of two, and what they score. What does not change is null."""

    loan_amount: MoneyOut | None
    tenor_months: int | None = Field(examples=[24])
    monthly_income: MoneyOut | None
    assets_value: MoneyOut | None
    credit_score: int = Field(examples=[570])
    segment: Segment
    effort: float = Field(description="How much of itself each fact changes, added up: half the amount is 0.5.")


class MapOut(Schema):
    amounts: list[int] = Field(description="Rupiah; a line of scores for each.")
    tenors: list[int] = Field(description="Months; a score in each line for each.")
    scores: list[list[int]]


class WhatIfOut(Schema):
    loan_id: int
    scorecard: str = Field(examples=["standard-1"])
    credit_score: int = Field(description="As the financing is now.", examples=[420])
    segment: Segment
    wanted_score: int = Field(examples=[550])
    wanted_segment: Segment = Field(description="Which segment that score is in.")
    is_reached: bool
    largest_amount: MoneyOut | None = Field(description="At this tenor; null if no amount reaches the score.")
    tenors: list[int] = Field(description="All that reach it at this amount.")
    changes: list[ChangeOut] = Field(description="The smallest changes that reach it, the smallest first.")
    map: MapOut | None = None


@previews.post(
    "/preview",
    auth=Needs("scoring.score_loan"),
    response=JudgementOut,
    summary="Score an application without storing it",
)
def preview_application(request: Request, application: ApplicationIn) -> JudgementOut:
    """Score what is sent with the card in force, and say where points were lost. Nothing is stored."""
    values = application.dict(exclude_none=True)
    return JudgementOut(
        **judgement_of(preview(values=values, version=ScorecardVersion.objects.in_force(timezone.now())))
    )


@router.get(
    "/{int:loan_id}/what-if",
    auth=Needs("scoring.view_score"),
    response=WhatIfOut,
    summary="What would reach a better score",
)
def what_if(request: Request, loan_id: int, query: Query[WhatIfQuery]) -> WhatIfOut:
    """
    Exact answers under the card in force: the largest amount, the tenors, the smallest changes. Nothing is stored.

    Amounts, income and assets change in steps of Rp 1,000. No changes are given if the score is reached already, and
    none if no change of one fact or of two reaches it.
    """
    loan = get_object_or_404(Loan.objects.visible_to(request.auth.user), pk=loan_id)
    asked = LoanWhatIf(facts_of(loan), ScorecardVersion.objects.in_force(timezone.now()))
    card, now = asked.version.card, asked.now.score
    wanted = query.min_score
    if wanted is None:
        wanted = wanted_score(card, segment=query.segment, credit_score=now.credit_score)
    answer = asked.reaching(wanted)
    return WhatIfOut(
        loan_id=loan.pk,
        scorecard=asked.version.label,
        credit_score=answer.credit_score,
        segment=Segment(now.segment),
        wanted_score=wanted,
        wanted_segment=Segment(card.segment_of(wanted)),
        is_reached=answer.is_reached,
        largest_amount=None if answer.largest_amount is None else _rupiah(answer.largest_amount),
        tenors=list(answer.tenors),
        changes=[_change_out(card, change) for change in answer.changes],
        map=_map_out(asked.map()) if query.with_map else None,
    )


def _change_out(card: Scorecard, change: Change) -> ChangeOut:
    return ChangeOut(
        loan_amount=_changed_amount(change, "loan_amount"),
        tenor_months=change.facts.get("tenor_months"),
        monthly_income=_changed_amount(change, "monthly_income"),
        assets_value=_changed_amount(change, "assets_value"),
        credit_score=change.credit_score,
        segment=Segment(card.segment_of(change.credit_score)),
        effort=round(change.effort, 4),
    )


def _changed_amount(change: Change, name: str) -> Decimal | None:
    return _rupiah(change.facts[name]) if name in change.facts else None


def _map_out(terms: TermsMap) -> MapOut:
    return MapOut(amounts=list(terms.amounts), tenors=list(terms.tenors), scores=[list(line) for line in terms.scores])


def _rupiah(sen: int) -> Decimal:
    return Decimal(sen) / SEN
