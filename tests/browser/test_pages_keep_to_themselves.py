"""
Every kind of page under the Content-Security-Policy: nothing it forbids, nothing asked of other hosts, no script that fails.

test_accessibility.py walks the pages of the back office, and listens to these complaints too.
"""

import pytest

from tests.admin_client import logged_in
from tests.browser.test_score_a_loan import asynchronous_driver, page, pytestmark
from tests.factories import make_user
from tests.rights.bank import Bank
from tests.rights.routes import all_routes
from tests.scoring.decided import Desk

__all__ = ["asynchronous_driver", "page", "pytestmark"]
# The libraries' pages look alike whatever they are of: one of each is enough.
ALIKE = ("history/", "history/<version_of_history>/", "delete/")


@pytest.fixture
def paths(page, settings, tmp_path):
    """Every page that there is, from the URL configuration, and the letter, for which there must be a decision."""
    settings.MEDIA_ROOT = tmp_path
    bank, desk = Bank(), Desk()
    client = logged_in(make_user(is_staff=True, is_superuser=True))
    decided = desk.decide(desk.recommended()).loan
    return [*_pages(client, bank.own), f"/admin/loans/loan/{decided.pk}/letter/"]


def _pages(client, things):
    seen: set[str] = set()
    for route in all_routes():
        kind = next((kind for kind in ALIKE if route.pattern.endswith(kind)), route.pattern)
        if kind in seen or "GET" not in route.methods or not route.pattern.startswith("admin/"):
            continue
        if _is_page(client.get(route.path(things))):
            seen.add(kind)
            yield route.path(things)


def _is_page(answer):
    return answer.status_code == 200 and not answer.streaming and b"<html" in answer.content[:500]


def complaints_of(page, url):
    """What the browser says against the pages it opens from now on."""
    said: list[str] = []
    page.on("console", lambda message: said.append(f"{page.url}: {message.text}") if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(f"{page.url}: {error}"))
    page.on(
        "request",
        lambda request: said.append(request.url) if not request.url.startswith((url, "data:", "blob:")) else None,
    )
    page.on("response", lambda answer: said.append(f"{answer.status} {answer.url}") if answer.status >= 400 else None)
    return said


def test_the_pages_of_the_api_keep_to_themselves(page, live_server):
    said = complaints_of(page, live_server.url)

    page.goto(f"{live_server.url}/api/v1/docs")
    page.wait_for_selector("#swagger-ui .info")

    assert "\n".join(said) == ""


def test_the_policy_is_in_force(page, live_server):
    page.goto(f"{live_server.url}/admin/login/")
    page.evaluate(
        """() => {
            const script = document.createElement("script");
            script.textContent = "document.title = 'smuggled'";
            document.body.append(script);
        }"""
    )

    assert page.title() != "smuggled"
