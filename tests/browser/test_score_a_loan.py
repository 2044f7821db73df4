"""An officer in a real browser: log in, find the work, score it, read why. And nothing is asked of other hosts."""

import os
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import connections

from tests.browser.back_office import follow, sign_in
from tests.factories import make_branch, make_card_in_force, make_customer, make_loan, make_user

CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
ARGUMENTS = [
    "--no-sandbox",
    "--headless",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"NO BROWSER TESTED: there is no {CHROMIUM}; set CHROMIUM"),
]


@pytest.fixture
def asynchronous_driver(monkeypatch):
    """Playwright runs an event loop in our thread; Django's checks against that are for views, not for tests."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


@pytest.fixture
def page(asynchronous_driver, live_server) -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api", reason="NO BROWSER TESTED: playwright is not installed")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        opened = browser.new_context(timezone_id="Asia/Jakarta").new_page()
        yield opened
        opened.wait_for_load_state("networkidle")
        browser.close()
        connections.close_all()  # beside a running event loop Django keeps connections of its own


def test_an_officer_scores_a_loan_and_reads_why(page, live_server):
    make_card_in_force()
    branch = make_branch()
    ani = make_user("ani", is_staff=True, group="Account officer", branches=[branch])
    loan = make_loan(customer=make_customer(branch=branch, full_name="Siti Aminah"), account_officer=ani)
    asked: list[str] = []
    broken: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: broken.append(str(error)))
    page.on("response", lambda response: broken.append(response.url) if response.status >= 400 else None)

    sign_in(page, f"{live_server.url}/admin/")
    follow(page, "[data-testid=queue-score]")
    follow(page, f"text={loan.loan_number}")
    follow(page, "[data-testid=score-button]")

    assert page.inner_text("[data-testid=score]") == "600"
    bars = page.locator("[data-testid=bars] tbody tr")
    assert bars.count() == 3
    assert "+150" in bars.nth(0).inner_text()
    assert page.locator(".bprs-bar__fill").nth(0).bounding_box()["width"] > 100
    assert [url for url in asked if not url.startswith((live_server.url, "data:", "blob:"))] == []
    assert broken == []


def test_amounts_are_grouped_while_typing_and_pages_fit_a_phone(page, live_server):
    branch = make_branch()
    make_user("ani", is_staff=True, group="Account officer", branches=[branch])
    page.set_viewport_size({"width": 390, "height": 844})

    sign_in(page, f"{live_server.url}/admin/customers/customer/add/")
    page.wait_for_url("**/customer/add/")
    page.wait_for_load_state("networkidle")
    page.fill("#id_monthly_income", "5000000")
    page.press("#id_monthly_income", "Tab")

    assert page.input_value("#id_monthly_income") == "5.000.000"
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_an_officer_looks_for_terms_to_offer(page, live_server):
    make_card_in_force()
    branch = make_branch()
    make_user("ani", is_staff=True, group="Account officer", branches=[branch])
    customer = make_customer(branch=branch, monthly_income=Decimal(10_000_000), assets_value=Decimal(5_000_000))
    loan = make_loan(customer=customer, principal_amount=Decimal(50_000_000), tenor_months=24)
    broken: list[str] = []
    page.on("pageerror", lambda error: broken.append(str(error)))
    page.on("console", lambda message: broken.append(message.text) if message.type == "error" else None)
    sign_in(page, f"{live_server.url}/admin/")
    page.goto(f"{live_server.url}/admin/loans/loan/{loan.pk}/change/")
    follow(page, "[data-testid=score-button]")

    score = page.locator("[data-testid=what-if-score]")
    score.wait_for()
    assert score.inner_text() == "420"
    page.locator("[data-testid=what-if] input[name=assets_value]").fill("15000000")  # as far as the slider goes
    page.locator("[data-testid=what-if] input[name=loan_amount]").fill("12500000")
    page.wait_for_function("document.querySelector('[data-testid=what-if-score]').textContent == '570'")
    page.locator(".bprs-map svg").click(position={"x": 4, "y": 4})  # the most for one month
    page.wait_for_function("document.querySelector('[data-testid=what-if-score]').textContent == '300'")
    assert page.locator("[data-testid=what-if] input[name=tenor_months]").input_value() == "1"
    assert page.locator("[data-testid=what-if] input[name=loan_amount]").input_value() == "100000000"
    page.click("[data-testid=what-if] button[type=reset]")
    page.wait_for_function("document.querySelector('[data-testid=what-if-score]').textContent == '420'")
    assert not broken


def test_a_score_with_a_name_that_never_ends_fits_a_phone_and_one_sheet_of_paper(page, live_server):
    make_card_in_force()
    branch = make_branch()
    make_user("ani", is_staff=True, group="Account officer", branches=[branch])
    customer = make_customer(branch=branch, full_name="Siti" + "namapanjang" * 14, monthly_income=None, assets_value=0)
    loan = make_loan(customer=customer, tenor_months=48)
    page.set_viewport_size({"width": 390, "height": 844})
    sign_in(page, f"{live_server.url}/admin/")
    page.goto(f"{live_server.url}/admin/loans/loan/{loan.pk}/change/")
    follow(page, "[data-testid=score-button]")
    page.wait_for_selector("[data-testid=reasons]")
    page.wait_for_load_state("networkidle")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390

    page.goto(live_server.url + page.get_attribute("[data-testid=print]", "href"))
    assert page.locator("[data-testid=reasons] li").count() == 3
    assert page.evaluate("document.documentElement.scrollWidth") <= 390

    sheet = page.pdf(prefer_css_page_size=True)
    assert re.findall(rb"/Type /Pages\s.*?/Count (\d+)", sheet, re.DOTALL) == [b"1"]
    assert re.search(rb"/MediaBox \[0 0 59[45]\S* 84[12]", sheet)  # A4 in points
