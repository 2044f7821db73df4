"""A score once more: on another scorecard, or on today's facts."""

from typing import Annotated, Any, Literal
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Query, Router, Schema
from pydantic import Field, PlainSerializer

from bprs.access.auth import Needs, Request
from bprs.http.fields import Text
from loans.models import Loan, Segment
from scoring.facts import facts_of
from scoring.models import Score
from scoring.services.score_replay import Judged, Part, Replay, Split, replay_score, version_to_replay

router = Router(tags=["loans"])
Points = Annotated[float, PlainSerializer(lambda points: int(points) if points == int(points) else points)]


class ReplayQuery(Schema):
    run_id: UUID | None = Field(None, description="The run that made the score; the latest score, if left out.")
    scorecard: Text = Field("", max_length=60, description="A label such as standard-1; the one in force, if left out.")
    facts: Literal["today", "then"] = Field(
        "today", description="With today's facts, or with those it was scored with."
    )


class CornerOut(Schema):
    """What one scorecard says of one set of facts; nulls and a refusal where it cannot score them."""

    credit_score: int | None = Field(examples=[600])
    raw_score: int | None
    segment: Segment | None
    points: dict[str, int]
    bins: dict[str, str]
    refusal: str


class PartOut(Schema):
    before: int
    after: int
    from_data: Points
    from_card: Points


class CharacteristicOut(PartOut):
    characteristic: str
    label: str
    bin_before: str = Field(description="Empty if the scorecard does not have it.")
    bin_after: str


class SplitOut(Schema):
    """Base, characteristics and holding to the range add up to the score, in every column."""

    score: PartOut
    base: PartOut
    characteristics: list[CharacteristicOut]
    held_to_range: PartOut


class FactOut(Schema):
    fact: str
    then: str | int | None
    today: str | int | None


class ReplayOut(Schema):
    loan_id: int
    run_id: UUID
    scorecard: str = Field(description="The one the score was made with.", examples=["standard-1"])
    other_scorecard: str = Field(examples=["rescaled-1"])
    is_as_stored: bool = Field(description="Computed again, it is to the digit what is stored.")
    differs: list[str] = Field(description="The outcomes that are not.")
    own_then: CornerOut
    own_today: CornerOut
    other_then: CornerOut
    other_today: CornerOut
    changed_facts: list[FactOut]
    split: SplitOut | None = Field(description="Null where one of the four cannot be scored.")


@router.get(
    "/{int:loan_id}/replay",
    auth=Needs("scoring.view_score"),
    response=ReplayOut,
    summary="Score again with another scorecard or today's facts",
)
def replay(request: Request, loan_id: int, query: Query[ReplayQuery]) -> ReplayOut:
    """
    Compute a stored score again, and say what another scorecard and today's facts make of it. Nothing is stored.

    Each part of the difference is the mean of two ways, the data first and the scorecard first, so the parts add up.
    """
    user = request.auth.user
    loan = get_object_or_404(Loan.objects.visible_to(user), pk=loan_id)
    scores = Score.objects.filter(loan=loan).select_related("run__version").order_by("-pk")
    score = get_object_or_404((scores.filter(run=query.run_id) if query.run_id else scores)[:1])
    found = replay_score(
        score=score,
        version=version_to_replay(query.scorecard, user=user, at=timezone.now()),
        facts=facts_of(loan) if query.facts == "today" else score.facts,
    )
    return _replay_out(loan, found)


def _replay_out(loan: Loan, found: Replay) -> ReplayOut:
    return ReplayOut(
        loan_id=loan.pk,
        run_id=found.score.run_id,
        scorecard=found.score.run.version.label,
        other_scorecard=found.version.label,
        is_as_stored=not found.differs,
        differs=list(found.differs),
        own_then=_corner_out(found.own_then),
        own_today=_corner_out(found.own_today),
        other_then=_corner_out(found.other_then),
        other_today=_corner_out(found.other_today),
        changed_facts=[FactOut(fact=each.name, then=each.then, today=each.today) for each in found.changed_facts],
        split=_split_out(found.split) if found.split else None,
    )


def _corner_out(judged: Judged) -> CornerOut:
    outcome, is_scored = judged.outcome, not judged.refusal
    return CornerOut(
        credit_score=outcome.credit_score if is_scored else None,
        raw_score=outcome.raw_score if is_scored else None,
        segment=Segment(outcome.segment) if is_scored else None,
        points=dict(outcome.points) if is_scored else {},
        bins=dict(outcome.bins) if is_scored else {},
        refusal=judged.refusal,
    )


def _split_out(split: Split) -> SplitOut:
    return SplitOut(
        score=PartOut(**_part(split.score)),
        base=PartOut(**_part(split.base)),
        characteristics=[
            CharacteristicOut(
                characteristic=each.name,
                label=each.label,
                bin_before=each.bin_before,
                bin_after=each.bin_after,
                **_part(each),
            )
            for each in split.characteristics
        ],
        held_to_range=PartOut(**_part(split.held_to_range)),
    )


def _part(part: Part) -> dict[str, Any]:
    return {
        "before": part.before,
        "after": part.after,
        "from_data": float(part.from_data),
        "from_card": float(part.from_card),
    }
