"""An officer watches the long work, stops it, and has the rest of it done."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.utils import timezone

from bprs import settings as default_settings
from bprs.jobs.models import Job
from bprs.jobs.processes import this_process
from tests.admin_client import logged_in, page_of, told
from tests.factories import NOW, make_user
from tests.jobs.rows import make_job, run_again

pytestmark = pytest.mark.django_db
LIST = "/admin/jobs/job/"
DEAD = this_process().rpartition("|")[0] + "|an earlier process of this number"


@pytest.fixture
def ani():
    return make_user("ani", is_staff=True, group="Account officer")


def url_of(job: Job, action: str = "change") -> str:
    return f"{LIST}{job.pk}/{action}/"


def figures(client, job: Job, **query: str):
    return client.get(url_of(job, "progress"), query)


class TestJobList:
    def test_says_what_is_done_in_words_and_how_far_it_is(self, ani):
        make_job(owner=ani, subject="pengajuan.csv", state="running", done_count=400, total_count=1000)

        page = page_of(logged_in(ani), LIST)

        for word in ("Writing of rows", "pengajuan.csv", "running", "400 of 1,000 rows", "width:40%"):
            assert word in page

    def test_shows_an_officer_their_own_and_head_office_all(self, ani):
        make_job(subject="of budi.csv")
        auditor = make_user(is_staff=True, group="Auditor", sees_all_branches=True)

        assert "of budi.csv" not in page_of(logged_in(ani), LIST)
        assert "of budi.csv" in page_of(logged_in(auditor), LIST)

    def test_shows_work_that_this_version_no_longer_knows(self, ani):
        make_job(owner=ani, kind="polish_coins")

        assert "polish_coins" in page_of(logged_in(ani), LIST)


class TestJobPage:
    def test_asks_again_every_second_until_it_is_over(self, ani):
        client, job = logged_in(ani), make_job(owner=ani)
        assert 'hx-trigger="every 1s"' in page_of(client, url_of(job))

        run_again(job)

        assert "every 1s" not in page_of(client, url_of(job))

    @pytest.mark.parametrize(("seconds", "is_warned"), [(14, False), (16, True)])
    def test_says_plainly_if_no_worker_seems_to_be_running(self, ani, seconds, is_warned):
        job = make_job(owner=ani, queued_at=timezone.now() - timedelta(seconds=seconds))

        page = page_of(logged_in(ani), url_of(job))

        assert "Waiting for a worker" in page
        assert ("No worker seems to be running" in page) is is_warned
        assert ("It begins in a moment" in page) is not is_warned

    def test_says_how_many_are_before_it_while_another_is_done(self, ani):
        make_job(state="running", leased_until=timezone.now() + timedelta(minutes=1))
        make_job(queued_at=NOW - timedelta(minutes=1))
        job = make_job(owner=ani)

        page = page_of(logged_in(ani), url_of(job))

        assert "1 other is before it" in page
        assert "No worker seems" not in page

    @pytest.mark.parametrize(
        ("kind", "beginning", "stopping"),
        [
            ("write", "Reading and checking; nothing is written yet.", "Cancel"),
            ("undo_import", "Looking up what the import wrote.", "Stop undoing"),
            ("write_workbook", "The workbook is being written.", "Cancel"),
            ("polish_coins", "Reading and checking; nothing is written yet.", "Cancel"),
        ],
    )
    def test_says_what_it_does_before_the_first_part_and_what_stopping_it_is_called(
        self, ani, settings, kind, beginning, stopping
    ):
        settings.JOB_HANDLERS = {**default_settings.JOB_HANDLERS, **settings.JOB_HANDLERS}
        later = timezone.now() + timedelta(minutes=1)
        job = make_job(owner=ani, kind=kind, state="running", leased_until=later)

        page = page_of(logged_in(ani), url_of(job))

        assert beginning in page
        assert f"</span>{stopping}</button>" in page

    def test_of_a_killed_worker_says_so_and_that_the_work_goes_on(self, ani):
        until = timezone.now() + timedelta(minutes=1)
        values = {"leased_until": until, "started_at": NOW, "done_count": 10, "total_count": 30}
        job = make_job(owner=ani, state="running", runner=DEAD, **values)
        page = page_of(logged_in(ani), url_of(job))
        assert "Interrupted" in page
        assert " left</span>" not in page
        assert "Its worker was stopped. The next one goes on where it was" in page

        Job.objects.update(interruptions=1, runner=this_process())
        page = page_of(logged_in(ani), url_of(job))
        assert "Working on it" in page
        assert "It was interrupted, and goes on where it was." in page

    def test_of_a_worker_that_was_asked_to_stop_says_that_it_goes_on(self, ani):
        job = make_job(owner=ani, done_count=10, queued_at=timezone.now())
        job.chunks.create(index=0, start=0, rows=10, state="done", finished_at=NOW)

        assert "It goes on in a moment where it was." in page_of(logged_in(ani), url_of(job))

    def test_says_how_many_rows_are_done_and_about_how_long_it_takes(self, ani):
        began, until = timezone.now() - timedelta(seconds=100), timezone.now() + timedelta(minutes=1)
        values = {"done_count": 400, "total_count": 1000, "started_at": began, "leased_until": until}
        job = make_job(owner=ani, state="running", **values)
        job.chunks.create(index=0, start=0, rows=400, state="done", finished_at=NOW)

        page = page_of(logged_in(ani), url_of(job))

        assert "400 of 1,000 rows" in page
        assert "about 3 minutes left" in page

    def test_says_what_was_left_out_and_why_and_leads_to_the_result(self, ani):
        job = run_again(make_job(owner=ani, refuse=[1], total_count=30))

        page = page_of(logged_in(ani), url_of(job))

        for words in ("Done, except for some rows", "11 to 20", "There is nothing to do.", f"/admin/result/{job.pk}/"):
            assert words in page

    def test_says_why_it_failed(self, ani):
        job = run_again(make_job(owner=ani, refuse=["reading"]))

        page = page_of(logged_in(ani), url_of(job))

        assert "It could not be done" in page
        assert "There is nothing to do." in page

    def test_of_a_colleague_is_not_there(self, ani):
        job = make_job()

        assert logged_in(ani).get(url_of(job)).status_code == 404
        assert figures(logged_in(ani), job).status_code == 404


class TestProgress:
    def test_replaces_the_figures_alone_while_nothing_else_changed(self, ani):
        answer = figures(logged_in(ani), make_job(owner=ani), shown="queued-False-0")

        assert b"job-figures" in answer.content
        assert b"job-panel" not in answer.content
        assert "HX-Retarget" not in answer

    def test_answers_nothing_while_nothing_changed(self, ani):
        client, job = logged_in(ani), make_job(owner=ani)
        address = re.search(r'hx-get="([^"]+)"', page_of(client, url_of(job)))
        assert address

        assert client.get(unescape(address[1])).status_code == 204

    def test_replaces_the_whole_panel_once_the_job_is_over(self, ani):
        job = run_again(make_job(owner=ani))

        answer = figures(logged_in(ani), job, shown="running-False-0")

        assert (answer["HX-Retarget"], answer["HX-Reswap"]) == ("#job-panel", "outerHTML")
        assert b"job-panel" in answer.content
        assert b"every 1s" not in answer.content


class TestCancelAndRetry:
    def test_cancel_stops_what_nobody_has_begun(self, ani):
        client, job = logged_in(ani), make_job(owner=ani)

        assert client.post(url_of(job, "cancel"))["Location"] == url_of(job)

        assert Job.objects.get().state == Job.State.CANCELLED
        assert "Cancelled" in page_of(client, url_of(job))

    def test_cancel_of_what_runs_is_said_to_be_on_its_way(self, ani):
        client, job = logged_in(ani), make_job(owner=ani, state="running")

        client.post(url_of(job, "cancel"))

        page = page_of(client, url_of(job))
        assert "Being cancelled" in page
        assert "job-cancel" not in page

    def test_retry_queues_the_rest(self, ani):
        job = run_again(make_job(owner=ani, refuse=[1]))

        logged_in(ani).post(url_of(job, "retry"))

        assert Job.objects.get().state == Job.State.QUEUED

    @pytest.mark.parametrize("action", ["cancel", "retry"])
    def test_too_late_is_told(self, ani, action):
        job = run_again(make_job(owner=ani))

        response = logged_in(ani).post(url_of(job, action))

        assert len(told(response)) == 1

    @pytest.mark.parametrize("action", ["cancel", "retry"])
    def test_are_not_offered_to_an_auditor_nor_taken_from_one(self, action):
        auditor = make_user(is_staff=True, group="Auditor", sees_all_branches=True)
        client, job = logged_in(auditor), make_job()

        assert "job-cancel" not in page_of(client, url_of(job))
        assert client.post(url_of(job, action)).status_code == 403

    @pytest.mark.parametrize("action", ["cancel", "retry"])
    def test_of_a_colleague_are_not_there(self, ani, action):
        assert logged_in(ani).post(url_of(make_job(), action)).status_code == 404

    @pytest.mark.parametrize("action", ["cancel", "retry"])
    def test_are_only_posted(self, ani, action):
        assert logged_in(ani).get(url_of(make_job(owner=ani), action)).status_code == 405
