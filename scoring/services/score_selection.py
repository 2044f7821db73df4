"""Scoring what was selected: at once if it is little, by a job if it is much."""

import uuid
from datetime import datetime

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
