"""What people and programs ask about jobs."""

from datetime import datetime, timedelta

from bprs.jobs.models import Job, JobChunk
from bprs.jobs.processes import is_gone

UNATTENDED_AFTER = timedelta(seconds=15)


def set_aside_of(job: Job) -> list[JobChunk]:
    return list(job.chunks.filter(state=JobChunk.State.SET_ASIDE).order_by("index"))


def is_unattended(job: Job, *, at: datetime) -> bool:
    """Whether the job waits longer than any worker that has nothing to do would let it."""
    if job.state != Job.State.QUEUED or at - job.queued_at < UNATTENDED_AFTER:
        return False
    return not Job.objects.filter(state=Job.State.RUNNING, leased_until__gt=at).exists()


def is_left(job: Job, *, at: datetime) -> bool:
    """Whether its worker was killed or fell silent, and no other has taken it yet."""
    if job.state != Job.State.RUNNING:
        return False
    return is_gone(job.runner) or (job.leased_until is not None and job.leased_until < at)


def jobs_before(job: Job) -> int:
    return Job.objects.filter(state=Job.State.QUEUED, queued_at__lt=job.queued_at).count()


def has_begun(job: Job) -> bool:
    """Whether it got as far as a part: before that, it reads."""
    return job.chunks.exists()
