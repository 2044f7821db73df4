"""An officer watches long work in a real browser: the page follows it by itself, and falls silent once it is over."""

from datetime import timedelta

import pytest
from django.utils import timezone

from bprs.jobs.models import Job
from tests.browser.back_office import sign_in
from tests.browser.test_score_a_loan import asynchronous_driver, page, pytestmark  # noqa: F401 fixtures and marks
from tests.factories import make_user
from tests.jobs.rows import make_job


@pytest.fixture(autouse=True)
def works(settings):
    settings.JOB_HANDLERS = {"write": "tests.jobs.works.WriteRows"}


def running_job(owner) -> Job:
    now = timezone.now()
    job = make_job(
        owner=owner,
        subject="pengajuan.csv",
        state=Job.State.RUNNING,
        done_count=400,
        total_count=1000,
        started_at=now - timedelta(seconds=10),
        leased_until=now + timedelta(minutes=5),
    )
    job.chunks.create(index=0, start=0, rows=400, state="done", finished_at=now)
    return job


def signed_in_at(page, address: str) -> None:  # noqa: F811 the fixture
    sign_in(page, address)


def test_the_page_of_a_job_follows_it_and_falls_silent_once_it_is_over(page, live_server):  # noqa: F811 the fixture
    job = running_job(make_user("ani", is_staff=True, group="Account officer"))
    asked: list[str] = []
    broken: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: broken.append(str(error)))
    page.set_viewport_size({"width": 390, "height": 844})
    signed_in_at(page, f"{live_server.url}/admin/jobs/job/{job.pk}/change/")

    page.wait_for_selector("text=40%")
    page.evaluate("document.querySelector('[data-testid=job-cancel]').dataset.same = 'yes'")
    Job.objects.update(done_count=700)
    page.wait_for_selector("text=70%")

    assert page.get_attribute("[data-testid=job-cancel]", "data-same") == "yes"  # not replaced under the finger
    assert page.evaluate("document.documentElement.scrollWidth") <= 390

    Job.objects.update(
        state="done", done_count=1000, finished_at=timezone.now(), lease_token=None, leased_until=None, result={"a": 1}
    )
    page.wait_for_selector("[data-testid=job-result]")
    page.wait_for_load_state("networkidle")
    asked.clear()
    page.wait_for_timeout(2500)

    assert asked == []
    assert page.locator("[data-testid=job-cancel]").count() == 0
    assert broken == []


def test_the_page_says_that_the_connection_is_lost_and_recovers_by_itself(page, live_server):  # noqa: F811 the fixture
    job = running_job(make_user("ani", is_staff=True, group="Account officer"))
    signed_in_at(page, f"{live_server.url}/admin/jobs/job/{job.pk}/change/")
    page.wait_for_selector("text=40%")
    assert not page.is_visible("[data-testid=connection-lost]")

    page.context.set_offline(True)
    page.wait_for_selector("[data-testid=connection-lost]")
    Job.objects.update(done_count=700)
    page.context.set_offline(False)
    page.wait_for_selector("text=70%")
    page.wait_for_selector("[data-testid=connection-lost]", state="hidden")

    page.route("**/progress/**", lambda route: route.fulfill(status=502, body="Bad gateway"))
    page.wait_for_selector("[data-testid=connection-lost]")
    assert page.is_visible("text=70%")  # what was known stays on the screen
    page.unroute("**/progress/**")
    page.wait_for_selector("[data-testid=connection-lost]", state="hidden")


def test_whoever_was_signed_out_is_led_to_the_sign_in_page(page, live_server):  # noqa: F811 the fixture
    job = running_job(make_user("ani", is_staff=True, group="Account officer"))
    signed_in_at(page, f"{live_server.url}/admin/jobs/job/{job.pk}/change/")
    page.wait_for_selector("text=40%")

    page.context.clear_cookies()

    page.wait_for_url("**/login/?next=**")
    assert page.locator("#job-figures").count() == 0
