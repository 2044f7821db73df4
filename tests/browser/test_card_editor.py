"""Risk staff in a real browser: a draft edited as tables, proposed by one and put in force by another."""

import pytest
from django.utils import timezone

from scoring.models import ScorecardVersion
from tests.browser.back_office import follow, sign_in
from tests.browser.test_score_a_loan import asynchronous_driver, page, pytestmark  # noqa: F401 fixtures and marks
from tests.factories import make_branch, make_card_in_force, make_customer, make_loan, make_user


def come_in(page, user: str, address: str) -> None:  # noqa: F811 the fixture
    page.context.clear_cookies()
    sign_in(page, address, user)


@pytest.fixture
def staff():
    for name in ("silvia", "arif"):
        make_user(name, is_staff=True, group="Risk staff", sees_all_branches=True)
    make_loan(customer=make_customer(branch=make_branch()))


def bins(page, place: int):  # noqa: F811 the fixture
    return page.locator("[data-testid^=characteristic-]").nth(place).locator("[data-testid=bin]")


def begin_draft(page) -> None:  # noqa: F811 the fixture
    page.locator("details:has([data-testid=copy]) summary").click()
    follow(page, "[data-testid=copy] button")


def edit(page) -> None:  # noqa: F811 the fixture
    page.fill("[name=base_points]", "575")
    page.wait_for_function("document.querySelector('[data-testid=range]').textContent.includes('850')")
    bins(page, 0).nth(2).locator("button[value='split 0 2']").click()
    page.wait_for_function("document.querySelectorAll('[name=\"c0.b5.points\"]').length === 1")
    page.locator("[name='c0.cut1']").first.fill("0,38")
    assert page.locator("[name='c0.cut1']").nth(1).input_value() == "0,38"  # one number, in two rows
    page.fill("[name='c0.b2.points']", "seratus")
    page.wait_for_selector("[name='c0.b2.points'][aria-invalid=true]")
    page.fill("[name='c0.b2.points']", "120")
    page.wait_for_selector("[name='c0.b2.points']:not([aria-invalid])")
    page.fill("[name=reason]", "DSR sampai 38%")
    follow(page, ".bprs-editor__save button")
    page.wait_for_selector("[data-testid=propose]")


def simulate_and_propose(page) -> None:  # noqa: F811 the fixture
    address = page.url
    follow(page, "[data-testid=simulate-card]")
    page.locator("form[method=post] button[type=submit].bprs-button").last.click()
    page.wait_for_url("**/scoring/simulation/**")
    page.goto(address)
    page.fill("[data-testid=propose] [name=reason]", "Risiko rendah harus dapat dicapai")
    follow(page, "[data-testid=propose] button")
    page.wait_for_selector("[data-testid=proposal]")


def approve(page) -> None:  # noqa: F811 the fixture
    page.wait_for_selector("[data-testid=simulation-summary] table")
    for box in page.locator("[name=acknowledged]").all():
        box.check()
    page.fill("[data-testid=decide] [name=reason]", "Simulasinya meyakinkan")
    follow(page, "button[value=approve]")
    page.wait_for_selector("[data-testid=life]")


def test_a_card_is_edited_simulated_proposed_and_approved(page, live_server, staff):  # noqa: F811 the fixture
    card = make_card_in_force()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    come_in(page, "silvia", f"{live_server.url}/admin/scoring/scorecardversion/{card.pk}/change/")

    begin_draft(page)
    edit(page)

    address = page.url
    draft = ScorecardVersion.objects.get(pk=int(address.split("/")[-3]))
    points = [(bin_.label, bin_.points) for bin_ in draft.card.characteristics[0].bins]
    assert points[1:4] == [("≤ 0.30", 150), ("≤ 0.38", 120), ("≤ 0.40", 100)]
    assert draft.card.base_points == 575

    simulate_and_propose(page)
    assert page.locator("button[value=approve]").count() == 0  # not by who proposed it
    come_in(page, "arif", address)
    approve(page)

    assert ScorecardVersion.objects.in_force(timezone.now()) == draft
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(address)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert errors == []
