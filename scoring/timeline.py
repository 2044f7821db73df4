"""What happened to one financing, in the order it did: who added, scored, recommended, decided and paid it out."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from bprs.access.models import User
from loans.models import Loan, Segment, Status
from scoring.models import Decision

SCORES_SHOWN = 20
Outcome = Decision.Outcome
_OF_DECISIONS = {
    Status.RECOMMENDED: tuple(Outcome),
    Status.RETURNED: (Outcome.RETURNED,),
    Status.APPROVED: (Outcome.APPROVED,),
    Status.REJECTED: (Outcome.REJECTED,),
}
_DECIDED: dict[str, tuple[str, str | Promise]] = {
    Outcome.APPROVED: ("task_alt", _("Approved")),
    Outcome.REJECTED: ("block", _("Rejected")),
    Outcome.RETURNED: ("undo", _("Returned for mending")),
    Outcome.WITHDRAWN: ("undo", _("Recommendation withdrawn")),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """`against` says in which way a decision went against the score, and by which reason code; "" if it did not."""

    at: datetime
    icon: str
    what: str
    by: str = ""
    note: str = ""
    against: str = ""
    score_id: int | None = None


def timeline(loan: Loan) -> list[Event]:
    """The newest first. Three queries."""
    people = ("recommended_by", "decided_by", "reason")
    decisions = list(loan.decisions.select_related(*people).order_by("pk"))
    events = [*_steps(loan, decisions), *_scores(loan), *(event for each in decisions for event in _acts(each))]
    events.sort(key=lambda event: event.at)
    return events[::-1]  # of one moment, what follows is newer


def _acts(decision: Decision) -> Iterator[Event]:
    yield Event(
        at=decision.recommended_at,
        icon="recommend",
        what=gettext("Recommended: %(advice)s") % {"advice": decision.get_advice_display().lower()},
        by=decision.recommended_by.known_as,
        note=decision.note,
        score_id=decision.score_id,
    )
    if decision.decided_at is not None:
        icon, what = _DECIDED[decision.outcome]
        yield Event(
            at=decision.decided_at,
            icon=icon,
            what=str(what),
            by=_name(decision.decided_by),
            note=decision.decision_note,
            against=_against(decision),
        )


def _against(decision: Decision) -> str:
    return f"{decision.get_override_display()}: {decision.reason}" if decision.override else ""


def _scores(loan: Loan) -> Iterator[Event]:
    for score in loan.scores.select_related("run__scored_by").order_by("-pk")[:SCORES_SHOWN]:
        said = {"points": score.credit_score, "segment": Segment(score.segment).label.lower()}
        yield Event(
            at=score.run.scored_at,
            icon="speed",
            what=gettext("Scored: %(points)d points, %(segment)s.") % said,
            by=score.run.scored_by.known_as,
            score_id=score.pk,
        )


def _steps(loan: Loan, decisions: list[Decision]) -> Iterator[Event]:
    """The steps that were taken by hand; what a decision led to is told by the decision."""
    rows = list(loan.history.select_related("history_user").order_by("history_date", "history_id"))
    if rows:
        what = (
            gettext("Application added")
            if rows[0].status in {Status.DRAFT, Status.SUBMITTED}
            else _recorded(rows[0].status)
        )
        yield Event(at=rows[0].history_date, icon="note_add", what=what, by=_name(rows[0].history_user))
    outcomes = {decision.outcome for decision in decisions}
    for before, row in pairwise(rows):
        is_withdrawn = before.status == Status.RECOMMENDED and row.status == Status.SUBMITTED
        by_decision = outcomes & set(_OF_DECISIONS.get(row.status, ()))
        if row.status == before.status or is_withdrawn or by_decision:
            continue
        what = _recorded(row.status) if row.status in _OF_DECISIONS else str(Status(row.status).label)
        yield Event(at=row.history_date, icon="arrow_forward", what=what, by=_name(row.history_user))


def _recorded(status: str) -> str:
    """Of what the bank's records say was decided, where there is no decision."""
    return gettext("Recorded as: %(status)s") % {"status": Status(status).label.lower()}


def _name(user: User | None) -> str:
    return user.known_as if user else ""
