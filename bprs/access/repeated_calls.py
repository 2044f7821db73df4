"""The header Idempotency-Key, for every call of the API that changes something."""

from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import HttpRequest
from django.http.multipartparser import MultiPartParserError
from django.http.response import HttpResponseBase
from django.urls import Resolver404, resolve
from django.utils import timezone

from bprs.access.idempotency import Call, KeyUsedForAnother, answer_once, fingerprint_of, refuse_bad_key
from bprs.access.models import ApiKey
from bprs.errors import DomainError
from bprs.http.handlers import refused
from bprs.http.problems import problem

HEADER = "Idempotency-Key"
CHANGING = ("POST", "PUT", "PATCH", "DELETE")
BEARER = "Bearer "
LARGEST_OVERHEAD = 64 * 1024


class RepeatedCallsMiddleware:
    """Carry a call with an Idempotency-Key out once, and answer every repetition alike. What the API does not let in passes."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        sender = _sender(request) if _has_a_key(request) else None
        if sender is None:
            return self.get_response(request)
        try:
            return self._once(request, sender)
        except DomainError as refusal:
            is_no_call = isinstance(refusal, KeyUsedForAnother) and not _is_taken_here(request)
            return self.get_response(request) if is_no_call else refused(request, refusal)
        except (MultiPartParserError, SuspiciousOperation) as error:
            return problem(request, 413 if isinstance(error, RequestDataTooBig) else 400)

    def _once(self, request: HttpRequest, sender: ApiKey) -> HttpResponseBase:
        key = request.headers[HEADER]
        refuse_bad_key(key)
        call = Call(
            user=sender.user, key=f"{request.method} {key}", fingerprint=fingerprint_of(request, scopes=sender.scopes)
        )
        return answer_once(call, lambda: self.get_response(request), at=timezone.now())


def _has_a_key(request: HttpRequest) -> bool:
    """Whether it is a call that may be sent again, and not one that is refused before a byte of it is read."""
    changes = request.method in CHANGING and request.path.startswith("/api/")
    length = int(request.META.get("CONTENT_LENGTH") or 0)
    return changes and HEADER in request.headers and length <= settings.UPLOAD_MAX_BYTES + LARGEST_OVERHEAD


def _is_taken_here(request: HttpRequest) -> bool:
    """Whether there is such a call at all: a view that is asked with a method of nobody's names those it takes."""
    asked = HttpRequest()
    asked.method = "TRACE"
    try:
        view, arguments, named = resolve(request.path_info)
    except Resolver404:
        return False
    return str(request.method) in view(asked, *arguments, **named).headers.get("Allow", "").split(", ")


def _sender(request: HttpRequest) -> ApiKey | None:
    """Whose secret it is, if it is valid; what it may be used for is for the call itself to say."""
    authorization = request.headers.get("Authorization", "")
    if not authorization.startswith(BEARER):
        return None
    keys = ApiKey.objects.valid_at(timezone.now()).select_related("user")
    return keys.filter(secret_sha256=ApiKey.hash_of(authorization.removeprefix(BEARER))).first()
