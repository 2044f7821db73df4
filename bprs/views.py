"""The host's front door: programs are answered, people are shown to the back office."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from bprs.api import status_of_api
from bprs.http.rendering import dumps


@require_safe
@vary_on_headers("Accept")
def front_door(request: HttpRequest) -> HttpResponse:
    if "application/json" in request.headers.get("Accept", ""):
        return HttpResponse(dumps(status_of_api()), content_type="application/json")
    return redirect("admin:index")
