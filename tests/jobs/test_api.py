"""How far the long work is, for programs."""

import pytest

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
