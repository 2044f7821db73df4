"""From whatever was raised to the problem that answers it."""

import logging
from functools import partial
from typing import Any

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import IntegrityError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.utils.translation import gettext as _
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from bprs.errors import DomainError
from bprs.http.problems import ProblemError, problem, request_id_of
from bprs.http.validation import problem_errors
from bprs.wording import sentence_of

logger = logging.getLogger(__name__)
CHALLENGE = {"WWW-Authenticate": "Bearer"}


def install(api: NinjaAPI) -> None:
    """Answer everything that can be raised below this API with a problem."""
    for error, handler in _HANDLERS.items():
        api.add_exception_handler(error, handler)


def refused(request: HttpRequest, refusal: DomainError) -> HttpResponse:
    """The problem that answers a refusal."""
    errors: list[ProblemError] = [
        {"pointer": f"#/{field}", "code": refusal.code, "detail": str(text)} for field, text in refusal.fields.items()
    ]
    headers = getattr(refusal, "headers", CHALLENGE if refusal.status == 401 else {})  # noqa: PLR2004 the HTTP status
    return problem(
        request, refusal.status, code=refusal.code, detail=sentence_of(refusal), errors=errors, headers=headers
    )


def _invalid(request: HttpRequest, invalid: ValidationError) -> HttpResponse:
    return problem(
        request,
        422,
        code="invalid",
        detail=_("Please correct the marked values."),
        errors=problem_errors(invalid.errors),
    )


def _http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    """What ninja itself refuses: no credentials, a body that is not JSON."""
    if error.status_code == 400:  # noqa: PLR2004 the HTTP status
        return problem(request, 400, code="malformed_body", detail=_("The body is not valid JSON."))
    return problem(request, error.status_code, headers=CHALLENGE if error.status_code == 401 else {})  # noqa: PLR2004


def _by_status(request: HttpRequest, error: Any, *, status: int) -> HttpResponse:
    return problem(request, status)


def _by_status_and_log(request: HttpRequest, error: Any, *, status: int) -> HttpResponse:
    logger.error("%s %s: request %s", request.method, request.path, request_id_of(request), exc_info=error)
    return problem(request, status)


_HANDLERS: dict[type[Exception], Any] = {
    DomainError: refused,
    ValidationError: _invalid,
    HttpError: _http_error,
    Http404: partial(_by_status, status=404),
    RequestDataTooBig: partial(_by_status, status=413),
    SuspiciousOperation: partial(_by_status, status=400),
    MultiPartParserError: partial(_by_status, status=400),
    IntegrityError: partial(_by_status_and_log, status=409),
    OperationalError: partial(_by_status_and_log, status=503),
    InterfaceError: partial(_by_status_and_log, status=503),  # what is asked of a connection that was lost
    Exception: partial(_by_status_and_log, status=500),
}
