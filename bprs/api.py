"""The REST API: one instance, its routers by name, and its public addresses."""

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Schema
from pydantic import Field

from bprs.errors import DomainError
from bprs.health import database, is_migrated
from bprs.http.handlers import install
from bprs.http.openapi import DocumentedAPI
from bprs.http.rendering import ExactParser, OrjsonRenderer
from bprs.jobs.pulses import living_workers

DESCRIPTION = """
Score financing applications of a Sharia rural bank with its transparent scorecard.

Sign in with `POST /auth/token`, or ask an administrator for an API key; send it as `Authorization: Bearer <key>`.
Errors are `application/problem+json` (RFC 9457). Sentences follow `Accept-Language` (`id`, the default, or `en`).
Money is in rupiah, exact. See docs/api.md for a walk through every call.
"""
STATUS = "BPRS API Running"

api = DocumentedAPI(
    title="BPRS Scoring API",
    version="1.0.0",
    description=DESCRIPTION,
    urls_namespace="api",
    parser=ExactParser(),
    renderer=OrjsonRenderer(),
)
install(api)
for prefix, router in (
    ("/predictions", "scoring.api.predictions.router"),  # asked most: addresses are looked through in this order
    ("/auth", "bprs.access.api.router"),
    ("/customers", "customers.api.router"),
    ("/loans", "loans.api.router"),
    ("/files", "bprs.files.api.router"),
    ("/jobs", "bprs.jobs.api.router"),
    ("/webhooks", "bprs.webhooks.api.router"),
    ("/predictions", "scoring.api.what_if.previews"),
    ("/loans", "scoring.api.runs.loan_scores"),
    ("/loans", "scoring.api.what_if.router"),
    ("/loans", "scoring.api.replay.router"),
    ("/loans", "scoring.api.decisions.router"),
    ("/loans", "scoring.api.papers.router"),
    ("/runs", "scoring.api.runs.router"),
    ("/scorecards", "scoring.api.scorecards.router"),
    ("/scorecards", "scoring.api.simulations.router"),
):
    api.add_router(prefix, router)


class Unavailable(DomainError):
    code = "unavailable"
    status = 503


class StatusOut(Schema):
    status: str = Field(examples=[STATUS])
    version: str
    docs: str
    openapi: str


class LiveOut(Schema):
    status: str = Field(examples=["ok"])


class HealthOut(LiveOut):
    database: str = Field(examples=["ok"])
    workers: int = Field(description="Background workers that said within 45 seconds that they live.", examples=[2])


class WorkersOut(LiveOut):
    workers: int = Field(examples=[2])


def status_of_api() -> StatusOut:
    return StatusOut(
        status=STATUS, version=api.version, docs=reverse("api:openapi-view"), openapi=reverse("api:openapi-json")
    )


@api.get("/", response=StatusOut, auth=None, tags=["status"], summary="Say that the API is there")
def root(request: HttpRequest) -> StatusOut:
    return status_of_api()


@api.get("/health", response=HealthOut, auth=None, tags=["status"], summary="Say whether the service can work")
def health(request: HttpRequest) -> HealthOut:
    """
    Answer 200 if the database answers and is migrated; within five seconds 503 if not. For load balancers.

    Workers are counted and not asked for: a site without one answers, and large files wait.
    """
    if not database.is_answered():
        raise Unavailable(_("The database does not answer."))
    if not is_migrated():
        raise Unavailable(_("The database is not migrated to this version of the program."))
    return HealthOut(status="ok", database="ok", workers=living_workers(at=timezone.now()))


@api.get("/health/live", response=LiveOut, auth=None, tags=["status"], summary="Say whether the process lives")
def live(request: HttpRequest) -> LiveOut:
    """Answer 200 without asking anybody. For whoever starts processes again that hang."""
    return LiveOut(status="ok")


@api.get("/health/workers", response=WorkersOut, auth=None, tags=["status"], summary="Say whether work gets done")
def workers(request: HttpRequest) -> WorkersOut:
    """Answer 200 if a background worker lives, 503 if none said so within 45 seconds. For monitors."""
    if not database.is_answered():
        raise Unavailable(_("The database does not answer."))
    count = living_workers(at=timezone.now())
    if not count:
        raise Unavailable(_("No background worker is at work: large files wait."))
    return WorkersOut(status="ok", workers=count)
