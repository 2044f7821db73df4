"""What is written down about a running job. Everything here first asks whether the lease still holds."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import F, Q, Sum
from django.utils import translation
from django.utils.translation import gettext as _

from bprs.jobs.models import MAX_ATTEMPTS, Job, JobChunk
from bprs.jobs.processes import is_gone
from bprs.jobs.work import Part
from bprs.webhooks.events import Event
from bprs.webhooks.outbox import About, announce

LEASE = timedelta(seconds=60)
_KEY = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class LeaseLost(Exception):
    """Another runner has the job, or it is over: whatever this one was doing must be rolled back."""


class Begun(Enum):
    READY = auto()
    SET_ASIDE = auto()
    CANCELLED = auto()


def waiting_for_a_runner(*, at: datetime, runner: str) -> Q:
    """Jobs that nobody runs: queued, or left by a runner that is silent, is dead, or is the one who asks."""
    runners = Job.objects.filter(state=Job.State.RUNNING).values_list("runner", flat=True).distinct()
    left = [name for name in runners if name == runner or is_gone(name)]
    return Q(state=Job.State.QUEUED) | Q(state=Job.State.RUNNING, leased_until__lt=at) | Q(runner__in=left)


def next_left(*, at: datetime, runner: str) -> UUID | None:
    """The job that has waited longest without a runner."""
    waiting = Job.objects.filter(waiting_for_a_runner(at=at, runner=runner), state__in=Job.UNFINISHED)
    return waiting.order_by("queued_at").values_list("pk", flat=True).first()


@transaction.atomic
def claim(*, job_id: UUID, runner: str, at: datetime) -> Job | None:
    """
    Take the job and count an attempt; None if it is over, another runner has it, or it is now given up.

    The attempt is counted before the work: a file that kills whoever reads it does not come back for ever.
    """
    waiting = Job.objects.filter(waiting_for_a_runner(at=at, runner=runner), pk=job_id, state__in=Job.UNFINISHED)
    job = waiting.select_for_update(skip_locked=True, of=("self",)).select_related("owner").first()
    if job is None:
        return None
    if job.attempts >= MAX_ATTEMPTS:
        with translation.override(job.language):
            _end(job, state=Job.State.FAILED, error={"code": "gave_up", "message": given_up()}, at=at)
        return None
    job.interruptions += job.state == Job.State.RUNNING
    job.state, job.attempts, job.runner, job.lease_token = Job.State.RUNNING, job.attempts + 1, runner, uuid4()
    job.started_at, job.leased_until = at, at + LEASE
    job.begun_count = job.done_count
    job.save()
    return job


def hold(job: Job, *, at: datetime) -> Job:
    """
    Lock the job for the rest of this transaction and renew its lease; return it as it is now.

    :raises LeaseLost: if it is no longer this runner's
    """
    ours = Job.objects.filter(pk=job.pk, state=Job.State.RUNNING, lease_token=job.lease_token)
    held = ours.select_for_update(no_key=True).first()
    if held is None:
        raise LeaseLost
    held.leased_until = at + LEASE
    held.save(update_fields=["leased_until"])
    return held


def renew(job: Job, *, at: datetime) -> bool:
    """Say that the runner still lives; False if the job is no longer its."""
    ours = Job.objects.filter(pk=job.pk, state=Job.State.RUNNING, lease_token=job.lease_token)
    return bool(ours.update(leased_until=at + LEASE))


def is_cancelled(job: Job) -> bool:
    return Job.objects.filter(pk=job.pk, lease_token=job.lease_token, cancel_asked_at__isnull=False).exists()


@transaction.atomic
def begin_part(job: Job, part: Part, *, at: datetime) -> Begun:
    """
    Count an attempt at the part before it is made; set it aside if three were not enough.

    :raises LeaseLost: if the job is no longer this runner's
    """
    if hold(job, at=at).cancel_asked_at:
        return Begun.CANCELLED
    chunk = _chunk(job, part)
    if chunk.attempts >= MAX_ATTEMPTS:
        _set_aside(chunk, {"code": "gave_up", "message": _part_given_up()}, at=at)
        return Begun.SET_ASIDE
    JobChunk.objects.filter(pk=chunk.pk).update(attempts=F("attempts") + 1)
    Job.objects.filter(pk=job.pk).update(attempts=0)
    job.attempts = 0
    return Begun.READY


@transaction.atomic
def do_part(job: Job, part: Part, *, at: datetime) -> None:
    """
    Do the part and mark it done, both or neither.

    :raises LeaseLost: if the job is no longer this runner's; nothing is written then
    """
    hold(job, at=at)
    result = part.run()
    JobChunk.objects.filter(job=job, index=part.index).update(
        state=JobChunk.State.DONE, result=dict(result), error={}, finished_at=at
    )
    Job.objects.filter(pk=job.pk).update(done_count=F("done_count") + part.rows)


@transaction.atomic
def set_aside(job: Job, part: Part, *, code: str, message: str, at: datetime) -> None:
    hold(job, at=at)
    _set_aside(_chunk(job, part), {"code": code, "message": message}, at=at)


@transaction.atomic
def fail(job: Job, *, code: str, message: str, at: datetime) -> None:
    """End the job with a code for programs and a sentence for people."""
    _end(hold(job, at=at), state=Job.State.FAILED, error={"code": code, "message": message}, at=at)


@transaction.atomic
def hand_back(job: Job, *, at: datetime) -> None:
    """Let another runner go on, after an attempt that counts."""
    _queue_again(hold(job, at=at), at=at)


@transaction.atomic
def hand_back_uncounted(job: Job, *, part: Part | None, at: datetime) -> None:
    """
    Let another runner go on. What was only interrupted was no attempt, neither of the job nor of the part in hand.

    Whatever other parts have tried before still counts: three killed workers are three.
    """
    held = hold(job, at=at)
    held.attempts = max(held.attempts - 1, 0)
    if part is not None:
        begun = held.chunks.filter(index=part.index, state=JobChunk.State.PENDING, attempts__gt=0)
        begun.update(attempts=F("attempts") - 1)
    _queue_again(held, at=at)


def _queue_again(held: Job, *, at: datetime) -> None:
    held.state, held.queued_at, held.runner, held.lease_token, held.leased_until = Job.State.QUEUED, at, "", None, None
    held.save()


def finish(held: Job, *, state: Job.State, result: Mapping[str, Any], at: datetime) -> None:
    _end(held, state=state, result=dict(result), at=at)


def chunks_over(job: Job) -> frozenset[int]:
    over = job.chunks.exclude(state=JobChunk.State.PENDING)
    return frozenset(over.values_list("index", flat=True))


def results_of(job: Job) -> list[Mapping[str, Any]]:
    done = job.chunks.filter(state=JobChunk.State.DONE).order_by("index")
    return list(done.values_list("result", flat=True))


def has_set_aside(job: Job) -> bool:
    return job.chunks.filter(state=JobChunk.State.SET_ASIDE).exists()


def _chunk(job: Job, part: Part) -> JobChunk:
    chunk = JobChunk.objects.filter(job=job, index=part.index).first()
    if chunk is not None:
        return chunk
    before = JobChunk.objects.filter(job=job, index__lt=part.index).aggregate(rows=Sum("rows"))["rows"] or 0
    return JobChunk.objects.create(job=job, index=part.index, start=before, rows=part.rows)


def _set_aside(chunk: JobChunk, error: Mapping[str, str], *, at: datetime) -> None:
    chunk.state, chunk.error, chunk.finished_at = JobChunk.State.SET_ASIDE, dict(error), at
    chunk.save(update_fields=["state", "error", "finished_at"])


def _end(
    job: Job,
    *,
    state: Job.State,
    at: datetime,
    result: Mapping[str, Any] | None = None,
    error: Mapping[str, str] | None = None,
) -> None:
    job.state, job.finished_at, job.runner = state, at, ""
    job.lease_token = job.leased_until = None
    job.result, job.error = dict(result or {}), dict(error or {})
    job.save()
    announce(Event.JOB_FINISHED, _told(job), about=About(worker_id=job.owner_id), at=at)


def _told(job: Job) -> dict[str, object]:
    """Of the result the counts and the keys: what else it holds, such as whose records an undoing left, stays here."""
    result = {name: value for name, value in job.result.items() if isinstance(value, int) or _is_key(value)}
    return {"id": str(job.pk), "kind": job.kind, "state": str(job.state), "result": result}


def _is_key(value: object) -> bool:
    return isinstance(value, str) and _KEY.fullmatch(value) is not None


def given_up() -> str:
    return _("The work failed %(attempts)s times and was given up. Report the id of this job.") % {
        "attempts": MAX_ATTEMPTS
    }


def _part_given_up() -> str:
    return _(
        "These rows failed %(attempts)s times and were left out. Try them again, or report the id of this job."
    ) % {"attempts": MAX_ATTEMPTS}
