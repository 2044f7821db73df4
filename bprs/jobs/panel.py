"""A job in the words its owner reads: what it is doing now, what may be done about it, and what came of it."""

import math
import zlib
from dataclasses import dataclass
from datetime import datetime

from django.utils.formats import localize
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bprs.access.models import User
from bprs.jobs.models import Job, JobChunk
from bprs.jobs.selectors import has_begun, is_left, is_unattended, jobs_before, set_aside_of
from bprs.jobs.work import result_url_of, title_of_kind, words_of_kind

MINUTE, HOUR = 60, 3600
PARTS_LISTED = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """`shown` changes with whatever is beside the figures: the page takes anew only what it does not show yet."""

    job: Job
    title: str
    headline: str
    sentence: str
    notice: str
    warning: str
    percent: int | None
    left: str
    set_aside: list[JobChunk]
    result_url: str
    may_cancel: bool
    stopping: str
    may_retry: bool
    shown: str

    @property
    def figures_shown(self) -> str:
        return str(
            zlib.crc32(
                repr((self.headline, self.sentence, self.notice, self.warning, self.percent, self.left)).encode()
            )
        )


def panel_of(job: Job, *, reader: User, at: datetime) -> Panel:
    set_aside = set_aside_of(job)
    may_steer, unattended = reader.has_perm("jobs.change_job"), is_unattended(job, at=at)
    is_cancelling = job.cancel_asked_at is not None and not job.is_over
    return Panel(
        job=job,
        title=title_of_kind(job.kind),
        headline=_headline(job, is_cancelling=is_cancelling, at=at),
        sentence="" if unattended else _sentence(job),
        notice=_notice(job, at=at),
        warning=_no_worker() if unattended else "",
        percent=None if job.progress is None else math.floor(job.progress * 100),
        left="" if is_left(job, at=at) else time_left(job, at=at),
        set_aside=set_aside[:PARTS_LISTED],
        result_url=result_url_of(job),
        may_cancel=may_steer and not job.is_over and not is_cancelling,
        stopping=str(words_of_kind(job.kind).stopping),
        may_retry=may_steer and job.state in Job.RETRIABLE,
        shown=f"{job.state}-{is_cancelling}-{len(set_aside)}",
    )


def time_left(job: Job, *, at: datetime) -> str:
    """«about 2 minutes left», to the precision that an estimate has; empty while there is none."""
    seconds = job.seconds_left(at)
    return "" if seconds is None else _("about %(time)s left") % {"time": duration(max(seconds, 1))}


def duration(seconds: float) -> str:
    if seconds < MINUTE:
        count = math.ceil(seconds)
        return ngettext("%(count)d second", "%(count)d seconds", count) % {"count": count}
    if seconds < HOUR:
        count = math.ceil(seconds / MINUTE)
        return ngettext("%(count)d minute", "%(count)d minutes", count) % {"count": count}
    count = math.ceil(seconds / HOUR)
    return ngettext("%(count)d hour", "%(count)d hours", count) % {"count": count}


def rows_done(job: Job) -> str:
    if job.total_count is None:
        return _("%(done)s rows") % {"done": localize(job.done_count)}
    return _("%(done)s of %(total)s rows") % {"done": localize(job.done_count), "total": localize(job.total_count)}


def _headline(job: Job, *, is_cancelling: bool, at: datetime) -> str:
    if is_cancelling:
        return _("Being cancelled")
    if is_left(job, at=at):
        return _("Interrupted")
    return {
        Job.State.QUEUED: _("Waiting for a worker"),
        Job.State.RUNNING: _("Working on it"),
        Job.State.DONE: _("Done"),
        Job.State.PARTLY_DONE: _("Done, except for some rows"),
        Job.State.FAILED: _("It could not be done"),
        Job.State.CANCELLED: _("Cancelled"),
    }[Job.State(job.state)]


def _notice(job: Job, *, at: datetime) -> str:
    if is_left(job, at=at):
        return _(
            "Its worker was stopped. The next one goes on where it was; if none does within a minute or two, "
            "tell whoever looks after the server."
        )
    if job.interruptions and not job.is_over:
        return _("It was interrupted, and goes on where it was. Nothing is lost, and nothing is done twice.")
    return ""


def _sentence(job: Job) -> str:
    match job.state:
        case Job.State.QUEUED:
            return _queued(job)
        case Job.State.RUNNING:
            return rows_done(job) if has_begun(job) else str(words_of_kind(job.kind).beginning)
        case Job.State.FAILED:
            return str(job.error.get("message", ""))
        case _:
            return _over(job)


def _queued(job: Job) -> str:
    before = jobs_before(job)
    if not before and has_begun(job):
        return _("It goes on in a moment where it was. You may leave this page.")
    if not before:
        return _("It begins in a moment. You may leave this page; the work goes on.")
    return ngettext("%(count)d other is before it.", "%(count)d others are before it.", before) % {"count": before}


def _over(job: Job) -> str:
    if job.state == Job.State.CANCELLED:
        return _("What was done until then stays done: %(rows)s.") % {"rows": rows_done(job)}
    if job.started_at is None or job.finished_at is None:
        return rows_done(job)
    took = duration((job.finished_at - job.started_at).total_seconds())
    return _("%(rows)s in %(time)s.") % {"rows": rows_done(job), "time": took}


def _no_worker() -> str:
    return _("No worker seems to be running. Tell whoever looks after the server; the work waits and is not lost.")
