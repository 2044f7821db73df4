"""What nobody used goes after some days, and nothing else does."""

import os
from datetime import timedelta
from io import StringIO
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.utils import timezone

from bprs.files.models import StoredFile
from bprs.files.services import store_upload
from bprs.importing.models import ImportBatch
from bprs.jobs.models import Job
from bprs.jobs.tidying import tidy, tidy_daily
from bprs.jobs.worker import Worker
from scoring.models import ScoringRun, Source
from scoring.result_pages import scored_page
from scoring.result_parts import folder_of
from scoring.services.score_file import score_stored_file
from tests.factories import make_branch, make_card_in_force, make_user
from tests.importing.batches import HEADERS, application, checked, csv_of, imported
from tests.jobs.rows import make_job

pytestmark = pytest.mark.django_db
NOW = timezone.now()
JUST_OLD = timedelta(days=7, seconds=1)
NOT_YET_OLD = timedelta(days=7) - timedelta(minutes=1)
FILE = b"monthly_income,assets_value,loan_amount,tenor_months\n5000000,20000000,10000000,12\n"
NOTHING = {"drafts": 0, "uploads": 0, "results": 0, "repeated calls": 0, "messages": 0}


@pytest.fixture(autouse=True)
def media(settings, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    settings.KEEP_UNUSED_FILES_DAYS = 7
    return tmp_path


@pytest.fixture
def tidied(django_capture_on_commit_callbacks):
    """What is removed so long after now."""

    def do(later: timedelta) -> dict[str, int]:
        with django_capture_on_commit_callbacks(execute=True):
            return tidy(at=NOW + later)

    return do


def upload(user=None) -> StoredFile:
    return store_upload(upload=SimpleUploadedFile("a.csv", FILE), owner=user or make_user(), stored_at=NOW)


def scored() -> ScoringRun:
    make_card_in_force()
    user = make_user()
    return score_stored_file(stored_file=upload(user), scored_by=user, scored_at=NOW, source=Source.API)


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def aged(path: Path, content: bytes = b"x") -> Path:
    """Last written just now, which is old once the days are over."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    os.utime(path, (NOW.timestamp(), NOW.timestamp()))
    return path


@pytest.fixture
def officer():
    make_card_in_force()
    return make_user("officer", branches=[make_branch(code="001")], group="Account officer")


class TestUploads:
    @pytest.mark.parametrize(("later", "left"), [(NOT_YET_OLD, 1), (JUST_OLD, 0)])
    def test_that_nobody_used_go_with_their_bytes_once_they_are_old(self, tidied, media, later, left):
        upload()

        assert tidied(later)["uploads"] == 1 - left

        assert StoredFile.objects.count() == len(files_in(media)) == left

    def test_that_a_run_rests_on_stay(self, tidied):
        run = scored()

        assert tidied(JUST_OLD) == NOTHING

        assert run.stored_file
        with run.stored_file.content.open("rb") as content:
            assert content.read() == FILE
        assert len(scored_page(run, ["credit_score"], offset=0, limit=5)) == 1

    def test_that_were_never_recorded_go(self, tidied, media):
        stray = aged(media / "uploads" / uuid4().hex)

        assert tidied(NOT_YET_OLD)["uploads"] == 0
        assert tidied(JUST_OLD)["uploads"] == 1

        assert not stray.exists()


class TestImports:
    def test_that_were_never_run_go_with_their_file(self, tidied, officer, media):
        checked(officer, csv_of(HEADERS, [application(1)]))
        ImportBatch.objects.update(created_at=NOW, checked_at=NOW)
        StoredFile.objects.update(created_at=NOW)

        assert tidied(NOT_YET_OLD) == NOTHING
        assert tidied(JUST_OLD) == NOTHING | {"drafts": 1, "uploads": 1}

        assert not ImportBatch.objects.exists()
        assert files_in(media) == []

    def test_that_were_looked_at_again_lately_stay(self, tidied, officer):
        checked(officer, csv_of(HEADERS, [application(1)]))
        ImportBatch.objects.update(created_at=NOW, checked_at=NOW + timedelta(days=3))

        assert tidied(JUST_OLD) == NOTHING

    def test_that_a_worker_has_in_hand_stay(self, tidied, officer):
        batch = checked(officer, csv_of(HEADERS, [application(1)]))
        ImportBatch.objects.update(created_at=NOW, checked_at=NOW, job=make_job(owner=batch.owner))

        assert tidied(JUST_OLD) == NOTHING

    def test_that_were_run_stay_with_their_file(self, tidied, officer, media):
        imported(officer, csv_of(HEADERS, [application(1)]), branch=officer.branches.get())
        ImportBatch.objects.update(created_at=NOW, checked_at=NOW)
        StoredFile.objects.update(created_at=NOW)

        assert tidied(JUST_OLD) == NOTHING
        assert len(files_in(media)) == 1


class TestResults:
    def test_of_killed_workers_and_made_workbooks_go(self, tidied, media):
        run = scored()
        folder = media / folder_of(run.pk)
        names = [".0123.part", ".0123.xlsx", "workbook-1.xlsx", f"00000-scored-{'0' * 16}.parquet"]
        strays = [aged(folder / name) for name in names]

        assert tidied(NOT_YET_OLD)["results"] == 0
        assert tidied(JUST_OLD)["results"] == len(strays)

        assert len(files_in(folder)) == 1
        assert len(scored_page(run, ["credit_score"], offset=0, limit=5)) == 1

    def test_of_a_run_that_was_never_recorded_go_with_their_folder(self, tidied, media):
        folder = media / folder_of(uuid4())
        aged(folder / "00000-scored-0.parquet")

        assert tidied(JUST_OLD)["results"] == 1

        assert not folder.exists()

    def test_of_others_stay(self, tidied, media):
        theirs = aged(media / "results" / "lost+found" / "file")

        assert tidied(JUST_OLD)["results"] == 0

        assert theirs.exists()


class TestWhen:
    def test_once_a_day(self):
        assert tidy_daily(at=NOW) == NOTHING
        assert tidy_daily(at=NOW + timedelta(hours=23)) == {}
        assert tidy_daily(at=NOW + timedelta(hours=25)) == NOTHING

    def test_by_a_worker_that_has_nothing_to_do(self, media):
        upload()
        worker = Worker(clock=lambda: NOW + JUST_OLD)
        make_job(kind="nobody knows")

        worker._work_once()

        assert StoredFile.objects.exists()
        worker._work_once()
        assert not StoredFile.objects.exists()
        assert Job.objects.get().state == Job.State.FAILED

    def test_by_command(self):
        StoredFile.objects.filter(pk=upload().pk).update(created_at=NOW - JUST_OLD)
        out = StringIO()

        call_command("tidy_files", stdout=out)

        assert "1" in out.getvalue()
        assert not StoredFile.objects.exists()
