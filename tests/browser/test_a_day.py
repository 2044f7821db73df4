"""A day at the bank in a real browser: an application from the form to paper, limits, the overview, saved views."""

import re

import pytest
from django.contrib.auth.models import Group

from loans.models import Loan
from scoring.models import Decision, DecisionLimit
from scoring.services.overview import refresh_overview
from tests.browser.back_office import Back, errors_of, follow
from tests.browser.test_score_a_loan import asynchronous_driver, page, pytestmark
from tests.factories import NOW, make_card_in_force, make_loan, make_user
from tests.scoring.decided import Desk

__all__ = ["asynchronous_driver", "page", "pytestmark"]


@pytest.fixture
def desk(page):
    make_card_in_force()
    return Desk()


def apply_for(page, **typed):
    """Fill a form in as somebody types, a customer by the beginning of the name."""
    for field, value in typed.items():
        if field == "customer":
            page.click(".field-customer .select2-selection")
            page.fill(".select2-search__field", value)
            page.click(f".select2-results__option:has-text('{value}')")
        else:
            page.fill(f"#id_{field}", value)
    follow(page, "button[name=_save], input[name=_save]")


@pytest.mark.slow
@pytest.mark.parametrize("language", ["id", "en"])
def test_from_the_application_to_paper(page, live_server, desk, language):
    back = Back(page, live_server, language, desk.officer, desk.supervisor)
    broken = errors_of(page)

    back.come_in(desk.officer)
    follow(page, "a[href$='/customers/customer/add/']")
    apply_for(
        page,
        customer_number="CIF-7",
        full_name="Siti Aminah",
        nik="3201014501850001",
        monthly_income="5.000.000",
        assets_value="20.000.000",
    )
    follow(page, "a[href$='/admin/']:visible")
    follow(page, "a[href$='/loans/loan/add/']")
    apply_for(page, loan_number="PB-7", customer="Siti", principal_amount="10.000.000", tenor_months="12")
    follow(page, "text=PB-7")
    follow(page, "[data-testid=score-button]")
    assert page.inner_text("[data-testid=score]") == "600"
    back.recommend("Usaha berjalan lima tahun.")

    back.come_in(desk.supervisor)
    back.decide_first_of("decide")
    back.decide("approve", "Sesuai.")

    assert (loan := Loan.objects.get()).status == "approved"
    assert loan.account_officer == desk.officer
    sheet = back.printed("decision-sheet")
    assert all(said in sheet for said in ("Siti Aminah", "600", "3201••••••••0001", "Usaha berjalan lima tahun."))
    assert broken == []


@pytest.mark.parametrize("language", ["id", "en"])
def test_a_limit_that_the_administrator_sets_binds_the_next_decision(page, live_server, desk, language):
    administrator = make_user(is_staff=True, group="Administrator", sees_all_branches=True)
    back = Back(page, live_server, language, administrator, desk.supervisor)
    loan = desk.recommended()
    limit = DecisionLimit.objects.get(group=Group.objects.get(name="Supervisor"), segment="medium")

    back.come_in(administrator, f"/admin/scoring/decisionlimit/{limit.pk}/change/")
    apply_for(page, max_amount="9.999.999")
    back.come_in(desk.supervisor, f"/admin/loans/loan/{loan.pk}/decision/")
    assert page.locator("button[value=approve]").count() == 0

    back.come_in(administrator, f"/admin/scoring/decisionlimit/{limit.pk}/change/")
    apply_for(page, max_amount="10.000.000")
    back.come_in(desk.supervisor, f"/admin/loans/loan/{loan.pk}/decision/")
    back.decide("reject", "Usaha terlalu muda.")
    assert page.is_visible("[data-testid=refusal]")  # with full points, the bank must say why
    page.check("input[name=told] >> nth=0")
    back.decide("reject", "Usaha terlalu muda.")

    told = Decision.objects.get().customer_reasons[0]["text"]
    letter = back.printed("letter")
    assert told in letter
    assert "Usaha terlalu muda." not in letter


@pytest.mark.parametrize("language", ["id", "en"])
def test_from_a_number_of_the_overview_to_a_view_that_a_colleague_opens(page, live_server, desk, language):
    npf = make_loan(branch=desk.branch, status="disbursed", collectibility=3, disbursed_date="2026-09-30")
    fine = make_loan(branch=desk.branch, status="disbursed", collectibility=1, disbursed_date="2026-09-30")
    refresh_overview(at=NOW)
    back = Back(page, live_server, language, desk.supervisor, desk.officer)
    broken = errors_of(page)

    back.come_in(desk.supervisor, "/admin/scoring/overview/")
    page.click("[data-testid=panel-vintage] summary")
    follow(page, "[data-testid=panel-vintage] a[href*=npf]")
    listed = page.inner_text("#result_list")
    assert (npf.loan_number in listed, fine.loan_number in listed) == (True, False)

    page.click("[data-testid=columns] summary")
    page.check("input[name=columns][value=days_past_due]")
    follow(page, "[data-testid=columns] button[type=submit] >> nth=0")
    page.click("[data-testid=view-menu] summary")
    page.fill("[data-testid=view-menu] input[name=name]", "NPF Tw 3")
    page.select_option("[data-testid=view-menu] select[name=sharing]", "branches")
    follow(page, "[data-testid=save-view]")

    back.come_in(desk.officer, "/admin/loans/loan/")
    follow(page, "text=NPF Tw 3")
    listed = page.inner_text("#result_list")
    assert (npf.loan_number in listed, fine.loan_number in listed) == (True, False)
    assert re.search("column-days_past_due", page.content())
    assert broken == []
