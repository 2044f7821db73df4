"""What holds for every request: an id to find it by; and below /api/ no error that is not a problem."""

import logging
import re
import time
from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.http.response import HttpResponseBase
from django.middleware.common import CommonMiddleware

from bprs.http.problems import MEDIA_TYPE, problem
from bprs.logs import REQUEST_ID, about, request_id_of

requests = logging.getLogger("bprs.requests")
FIRST_ERROR = 400
_TOO_LONG = re.compile(r"(?<![0-9a-fA-F])\d{19,}(?![0-9a-fA-F])")
_KEPT_HEADERS = ("Allow", "Retry-After")


class RequestIdMiddleware:
    """Give the request an id, or keep a sane one that a proxy gave it; answer with it, and log under it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request_id = request_id_of(request.headers.get(REQUEST_ID, ""))
        request.request_id = request_id  # type: ignore[attr-defined]  # ours
        began = time.monotonic()
        with about(request_id):
            response = self.get_response(request)
            _log(request, response, milliseconds=round((time.monotonic() - began) * 1000, 1))
        response.headers[REQUEST_ID] = request_id
        return response


def _log(request: HttpRequest, response: HttpResponseBase, *, milliseconds: float) -> None:
    """The route and not the address: searches and keys in it may tell of people."""
    if requests.isEnabledFor(logging.INFO):
        route = request.resolver_match.route if request.resolver_match else "-"
        said = {"method": request.method, "route": route, "status": response.status_code, "milliseconds": milliseconds}
        requests.info("%s %s", request.method, route, extra=said)


class SaneAddressMiddleware:
    """
    Answer what no page of ours would ask before a database does: NUL, and numbers longer than any key.

    What is asked of the API it checks by itself, but for the numbers in its addresses.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if _TOO_LONG.search(request.path):
            raise Http404
        return self.get_response(request if request.path.startswith("/api/") else self._sane(request))

    @staticmethod
    def _sane(request: HttpRequest) -> HttpRequest:
        given = [value for name, values in request.GET.lists() if name != "q" for value in values]
        if "\0" in request.path or any("\0" in value for value in [*given, request.GET.get("q", "")]):
            raise SuspiciousOperation("NUL")
        if any(map(_TOO_LONG.search, given)):
            raise SuspiciousOperation("a number longer than any key")
        return request


class HostsMiddleware(CommonMiddleware):
    """Django's, but for who asks for health: a load balancer names a machine by its address, not the site."""

    def process_request(self, request: HttpRequest) -> HttpResponsePermanentRedirect | None:
        return None if re.match(settings.HEALTH, request.path.lstrip("/")) else super().process_request(request)


class SecurityHeadersMiddleware:
    """
    Let a page load nothing but our own files, and do nothing that it does not need.

    The theme asks for the two exceptions: Alpine evaluates the expressions in its markup, and styles stand in attributes.
    No script stands in a page, so that what somebody smuggles into one is never run.
    """

    policy = "; ".join(
        (
            "default-src 'self'",
            "script-src 'self' 'unsafe-eval'",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data:",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response.headers["Content-Security-Policy"] = self.policy
        response.headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=()"
        return response


class ApiProblemMiddleware:
    """Errors that Django answers itself (no such address, wrong method, bad host) become problems below /api/."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if not request.path.startswith("/api/") or response.status_code < FIRST_ERROR or _is_problem(response):
            return response
        return self._as_problem(request, response)

    def _as_problem(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponse:
        headers = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
        return problem(request, response.status_code, headers=headers)


def _is_problem(response: HttpResponseBase) -> bool:
    return response.headers.get("Content-Type", "").startswith(MEDIA_TYPE)
