"""A worker answers the door, and looks for what was left. That it survives kills is shown by test_killed_workers.py."""

import os
import tempfile
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django_q.models import OrmQ

from bprs.jobs import services
from bprs.jobs.models import Job
from bprs.jobs.worker import Worker
from bprs.spreadsheets.aside import new_folder
from tests.factories import NOW, make_user
from tests.jobs.rows import make_job
from tests.jobs.test_runner import DEAD, ELSEWHERE

pytestmark = pytest.mark.django_db


def work_for_a_moment(*, at=NOW) -> None:
    Worker(clock=lambda: at)._work_once()


class TestWorker:
    def test_does_what_it_is_rung_for_and_takes_the_ring_off(self, django_capture_on_commit_callbacks):
        with django_capture_on_commit_callbacks(execute=True):
            services.enqueue(kind="write", params={}, owner=make_user(), created_at=NOW)

        work_for_a_moment()

        assert Job.objects.get().state == Job.State.DONE
        assert not OrmQ.objects.exists()

    def test_finds_a_job_whose_ring_was_lost_the_oldest_first(self):
        newer, older = make_job(), make_job(queued_at=NOW - timedelta(hours=1), mark="x")

        work_for_a_moment()

        newer.refresh_from_db()
        older.refresh_from_db()
        assert (older.state, newer.state) == (Job.State.DONE, Job.State.QUEUED)

    @pytest.mark.parametrize(
        ("runner", "late", "state"),
        [
            (DEAD, timedelta(0), "done"),
            (ELSEWHERE, timedelta(0), "running"),
            (ELSEWHERE, timedelta(seconds=1), "done"),
        ],
        ids=["killed here", "at work elsewhere", "silent elsewhere"],
    )
    def test_goes_on_with_what_another_left(self, runner, late, state):
        make_job(state=Job.State.RUNNING, runner=runner, leased_until=NOW)

        work_for_a_moment(at=NOW + late)

        assert Job.objects.get().state == state

    def test_takes_no_orders_from_who_does_not_know_the_secret_key(self):
        OrmQ.objects.create(key="bprs", payload="signed by nobody", lock=NOW - timedelta(days=1))

        work_for_a_moment()

        assert not OrmQ.objects.exists()

    def test_goes_on_after_a_fault_nobody_foresaw(self, caplog):
        make_job(**{"break": ["reading"]})

        work_for_a_moment()

        assert "failed, attempt 1" in caplog.text
        assert Job.objects.get().state == Job.State.QUEUED

    def test_does_nothing_more_once_asked_to_stop(self):
        make_job()
        worker = Worker(clock=lambda: NOW)
        worker.is_stopping = True

        worker.work()

        assert Job.objects.get().state == Job.State.QUEUED

    def test_removes_what_killed_readers_left_an_hour_ago_and_nothing_else(self, tmp_path, monkeypatch):
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
        long_ago = time.time() - 3700
        for name in ("bprs-aside-left", "bprs-aside-used", "somebody-elses"):
            folder = tmp_path / name
            folder.mkdir()
            (folder / "upload").write_bytes(b"PK")
            os.utime(folder / "upload", (long_ago, long_ago))
            os.utime(folder, (long_ago, long_ago))
        (tmp_path / "bprs-aside-used" / "upload").write_bytes(b"PK, and more")

        work_for_a_moment()

        assert sorted(path.name for path in tmp_path.iterdir()) == ["bprs-aside-used", "somebody-elses"]
        with new_folder() as folder:
            assert Path(folder).name.startswith("bprs-aside-")

    def test_leaves_what_is_open_however_old_it_looks_to_a_clock_that_was_set(self, tmp_path, monkeypatch):
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
        long_ago = time.time() - 3700

        with new_folder() as folder:
            for path in (*Path(folder).iterdir(), Path(folder)):
                os.utime(path, (long_ago, long_ago))
            work_for_a_moment()

            assert Path(folder).is_dir()
