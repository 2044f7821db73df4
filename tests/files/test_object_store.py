"""Files in an object store, which has names and no paths: the same answers as from a directory, and nothing left about."""

import hashlib
from datetime import timedelta
from io import BytesIO
from typing import cast

import openpyxl
import pytest
from django.core.files.storage import default_storage, storages

from bprs import stored_files
from bprs.files.models import StoredFile
from bprs.importing.models import ImportBatch
from bprs.jobs.models import Job
from bprs.jobs.tasks import run_job
from bprs.jobs.tidying import tidy, tidy_daily
from loans.models import Loan
from scoring.models import RunPart
from scoring.services.tidying import kept_results
from scoring.services.verifying import Verification
from tests.api_client import ApiClient, assert_problem
from tests.factories import NOW, make_api_key, make_branch, make_card_in_force, make_user
from tests.importing.batches import HEADERS, application, csv_of, imported
from tests.object_store import NeverReplacing, ObjectStore

pytestmark = pytest.mark.django_db
FILE = b"monthly_income,assets_value,loan_amount,tenor_months\n5000000,20000000,10000000,12\n1,1,1,x\n"
STORES = [ObjectStore, NeverReplacing]


@pytest.fixture(params=STORES, ids=[store.__name__ for store in STORES])
def store(request, settings, tmp_path) -> ObjectStore:
    backend = f"{request.param.__module__}.{request.param.__name__}"
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {"BACKEND": backend, "OPTIONS": {"location": str(tmp_path / "store")}},
    }
    return cast("ObjectStore", storages["default"])


@pytest.fixture
def api(store):
    make_card_in_force()
    return ApiClient(make_api_key(make_user("ani", branches=[make_branch()], group="Account officer")))


def scored(api: ApiClient) -> str:
    token = api.upload(FILE).json()["stored_path"]
    run_id: str = api.post("/predictions/bulk", {"file_path": token}).json()["run_id"]
    return run_id


def put_again(name: str, content: bytes) -> None:
    """As somebody who comes by the bucket."""
    default_storage.delete(name)
    stored_files.put(name, content)


def test_an_upload_is_there_to_the_bit(api, store):
    api.upload(FILE)

    stored = StoredFile.objects.get()
    assert store.open(str(stored.content.name)).read() == FILE
    assert stored.sha256 == hashlib.sha256(FILE).hexdigest()


class TestResults:
    def test_are_read_from_it(self, api, store):
        run_id = scored(api)

        assert api.get(f"/runs/{run_id}/results").json()["items"][0]["score"] == 600
        assert api.get(f"/runs/{run_id}/errors").json()["items"][0]["code"] == "not_a_number"
        assert {name for name, _hash in kept_results()} < set(store.names())

    def test_that_were_changed_there_are_refused(self, api, store):
        run_id = scored(api)
        name = next(name for name in store.names() if "-scored-" in name)
        put_again(name, b"PAR1")

        assert_problem(api.get(f"/runs/{run_id}/results"), 409, "results_changed")

    def test_that_are_gone_are_missed(self, api, store):
        run_id = scored(api)
        store.delete(next(name for name in store.names() if "-scored-" in name))

        assert_problem(api.get(f"/runs/{run_id}/results"), 409, "results_changed")

    def test_of_a_job_are_the_same(self, api, settings):
        run_id = scored(api)
        settings.BULK_ROWS_ANSWERED_AT_ONCE = 1
        token = api.upload(FILE + b"5000000,20000000,10000000,12\n").json()["stored_path"]
        api.post("/predictions/bulk", {"file_path": token})

        run_job(str(Job.objects.get().pk))

        of_job = Job.objects.get().result["run_id"]
        first = api.get(f"/runs/{run_id}/results").json()["items"][0]
        assert api.get(f"/runs/{of_job}/results").json()["items"][0] == first

    def test_become_a_workbook_that_is_kept_there(self, api, store, settings):
        settings.WORKBOOK_ROWS_AT_ONCE = 0
        run_id = scored(api)
        assert api.get(f"/runs/{run_id}/download", format="xlsx").status_code == 202

        run_job(str(Job.objects.get().pk))

        answer = api.get(f"/runs/{run_id}/download", format="xlsx")
        assert openpyxl.load_workbook(BytesIO(b"".join(answer.streaming_content))).active.max_row == 2
        assert [name for name in store.names() if name.endswith(".part")] == []


class TestTidying:
    def test_leaves_what_anything_rests_on(self, api, store, django_capture_on_commit_callbacks):
        run_id = scored(api)
        kept = {*(name for name, _hash in kept_results()), StoredFile.objects.get().content.name}
        api.upload(FILE + b"never used\n")
        stored_files.put(f"runs/{run_id}/00000-scored-0.parquet", b"of a killed worker")
        stored_files.put("uploads/never-recorded", b"x")

        with django_capture_on_commit_callbacks(execute=True):
            told = tidy(at=NOW + timedelta(days=3_650))

        assert told["results"] == 1
        assert set(store.names()) == kept

    def test_is_done_once_a_day(self, store):
        later = NOW + timedelta(days=3_650)

        assert tidy_daily(at=later) != {}
        assert tidy_daily(at=NOW) == {}


class TestPuttingInPlace:
    def test_replaces_what_was_damaged(self, store):
        stored_files.put("runs/7/00000-scored-ab.parquet", b"half")

        stored_files.put("runs/7/00000-scored-ab.parquet", b"whole")

        assert store.names() == ["runs/7/00000-scored-ab.parquet"]
        assert stored_files.content_of("runs/7/00000-scored-ab.parquet") == b"whole"

    def test_puts_nothing_that_was_not_finished(self, store):
        with pytest.raises(OSError, match="no room"), stored_files.aside("runs/7/workbook.xlsx"):
            raise OSError("no room")

        assert store.names() == []

    def test_a_folder_goes_with_all_that_is_in_it(self, store):
        stored_files.put("runs/7/a", b"x")
        stored_files.put("runs/70/a", b"x")

        stored_files.remove_folder("runs/7")

        assert store.names() == ["runs/70/a"]


def test_an_import_reads_its_file_from_it(store):
    make_card_in_force()
    branch = make_branch()
    owner = make_user("ani", branches=[branch], group="Account officer")

    imported(owner, csv_of(HEADERS, [application(1), application(2)]), branch=branch)

    assert Loan.objects.count() == 2
    assert ImportBatch.objects.get().new_count == 2


def test_everything_in_it_is_verified(api, store):
    scored(api)
    part = RunPart.objects.get()
    assert [finding.code for finding in Verification().findings()] == []

    put_again(next(name for name in store.names() if part.scored_sha256[:16] in name), b"PAR1")

    assert [finding.code for finding in Verification().findings()] == ["results_changed"]
