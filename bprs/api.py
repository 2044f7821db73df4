"""The REST API: one instance, its routers by name, and its public addresses."""

from django.db import InterfaceError, OperationalError, connection
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from ninja import Schema
from pydantic import Field

from bprs.errors import DomainError
from bprs.http.handlers import install
from bprs.http.openapi import DocumentedAPI
from bprs.http.rendering import ExactParser, OrjsonRenderer

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
    ("/auth", "bprs.access.api.router"),
    ("/customers", "customers.api.router"),
    ("/loans", "loans.api.router"),
    ("/files", "bprs.files.api.router"),
    ("/jobs", "bprs.jobs.api.router"),
    ("/predictions", "scoring.api.predictions.router"),
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


class HealthOut(Schema):
    status: str = Field(examples=["ok"])
    database: str = Field(examples=["ok"])


def status_of_api() -> StatusOut:
    return StatusOut(
        status=STATUS, version=api.version, docs=reverse("api:openapi-view"), openapi=reverse("api:openapi-json")
    )


@api.get("/", response=StatusOut, auth=None, tags=["status"], summary="Say that the API is there")
def root(request: HttpRequest) -> StatusOut:
    return status_of_api()


@api.get("/health", response=HealthOut, auth=None, tags=["status"], summary="Say whether the service can work")
def health(request: HttpRequest) -> HealthOut:
    """Answer 200 if the database answers, 503 if not. For load balancers and monitors."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except (OperationalError, InterfaceError):
        raise Unavailable(_("The database does not answer.")) from None
    return HealthOut(status="ok", database="ok")
