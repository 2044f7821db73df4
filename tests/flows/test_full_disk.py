"""The disk is full while a file comes in or results go out: a sentence, nothing half there, and once there is room the rest."""

import gc
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from bprs.files.models import StoredFile
from bprs.importing.models import ImportBatch
from bprs.importing.services import run_batch
from bprs.jobs.models import Job
from bprs.jobs.services import retry
from bprs.jobs.tasks import run_job
from loans.models import Loan
from scoring.models import RunPart, Score, ScoringRun
from tests.admin_client import logged_in
from tests.api_client import ApiClient, assert_problem
from tests.factories import make_api_key, make_branch, make_card_in_force, make_user
from tests.importing.batches import HEADERS, application, checked, counts, csv_of, finished
from tests.small_disks import files_on, filled, small_disk_or_skip

pytestmark = pytest.mark.django_db
FOUR = b"monthly_income,assets_value,loan_amount,tenor_months\n"
FILE = FOUR + b"5000000,20000000,10000000,12\n" * 10_000 + b"1,1,1,x\n" * 200
ENGLISH = {"accept-language": "en"}


@pytest.fixture
def small_disk(settings, tmp_path: Path) -> Iterator[Path]:
    """A file system of sixteen megabytes under MEDIA_ROOT."""
    with small_disk_or_skip(tmp_path) as disk:
        settings.MEDIA_ROOT = disk
        yield disk


@pytest.fixture
def officer():
    make_card_in_force()
    return make_user("officer", branches=[make_branch(code="001")], group="Account officer", is_staff=True)


@pytest.fixture
def api(officer) -> ApiClient:
    return ApiClient(make_api_key(officer))


class TestUpload:
    def test_over_the_api_leaves_nothing_and_works_again(self, small_disk, api):
        with filled(small_disk, but=65_536):
            assert_problem(api.upload(FILE), 503, "disk_full")
            assert (files_on(small_disk), StoredFile.objects.count()) == ([], 0)

        assert api.upload(FILE).status_code == 200

    @pytest.mark.parametrize("name", ["importing_importbatch_add", "scoring_scoringrun_score_file"])
    def test_on_a_page_is_told_there(self, small_disk, officer, name):
        data = {"kind": "applications", "locale": "id", "sheet": "", "branch": officer.branches.get().pk}

        with filled(small_disk, but=65_536):
            brought = SimpleUploadedFile("besar.csv", FILE)
            page = logged_in(officer).post(reverse(f"admin:{name}"), {**data, "import_file": brought}, headers=ENGLISH)
            assert files_on(small_disk) == []

        assert page.status_code == 200
        assert "no room left on the disk" in page.content.decode()
        assert not ImportBatch.objects.exists()
        assert not ScoringRun.objects.exists()


class TestResults:
    def test_of_a_job_fail_with_the_reason_and_are_finished_once_there_is_room(self, small_disk, api, settings):
        settings.BULK_ROWS_ANSWERED_AT_ONCE = 2
        token = api.upload(FILE).json()["stored_path"]
        job_id = api.post("/predictions/bulk", {"file_path": token}).json()["id"]

        with filled(small_disk, but=8_192):
            run_job(job_id)
            job = api.get(f"/jobs/{job_id}").json()
            assert (job["state"], job["error"]["code"]) == ("failed", "disk_full")
            assert len(files_on(small_disk)) == 1  # the upload

        assert not RunPart.objects.exists()
        retry(job=Job.objects.get(), at=timezone.now())
        run_job(job_id)
        counts = api.get(f"/jobs/{job_id}").json()["result"]
        assert (counts["total_rows"], counts["rejected_rows"]) == (10_000, 200)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # zipfile's, of what it could not end
class TestDownloads:
    @pytest.mark.parametrize("path", ["download?format=xlsx", "download?format=parquet", "rejected"])
    def test_that_cannot_be_made_say_so_before_the_first_byte(
        self, small_disk, api, settings, tmp_path, monkeypatch, path
    ):
        settings.MEDIA_ROOT, settings.WORKBOOK_ROWS_AT_ONCE = tmp_path / "media", 1_000_000
        token = api.upload(FILE).json()["stored_path"]
        b"".join(api.post("/predictions/bulk", {"file_path": token}))
        run = ScoringRun.objects.get()
        monkeypatch.setattr(tempfile, "tempdir", str(small_disk))

        with filled(small_disk):
            assert_problem(api.get(f"/runs/{run.pk}/{path}"), 503, "disk_full")
            gc.collect()
            assert files_on(small_disk) == []

        answer = api.get(f"/runs/{run.pk}/{path}")
        assert answer.status_code == 200
        assert b"".join(answer.streaming_content)

    def test_of_rows_an_import_rejected_neither(self, small_disk, officer, settings, tmp_path, monkeypatch):
        settings.MEDIA_ROOT, settings.IMPORT_ROWS_AT_ONCE = tmp_path / "media", 1_000_000
        batch = checked(officer, FOUR + b"1,1,1,x\n" * 200, branch=officer.branches.get())
        url, desk = reverse("admin:importing_importbatch_rejected", args=[batch.pk]), logged_in(officer)
        monkeypatch.setattr(tempfile, "tempdir", str(small_disk))

        with filled(small_disk):
            page = desk.get(url, headers=ENGLISH, follow=True)
            gc.collect()
            assert files_on(small_disk) == []

        assert "no room left on the disk" in page.content.decode()
        assert desk.get(url)["Content-Type"].endswith("sheet")


@pytest.mark.django_db(transaction=True)  # a full SQLite takes back the outermost transaction
class TestImport:
    def test_of_which_a_part_finds_no_room_goes_on_once_there_is_some(self, officer, settings, tmp_path):
        settings.MEDIA_ROOT, settings.IMPORT_ROWS_AT_ONCE, settings.IMPORT_PART_ROWS = tmp_path / "media", 0, 200
        content = csv_of(HEADERS, [application(n) for n in range(2_000)])
        batch = finished(checked(officer, content, branch=officer.branches.get(), is_scored=True))
        batch = run_batch(batch=batch, run_by=officer, run_at=timezone.now())

        with no_room_for_more():
            run_job(str(batch.job_id))

        job = Job.objects.get(kind="run_import")
        assert (job.state, job.error["code"]) == ("failed", "disk_full")
        assert 0 < job.done_count == Loan.objects.count() < 2_000
        retry(job=job, at=timezone.now())
        assert (finished(batch).state, counts(batch)) == ("done", (2_000, 0, 0, 0, 0))
        assert (Loan.objects.count(), Loan.history.count(), Score.objects.count()) == (2_000, 2_000, 2_000)


@contextmanager
def no_room_for_more() -> Iterator[None]:
    """In the database, from somewhere in the middle of the import on."""
    with no_larger_file(by_pages=150) if connection.vendor == "sqlite" else no_more_loans(than=700):
        yield


@contextmanager
def no_more_loans(*, than: int) -> Iterator[None]:
    """What PostgreSQL says when it cannot extend a file, said by PostgreSQL: a full disk would end its server for all tests."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF (SELECT count(*) FROM loans_loan) > {than} THEN
                RAISE 'could not extend file' USING ERRCODE = 'disk_full';
            END IF; RETURN NULL; END $$"""
        )
        cursor.execute("CREATE TRIGGER no_room AFTER INSERT ON loans_loan EXECUTE FUNCTION no_room()")
        try:
            yield
        finally:
            cursor.execute("DROP FUNCTION no_room CASCADE")


@contextmanager
def no_larger_file(*, by_pages: int) -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("VACUUM")  # what earlier tests left free is room, too
        pages = cursor.execute("PRAGMA page_count").fetchone()[0]
        cursor.execute(f"PRAGMA max_page_count={pages + by_pages}")
        try:
            yield
        finally:
            cursor.execute(f"PRAGMA max_page_count={2**31}")
