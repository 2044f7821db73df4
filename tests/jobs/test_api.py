"""How far the long work is, for programs."""

from datetime import timedelta

import pytest
from django.utils import timezone

from bprs.jobs.models import Job
from tests.api_client import ApiClient, assert_problem
from tests.factories import NOW, make_api_key, make_user
from tests.jobs.rows import make_job, run_again

pytestmark = pytest.mark.django_db


class TestGetJob:
    def test_tells_how_far_it_is(self):
        user = make_user(group="Account officer")
        job = make_job(owner=user, state=Job.State.RUNNING, done_count=40, total_count=100, started_at=NOW)

        answer = ApiClient(make_api_key(user)).get(f"/jobs/{job.pk}").json()

        assert (answer["state"], answer["progress"], answer["done_count"]) == ("running", 0.4, 40)
        assert (answer["result"], answer["error"], answer["finished_at"]) == (None, None, None)

    def test_tells_why_it_failed(self):
        user = make_user(group="Account officer")
        job = make_job(owner=user, refuse=["reading"])
        run_again(job)

        answer = ApiClient(make_api_key(user)).get(f"/jobs/{job.pk}").json()

        assert (answer["state"], answer["error"]) == (
            "failed",
            {"code": "nothing_to_do", "message": "There is nothing to do."},
        )

    def test_of_a_colleague_is_not_there(self):
        job, colleague = make_job(), make_user(group="Account officer")

        assert_problem(ApiClient(make_api_key(colleague)).get(f"/jobs/{job.pk}"), 404, "not_found")

    def test_of_anyone_is_shown_to_head_office(self):
        job, auditor = make_job(), make_user(group="Auditor", sees_all_branches=True)

        assert ApiClient(make_api_key(auditor)).get(f"/jobs/{job.pk}").status_code == 200

    def test_shows_what_is_set_aside_and_why(self):
        user = make_user(group="Account officer")
        job = run_again(make_job(owner=user, refuse=[1], total_count=30, subject="pengajuan.csv"))

        answer = ApiClient(make_api_key(user)).get(f"/jobs/{job.pk}").json()

        assert (answer["state"], answer["subject"], answer["title"]) == (
            "partly_done",
            "pengajuan.csv",
            "Writing of rows",
        )
        assert answer["set_aside"] == [
            {
                "index": 1,
                "first_row": 11,
                "last_row": 20,
                "code": "nothing_to_do",
                "message": "There is nothing to do.",
            }
        ]
        assert answer["result_url"] == f"/admin/result/{job.pk}/"

    def test_says_about_how_long_it_will_take(self):
        user = make_user(group="Account officer")
        began = timezone.now() - timedelta(seconds=100)
        job = make_job(owner=user, state=Job.State.RUNNING, done_count=40, total_count=100, started_at=began)

        assert 149 <= ApiClient(make_api_key(user)).get(f"/jobs/{job.pk}").json()["eta_seconds"] <= 151


class TestListJobs:
    def test_is_of_ones_own_the_newest_first(self):
        user = make_user(group="Account officer")
        older = make_job(owner=user)
        newer = make_job(owner=user, created_at=NOW + timedelta(hours=1))
        make_job()

        answer = ApiClient(make_api_key(user)).get("/jobs", limit=1).json()

        assert ([job["id"] for job in answer["items"]], answer["count"]) == ([str(newer.pk)], 2)
        assert ApiClient(make_api_key(user)).get("/jobs", offset=1).json()["items"][0]["id"] == str(older.pk)

    def test_is_of_everybodys_for_head_office(self):
        make_job()

        assert ApiClient(make_api_key(make_user(group="Auditor", sees_all_branches=True))).get("/jobs").json()["count"]


class TestCancelJob:
    def test_that_nobody_has_begun_ends_it(self):
        user = make_user(group="Account officer")
        job = make_job(owner=user)

        answer = ApiClient(make_api_key(user)).post(f"/jobs/{job.pk}/cancel")

        assert (answer.status_code, answer.json()["state"]) == (200, "cancelled")

    def test_that_runs_is_asked_to_end(self):
        user = make_user(group="Account officer")
        job = make_job(owner=user, state=Job.State.RUNNING)

        answer = ApiClient(make_api_key(user)).post(f"/jobs/{job.pk}/cancel")

        assert (answer.status_code, answer.json()["state"]) == (202, "running")
        assert answer.json()["cancel_asked_at"]

    def test_that_is_over_is_a_conflict(self):
        user = make_user(group="Account officer")
        job = run_again(make_job(owner=user))

        assert_problem(ApiClient(make_api_key(user)).post(f"/jobs/{job.pk}/cancel"), 409, "job_is_over")


class TestRetryJob:
    def test_queues_the_rest_and_says_where_to_ask(self):
        user = make_user(group="Account officer")
        job = run_again(make_job(owner=user, refuse=[1]))

        answer = ApiClient(make_api_key(user)).post(f"/jobs/{job.pk}/retry")

        assert (answer.status_code, answer.json()["state"]) == (202, "queued")
        assert answer["Location"] == f"/api/v1/jobs/{job.pk}"

    def test_of_what_is_done_is_a_conflict(self):
        user = make_user(group="Account officer")
        job = run_again(make_job(owner=user))

        assert_problem(ApiClient(make_api_key(user)).post(f"/jobs/{job.pk}/retry"), 409, "nothing_to_retry")


@pytest.mark.parametrize("action", ["cancel", "retry"])
class TestWhoMaySteer:
    def test_a_colleague_sees_no_such_job(self, action):
        job, colleague = make_job(), make_user(group="Account officer")

        assert_problem(ApiClient(make_api_key(colleague)).post(f"/jobs/{job.pk}/{action}"), 404, "not_found")

    def test_an_auditor_only_looks(self, action):
        job, auditor = make_job(), make_user(group="Auditor", sees_all_branches=True)

        assert_problem(ApiClient(make_api_key(auditor)).post(f"/jobs/{job.pk}/{action}"), 403, "not_permitted")

    def test_a_supervisor_may(self, action):
        state = Job.State.FAILED if action == "retry" else Job.State.QUEUED
        job = make_job(state=state, finished_at=NOW if action == "retry" else None)
        supervisor = make_user(group="Supervisor", sees_all_branches=True)

        assert ApiClient(make_api_key(supervisor)).post(f"/jobs/{job.pk}/{action}").status_code < 300

    def test_a_key_needs_the_scope(self, action):
        user = make_user(group="Account officer")
        job = make_job(owner=user)
        key = make_api_key(user, scopes=["loans:read"])

        assert_problem(ApiClient(key).post(f"/jobs/{job.pk}/{action}"), 403, "insufficient_scope")
