"""Scoring stored loans: read, compute and write in whole chunks, one transaction for the run."""

import json
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import compress
from typing import Any

import numpy as np
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from bprs.access.models import User
from bprs.bulk import insert_columns, insert_row, update_columns
from bprs.errors import DomainError
from loans.models import Loan, Segment
from scoring.engine import Facts, Outcomes, Scorecard
from scoring.engine import Refusal as FactRefusal
from scoring.facts import ASSUMED_ZERO, LatestScore, LoanFacts, read_loan, read_loans, scored_facts
from scoring.messages import CLOSED_CODE, sentence
from scoring.models import Refusal, Score, ScorecardVersion, ScoringRun, Source
from scoring.selectors import Explanation, explain
from scoring.services.announcements import announce_run, announce_score
from scoring.services.records import Rows, ScoreColumns, score_columns

CHUNK_LOANS = 10_000


class NotScorable(DomainError):
    """The loan was not scored; `fields` says what to complete."""

    code = "not_scorable"
    status = 422


class UnknownLoan(DomainError):
    code = "not_found"
    status = 404


@transaction.atomic
def score_loans(*, loans: QuerySet[Loan], scored_by: User, scored_at: datetime, source: Source) -> ScoringRun:
    """
    Score the loans with the card in force; record one run with a score or a refusal for each loan.

    Costs four queries, and at most five for every 10,000 loans, eight on SQLite, where columns go through a table.

    :raises NoActiveScorecard: if no card is in force
    """
    return score_ids(ids_of(loans), scored_by=scored_by, scored_at=scored_at, source=source)


def ids_of(loans: QuerySet[Loan]) -> list[int]:
    return sorted(set(loans.order_by().values_list("pk", flat=True)))


def score_ids(loan_ids: Sequence[int], *, scored_by: User, scored_at: datetime, source: Source) -> ScoringRun:
    """As `score_loans`, for loans whose keys are known, in the transaction of the caller."""
    run = _new_run(scored_by=scored_by, scored_at=scored_at, source=source)
    for some in _chunks(loan_ids):
        score_some(run, some)
    insert_row(run)
    if len(loan_ids) == 1 and run.scored_count:
        announce_score(run, loan_id=loan_ids[0], at=scored_at)
    else:
        announce_run(run, at=scored_at)
    return run


def score_loan(*, loan_id: int, scored_by: User, scored_at: datetime, source: Source) -> Explanation:
    """
    Score the loan and explain the score. Six queries.

    :raises UnknownLoan: if there is none, or none that the user may see
    :raises NotScorable: if it cannot be scored; nothing is recorded then
    :raises NoActiveScorecard: if no card is in force
    """
    run = _new_run(scored_by=scored_by, scored_at=scored_at, source=source)
    with transaction.atomic():
        judged = score_found(run, read_loan(loan_id, reader=scored_by))
        if not run.rows_read:
            raise UnknownLoan(_("There is no such financing."))
        if judged.refusals:
            raise not_scorable(judged.refusals[0])
        insert_row(run)
        announce_score(run, loan_id=loan_id, at=scored_at)
    return _explained(run, judged)


def _new_run(*, scored_by: User, scored_at: datetime, source: Source) -> ScoringRun:
    """Its key is known before its row is written: the row is written once, with the final counts."""
    version = ScorecardVersion.objects.in_force(scored_at)
    return ScoringRun(
        pk=uuid.uuid4(), version=version, scored_by=scored_by, scored_at=scored_at, source=source, is_complete=True
    )


def _chunks(loan_ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(loan_ids), CHUNK_LOANS):
        yield loan_ids[start : start + CHUNK_LOANS]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What became of a chunk: `loan_ids[i]` got `scores[...][i]`, as it had before or not; the others got a refusal."""

    loan_ids: list[int]
    customer_ids: list[int]
    scored_facts: list[str]
    scores: ScoreColumns
    is_new: list[bool]
    refusals: list[Refusal]


def score_some(run: ScoringRun, loan_ids: Sequence[int]) -> Judged:
    """Read, compute and write one chunk, and count it into the run: a few statements, however many loans there are."""
    # A set goes to the database as it is; of a list Django looks at every value.
    return score_found(run, read_loans(Loan.objects.filter(pk__among=frozenset(loan_ids))))


def score_found(run: ScoringRun, found: LoanFacts) -> Judged:
    """The same of loans that were read and locked."""
    facts, card = found.facts(), run.version.card
    outcomes = card.score(facts, assume_zero_for=ASSUMED_ZERO)
    judged = _judge(run, card, found, facts, outcomes)
    _write(run, judged)
    run.rows_read += len(found)
    run.scored_count += len(judged.loan_ids)
    run.rejected_count += len(judged.refusals)
    run.high_risk_count += judged.scores["segment"].count(Segment.HIGH)
    return judged


def _judge(run: ScoringRun, card: Scorecard, found: LoanFacts, facts: Facts, outcomes: Outcomes) -> Judged:
    closed = np.array(found.closed, dtype=bool)
    scored: Rows = np.flatnonzero(~outcomes.refused & ~closed)
    refusals = [
        _refusal(run, found.loan_ids[row], None if closed[row] else outcomes.refusal(row))
        for row in np.flatnonzero(outcomes.refused | closed).tolist()
    ]
    rows, scores = scored.tolist(), score_columns(facts=facts, outcomes=outcomes, rows=scored)
    rests_on = scored_facts(facts.take(scored), card)
    return Judged(
        loan_ids=[found.loan_ids[row] for row in rows],
        customer_ids=[found.customer_ids[row] for row in rows],
        scored_facts=rests_on,
        scores=scores,
        is_new=_is_new(scores, rests_on, before=[found.latest[row] for row in rows]),
        refusals=refusals,
    )


def _is_new(scores: ScoreColumns, rests_on: list[str], *, before: list[LatestScore]) -> list[bool]:
    probabilities = map(float, scores["default_probability"])
    now = zip(scores["credit_score"], probabilities, scores["segment"], rests_on, strict=True)
    return [new != old for new, old in zip(now, before, strict=True)]


def _refusal(run: ScoringRun, loan_id: int, reason: FactRefusal | None) -> Refusal:
    if reason is None:
        return Refusal(run=run, loan_id=loan_id, code=CLOSED_CODE)
    return Refusal(run=run, loan_id=loan_id, field=reason.field, code=str(reason.code), params=reason.params)


def _write(run: ScoringRun, judged: Judged) -> None:
    count, scores = len(judged.loan_ids), judged.scores
    insert_columns(Score, {"run": run.pk, "loan": judged.loan_ids, **scores}, count=count)
    _carry(run, judged)
    names = ("loan_id", "field", "code", "params")
    refusals = {name: [getattr(refusal, name) for refusal in judged.refusals] for name in names}
    refusals["params"] = [json.dumps(params) for params in refusals["params"]]
    insert_columns(Refusal, {"run": run.pk, **refusals}, count=len(judged.refusals))


def _carry(run: ScoringRun, judged: Judged) -> None:
    """Have the loans carry their score; of one they carry already only when it was given, which costs no index."""
    loan_ids, is_new, when = judged.loan_ids, judged.is_new, {"scored_at": run.scored_at}
    scores = judged.scores
    latest: dict[str, list[Any]] = {
        "credit_score": scores["credit_score"],
        "default_probability": scores["default_probability"],
        "segment": scores["segment"],
        "scored_facts": judged.scored_facts,
    }
    new: dict[str, object] = {name: list(compress(column, is_new)) for name, column in latest.items()}
    update_columns(Loan, list(compress(loan_ids, is_new)), new | when)
    update_columns(Loan, [key for key, is_one in zip(loan_ids, is_new, strict=True) if not is_one], when)


def _explained(run: ScoringRun, judged: Judged) -> Explanation:
    """The one score of the run, without reading it back."""
    loan = Loan(pk=judged.loan_ids[0], customer_id=judged.customer_ids[0])
    return explained(judged.scores, run=run, loan=loan)


def explained(scores: ScoreColumns, *, run: ScoringRun, loan: Loan | None = None) -> Explanation:
    """Explain the one score of these columns, whether it is written down or not."""
    row = {name: column[0] for name, column in scores.items()}  # type: ignore[index]
    for name in ("facts", "points", "bins", "incomplete"):
        row[name] = json.loads(row[name])
    row["monthly_installment"] = Decimal(row["monthly_installment"])
    row["default_probability"] = Decimal(row["default_probability"])
    return explain(Score(run=run, loan=loan, **row))


def not_scorable(refusal: Refusal | FactRefusal) -> NotScorable:
    reason = sentence(refusal.code, refusal.params)
    return NotScorable(reason, fields={refusal.field: reason} if refusal.field else {})
