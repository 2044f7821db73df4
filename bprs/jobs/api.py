"""How far the long work is."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from ninja import Router, Schema
from pydantic import Field

from bprs.access.auth import Needs, Request
from bprs.jobs.models import Job

router = Router(tags=["jobs"])


class JobError(Schema):
    code: str
    message: str


class JobOut(Schema):
    id: UUID
    kind: str = Field(examples=["score_file"])
    state: Job.State = Field(description="queued, running; or over: done, partly_done, failed, cancelled.")
    progress: float | None = Field(description="0 to 1; null while it is not known.", examples=[0.4])
    done_count: int = Field(description="Rows done.")
    total_count: int | None = Field(description="About how many rows there are.")
    attempts: int = Field(description="How often a worker began without getting to a part; given up after three.")
    result: dict[str, Any] | None = Field(description="Once it is done; for a file: run_id and the counts.")
    error: JobError | None = Field(description="Once it has failed.")
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @staticmethod
    def resolve_progress(job: Job) -> float | None:
        if job.state == Job.State.DONE:
            return 1.0
        return min(round(job.done_count / job.total_count, 3), 1.0) if job.total_count else None

    @staticmethod
    def resolve_result(job: Job) -> dict[str, Any] | None:
        return job.result or None

    @staticmethod
    def resolve_error(job: Job) -> dict[str, Any] | None:
        return job.error or None


@router.get("/{uuid:job_id}", auth=Needs("jobs.view_job"), response=JobOut, summary="Get a job")
def get_job(request: Request, job_id: UUID) -> Job:
    """Ask every few seconds until `finished_at` is set."""
    return get_object_or_404(Job.objects.visible_to(request.auth.user), pk=job_id)
