"""Handing in files."""

import hashlib

import pytest
from django.test import Client

from bprs.files.models import StoredFile
from tests.api_client import ApiClient, assert_problem, pointers
from tests.factories import make_api_key, make_user

pytestmark = pytest.mark.django_db
CONTENT = b"monthly_income,assets_value,loan_amount,tenor_months\n5000000,20000000,10000000,12\n"


@pytest.fixture
def api():
    return ApiClient(make_api_key(make_user("sari", group="Account officer")))


@pytest.fixture(autouse=True)
def storage(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def files_on(storage) -> list[str]:
    return [path.name for path in storage.rglob("*") if path.is_file()]


class TestUploadFile:
    def test_answers_a_token_and_what_it_took(self, api):
        answer = api.upload(CONTENT, filename="pengajuan november.csv").json()

        stored = StoredFile.objects.get()
        assert answer == {
            "stored_path": stored.token,
            "filename": "pengajuan november.csv",
            "size": len(CONTENT),
            "sha256": hashlib.sha256(CONTENT).hexdigest(),
        }
        assert stored.owner.username == "sari"
        assert stored.content.read() == CONTENT
        stored.content.close()

    def test_hashes_a_file_too_large_for_memory(self, api):
        content = CONTENT * 40_000  # above FILE_UPLOAD_MAX_MEMORY_SIZE: it comes by way of a temporary file

        assert api.upload(content).json()["sha256"] == hashlib.sha256(content).hexdigest()

    @pytest.mark.parametrize(
        "filename", ["../../etc/passwd", "C:\\Users\\ao1\\x.csv", "a\x00b.csv", "x" * 300 + ".csv"]
    )
    def test_makes_nothing_of_the_clients_name_a_path(self, api, storage, filename):
        answer = api.upload(CONTENT, filename=filename)

        assert answer.status_code == 200
        assert "/" not in answer.json()["filename"]
        assert len(files_on(storage)) == 1
        assert files_on(storage)[0].isalnum()

    def test_takes_a_file_of_just_the_limit(self, api, settings):
        settings.UPLOAD_MAX_BYTES = len(CONTENT)

        assert api.upload(CONTENT).status_code == 200

    def test_refuses_one_byte_more_and_keeps_nothing(self, api, settings, storage):
        settings.UPLOAD_MAX_BYTES = len(CONTENT) - 1

        assert_problem(api.upload(CONTENT), 413, "file_too_large")

        assert not StoredFile.objects.exists()
        assert files_on(storage) == []

    def test_turns_away_what_declares_itself_too_large_before_reading_it(self, settings):
        settings.UPLOAD_MAX_BYTES = 1000

        answer = Client().generic(
            "POST", "/api/v1/files/upload", b"", content_type="multipart/form-data; boundary=x", CONTENT_LENGTH=10**12
        )

        assert_problem(answer, 413, "file_too_large")

    def test_asks_for_the_file(self, api):
        answer = api.client.post("/api/v1/files/upload", {"other": "x"})

        assert pointers(assert_problem(answer, 422, "invalid")) == {"file": "missing"}

    def test_refuses_a_text_field_of_that_name(self, api):
        answer = api.client.post("/api/v1/files/upload", {"file": "just text"})

        assert pointers(assert_problem(answer, 422, "invalid")) == {"file": "missing"}
