"""Every kind of page under the Content-Security-Policy: nothing it forbids, nothing asked of other hosts, no script that fails."""

import pytest

from scoring.models import ScoringRun
from tests.browser.test_score_a_loan import asynchronous_driver, page, pytestmark
from tests.factories import make_card_in_force, make_user
from tests.scoring.decided import Desk

__all__ = ["asynchronous_driver", "page", "pytestmark"]
LISTS = (
    *("customers/customer", "loans/loan", "importing/importbatch", "scoring/scoringrun", "scoring/scorecardversion"),
    *("scoring/simulation", "scoring/shadow", "scoring/decisionlimit", "scoring/decisionreason", "jobs/job"),
    *("access/user", "access/branch", "access/apikey", "auth/group"),
)
ADDED = ("customers/customer", "loans/loan", "access/user", "access/branch", "access/apikey", "scoring/decisionlimit")


@pytest.fixture
def paths(page):
    card = make_card_in_force()
    desk = Desk()
    loan = desk.recommended()
    score = loan.scores.get()
    of_loan = f"loans/loan/{loan.pk}"
    return (
        "",
        *(f"{name}/" for name in LISTS),
        *(f"{name}/add/" for name in ADDED),
        *(f"{of_loan}/{name}/" for name in ("change", "decision", "decision-sheet", "history")),
        *(f"{of_loan}/scores/{score.pk}/{name}/" for name in ("print", "replay")),
        *(f"customers/customer/{loan.customer_id}/{name}/" for name in ("change", "history")),
        f"access/user/{desk.officer.pk}/change/",
        f"access/user/{desk.officer.pk}/password/",
        f"scoring/scorecardversion/{card.pk}/change/",
        f"scoring/scoringrun/{ScoringRun.objects.get().pk}/change/",
        "scoring/scoringrun/score-file/",
        "loans/loan/import/",
        "loans/loan/export/",
        "password_change/",
        "login-security/",
        "second-step/set-up/",
    )


def test_pages_keep_to_themselves(page, live_server, paths):
    make_user("ani", is_staff=True, is_superuser=True)
    said: list[str] = []
    page.on("console", lambda message: said.append(f"{page.url}: {message.text}") if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(f"{page.url}: {error}"))
    page.on(
        "request",
        lambda request: (
            said.append(request.url) if not request.url.startswith((live_server.url, "data:", "blob:")) else None
        ),
    )
    page.on("response", lambda answer: said.append(f"{answer.status} {answer.url}") if answer.status >= 400 else None)
    page.goto(f"{live_server.url}/admin/")
    page.fill("#id_username", "ani")
    page.fill("#id_password", "rahasia-sekali")
    page.click("#login-form button")
    page.wait_for_load_state("networkidle")

    for path in paths:
        assert page.goto(f"{live_server.url}/admin/{path}").ok, path
        page.wait_for_timeout(50)
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
