"""Asking for long work, stopping it, and asking for the rest of it."""

import pytest
from django.utils import translation
from django_q.models import OrmQ

from bprs.jobs import services
from bprs.jobs.models import Job, JobChunk
from tests.factories import NOW, make_user
from tests.jobs.rows import make_job, rows_of_parts, rows_written, run_again
from tests.jobs.works import NothingToDo

pytestmark = pytest.mark.django_db


class TestEnqueue:
    def test_hands_the_id_to_a_worker_after_the_commit(self, django_capture_on_commit_callbacks):
        with django_capture_on_commit_callbacks() as callbacks:
            job = services.enqueue(kind="write", params={}, owner=make_user(), created_at=NOW, subject="pengajuan.csv")
            assert not OrmQ.objects.exists()
        callbacks[0]()

        assert (job.state, job.subject) == (Job.State.QUEUED, "pengajuan.csv")
        assert OrmQ.objects.get().task["args"] == (str(job.pk),)
        assert OrmQ.objects.get().task["func"] == "bprs.jobs.tasks.run_job"

    def test_keeps_the_language_of_who_asks(self):
        with translation.override("en"):
            job = services.enqueue(kind="write", params={}, owner=make_user(), created_at=NOW)

        assert job.language == "en"


class TestRunNow:
    def test_does_the_same_work_in_the_same_parts(self):
        job = services.run_now(kind="write", params={"parts": 2}, owner=make_user(), created_at=NOW, total_count=20)

        assert (job.state, job.result) == (Job.State.DONE, {"written": 20, "is_whole": True})
        assert Job.objects.get().done_count == 20
        assert list(job.chunks.order_by("index").values_list("state", "start", "rows")) == [
            ("done", 0, 10),
            ("done", 10, 10),
        ]
        assert rows_written() == rows_of_parts(0, 1)

    @pytest.mark.parametrize("where", ["reading", 1, "concluding"])
    def test_leaves_nothing_behind_if_it_is_refused(self, where):
        with pytest.raises(NothingToDo):
            services.run_now(kind="write", params={"refuse": [where]}, owner=make_user(), created_at=NOW)

        assert not Job.objects.exists()
        assert not JobChunk.objects.exists()
        assert rows_written() == []


class TestCancel:
    def test_ends_a_job_that_nobody_has_begun(self):
        job = services.cancel(job=make_job(), by=make_user(), at=NOW)

        assert (job.state, job.finished_at) == (Job.State.CANCELLED, NOW)
        assert run_again(job).state == Job.State.CANCELLED
        assert rows_written() == []

    def test_stops_a_job_after_the_part_that_is_being_done(self):
        job = run_again(make_job(cancel=[1]))

        assert (job.state, job.result) == (Job.State.CANCELLED, {"written": 20, "is_whole": False})
        assert rows_written() == rows_of_parts(0, 1)

    def test_during_the_last_part_comes_too_late(self):
        assert run_again(make_job(cancel=[2])).state == Job.State.DONE

    def test_of_a_job_that_was_interrupted_lets_the_work_conclude(self):
        job = make_job()
        JobChunk.objects.create(
            job=job, index=0, start=0, rows=10, state=JobChunk.State.DONE, result={"written": 10}, finished_at=NOW
        )

        assert services.cancel(job=job, by=make_user(), at=NOW).state == Job.State.QUEUED
        assert run_again(job).result == {"written": 10, "is_whole": False}

    def test_says_who_asked_first(self):
        ani, budi = make_user(), make_user()
        job = make_job(state=Job.State.RUNNING)

        services.cancel(job=job, by=ani, at=NOW)
        services.cancel(job=job, by=budi, at=NOW)

        assert Job.objects.get().cancel_asked_by == ani

    def test_of_a_job_that_is_over_is_refused(self):
        with pytest.raises(services.JobIsOver):
            services.cancel(job=run_again(make_job()), by=make_user(), at=NOW)


class TestRetry:
    def test_does_only_what_was_set_aside(self):
        job = run_again(make_job(refuse=[1]))
        Job.objects.update(params={"language": "en"})

        services.retry(job=job, at=NOW)

        job = run_again(job)
        assert (job.state, job.done_count) == (Job.State.DONE, 30)
        assert job.result == {"written": 30, "is_whole": True}
        assert rows_written() == rows_of_parts(0, 1, 2)

    def test_does_what_a_cancel_left_undone(self):
        job = run_again(make_job(cancel=[0]))
        Job.objects.update(params={"language": "en"})

        services.retry(job=job, at=NOW)

        assert run_again(job).state == Job.State.DONE
        assert rows_written() == rows_of_parts(0, 1, 2)

    def test_gives_a_failed_job_its_attempts_back(self):
        job = run_again(make_job(refuse=["reading"]))

        job = services.retry(job=job, at=NOW)

        assert (job.state, job.attempts, job.error, job.finished_at) == (Job.State.QUEUED, 0, {}, None)

    def test_rings_for_a_worker(self, django_capture_on_commit_callbacks):
        job = run_again(make_job(refuse=["reading"]))

        with django_capture_on_commit_callbacks(execute=True):
            services.retry(job=job, at=NOW)

        assert OrmQ.objects.get().task["args"] == (str(job.pk),)

    @pytest.mark.parametrize("state", [Job.State.QUEUED, Job.State.RUNNING])
    def test_of_a_job_that_goes_on_is_refused(self, state):
        with pytest.raises(services.NothingToRetry):
            services.retry(job=make_job(state=state), at=NOW)

    def test_of_a_job_that_is_done_is_refused(self):
        with pytest.raises(services.NothingToRetry):
            services.retry(job=run_again(make_job()), at=NOW)
