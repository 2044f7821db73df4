"""The way of an application in a real browser, as each who has a part in it: score, recommend, return, mend, decide, read."""

import pytest

from scoring.models import Decision
from tests.admin_client import logged_in
from tests.browser.test_score_a_loan import asynchronous_driver, page, pytestmark
from tests.factories import make_card_in_force, make_user
from tests.scoring.decided import Desk

__all__ = ["asynchronous_driver", "page", "pytestmark"]


class Back:
    """
    The back office, in one language, as whoever comes in.

    All are logged in before the first page is opened: the site and this test share one connection to the tables.
    """

    def __init__(self, page, live_server, language, *users):
        self.page, self.url = page, live_server.url
        self._cookies = {user: logged_in(user, language).cookies for user in users}

    def come_in(self, user, path="/admin/"):
        self.page.wait_for_load_state("networkidle")
        self.page.context.clear_cookies()
        self.page.context.add_cookies(
            [{"name": name, "value": cookie.value, "url": self.url} for name, cookie in self._cookies[user].items()]
        )
        self.page.goto(self.url + path)

    def decide_first_of(self, queue):
        self.page.click(f"[data-testid=queue-{queue}]")
        self.page.click("#result_list a[href$='/decision/']")

    def recommend(self, note):
        self.page.click("[data-testid=open-decision]")
        self.page.check("input[name=advice][value=approve]")
        self.page.fill("textarea[name=note]", note)
        self.page.click("button[value=recommend]")

    def decide(self, outcome, note):
        self.page.fill("textarea[name=note]", note)
        self.page.click(f"button[value={outcome}]")

    def printed(self, what):
        """What is left of the page on paper; its PDF can be fetched beside it."""
        with self.page.expect_download() as fetched:
            self.page.click(f"[data-testid={what}-pdf]")
        assert fetched.value.suggested_filename.endswith(".pdf")
        with self.page.expect_popup() as opened:
            self.page.click(f"[data-testid={what}]")
        opened.value.wait_for_load_state("networkidle")
        opened.value.emulate_media(media="print")
        assert not opened.value.is_visible("[data-print]")
        return opened.value.inner_text("body")


def errors_of(page):
    broken: list[str] = []
    page.on("pageerror", lambda error: broken.append(str(error)))
    page.on("console", lambda message: broken.append(message.text) if message.type == "error" else None)
    return broken


@pytest.fixture
def desk(page):
    make_card_in_force()
    return Desk()


@pytest.mark.parametrize("language", ["id", "en"])
def test_from_the_score_to_the_decision_and_its_record(page, live_server, desk, language):
    auditor = make_user(is_staff=True, group="Auditor", sees_all_branches=True)
    loan, back = desk.high_risk(), Back(page, live_server, language, desk.officer, desk.supervisor, auditor)
    broken = errors_of(page)

    back.come_in(desk.officer, f"/admin/loans/loan/{loan.pk}/change/")
    back.recommend("Ada penjamin.")
    assert page.get_attribute("[data-testid=decided]", "data-outcome") == "pending"

    back.come_in(desk.supervisor)
    back.decide_first_of("decide")
    back.decide("return", "Lampirkan surat penjamin.")

    back.come_in(desk.officer)
    page.click("[data-testid=queue-returned]")
    page.click(f"text={loan.loan_number}")
    assert "Lampirkan surat penjamin." in page.inner_text("[data-testid=decided]")
    page.select_option("select[name=status]", "submitted")
    page.click("button[name=_continue]")
    back.recommend("Surat penjamin terlampir.")

    back.come_in(desk.supervisor, f"/admin/loans/loan/{loan.pk}/decision/")
    page.select_option("select[name=reason]", "guarantor")
    page.click("button[value=approve]")
    assert page.is_visible("[data-testid=refusal]")
    back.decide("approve", "Paman nasabah, PNS, menjamin.")
    assert page.get_attribute("[data-testid=decided]", "data-outcome") == "approved"

    back.come_in(auditor, "/admin/scoring/decision/?against=any")
    page.click(f"text={loan.loan_number}")
    told = page.inner_text("[data-testid=timeline]")
    assert all(
        said in told for said in ("Ada penjamin yang mampu", "Paman nasabah, PNS, menjamin.", desk.officer.known_as)
    )
    assert Decision.objects.filter(loan=loan).count() == 2
    papers = {"decision-sheet": "Ada penjamin yang mampu", "letter": "kami setujui"}
    assert [what for what, said in papers.items() if said not in back.printed(what)] == []
    assert broken == []
