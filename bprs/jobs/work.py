"""What an app says to have long work done: its parts, and what becomes of them."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, cast

from django.conf import settings
from django.utils.functional import Promise
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bprs.errors import DomainError
from bprs.jobs.models import Job


class UnknownWork(DomainError):
    """The job is that of another version of the program."""

    code = "unknown_work"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """
    A second or two of the work.

    `run` does it inside the transaction that the runner opened, and returns its counts. It may be called again after
    it raised. What it writes outside of the database must be harmless if the transaction is then rolled back.
    """

    index: int
    rows: int
    run: Callable[[], Mapping[str, Any]]


class Work(ABC):
    """The work of one kind of job, made anew for every attempt; `settings.JOB_HANDLERS` names it by the kind."""

    title: ClassVar[str | Promise] = ""
    # What it does before its first part, and what stopping it is called.
    beginning: ClassVar[str | Promise] = gettext_lazy("Reading and checking; nothing is written yet.")
    stopping: ClassVar[str | Promise] = gettext_lazy("Cancel")

    def __init__(self, job: Job) -> None:
        self.job = job

    def param(self, name: str) -> str:
        """:raises UnknownWork: if the job was asked for by a version that did not yet, or no longer does, say this"""
        if name not in self.job.params:
            raise _unknown()
        return str(self.job.params[name])

    @abstractmethod
    def parts(self, skip: Container[int]) -> Iterator[Part]:
        """
        Yield every part in order, the same under the same index in every attempt.

        Those in `skip` are done or set aside: they may be left out, or yielded unprepared. Runs outside of any
        transaction. A DomainError raised here ends the job.
        """

    @abstractmethod
    def conclude(self, results: Sequence[Mapping[str, Any]], *, at: datetime, is_whole: bool) -> Mapping[str, Any]:
        """
        Return the result of the job, in the transaction that ends it.

        Called after the last part and after a cancel, and again after a retry. `results` are those of the parts that
        were done, in order; `is_whole` says that nothing is set aside or was not reached.
        """

    @classmethod
    def result_url(cls, job: Job) -> str:
        """Where people see what came of it; empty if nowhere."""
        return ""


def kind_of_work(kind: str) -> type[Work]:
    """:raises UnknownWork: if this version of the program has no such work"""
    if kind not in settings.JOB_HANDLERS:
        raise _unknown()
    return cast(type[Work], import_string(settings.JOB_HANDLERS[kind]))


def title_of_kind(kind: str) -> str:
    """The kind in words; its own name, if this version of the program no longer knows the work."""
    return str(words_of_kind(kind).title) or kind


def words_of_kind(kind: str) -> type[Work]:
    """What is said about work of this kind; the usual words, if this version of the program no longer knows it."""
    return kind_of_work(kind) if kind in settings.JOB_HANDLERS else Work


def result_url_of(job: Job) -> str:
    return kind_of_work(job.kind).result_url(job) if job.result and job.kind in settings.JOB_HANDLERS else ""


def set_total(job: Job, total_count: int) -> None:
    """Say how many rows there are, once that is known better than when the job was asked for."""
    job.total_count = total_count
    Job.objects.filter(pk=job.pk, lease_token=job.lease_token).update(total_count=total_count)


def _unknown() -> UnknownWork:
    return UnknownWork(_("This work was asked for in another version of the program. Ask for it again."))
