"""Asking for long work, stopping it, and asking for what is left of it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from bprs.access.models import User
from bprs.errors import DomainError
from bprs.jobs import doorbell, ledger
from bprs.jobs.models import Job, JobChunk
from bprs.jobs.work import kind_of_work


class JobIsOver(DomainError):
    code = "job_is_over"
    status = 409


class NothingToRetry(DomainError):
    code = "nothing_to_retry"
    status = 409


@transaction.atomic
def enqueue(
    *,
    kind: str,
    params: Mapping[str, Any],
    owner: User,
    created_at: datetime,
    total_count: int | None = None,
    subject: str = "",
) -> Job:
    """
    Queue work for a worker, as soon as this transaction is committed.

    :param kind: a key of `JOB_HANDLERS`
    :param subject: what people know it by, such as the name of the file
    """
    job = Job.objects.create(
        kind=kind,
        params=_with_language(params),
        owner=owner,
        created_at=created_at,
        queued_at=created_at,
        total_count=total_count,
        subject=subject[:255],
    )
    doorbell.ring(job.pk)
    return job


@transaction.atomic
def run_now(
    *,
    kind: str,
    params: Mapping[str, Any],
    owner: User,
    created_at: datetime,
    total_count: int | None = None,
    subject: str = "",
) -> Job:
    """
    Do the same work in this transaction, for what is small: all of it, or nothing and no job either.

    :raises DomainError: whatever the work refuses
    """
    job = Job.objects.create(
        kind=kind,
        params=_with_language(params),
        owner=owner,
        created_at=created_at,
        queued_at=created_at,
        started_at=created_at,
        total_count=total_count,
        subject=subject[:255],
        state=Job.State.RUNNING,
        attempts=1,
        lease_token=uuid4(),
        leased_until=created_at + ledger.LEASE,
    )
    work = kind_of_work(kind)(job)
    for part in work.parts(frozenset()):
        ledger.begin_part(job, part, at=created_at)
        ledger.do_part(job, part, at=created_at)
    at = timezone.now()
    held = ledger.hold(job, at=at)
    result = work.conclude(ledger.results_of(held), at=at, is_whole=True)
    ledger.finish(held, state=Job.State.DONE, result=result, at=at)
    return held


@transaction.atomic
def cancel(*, job: Job, by: User, at: datetime) -> Job:
    """
    Stop the job after the part that is being done. What was done stays, and the rest can be asked for again.

    :raises JobIsOver: if there is nothing left to stop
    """
    locked = Job.objects.select_for_update(no_key=True).get(pk=job.pk)
    if locked.is_over:
        raise JobIsOver(_("This work is over already; there is nothing left to cancel."))
    locked.cancel_asked_at, locked.cancel_asked_by = locked.cancel_asked_at or at, locked.cancel_asked_by or by
    locked.save()
    if locked.state == Job.State.QUEUED and not locked.chunks.exists():
        ledger.finish(locked, state=Job.State.CANCELLED, result={}, at=at)
    return locked


@transaction.atomic
def retry(*, job: Job, at: datetime) -> Job:
    """
    Queue what failed, was set aside or was not reached. What was done is not done again.

    :raises NothingToRetry: if it is all done, or still going on
    """
    locked = Job.objects.select_for_update(no_key=True).get(pk=job.pk)
    if locked.state not in Job.RETRIABLE:
        raise NothingToRetry(_("Nothing of this work is left to be tried again."))
    locked.chunks.exclude(state=JobChunk.State.DONE).update(
        state=JobChunk.State.PENDING, attempts=0, error={}, finished_at=None
    )
    locked.state, locked.queued_at, locked.attempts = Job.State.QUEUED, at, 0
    locked.interruptions = 0
    locked.error, locked.finished_at = {}, None
    locked.cancel_asked_at = locked.cancel_asked_by = None
    locked.save()
    doorbell.ring(locked.pk)
    return locked


def _with_language(params: Mapping[str, Any]) -> dict[str, Any]:
    """The sentences of the work are for who asks for it now."""
    return {"language": get_language() or settings.LANGUAGE_CODE, **params}
