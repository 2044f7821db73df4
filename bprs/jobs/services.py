"""Long work that survives its worker: queued, begun, reported on, and over, each in one statement."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _
from django_q.models import OrmQ
from django_q.tasks import async_task

from bprs.access.models import User
from bprs.jobs.models import Job

MAX_ATTEMPTS = 3
TASK = "bprs.jobs.tasks.run_job"
UNFINISHED = (Job.State.QUEUED, Job.State.RUNNING)


@transaction.atomic
def enqueue(
    *, kind: str, params: Mapping[str, Any], owner: User, created_at: datetime, total_count: int | None = None
) -> Job:
    """
    Queue work for a worker, as soon as this transaction is committed.

    :param kind: a key of `JOB_HANDLERS`
    """
    job = Job.objects.create(
        kind=kind, params=dict(params), owner=owner, created_at=created_at, total_count=total_count
    )
    hand_to_worker(job.pk)
    return job


def hand_to_worker(job_id: UUID) -> None:
    """Only the id travels: the worker reads the rest."""
    transaction.on_commit(lambda: async_task(TASK, str(job_id)))


@transaction.atomic
def begin(*, job_id: UUID, at: datetime) -> Job | None:
    """
    Count an attempt and return the job; None if it is over, or is now given up.

    A worker that was killed never says so: the attempt is counted before the work, so that work that kills its
    worker does not come back for ever.
    """
    unfinished = Job.objects.filter(pk=job_id, state__in=UNFINISHED)
    if not unfinished.filter(attempts__lt=MAX_ATTEMPTS).update(
        state=Job.State.RUNNING, attempts=F("attempts") + 1, started_at=at, done_count=0
    ):
        unfinished.update(**_failed(code="gave_up", message=_given_up(), at=at))
        return None
    return Job.objects.select_related("owner").get(pk=job_id)


@transaction.atomic
def resume_interrupted() -> int:
    """
    Hand every unfinished job to the worker again, and return how many there are.

    For a machine that is alone and just starting: nothing can be running, and what the broker still holds for a
    worker that is gone would come back only after its lease.
    """
    OrmQ.objects.all().delete()
    unfinished = list(Job.objects.select_for_update().filter(state__in=UNFINISHED).values_list("pk", flat=True))
    Job.objects.filter(pk__in=unfinished).update(state=Job.State.QUEUED)
    for job_id in unfinished:
        hand_to_worker(job_id)
    return len(unfinished)


def report_progress(*, job_id: UUID, done_count: int) -> None:
    Job.objects.filter(pk=job_id, state=Job.State.RUNNING).update(done_count=done_count)


def finish(*, job: Job, result: Mapping[str, Any], at: datetime) -> None:
    unfinished = Job.objects.filter(pk=job.pk, state=Job.State.RUNNING)
    unfinished.update(state=Job.State.DONE, result=dict(result), finished_at=at)


def fail(*, job: Job, code: str, message: str, at: datetime) -> None:
    """End the job with a code for programs and a sentence for people."""
    Job.objects.filter(pk=job.pk, state=Job.State.RUNNING).update(**_failed(code=code, message=message, at=at))


def try_again_or_give_up(*, job: Job, at: datetime) -> None:
    """After an error nobody foresaw: another attempt, or the end after the third. Nothing of the error is shown."""
    if job.attempts >= MAX_ATTEMPTS:
        fail(job=job, code="gave_up", message=_given_up(), at=at)
        return
    with transaction.atomic():
        Job.objects.filter(pk=job.pk, state=Job.State.RUNNING).update(state=Job.State.QUEUED)
        hand_to_worker(job.pk)


def _failed(*, code: str, message: str, at: datetime) -> dict[str, Any]:
    return {"state": Job.State.FAILED, "error": {"code": code, "message": message}, "finished_at": at}


def _given_up() -> str:
    return _("The work failed %(attempts)s times and was given up. Report the id of this job.") % {
        "attempts": MAX_ATTEMPTS
    }
