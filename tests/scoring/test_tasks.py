"""Scoring a large file in a worker."""

import pytest

from bprs.jobs.tasks import run_job
from scoring.models import ScoringRun
from tests.api_client import ApiClient
from tests.factories import make_api_key, make_user

pytestmark = pytest.mark.django_db
GOOD = b"5000000,20000000,10000000,12\n"
FILE = b"monthly_income,assets_value,loan_amount,tenor_months\n" + GOOD * 3 + b"1,1,1,0\n"


@pytest.fixture
def api(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    settings.BULK_ROWS_ANSWERED_AT_ONCE = 2
    return ApiClient(make_api_key(make_user(group="Account officer")))


def job_for(api: ApiClient, content: bytes) -> str:
    token = api.upload(content).json()["stored_path"]
    location: str = api.post("/predictions/bulk", {"file_path": token})["Location"]
    return location.removeprefix("/api/v1/jobs/")


class TestScoreUploadedFile:
    def test_leads_from_the_job_to_its_run(self, api):
        job_id = job_for(api, FILE)

        run_job(job_id)

        job = api.get(f"/jobs/{job_id}").json()
        counts = ("total_rows", "high_risk_count", "rows_read", "rejected_rows", "blank_rows")
        assert (job["state"], job["progress"], job["done_count"]) == ("done", 1.0, 4)
        assert [job["result"][name] for name in counts] == [3, 0, 4, 1, 0]
        run_id = job["result"]["run_id"]
        assert api.get(f"/runs/{run_id}/results").json()["count"] == 3
        assert api.get(f"/runs/{run_id}/errors").json()["count"] == 1

    def test_is_done_for_every_job_that_asks(self, api):
        for _ in range(2):
            run_job(job_for(api, FILE))

        assert ScoringRun.objects.count() == 2

    def test_says_why_a_file_cannot_be_read(self, api):
        job_id = job_for(api, b"nama;alamat\n" + b"a;b\n" * 5)

        run_job(job_id)

        error = api.get(f"/jobs/{job_id}").json()["error"]
        assert error["code"] == "missing_columns"
        assert error["message"]
        assert not ScoringRun.objects.exists()
