"""How far the long work is; stopping it, and asking for the rest of it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from ninja import Query, Router, Schema, Status
from pydantic import Field

from bprs.access.auth import Needs, Request
from bprs.http.pages import Page, PageOf, PageQuery
from bprs.jobs import services
from bprs.jobs.models import Job, JobChunk
from bprs.jobs.selectors import set_aside_of
from bprs.jobs.work import result_url_of, title_of_kind

router = Router(tags=["jobs"])


class JobError(Schema):
    code: str
    message: str


class SetAsideOut(JobError):
    """Rows that could not be done, and why; POST /jobs/{id}/retry tries them again."""

    index: int = Field(description="The number of the part, from 0.")
    first_row: int = Field(description="Of the rows of data, from 1.", examples=[10001])
    last_row: int = Field(examples=[20000])


class JobOut(Schema):
    id: UUID
    kind: str = Field(examples=["score_file"])
    title: str = Field(description="The kind in words.", examples=["Scoring of a file"])
    subject: str = Field(description="What it is about, such as the file's name.", examples=["pengajuan.xlsx"])
    state: Job.State = Field(description="queued, running; or over: done, partly_done, failed, cancelled.")
    progress: float | None = Field(description="0 to 1; null while it is not known.", examples=[0.4])
    done_count: int = Field(description="Rows done.")
    total_count: int | None = Field(description="About how many rows there are.")
    eta_seconds: int | None = Field(description="About how long it will still take; null while it is not known.")
    attempts: int = Field(description="How often a worker began without getting to a part; given up after three.")
    interruptions: int = Field(
        description="How often its worker was stopped and another went on; nothing is lost by it."
    )
    set_aside: list[SetAsideOut] = Field(description="Parts that could not be done, each with its reason.")
    result: dict[str, Any] | None = Field(description="Once it is over; for a file: run_id and the counts.")
    result_url: str | None = Field(description="The page of the back office that shows it.")
    error: JobError | None = Field(description="Once it has failed.")
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    cancel_asked_at: datetime | None

    @staticmethod
    def resolve_title(job: Job) -> str:
        return title_of_kind(job.kind)

    @staticmethod
    def resolve_progress(job: Job) -> float | None:
        return job.progress

    @staticmethod
    def resolve_eta_seconds(job: Job) -> int | None:
        return job.seconds_left(timezone.now())

    @staticmethod
    def resolve_set_aside(job: Job) -> list[dict[str, Any]]:
        return [_set_aside(chunk) for chunk in set_aside_of(job)] if job.is_over or job.done_count else []

    @staticmethod
    def resolve_result(job: Job) -> dict[str, Any] | None:
        return job.result or None

    @staticmethod
    def resolve_result_url(job: Job) -> str | None:
        return result_url_of(job) or None

    @staticmethod
    def resolve_error(job: Job) -> dict[str, Any] | None:
        return job.error or None


def _set_aside(chunk: JobChunk) -> dict[str, Any]:
    return {"index": chunk.index, "first_row": chunk.first_row, "last_row": chunk.last_row, **chunk.error}


@router.get("", auth=Needs("jobs.view_job"), response=Page[JobOut], summary="List jobs")
def list_jobs(request: Request, page: Query[PageQuery]) -> PageOf[Job]:
    """Your own, the newest first; head office sees everybody's."""
    jobs = Job.objects.visible_to(request.auth.user).order_by("-created_at", "pk")
    return {"items": list(page.cut(jobs)), "count": jobs.count()}


@router.get("/{uuid:job_id}", auth=Needs("jobs.view_job"), response=JobOut, summary="Get a job")
def get_job(request: Request, job_id: UUID) -> Job:
    """Ask every few seconds until `finished_at` is set."""
    return _visible_job(request, job_id)


@router.post(
    "/{uuid:job_id}/cancel", auth=Needs("jobs.change_job"), response={200: JobOut, 202: JobOut}, summary="Cancel a job"
)
def cancel_job(request: Request, job_id: UUID) -> Status[Job]:
    """
    Stop the job after the part in hand. What was done stays done.

    200 if nobody had begun it; else 202, and its state becomes cancelled a moment later. 409 if it is over.
    """
    job = services.cancel(job=_visible_job(request, job_id), by=request.auth.user, at=timezone.now())
    return Status(200 if job.is_over else 202, job)


@router.post(
    "/{uuid:job_id}/retry", auth=Needs("jobs.change_job"), response={202: JobOut}, summary="Try the rest again"
)
def retry_job(request: Request, job_id: UUID, response: HttpResponse) -> Status[Job]:
    """Do what failed, was set aside or was not reached; what is done is not done again. 409 if there is nothing."""
    job = services.retry(job=_visible_job(request, job_id), at=timezone.now())
    response["Location"] = reverse("api:get_job", args=[job.pk])
    return Status(202, job)


def _visible_job(request: Request, job_id: UUID) -> Job:
    return get_object_or_404(Job.objects.visible_to(request.auth.user), pk=job_id)
