"""An API whose calls fail in every way a call can."""

from django.core.exceptions import SuspiciousOperation
from django.db import IntegrityError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from ninja import NinjaAPI

from bprs.http.handlers import install

api = NinjaAPI(urls_namespace="broken", docs_url=None, openapi_url=None)
install(api)
SECRET = "password=hunter2"


@api.get("/bug")
def bug(request: HttpRequest) -> None:
    raise RuntimeError(SECRET)


@api.get("/race")
def race(request: HttpRequest) -> None:
    raise IntegrityError(SECRET)


@api.get("/locked")
def locked(request: HttpRequest) -> None:
    raise OperationalError(SECRET)


@api.get("/lost")
def lost(request: HttpRequest) -> None:
    raise InterfaceError(SECRET)


@api.get("/suspicious")
def suspicious(request: HttpRequest) -> None:
    raise SuspiciousOperation(SECRET)


def outside_the_api(request: HttpRequest) -> HttpResponse:
    raise RuntimeError(SECRET)


def page_without_database(request: HttpRequest) -> HttpResponse:
    raise OperationalError(SECRET)


urlpatterns = [
    path("api/v1/outside", outside_the_api),
    path("api/v1/without-database", page_without_database),
    path("api/v1/", api.urls),
    path("admin/", page_without_database, name="page"),
    path("broken/", outside_the_api),
    path("", include(([path("", outside_the_api, name="index")], "admin"))),
]
handler500 = "bprs.views.server_error"
