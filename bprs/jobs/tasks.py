"""Where a worker enters."""

import logging
from collections.abc import Callable, Mapping
from typing import Any, Protocol, cast
from uuid import UUID

from django.conf import settings
from django.utils import timezone, translation
from django.utils.module_loading import import_string

from bprs.errors import DomainError
from bprs.jobs import services
from bprs.jobs.models import Job
from bprs.wording import sentence_of

logger = logging.getLogger(__name__)


class Handler(Protocol):
    """What does the work of one kind of job. It may be called again after a crash and must not do it twice."""

    def __call__(self, job: Job, on_progress: Callable[[int], None]) -> Mapping[str, Any]:
        """Do the work and return the result that the job will show."""
        ...


def run_job(job_id: str) -> None:
    """Run the job unless it is over. Its sentences are in the language of who asked for it."""
    job = services.begin(job_id=UUID(job_id), at=timezone.now())
    if job is None:
        logger.warning("Job %s is over or given up; nothing done", job_id)
        return
    with translation.override(job.params.get("language", settings.LANGUAGE_CODE)):
        _run(job)


def _run(job: Job) -> None:
    handler = cast(Handler, import_string(settings.JOB_HANDLERS[job.kind]))
    try:
        result = handler(job, lambda done: services.report_progress(job_id=job.pk, done_count=done))
    except DomainError as refusal:
        services.fail(job=job, code=refusal.code, message=sentence_of(refusal), at=timezone.now())
    except Exception:
        services.try_again_or_give_up(job=job, at=timezone.now())
        raise
    else:
        services.finish(job=job, result=result, at=timezone.now())
