"""The demo bank's decisions: a record of what was decided, and on the newest applications work for today."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from django.utils import timezone

from bprs.access.models import User
from bprs.bulk import insert_columns
from loans.models import Segment, Status
from loans.services import change_loans
from scoring.authority import NO_LIMIT, limits_of
from scoring.demo.decisions import NOTES, RETURN_NOTES, Course, draw_course
from scoring.models import Decision, DecisionReason, Score, ScoringRun
from scoring.services.decisions import active_reasons, override_of

CHUNK_ROWS = 20_000
Advice, Outcome, Kind = Decision.Advice, Decision.Outcome, DecisionReason.Kind
_FACTS = (
    *("pk", "loan_id", "segment", "incomplete", "loan__status", "loan__principal_amount", "loan__application_date"),
    *("loan__disbursed_date", "loan__account_officer_id", "loan__customer__branch__code"),
)
_OF_THIS_MORNING = {0: Outcome.PENDING, 1: Outcome.PENDING, 2: Outcome.RETURNED}
_PAID_OUT = (Status.DISBURSED, Status.SETTLED, Status.WRITTEN_OFF)


class _Deciders:
    """Each branch's supervisor as far as their limits reach, above that the director."""

    def __init__(self, supervisors: dict[str, User], director: User) -> None:
        self._supervisors, self._director = supervisors, director
        self._limits = {code: limits_of(user) for code, user in supervisors.items()}

    def of(self, row: dict[str, Any]) -> User:
        code = row["loan__customer__branch__code"]
        limit = self._limits[code].get(row["segment"], 0)
        reaches = limit is NO_LIMIT or row["loan__principal_amount"] <= limit
        return self._supervisors[code] if reaches else self._director


@dataclass(frozen=True, slots=True, kw_only=True)
class _Book:
    course: Course
    deciders: _Deciders
    reasons: dict[str, list[DecisionReason]]
    opened_at: datetime


def record_decisions(*, run: ScoringRun, supervisors: dict[str, User], director: User, opened_at: datetime) -> None:
    """
    Write down how the scored financing was decided, as it became what it is.

    A high risk that was paid out is now and then an override; the others of them were recorded when there was no score.
    Of what is submitted a part was recommended this morning and waits for its decision, or was sent back.
    """
    rows = Score.objects.filter(run=run, loan__account_officer__isnull=False).order_by("pk").values(*_FACTS)
    book = _Book(
        course=draw_course(run.scored_count),
        deciders=_Deciders(supervisors, director),
        reasons={kind.value: active_reasons(kind) for kind in (Kind.LOW_SIDE, Kind.REJECTION)},
        opened_at=opened_at,
    )
    made: list[dict[str, Any]] = []
    for index, row in enumerate(rows.iterator(chunk_size=CHUNK_ROWS)):
        outcome = _outcome(row, book.course, index)
        if outcome and not row["incomplete"]:
            made.append(_decision(row, outcome, index, book))
        if len(made) == CHUNK_ROWS:
            _write(made)
            made = []
    _write(made)
    _put_back(moved_by=director, opened_at=opened_at)


def _outcome(row: dict[str, Any], course: Course, index: int) -> str:
    """ "" where there is no decision on record."""
    is_high, status = row["segment"] == Segment.HIGH, row["loan__status"]
    if status == Status.REJECTED:
        return "" if row["segment"] == Segment.LOW else Outcome.REJECTED
    if status == Status.SUBMITTED:
        return _OF_THIS_MORNING.get(int(course.word[index]) % 5, "")
    if status in (*_PAID_OUT, Status.APPROVED) and is_high:
        return Outcome.APPROVED if course.is_override[index] else ""
    return Outcome.APPROVED if status in (*_PAID_OUT, Status.APPROVED) else ""


def _decision(row: dict[str, Any], outcome: str, index: int, book: _Book) -> dict[str, Any]:
    word, is_pending = int(book.course.word[index]), outcome == Outcome.PENDING
    if outcome in (Outcome.PENDING, Outcome.RETURNED):
        recommended_at, decided_at = _times_of_this_morning(word, book.opened_at)
    else:
        recommended_at, decided_at = _times(row, book.course, index, book.opened_at)
    override = "" if outcome not in (Outcome.APPROVED, Outcome.REJECTED) else override_of(outcome, row["segment"])
    told = book.reasons[Kind.REJECTION][word % len(book.reasons[Kind.REJECTION])]
    note = RETURN_NOTES[word % len(RETURN_NOTES)] if outcome == Outcome.RETURNED else ""
    officer_id = row["loan__account_officer_id"]
    return {
        "loan_id": row["loan_id"],
        "score_id": row["pk"],
        "amount": row["loan__principal_amount"],
        "segment": row["segment"],
        "file_of_id": officer_id,
        "advice": Advice.REJECT if outcome == Outcome.REJECTED and word % 6 else Advice.APPROVE,
        "note": NOTES[word % len(NOTES)],
        "recommended_by_id": officer_id,
        "recommended_at": recommended_at,
        "outcome": outcome,
        "override": override,
        "reason_id": book.reasons[Kind.LOW_SIDE][word % len(book.reasons[Kind.LOW_SIDE])].pk if override else None,
        "customer_reasons": _told(told) if outcome == Outcome.REJECTED else "[]",
        "decision_note": note or (NOTES[word % 3] if override else ""),
        "decided_by_id": None if is_pending else book.deciders.of(row).pk,
        "decided_at": None if is_pending else decided_at,
    }


def _told(reason: DecisionReason) -> str:
    return json.dumps([{"source": "bank", "code": reason.code, "text": reason.text}])


def _times(row: dict[str, Any], course: Course, index: int, opened_at: datetime) -> tuple[datetime, datetime]:
    """In working hours, one after the other, before it was paid out and before today."""
    applied, word = row["loan__application_date"], int(course.word[index])
    last = min(row["loan__disbursed_date"] or opened_at.date(), timezone.localdate(opened_at))
    recommended = min(applied + timedelta(days=int(course.days_to_recommend[index])), last)
    decided = min(recommended + timedelta(days=int(course.days_to_decide[index])), last)
    moments = (datetime.combine(day, at) for day, at in ((recommended, time(8, word)), (decided, time(14, word))))
    first, second = (min(timezone.make_aware(moment), opened_at) for moment in moments)
    return first, second


def _times_of_this_morning(word: int, opened_at: datetime) -> tuple[datetime, datetime]:
    """Since the portfolio was scored."""
    return opened_at - timedelta(minutes=115 - word), opened_at - timedelta(minutes=50 - word // 2)


def _write(made: list[dict[str, Any]]) -> None:
    if made:
        columns = {name.removesuffix("_id"): [row[name] for row in made] for name in made[0]}
        insert_columns(Decision, columns, count=len(made))


def _put_back(*, moved_by: User, opened_at: datetime) -> None:
    """What waits for a decision, or for mending, is no longer just submitted."""
    waiting: Iterable[tuple[int, str]] = Decision.objects.filter(
        outcome__in=[Outcome.PENDING, Outcome.RETURNED]
    ).values_list("loan_id", "outcome")
    to = {Outcome.PENDING.value: Status.RECOMMENDED, Outcome.RETURNED.value: Status.RETURNED}
    changes = {pk: {"status": to[outcome].value} for pk, outcome in waiting}
    if changes:
        change_loans(changes=changes, changed_by=moved_by, changed_at=opened_at)
