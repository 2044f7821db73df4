"""The host's front door: programs are answered, people are shown to the back office; and what is said while there is no database."""

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.views import defaults
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from bprs.api import status_of_api
from bprs.http.problems import AWHILE
from bprs.http.rendering import dumps


@require_safe
@vary_on_headers("Accept")
def front_door(request: HttpRequest) -> HttpResponse:
    if "application/json" in request.headers.get("Accept", ""):
        return HttpResponse(dumps(status_of_api()), content_type="application/json")
    return redirect("admin:index")


def server_error(request: HttpRequest) -> HttpResponse:
    """A database that is away comes back: that is worth another try in a moment, and no fault of the page."""
    if isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        return HttpResponse(render_to_string("503.html"), status=503, headers=AWHILE)
    return defaults.server_error(request)
