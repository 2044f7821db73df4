"""Every error of the API in one form: problem details (RFC 9457)."""

from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict

import orjson
from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

MEDIA_TYPE = "application/problem+json"

TITLES: dict[int, str | Promise] = {
    400: _("Bad request"),
    401: _("Not signed in"),
    403: _("Not permitted"),
    404: _("Not found"),
    405: _("Method not allowed"),
    409: _("Conflict"),
    413: _("Too large"),
    422: _("Refused"),
    429: _("Too many requests"),
    500: _("Internal error"),
    503: _("Not available"),
}
# What is said when nothing more is known than the status.
DETAILS: dict[int, tuple[str, str | Promise]] = {
    400: ("bad_request", _("The request cannot be understood.")),
    401: ("not_authenticated", _("Send a token or API key: Authorization: Bearer <key>.")),
    403: ("not_permitted", _("You may not do this.")),
    404: ("not_found", _("There is no such thing here, or you may not see it.")),
    405: ("method_not_allowed", _("This address does not take this method; see the Allow header.")),
    409: ("conflict", _("This collides with what is stored, or with a change made at the same moment.")),
    413: ("too_large", _("The request is larger than the server takes.")),
    500: ("internal_error", _("Something went wrong here. Quote the request_id when you report it.")),
    503: ("unavailable", _("The service is busy or not available. Try again in a moment.")),
}
AWHILE = {"Retry-After": "5"}  # seconds; a database that is restarted is away for about so long
OTHER = ("error", _("The request was not carried out."))


class ProblemError(TypedDict):
    """One thing to mend: `pointer` leads into the body, `parameter` names one of the address or the query."""

    pointer: NotRequired[str]
    parameter: NotRequired[str]
    code: str
    detail: str


def request_id_of(request: HttpRequest) -> str:
    """The id under which this request stands in the log; the middleware gives every request one."""
    return str(getattr(request, "request_id", ""))


def problem(
    request: HttpRequest,
    status: int,
    *,
    code: str = "",
    detail: str = "",
    errors: Sequence[ProblemError] = (),
    headers: Mapping[str, str] | None = None,
) -> HttpResponse:
    """Answer with a problem; what is left out is said in general words for the status."""
    usual_code, usual_detail = DETAILS.get(status, OTHER)
    usual_headers = AWHILE if status == 503 else {}  # noqa: PLR2004 the HTTP status
    code = code or usual_code
    members = {
        "type": f"urn:bprs:problem:{code}",
        "title": str(TITLES.get(status, gettext("Error"))),
        "status": status,
        "detail": str(detail or usual_detail),
        "code": code,
        "request_id": request_id_of(request),
        **({"errors": list(errors)} if errors else {}),
    }
    return HttpResponse(
        orjson.dumps(members), status=status, content_type=MEDIA_TYPE, headers={**usual_headers, **(headers or {})}
    )
