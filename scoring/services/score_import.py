"""What follows an import if it was asked for: the financing it brought is scored, all of it under one run."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from django.db.models import Count

from bprs.access.models import User
from loans.models import Segment
from scoring.models import Score, ScoringRun, Source
from scoring.services.open_runs import close_loan_run, open_run, score_into


class Batch(Protocol):
    """What an import is known by."""

    @property
    def pk(self) -> uuid.UUID: ...

    @property
    def owner(self) -> User: ...


class ScoreImport:
    """Made anew for every attempt; the run's key follows from the batch, so that every attempt finds the same run."""

    def __init__(self, batch: Batch) -> None:
        self._owner = batch.owner
        self._run_id = uuid.uuid5(batch.pk, "scoring run")

    def chunk(self, loan_ids: Sequence[int], *, at: datetime) -> dict[str, int | str]:
        """
        Score what a chunk of the import added and changed, in the transaction of that chunk.

        :raises NoActiveScorecard: if no card is in force
        """
        if not loan_ids:
            return {}
        open_run(run_id=self._run_id, scored_by=self._owner, scored_at=at, source=Source.IMPORT)
        return _plain(score_into(run_id=self._run_id, loan_ids=loan_ids))

    def conclude(self, *, at: datetime, is_whole: bool) -> dict[str, int | str]:
        """Close the run, and count what it scored by segment; nothing if there was nothing to score."""
        if not ScoringRun.objects.filter(pk=self._run_id).exists():
            return {}
        totals = _plain(close_loan_run(run_id=self._run_id, is_whole=is_whole, at=at))
        counts = Score.objects.filter(run_id=self._run_id).values_list("segment").annotate(Count("pk"))
        return {**totals, **dict.fromkeys(Segment.values, 0), **dict(counts)}


def _plain(counts: Mapping[str, object]) -> dict[str, int | str]:
    return {name: value for name, value in counts.items() if isinstance(value, int | str)}
