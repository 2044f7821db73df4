"""Every route there is, from the URL configuration itself, with what it is tried on."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.contrib import admin
from django.urls import URLPattern, URLResolver, get_resolver

from bprs.api import api
from tests.rights.bank import Things

MODELS = {
    "access/user": "user",
    "access/branch": "branch",
    "access/apikey": "apikey",
    "access/disclosure": "disclosure",
    "auth/group": "group",
    "customers/customer": "customer",
    "importing/importbatch": "batch",
    "jobs/job": "job",
    "loans/loan": "loan",
    "scoring/decision": "decision",
    "scoring/decisionlimit": "limit",
    "scoring/decisionreason": "reason",
    "scoring/score": "score",
    "scoring/scorecardversion": "card",
    "scoring/scoringrun": "run",
    "scoring/shadow": "shadow",
    "scoring/simulation": "simulation",
    "webhooks/endpoint": "endpoint",
    "webhooks/message": "message",
}
PARAMETERS = {
    "version_id": "card",
    "scorecard_id": "card",
    "batch_id": "batch",
    "shadow_id": "shadow",
    "simulation_id": "simulation",
}
CONSTANTS = {"kind": "loans", "file_format": "xlsx", "row_index": "0", "app_label": "loans", "content_type_id": "1"}
_PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>|\{(\w+)\}")
_HISTORY = "^([^/]+)/history/([^/]+)/$"
# Redirects to the page above them, and what catches every address that is none.
_NOT_ROUTES = re.compile(r"admin/\w+/\w+/<path:object_id>/|admin/\(\?P<url>\.\*\)\$|")


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """`pattern` as it stands in the URL configuration; methods that are to be tried."""

    pattern: str
    methods: tuple[str, ...]

    @property
    def names(self) -> list[str]:
        """What it is tried on, by the names of the bank."""
        found = [one or other for one, other in _PARAMETER.findall(self.pattern)]
        return [name for name in map(self._thing, found) if name]

    def path(self, things: Things) -> str:
        return "/" + _PARAMETER.sub(lambda match: self._value(match[1] or match[2], things), self.pattern)

    def _value(self, parameter: str, things: Things) -> str:
        name = self._thing(parameter)
        return str(things[name]) if name else CONSTANTS.get(parameter, str(things["loan"]))

    def _thing(self, parameter: str) -> str:
        if parameter in CONSTANTS:
            return ""
        model = MODELS.get("/".join(self.pattern.split("/")[1:3]), "")
        of_model = {
            "object_id": model,
            "id": model,
            "view_id": f"{model}_view",
            "version_of_history": f"{model}_history",
        }
        return (of_model | PARAMETERS).get(parameter, parameter.removesuffix("_id"))


def all_routes() -> list[Route]:
    return sorted({*_pages(), *_operations()}, key=lambda route: route.pattern)


def all_actions() -> list[str]:
    """The actions of the lists, as model and name."""
    return sorted(
        f"{model._meta.label_lower} {action}"
        for model, page in admin.site._registry.items()
        for action in (getattr(each, "__name__", each) for each in page.actions or ())
    )


def _pages() -> Iterator[Route]:
    for pattern in _walk(get_resolver().url_patterns):
        if pattern.startswith("api/") or _NOT_ROUTES.fullmatch(pattern):
            continue
        yield Route(pattern=_plain(pattern), methods=("GET", "POST"))


def _walk(patterns: list[URLPattern | URLResolver], before: str = "") -> Iterator[str]:
    for pattern in patterns:
        here = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, here)
        else:
            yield here


def _plain(pattern: str) -> str:
    pattern = pattern.replace(_HISTORY, "<path:object_id>/history/<version_of_history>/")
    return re.sub(r"\^\(\?P<(\w+)>.*?\)/\$$", r"<\1>/", pattern)


def _operations() -> Iterator[Route]:
    for path, methods in api.get_openapi_schema()["paths"].items():
        yield Route(pattern=path.removeprefix("/"), methods=tuple(sorted(method.upper() for method in methods)))
