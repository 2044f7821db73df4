"""Scoring what was selected: at once if it is little, by a job if it is much."""

import uuid
from datetime import datetime
from itertools import pairwise

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils.formats import number_format
from django.utils.translation import ngettext

from bprs.access.models import User
from bprs.jobs.services import enqueue
from loans.models import Loan
from scoring.models import LoanSelection, ScoringRun, Source
from scoring.services.open_runs import open_run
from scoring.services.score_loans import CHUNK_LOANS, ids_of, score_ids

SCORE_LOANS = "score_loans"


@transaction.atomic
def score_selection(*, loans: QuerySet[Loan], scored_by: User, scored_at: datetime, source: Source) -> ScoringRun:
    """
    Score the loans, up to `SCORE_LOANS_AT_ONCE` of them before this returns. Of more, the run has a job.

    :raises NoActiveScorecard: if no card is in force
    """
    loan_ids = ids_of(loans)
    if len(loan_ids) <= settings.SCORE_LOANS_AT_ONCE:
        return score_ids(loan_ids, scored_by=scored_by, scored_at=scored_at, source=source)
    return _score_by_job(loan_ids, scored_by=scored_by, scored_at=scored_at, source=source)


@transaction.atomic
def score_in_jobs(
    *, loans: QuerySet[Loan], scored_by: User, scored_at: datetime, source: Source, most_jobs: int
) -> list[ScoringRun]:
    """
    Divide the loans by their keys into runs of about the same size, each with a job, so that several workers score them at
    once with one card. There are fewer runs where one would have less than a part to do, and none without loans.

    :raises NoActiveScorecard: if no card is in force
    """
    loan_ids = ids_of(loans)
    count = min(most_jobs, -(-len(loan_ids) // CHUNK_LOANS))
    cuts = [round(index * len(loan_ids) / count) for index in range(count + 1)] if count else []
    return [
        _score_by_job(loan_ids[start:end], scored_by=scored_by, scored_at=scored_at, source=source)
        for start, end in pairwise(cuts)
    ]


def _score_by_job(loan_ids: list[int], *, scored_by: User, scored_at: datetime, source: Source) -> ScoringRun:
    run = open_run(run_id=uuid.uuid4(), scored_by=scored_by, scored_at=scored_at, source=source)
    count = len(loan_ids)
    run.job = enqueue(
        kind=SCORE_LOANS,
        params={"run_id": str(run.pk)},
        owner=scored_by,
        created_at=scored_at,
        total_count=count,
        subject=ngettext("%(loans)s financing", "%(loans)s financings", count)
        % {"loans": number_format(count, force_grouping=True)},
    )
    run.save(update_fields=["job"])
    LoanSelection.objects.bulk_create(
        LoanSelection(job=run.job, index=index, loan_ids=loan_ids[start : start + CHUNK_LOANS])
        for index, start in enumerate(range(0, count, CHUNK_LOANS))
    )
    return run
