"""Runs of stored loans that are written part by part: opened first, counted on in every part's transaction, closed once."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypedDict
from uuid import UUID

from django.db import transaction

from bprs.access.models import User
from scoring.models import ScorecardVersion, ScoringRun, Source
from scoring.services.announcements import announce_run
from scoring.services.score_loans import CHUNK_LOANS, score_some
from scoring.services.stored_scores import uncollected

COUNTS = ("rows_read", "scored_count", "rejected_count", "high_risk_count")


class RunCounts(TypedDict):
    run_id: str
    rows_read: int
    scored: int
    rejected: int
    blank: int
    high_risk: int


def open_run(*, run_id: UUID, scored_by: User, scored_at: datetime, source: Source) -> ScoringRun:
    """
    Find the run, or begin it with the card in force: all its parts are scored with that one.

    :raises NoActiveScorecard: if no card is in force
    """
    known = ScoringRun.objects.filter(pk=run_id).first()
    if known is not None:
        return known
    version = ScorecardVersion.objects.in_force(scored_at)
    return ScoringRun.objects.create(
        pk=run_id, version=version, scored_by=scored_by, scored_at=scored_at, source=source
    )


@transaction.atomic
def score_into(*, run_id: UUID, loan_ids: Sequence[int]) -> RunCounts:
    """Score some loans under a run that is open, and count them into it. A loan that is gone is not counted."""
    run = _locked(run_id)
    before = {name: getattr(run, name) for name in COUNTS}
    with uncollected():
        for start in range(0, len(loan_ids), CHUNK_LOANS):
            score_some(run, loan_ids[start : start + CHUNK_LOANS])
    run.save(update_fields=COUNTS)
    return _counts(run, before)


@transaction.atomic
def close_loan_run(*, run_id: UUID, is_whole: bool, at: datetime) -> RunCounts:
    """Say what became of all of it; once it is whole, for good."""
    run = _locked(run_id)
    if is_whole and not run.is_complete:
        run.is_complete = True
        run.save(update_fields=["is_complete"])
        announce_run(run, at=at)
    return _counts(run, dict.fromkeys(COUNTS, 0))


def _locked(run_id: UUID) -> ScoringRun:
    return ScoringRun.objects.select_for_update(of=("self",)).select_related("version").get(pk=run_id)


def _counts(run: ScoringRun, before: dict[str, int]) -> RunCounts:
    return {
        "run_id": str(run.pk),
        "rows_read": run.rows_read - before["rows_read"],
        "scored": run.scored_count - before["scored_count"],
        "rejected": run.rejected_count - before["rejected_count"],
        "blank": 0,
        "high_risk": run.high_risk_count - before["high_risk_count"],
    }
