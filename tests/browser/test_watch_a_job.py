"""An officer watches long work in a real browser: the page follows it by itself, and falls silent once it is over."""

from datetime import timedelta

import pytest
from django.utils import timezone

from bprs.jobs.models import Job
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


def test_the_page_of_a_job_follows_it_and_falls_silent_once_it_is_over(page, live_server):  # noqa: F811 the fixture
    job = running_job(make_user("ani", is_staff=True, group="Account officer"))
    asked: list[str] = []
    broken: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: broken.append(str(error)))
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{live_server.url}/admin/jobs/job/{job.pk}/change/")
    page.fill("#id_username", "ani")
    page.fill("#id_password", "rahasia-sekali")
    page.click("#login-form button")

    page.wait_for_selector("text=40%")
    page.evaluate("document.querySelector('[data-testid=job-cancel]').dataset.same = 'yes'")
    Job.objects.update(done_count=700)
    page.wait_for_selector("text=70%", timeout=5000)

    assert page.get_attribute("[data-testid=job-cancel]", "data-same") == "yes"  # not replaced under the finger
    assert page.evaluate("document.documentElement.scrollWidth") <= 390

    Job.objects.update(
        state="done", done_count=1000, finished_at=timezone.now(), lease_token=None, leased_until=None, result={"a": 1}
    )
    page.wait_for_selector("[data-testid=job-result]", timeout=5000)
    page.wait_for_load_state("networkidle")
    asked.clear()
    page.wait_for_timeout(2500)

    assert asked == []
    assert page.locator("[data-testid=job-cancel]").count() == 0
    assert broken == []
