"""The way of an application in a real browser, as each who has a part in it: score, recommend, return, mend, decide, read."""

import pytest

from scoring.models import Decision
from tests.browser.back_office import Back, errors_of, follow
from tests.browser.test_score_a_loan import asynchronous_driver, page, pytestmark
from tests.factories import make_card_in_force, make_user
from tests.scoring.decided import Desk

__all__ = ["asynchronous_driver", "page", "pytestmark"]


@pytest.fixture
def desk(page):
    make_card_in_force()
    return Desk()


@pytest.mark.slow
@pytest.mark.parametrize("language", ["id", "en"])
def test_from_the_score_to_the_decision_and_its_record(page, live_server, desk, language):
    auditor = make_user(is_staff=True, group="Auditor", sees_all_branches=True)
    back = Back(page, live_server, language, desk.officer, desk.supervisor, auditor)
    loan, broken = desk.high_risk(), errors_of(page)

    back.come_in(desk.officer, f"/admin/loans/loan/{loan.pk}/change/")
    back.recommend("Ada penjamin.")
    assert page.get_attribute("[data-testid=decided]", "data-outcome") == "pending"

    back.come_in(desk.supervisor)
    back.decide_first_of("decide")
    back.decide("return", "Lampirkan surat penjamin.")

    back.come_in(desk.officer)
    follow(page, "[data-testid=queue-returned]")
    follow(page, f"text={loan.loan_number}")
    assert "Lampirkan surat penjamin." in page.inner_text("[data-testid=decided]")
    page.select_option("select[name=status]", "submitted")
    follow(page, "button[name=_continue]")
    back.recommend("Surat penjamin terlampir.")

    back.come_in(desk.supervisor, f"/admin/loans/loan/{loan.pk}/decision/")
    page.select_option("select[name=reason]", "guarantor")
    follow(page, "button[value=approve]")
    assert page.is_visible("[data-testid=refusal]")
    back.decide("approve", "Paman nasabah, PNS, menjamin.")
    assert page.get_attribute("[data-testid=decided]", "data-outcome") == "approved"

    back.come_in(auditor, "/admin/scoring/decision/?against=any")
    follow(page, f"text={loan.loan_number}")
    told, said = page.inner_text("[data-testid=timeline]"), ("Ada penjamin", "Paman nasabah", desk.officer.known_as)
    assert [words for words in said if words not in told] == []
    assert Decision.objects.filter(loan=loan).count() == 2
    papers = {"decision-sheet": "Ada penjamin yang mampu", "letter": "kami setujui"}
    assert [what for what, said in papers.items() if said not in back.printed(what)] == []
    assert broken == []
