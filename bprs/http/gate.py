"""
Overload: who would wait too long for their turn is told at once that the site is busy, instead of never.

The server hands each request to a thread of its own and this gate lets `REQUESTS_AT_ONCE` of them through at a time:
more would only take the processor from each other. The others wait their turn, `REQUEST_WAIT_SECONDS` at most.
"""

import threading
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from bprs.http.problems import problem

RETRY_AFTER_SECONDS = "5"
ALWAYS_OPEN = "/api/v1/health/live"


class GateMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self._turns = threading.BoundedSemaphore(settings.REQUESTS_AT_ONCE)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path == ALWAYS_OPEN:
            return self.get_response(request)
        if not self._turns.acquire(timeout=settings.REQUEST_WAIT_SECONDS):
            return _busy(request)
        try:
            return self.get_response(request)
        finally:
            self._turns.release()


def _busy(request: HttpRequest) -> HttpResponse:
    headers = {"Retry-After": RETRY_AFTER_SECONDS}
    if request.path.startswith("/api/"):
        return problem(request, 503, headers=headers)
    return HttpResponse(
        _("Many people are working at this moment. Try again in a few seconds."), status=503, headers=headers
    )
