"""Long work that survives its worker."""

from datetime import timedelta

import pytest
from django.utils import timezone
from django_q.models import OrmQ

from bprs.jobs import services
from bprs.jobs.models import Job
from bprs.jobs.tasks import run_job
from tests.api_client import ApiClient, assert_problem
from tests.factories import NOW, make_api_key, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def handlers(settings):
    settings.JOB_HANDLERS = {"work": "tests.jobs.handlers.work"}


def queued(outcome: str = "done", **values) -> Job:
    return Job.objects.create(
        **{"kind": "work", "owner": make_user(), "params": {"outcome": outcome}, "created_at": NOW, **values}
    )


def failing(job: Job, times: int) -> Job:
    for _ in range(times):
        with pytest.raises(RuntimeError):
            run_job(str(job.pk))
    job.refresh_from_db()
    return job


class TestEnqueue:
    def test_hands_the_id_to_a_worker_after_the_commit(self, django_capture_on_commit_callbacks):
        with django_capture_on_commit_callbacks() as callbacks:
            job = services.enqueue(kind="work", params={}, owner=make_user(), created_at=NOW)
            assert not OrmQ.objects.exists()
        callbacks[0]()

        assert job.state == Job.State.QUEUED
        assert OrmQ.objects.get().task["args"] == (str(job.pk),)
        assert OrmQ.objects.get().task["func"] == "bprs.jobs.tasks.run_job"


class TestResumeInterrupted:
    def test_hands_over_again_what_was_begun_and_what_waited(self, django_capture_on_commit_callbacks):
        begun = queued(state=Job.State.RUNNING, attempts=1)
        waiting = queued()
        queued(state=Job.State.DONE, finished_at=NOW)
        OrmQ.objects.create(key="bprs", payload="of a worker that is gone", lock=NOW + timedelta(days=1))

        with django_capture_on_commit_callbacks(execute=True):
            assert services.resume_interrupted() == 2

        handed_over = {task.task["args"][0] for task in OrmQ.objects.all()}
        assert handed_over == {str(begun.pk), str(waiting.pk)}
        begun.refresh_from_db()
        assert (begun.state, begun.attempts) == (Job.State.QUEUED, 1)

    def test_does_nothing_when_nothing_was_left(self):
        assert services.resume_interrupted() == 0


class TestRunJob:
    def test_keeps_the_result(self):
        job = queued()

        run_job(str(job.pk))

        job.refresh_from_db()
        assert (job.state, job.result, job.attempts) == ("done", {"seen": 3}, 1)
        assert job.started_at is not None
        assert job.finished_at is not None
        assert NOW - timedelta(days=1) < job.started_at <= job.finished_at

    def test_does_nothing_once_the_job_is_over(self):
        job = queued()
        run_job(str(job.pk))
        finished_at = Job.objects.get().finished_at

        run_job(str(job.pk))

        assert (Job.objects.get().attempts, Job.objects.get().finished_at) == (1, finished_at)

    def test_ends_with_code_and_sentence_if_it_is_refused(self):
        job = queued("refused")

        run_job(str(job.pk))

        job.refresh_from_db()
        assert (job.state, job.attempts) == ("failed", 1)
        assert job.error == {"code": "nothing_to_do", "message": "There is nothing to do."}

    def test_tries_again_after_a_fault_and_is_loud(self, django_capture_on_commit_callbacks):
        job = queued("bug")

        with django_capture_on_commit_callbacks() as callbacks:
            failing(job, 1)

        assert (job.state, job.attempts, job.error) == ("queued", 1, {})
        assert len(callbacks) == 1

    def test_gives_up_after_three_faults_and_shows_nothing_of_them(self):
        job = failing(queued("bug"), 3)

        assert (job.state, job.attempts, job.error["code"]) == ("failed", 3, "gave_up")
        assert "secrets" not in str(job.error)

    def test_goes_on_after_its_worker_was_killed(self):
        job = queued(state=Job.State.RUNNING, attempts=1, started_at=timezone.now(), done_count=70)

        run_job(str(job.pk))

        job.refresh_from_db()
        assert (job.state, job.attempts) == ("done", 2)

    def test_gives_up_work_that_killed_three_workers(self):
        job = queued(state=Job.State.RUNNING, attempts=3, started_at=timezone.now())

        run_job(str(job.pk))

        job.refresh_from_db()
        assert (job.state, job.attempts, job.error["code"]) == ("failed", 3, "gave_up")

    def test_speaks_the_language_of_who_asked(self):
        indonesian, english = (
            queued(state=Job.State.RUNNING, attempts=2, params={"outcome": "bug", "language": language})
            for language in ("id", "en")
        )

        messages = [failing(job, 1).error["message"] for job in (indonesian, english)]

        assert messages[1].startswith("The work failed 3 times")


class TestGetJob:
    def test_tells_how_far_it_is(self):
        user = make_user(group="Account officer")
        job = queued(owner=user, state=Job.State.RUNNING, attempts=1, done_count=40, total_count=100, started_at=NOW)

        answer = ApiClient(make_api_key(user)).get(f"/jobs/{job.pk}").json()

        assert (answer["state"], answer["progress"], answer["done_count"]) == ("running", 0.4, 40)
        assert (answer["result"], answer["error"], answer["finished_at"]) == (None, None, None)

    def test_tells_why_it_failed(self):
        user = make_user(group="Account officer")
        job = queued("refused", owner=user)
        run_job(str(job.pk))

        answer = ApiClient(make_api_key(user)).get(f"/jobs/{job.pk}").json()

        assert (answer["state"], answer["error"]) == (
            "failed",
            {"code": "nothing_to_do", "message": "There is nothing to do."},
        )

    def test_of_a_colleague_is_not_there(self):
        job, colleague = queued(), make_user(group="Account officer")

        assert_problem(ApiClient(make_api_key(colleague)).get(f"/jobs/{job.pk}"), 404, "not_found")

    def test_of_anyone_is_shown_to_head_office(self):
        job, auditor = queued(), make_user(group="Auditor", sees_all_branches=True)

        assert ApiClient(make_api_key(auditor)).get(f"/jobs/{job.pk}").status_code == 200
