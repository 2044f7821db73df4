"""Risk staff sees in a real browser what a draft would do."""

import pytest

from loans.models import Status
from scoring.models import ScorecardVersion
from tests.browser.back_office import follow, sign_in
from tests.browser.test_bulk_scoring import broken  # noqa: F401 the fixture
from tests.browser.test_score_a_loan import asynchronous_driver, page, pytestmark  # noqa: F401 fixtures and marks
from tests.factories import make_branch, make_customer, make_loan, make_user


@pytest.fixture
def _simulated(page, live_server):  # noqa: F811 the fixture
    """600 becomes 850, 420 becomes 684."""
    branch = make_branch(code="010", name="Solo")
    make_loan(customer=make_customer(branch=branch), status=Status.DISBURSED, collectibility=1)
    richer = make_customer(branch=branch, monthly_income=10_000_000, assets_value=5_000_000)
    make_loan(customer=richer, principal_amount=50_000_000, tenor_months=24, status=Status.WRITTEN_OFF)
    make_user("risiko", is_staff=True, group="Risk staff", sees_all_branches=True)
    draft = ScorecardVersion.objects.get(name="rescaled")
    sign_in(page, f"{live_server.url}/admin/scoring/scorecardversion/{draft.pk}/change/", "risiko")
    follow(page, "[data-testid=simulate-card]")
    page.click("[data-testid=simulate]")
    page.wait_for_selector("[data-testid=matrix]")


@pytest.mark.usefixtures("_simulated")
@pytest.mark.parametrize("width", [1280, 390])
def test_a_draft_is_simulated_from_its_page(page, broken, width):  # noqa: F811 the fixtures
    page.set_viewport_size({"width": width, "height": 844})

    assert page.get_attribute("[data-swapped-in]", "data-swapped-in") == "1"
    bars = page.locator("[data-testid=distribution] rect")
    heights = bars.evaluate_all("rects => rects.map(rect => rect.getBoundingClientRect().height)")
    assert len(heights) == 4
    assert min(heights) > 100
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert broken == []


@pytest.mark.usefixtures("_simulated")
def test_the_paper_has_the_result_and_none_of_the_buttons(page):  # noqa: F811 the fixture
    page.set_viewport_size({"width": 1040, "height": 720})
    page.emulate_media(media="print")

    assert page.is_visible("[data-testid=matrix]")
    assert page.locator(".bprs-no-print").evaluate("element => getComputedStyle(element).display") == "none"
    assert page.evaluate("document.documentElement.scrollWidth") <= 1040
