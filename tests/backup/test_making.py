"""`manage.py backup`: what is in the file, who may read it, and what it says when it is not all there."""

import hashlib
import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection

from bprs.backups.sealed_tar import check_seal
from bprs.files.models import StoredFile
from bprs.files.services import store_upload
from scoring.models import RunPart, ScoringRun, Seal
from scoring.services.sealing import seal_new
from tests.api_client import ApiClient
from tests.backup.made import contents_of, run
from tests.factories import NOW, make_api_key, make_branch, make_customer, make_user
from tests.small_disks import files_on, filled, small_disk_or_skip

pytestmark = pytest.mark.django_db(transaction=True)
FILE = b"monthly_income,assets_value,loan_amount,tenor_months\n5000000,20000000,10000000,12\n1,1,1,x\n"


@pytest.fixture
def scored() -> ScoringRun:
    """A file with one scored and one rejected row."""
    api = ApiClient(make_api_key(make_user("ani", branches=[make_branch()], group="Account officer")))
    token = api.upload(FILE).json()["stored_path"]
    return ScoringRun.objects.get(pk=api.post("/predictions/bulk", {"file_path": token}).json()["run_id"])


def test_holds_the_database_every_file_and_what_proves_them(scored, tmp_path, settings):
    seal_new(at=NOW)
    nik = "3174012003900001"
    make_customer(nik=nik)

    code, said, _why = run("backup", tmp_path / "bank.tar")

    assert code == 0
    assert said.startswith(f"Backed up to {tmp_path / 'bank.tar'}: ")
    check_seal(tmp_path / "bank.tar")
    there = contents_of(tmp_path / "bank.tar")
    manifest = json.loads(there["manifest.json"])
    part, upload = RunPart.objects.get(), StoredFile.objects.get()
    files = {
        f"files/{upload.content.name}": hashlib.sha256(FILE).hexdigest(),
        f"files/runs/{scored.pk}/00000-scored-{part.scored_sha256[:16]}.parquet": part.scored_sha256,
        f"files/runs/{scored.pk}/00000-rejected-{part.rejected_sha256[:16]}.parquet": part.rejected_sha256,
    }
    assert set(there) == {"database", "manifest.json", "seal", *files}
    assert {name: hashlib.sha256(there[name]).hexdigest() for name in files} == files
    assert {member["name"]: member["sha256"] for member in manifest["members"]} == {
        "database": hashlib.sha256(there["database"]).hexdigest(),
        **files,
    }
    assert (manifest["vendor"], manifest["seal"]["hash"]) == (connection.vendor, Seal.objects.get().hash)
    assert (manifest["lacking"], manifest["changed"]) == ([], [])
    counts = manifest["tables"]
    assert [counts[name] for name in ("scoring_runpart", "customers_customer", "loans_loan")] == [1, 1, 0]
    whole = (tmp_path / "bank.tar").read_bytes()
    secrets = [nik, settings.FIELD_INDEX_KEY, *settings.FIELD_ENCRYPTION_KEYS, *settings.SEAL_KEYS]
    assert not any(secret.encode() in whole for secret in secrets)
    assert (tmp_path / "bank.tar").stat().st_mode & 0o777 == 0o600


def test_names_what_was_tidied_away_and_what_was_changed_and_holds_the_rest(scored, tmp_path, settings):
    part, upload = RunPart.objects.get(), StoredFile.objects.get()
    results = f"runs/{scored.pk}/00000-scored-{part.scored_sha256[:16]}.parquet"
    Path(settings.MEDIA_ROOT, str(upload.content.name)).unlink()
    Path(settings.MEDIA_ROOT, results).write_bytes(b"PAR1")

    code, said, why = run("backup", tmp_path / "bank.tar")

    assert code == 1
    assert "2 files" in said
    assert why.splitlines() == [
        f"! {upload.content.name} was gone, and is not in the backup.",
        f"! {results} is not as it was stored.",
    ]
    assert contents_of(tmp_path / "bank.tar")[f"files/{results}"] == b"PAR1"


def test_is_named_by_the_time_in_a_folder_and_never_replaces_another(tmp_path):
    assert run("backup", tmp_path)[0] == 0
    (made,) = tmp_path.glob("bprs-*-*.tar")
    before = made.read_bytes()

    code, _said, why = run("backup", made)

    assert (code, why) == (2, f"{made} is there already; a backup replaces nothing.")
    assert made.read_bytes() == before
    assert [path for path in tmp_path.iterdir() if path.name != "data"] == [made]


@pytest.mark.parametrize("target", ["", "nightly", "nightly/", "nightly.tar/"])
def test_a_folder_that_is_not_there_is_not_taken_for_a_file(tmp_path, monkeypatch, target):
    monkeypatch.chdir(tmp_path)

    code, _said, why = run("backup", target)

    assert (code, why) == (2, f"«{target}» is no folder. Make it, or name a file that ends in .tar.")
    assert [path for path in tmp_path.iterdir() if path.name != "data"] == []


def test_says_where_it_cannot_write(tmp_path):
    code, _said, why = run("backup", tmp_path / "nowhere" / "bank.tar")

    assert code == 2
    assert "cannot be written: there is no such file or folder." in why


def test_leaves_nothing_half_on_a_full_disk_and_works_again_once_there_is_room(tmp_path):
    owner = make_user()
    for number in range(3):
        upload = SimpleUploadedFile("x.csv", bytes([number]) * 1_000_000)
        store_upload(upload=upload, owner=owner, stored_at=NOW + timedelta(seconds=number))
    with small_disk_or_skip(tmp_path) as disk:
        for room in (65_536, 3_000_000):  # within the dump of the database; within the files
            with filled(disk, but=room):
                code, _said, why = run("backup", disk / "bank.tar")

                assert (code, files_on(disk), list(disk.iterdir())) == (2, [], [disk / "ballast"])
                assert "no room left on the disk" in why

        assert run("backup", disk / "bank.tar")[0] == 0


def test_says_which_program_is_missing(settings, tmp_path):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite needs none")
    settings.PG_BIN = str(tmp_path)

    code, _said, why = run("backup", tmp_path / "bank.tar")

    assert code == 2
    assert why.startswith("pg_dump was not found")
