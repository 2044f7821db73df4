"""
Who may do what: every route of the site, tried as every role, against the one table in this folder.

Each line of table.txt is a method, a route, and what it answers to each role: `+` what was asked for (or a refusal of what
was typed), `x` forbidden, `0` not found, `>` sent to log in, `m` no such method. Then, for routes to something of a branch,
what those who work in one branch get of another branch's: `0`, and to the letter what they get of something that does not
exist. A route that is not in the table fails here, and the message says the line to add once somebody has judged it.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection, reset_queries, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.admin_client import logged_in
from tests.api_client import ApiClient
from tests.rights.bank import ROLES, SCOPED, Bank, Things
from tests.rights.routes import Route, all_actions, all_routes

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
TABLE = Path(__file__).with_name("table.txt")
EVERYBODY = (*ROLES, "anonymous")
ANSWERS = {401: ">", 403: "x", 404: "0", 405: "m"}
# What is sent with a POST where nothing at all would be refused before anybody looks at the rights.
BODIES = {
    "admin/loans/loan/<int:loan_id>/decision/": {"what": "approve"},
    "admin/scoring/scorecardversion/<int:version_id>/act/": {"what": "propose"},
}
# Logging in and out, one's second step, that a key was used, which columns one likes and lines in the log of disclosures and
# counting for the overview change nothing of what is audited.
_NOT_AUDITED = "django_session|access_(user|apikey|authenticator|disclosure)|axes_|lists_|scoring_overview"
WRITES = re.compile(rf'(INSERT INTO|UPDATE|DELETE FROM) "(?!{_NOT_AUDITED})')
SHARED = {
    "user",
    "apikey",
    "disclosure",
    "card",
    "group",
    "limit",
    "limit_history",
    "reason",
    "shadow",
    "simulation",
    "label",
}


def table() -> dict[str, str]:
    lines = [line for line in TABLE.read_text().splitlines() if line and not line.startswith("#")]
    return {" ".join(line.split()[:2]): " ".join(line.split()[2:]) for line in lines}


@pytest.fixture
def bank(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return Bank()


def ask(client: Client, method: str, route: Route, things: Things) -> Any:
    """What is answered; whatever it changed is taken back."""
    is_json = route.pattern.startswith("api/")
    data = "{}" if is_json else urlencode(BODIES.get(route.pattern, {}))
    kind = "application/json" if is_json else "application/x-www-form-urlencoded"
    with transaction.atomic():
        response = client.generic(method, route.path(things), data if method != "GET" else "", content_type=kind)
        transaction.set_rollback(True)
    return response


def answer(response: Any) -> str:
    assert response.status_code < 500, response.content
    if response.status_code == 302 and "/login/" in response["Location"]:
        return ">"
    return ANSWERS.get(response.status_code, "+")


def client_of(bank: Bank, role: str, route: Route) -> Client:
    if route.pattern.startswith("api/"):
        return ApiClient(bank.secrets.get(role, "")).client
    return logged_in(bank.users[role]) if role in ROLES else Client()


def tried(bank: Bank, role: str, method: str, route: Route, things: Things) -> Any:
    return ask(client_of(bank, role, route), method, route, things)


def is_of_a_branch(route: Route) -> bool:
    return bool(set(route.names) - SHARED)


def each() -> Iterator[tuple[str, Route]]:
    return ((method, route) for route in all_routes() for method in route.methods)


def test_every_route_has_its_line_and_every_line_its_route():
    routes = {f"{method} /{route.pattern}" for method, route in each()}
    actions = {f"ACTION {action.replace(' ', '.')}" for action in all_actions()}

    assert "\n".join(sorted((routes | actions) ^ set(table()))) == "", (
        "see the docstring for what to write in table.txt"
    )


@pytest.mark.parametrize("role", EVERYBODY)
def test_a_role_gets_what_the_table_says(bank, role):
    said, differs = table(), []
    for method, route in each():
        key = f"{method} /{route.pattern}"
        got = answer(tried(bank, role, method, route, bank.own))
        if got != said.get(key, "")[EVERYBODY.index(role) : EVERYBODY.index(role) + 1]:
            differs.append(f"{key} answers {got} to {role}")

    assert "\n".join(differs) == ""


@pytest.mark.parametrize("role", SCOPED)
def test_what_is_another_branchs_looks_as_if_it_did_not_exist(bank, role):
    differs = []
    for method, route in each():
        if not is_of_a_branch(route):
            continue
        foreign, missing = (tried(bank, role, method, route, things) for things in (bank.foreign, bank.missing))
        is_shown = method == "GET" and answer(foreign) not in "0xm>"
        if is_shown or shown(foreign) != shown(missing):
            differs.append(f"{method} /{route.pattern}: {foreign.status_code} and {missing.status_code} to {role}")

    assert "\n".join(differs) == ""


def shown(response: Any) -> tuple[int, str]:
    """What is answered, but for numbers: the key that was asked for, the time, the number of the request."""
    return response.status_code, re.sub(r"[0-9a-f-]{32,}|csrfmiddlewaretoken[^>]*|\d+", "*", response.content.decode())


def test_an_auditor_changes_nothing(bank):
    wrote = []
    for method, route in each():
        reset_queries()  # what is kept of them is bounded
        with CaptureQueriesContext(connection) as queries:
            tried(bank, "auditor", method, route, bank.own)
        wrote += [f"{method} /{route.pattern}: {query['sql'][:80]}" for query in queries if WRITES.match(query["sql"])]

    assert "\n".join(wrote) == ""


@pytest.mark.parametrize("role", ROLES)
def test_an_action_is_offered_as_the_table_says(bank, role):
    offered = defaultdict(str)
    client = logged_in(bank.users[role])
    said = table()
    for action in all_actions():
        model, name = action.split()
        page = client.get(f"/admin/{model.replace('.', '/')}/")
        may = page.status_code == 200 and f'<option value="{name}">' in page.content.decode()
        offered[f"ACTION {model}.{name}"] = "+" if may else "x"

    assert dict(offered) == {key: said[key][EVERYBODY.index(role)] for key in offered}
