"""Recommending and deciding over HTTP: the same services, limits and pairs of eyes as in the back office."""

from datetime import datetime
from typing import Literal

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Router, Schema
from ninja import Status as Answer
from pydantic import ConfigDict, Field

from bprs.access.auth import Needs, Request
from bprs.http.fields import MoneyOut, Text
from loans.models import Loan, Segment
from scoring.models import Decision, DecisionReason
from scoring.services import decisions
from scoring.services.decisions import Grounds, override_of, reasons_coded

router = Router(tags=["loans"])
LONGEST_NOTE = 2_000


class NoteIn(Schema):
    model_config = ConfigDict(extra="forbid")

    note: Text = Field("", max_length=LONGEST_NOTE)


class RecommendationIn(NoteIn):
    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"advice": "approve", "note": "Usaha berjalan lima tahun."}]}
    )

    advice: Decision.Advice


class DecisionIn(NoteIn):
    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"outcome": "approved", "note": "Sesuai kebijakan."}]}
    )

    outcome: Literal["approved", "rejected", "returned"]
    reason: Text = Field("", max_length=40, description="A reason code, where it goes against the score.")
    told: list[Text] = Field([], max_length=20, description="Codes of the reasons the customer of a rejection is told.")


class ToldOut(Schema):
    source: str = Field(description="Who gave it: the bank's staff or the score.", examples=["score"])
    code: str
    text: str


class DecisionOut(Schema):
    """A recommendation and what became of it."""

    id: int
    loan_id: int
    score_id: int = Field(description="The score it rests on.")
    amount: MoneyOut
    segment: Segment
    advice: Decision.Advice
    note: str
    recommended_by: str = Field(alias="recommended_by.username")
    recommended_at: datetime
    outcome: Decision.Outcome
    override: str | None = Field(
        description="low_side: approved though the score fails; high_side: rejected though it passes."
    )
    reason: str | None
    customer_reasons: list[ToldOut]
    decision_note: str
    decided_by: str | None
    decided_at: datetime | None

    @staticmethod
    def resolve_override(decision: Decision) -> str | None:
        return decision.override or None

    @staticmethod
    def resolve_reason(decision: Decision) -> str | None:
        return decision.reason.code if decision.reason else None

    @staticmethod
    def resolve_decided_by(decision: Decision) -> str | None:
        return decision.decided_by.username if decision.decided_by else None


def _visible(request: Request, loan_id: int) -> Loan:
    return get_object_or_404(Loan.objects.visible_to(request.auth.user), pk=loan_id)


@router.get(
    "/{int:loan_id}/decisions",
    auth=Needs("scoring.view_decision"),
    response=list[DecisionOut],
    summary="List recommendations and decisions",
)
def list_decisions(request: Request, loan_id: int) -> QuerySet[Decision]:
    """The newest first. One that awaits its decision has the outcome `pending`."""
    people = ("recommended_by", "decided_by", "reason")
    return _visible(request, loan_id).decisions.select_related(*people).order_by("-pk")


@router.post(
    "/{int:loan_id}/recommendation",
    auth=Needs("scoring.recommend_loan"),
    response={201: DecisionOut},
    summary="Recommend",
)
def recommend(request: Request, loan_id: int, said: RecommendationIn) -> Answer[Decision]:
    """Of a submitted application with a fresh, complete score. Its terms stay from then on."""
    made = decisions.recommend_loan(
        loan_id=_visible(request, loan_id).pk,
        advice=said.advice,
        note=said.note,
        recommended_by=request.auth.user,
        recommended_at=timezone.now(),
    )
    return Answer(201, made)


@router.post(
    "/{int:loan_id}/recommendation/withdrawal",
    auth=Needs("scoring.recommend_loan"),
    response=DecisionOut,
    summary="Withdraw one's recommendation",
)
def withdraw(request: Request, loan_id: int, said: NoteIn) -> Decision:
    loan_id = _visible(request, loan_id).pk
    user, now = request.auth.user, timezone.now()
    return decisions.withdraw_recommendation(loan_id=loan_id, note=said.note, withdrawn_by=user, withdrawn_at=now)


@router.post("/{int:loan_id}/decision", auth=Needs("scoring.decide_loan"), response=DecisionOut, summary="Decide")
def decide(request: Request, loan_id: int, said: DecisionIn) -> Decision:
    """
    Approve, reject or return what is recommended.

    Within the caller's limit, not on their own recommendation or file; two at once make one decision (409 for the other).
    """
    loan, user, now = _visible(request, loan_id), request.auth.user, timezone.now()
    if said.outcome == "returned":
        return decisions.return_loan(loan_id=loan.pk, note=said.note, returned_by=user, returned_at=now)
    grounds = _grounds(loan, said)
    return decisions.decide_loan(
        loan_id=loan.pk, outcome=said.outcome, grounds=grounds, decided_by=user, decided_at=now
    )


def _grounds(loan: Loan, said: DecisionIn) -> Grounds:
    """What a code is for follows from the outcome and the risk it is decided against."""
    pending = loan.decisions.pending().first()
    kind = override_of(said.outcome, pending.segment) if pending else ""
    code = reasons_coded([said.reason], kind=kind) if said.reason else [None]
    told = reasons_coded(said.told, kind=DecisionReason.Kind.REJECTION, field="told")
    return Grounds(note=said.note, reason=code[0], told=told)
