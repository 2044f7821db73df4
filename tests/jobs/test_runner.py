"""A job is taken through its parts, whatever happens on the way."""

import logging
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from bprs.jobs import ledger, services
from bprs.jobs.ledger import LEASE, LeaseLost
from bprs.jobs.models import Job, JobChunk
from bprs.jobs.processes import this_process
from bprs.jobs.runner import run
from bprs.jobs.work import Part
from tests.factories import NOW
from tests.jobs.rows import make_job, rows_of_parts, rows_written, run_again

pytestmark = pytest.mark.django_db
DEAD = this_process().rpartition("|")[0] + "|an earlier process of this number"
ELSEWHERE = "another-machine pid:[1]|4711|boot 1"


class TestRun:
    def test_does_part_after_part_and_keeps_the_result(self):
        job = run_again(make_job(total_count=30))

        assert (job.state, job.result) == (Job.State.DONE, {"written": 30, "is_whole": True})
        assert (job.done_count, job.attempts, job.runner) == (30, 0, "")
        assert list(job.chunks.order_by("index").values_list("start", "state", "attempts")) == [
            (0, "done", 1),
            (10, "done", 1),
            (20, "done", 1),
        ]
        assert rows_written() == rows_of_parts(0, 1, 2)

    def test_does_nothing_once_the_job_is_over(self):
        job = run_again(make_job())

        assert run_again(job).finished_at == job.finished_at
        assert rows_written() == rows_of_parts(0, 1, 2)

    def test_of_a_job_that_never_was_does_nothing(self):
        run(job_id=uuid4(), runner=this_process(), should_stop=lambda: False)

    def test_stops_between_parts_and_leaves_the_rest_to_the_next(self):
        job = make_job()
        answers = iter([False, True])

        run(job_id=job.pk, runner=this_process(), should_stop=lambda: next(answers))

        job.refresh_from_db()
        assert (job.state, job.attempts, job.done_count) == (Job.State.QUEUED, 0, 10)
        assert run_again(job).state == Job.State.DONE
        assert rows_written() == rows_of_parts(0, 1, 2)

    def test_stopped_before_its_first_part_has_not_been_attempted(self):
        job = make_job()

        for _ in range(4):
            run(job_id=job.pk, runner=this_process(), should_stop=lambda: True)

        job.refresh_from_db()
        assert (job.state, job.attempts) == (Job.State.QUEUED, 0)
        assert run_again(job).state == Job.State.DONE


class TestRefusals:
    def test_before_the_first_part_ends_the_job_with_code_and_sentence(self):
        job = run_again(make_job(refuse=["reading"]))

        assert (job.state, job.attempts) == (Job.State.FAILED, 1)
        assert job.error == {"code": "nothing_to_do", "message": "There is nothing to do."}

    def test_of_work_that_this_version_does_not_know_says_so(self):
        job = run_again(make_job(kind="predict_with_the_old_model"))

        assert (job.state, job.error["code"], job.attempts) == (Job.State.FAILED, "unknown_work", 1)
        assert "another version" in job.error["message"]

    def test_of_a_part_sets_it_aside_at_once_and_the_rest_is_done(self):
        job = run_again(make_job(refuse=[1]))

        aside = job.chunks.get(state=JobChunk.State.SET_ASIDE)
        assert (job.state, job.result) == (Job.State.PARTLY_DONE, {"written": 20, "is_whole": False})
        assert (aside.index, aside.attempts, aside.error["code"]) == (1, 1, "nothing_to_do")
        assert rows_written() == rows_of_parts(0, 2)

    def test_of_a_part_are_left_to_people_by_the_next_worker_too(self):
        job = make_job(refuse=[0])
        answers = iter([False, True])
        run(job_id=job.pk, runner=this_process(), should_stop=lambda: next(answers))

        assert run_again(job).state == Job.State.PARTLY_DONE
        assert JobChunk.objects.get(index=0).attempts == 1

    def test_at_the_end_fails_the_job(self):
        job = run_again(make_job(refuse=["concluding"]))

        assert (job.state, job.error["code"]) == (Job.State.FAILED, "nothing_to_do")


class TestFaults:
    def test_of_a_part_are_tried_again(self, caplog):
        job = run_again(make_job(break_once=[1]))

        assert job.state == Job.State.DONE
        assert rows_written() == rows_of_parts(0, 1, 2)
        assert "Traceback with secrets" in caplog.text

    def test_of_a_part_set_it_aside_after_the_third_and_show_nothing(self):
        job = run_again(make_job(**{"break": [1]}))

        aside = job.chunks.get(state=JobChunk.State.SET_ASIDE)
        assert (job.state, aside.attempts, aside.error["code"]) == (Job.State.PARTLY_DONE, 3, "gave_up")
        assert "secrets" not in str(aside.error)
        assert rows_written() == rows_of_parts(0, 2)

    @pytest.mark.parametrize("where", ["reading", "concluding"])
    def test_outside_of_parts_are_tried_again_twice_and_then_given_up(self, where, django_capture_on_commit_callbacks):
        job = make_job(**{"break": [where]})
        states = []
        with django_capture_on_commit_callbacks() as rings:
            while (job := run_again(job)).state == Job.State.QUEUED:
                states.append(job.attempts)

        assert len(rings) == len(states) >= 2
        assert (job.state, job.error["code"]) == (Job.State.FAILED, "gave_up")
        assert job.error["message"].startswith("The work failed 3 times")

    def test_a_full_disk_fails_the_job_and_leaves_what_was_done(self):
        job = run_again(make_job(fill_disk=[1]))

        assert (job.state, job.error["code"]) == (Job.State.FAILED, "disk_full")
        assert "disk" in job.error["message"]
        assert rows_written() == rows_of_parts(0)


class TestKilledWorkers:
    def test_a_part_that_killed_three_is_set_aside_and_the_rest_is_done(self):
        job = make_job(state=Job.State.RUNNING, runner=DEAD)
        JobChunk.objects.create(job=job, index=1, start=10, rows=10, attempts=3)

        job = run_again(job)

        aside = job.chunks.get(state=JobChunk.State.SET_ASIDE)
        assert (job.state, aside.index, aside.error["code"]) == (Job.State.PARTLY_DONE, 1, "gave_up")
        assert rows_written() == rows_of_parts(0, 2)

    def test_a_part_that_killed_two_has_its_third_attempt(self):
        job = make_job(state=Job.State.RUNNING, runner=DEAD)
        JobChunk.objects.create(job=job, index=1, start=10, rows=10, attempts=2)

        assert run_again(job).state == Job.State.DONE

    def test_a_part_that_killed_two_keeps_them_when_its_next_worker_is_stopped_before_it(self):
        job = make_job(state=Job.State.RUNNING, runner=DEAD)
        JobChunk.objects.create(job=job, index=1, start=10, rows=10, attempts=2)
        answers = iter([False, True])

        run(job_id=job.pk, runner=this_process(), should_stop=lambda: next(answers))

        assert Job.objects.get().state == Job.State.QUEUED
        assert JobChunk.objects.get(index=1).attempts == 2

    def test_how_often_another_went_on_is_counted_until_it_is_tried_again(self):
        job = run_again(make_job(state=Job.State.RUNNING, runner=DEAD, refuse=[1]))
        assert job.interruptions == 1

        assert services.retry(job=job, at=NOW).interruptions == 0

    def test_reading_that_killed_three_is_given_up(self):
        job = run_again(make_job(state=Job.State.RUNNING, runner=DEAD, attempts=3))

        assert (job.state, job.error["code"]) == (Job.State.FAILED, "gave_up")

    def test_reading_that_killed_two_has_its_third_attempt(self):
        assert run_again(make_job(state=Job.State.RUNNING, runner=DEAD, attempts=2)).state == Job.State.DONE


class TestLease:
    @pytest.mark.parametrize("runner", [DEAD, this_process()], ids=["killed", "no longer at it"])
    def test_of_a_dead_process_of_this_machine_does_not_bind(self, runner):
        job = make_job(state=Job.State.RUNNING, runner=runner, leased_until=NOW + LEASE)

        assert run_again(job, at=NOW).state == Job.State.DONE

    @pytest.mark.parametrize(("late", "state"), [(timedelta(0), "running"), (timedelta(microseconds=1), "done")])
    def test_of_another_machine_binds_until_it_is_over(self, late, state):
        job = make_job(state=Job.State.RUNNING, runner=ELSEWHERE, leased_until=NOW)

        assert run_again(job, at=NOW + late).state == state

    def test_is_renewed_with_every_part(self):
        job = make_job()
        claimed = ledger.claim(job_id=job.pk, runner=this_process(), at=NOW)
        assert claimed

        ledger.do_part(claimed, Part(index=0, rows=1, run=dict), at=NOW + timedelta(seconds=50))

        assert Job.objects.get().leased_until == NOW + timedelta(seconds=50) + LEASE

    def test_fences_a_runner_that_was_presumed_dead_and_wakes_up_late(self):
        job = make_job()
        asleep = ledger.claim(job_id=job.pk, runner=ELSEWHERE, at=NOW)
        assert asleep
        assert run_again(job, at=NOW + LEASE * 2).state == Job.State.DONE

        with pytest.raises(LeaseLost):
            ledger.do_part(asleep, Part(index=0, rows=10, run=lambda: pytest.fail("it ran")), at=NOW + LEASE * 2)
        assert not ledger.renew(asleep, at=NOW + LEASE * 2)
        assert rows_written() == rows_of_parts(0, 1, 2)

    def test_is_not_renewed_by_who_lost_it_to_one_that_is_still_at_it(self):
        job = make_job()
        asleep = ledger.claim(job_id=job.pk, runner=ELSEWHERE, at=NOW)
        assert asleep
        assert ledger.claim(job_id=job.pk, runner=this_process(), at=NOW + LEASE * 2)

        assert not ledger.renew(asleep, at=NOW + LEASE * 3)

        assert Job.objects.get().leased_until == NOW + LEASE * 3

    def test_lost_in_the_middle_ends_the_run_without_a_word_to_the_job(self, caplog):
        job = make_job(lose_lease=[1])

        with caplog.at_level(logging.WARNING):
            job = run_again(job)

        assert (job.state, job.runner) == (Job.State.RUNNING, ELSEWHERE)
        assert rows_written() == rows_of_parts(0, 1)
        assert "no longer this runner's" in caplog.text


class TestSecondsLeft:
    def test_are_judged_by_the_pace_of_this_attempt(self):
        job = Job(state=Job.State.RUNNING, started_at=NOW, begun_count=400, done_count=500, total_count=1000)

        assert job.seconds_left(NOW + timedelta(seconds=10)) == 50

    @pytest.mark.parametrize(
        "values", [{"done_count": 0}, {"total_count": None}, {"begun_count": 500}, {"state": Job.State.QUEUED}]
    )
    def test_are_not_guessed(self, values):
        known = {"state": Job.State.RUNNING, "started_at": timezone.now(), "done_count": 500, "total_count": 1000}

        assert Job(**{**known, **values}).seconds_left(timezone.now()) is None
