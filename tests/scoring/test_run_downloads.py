"""The results of a scored file as files, and the rejected rows on their way back."""

import csv
from io import BytesIO
from pathlib import Path

import openpyxl
import pyarrow.parquet as pq
import pytest

from bprs.jobs.models import Job
from bprs.jobs.tasks import run_job
from bprs.spreadsheets.remarks import remark_headers
from scoring.models import ScoringRun
from tests.api_client import ApiClient, assert_problem
from tests.factories import make_api_key, make_card_in_force, make_loan, make_user

pytestmark = pytest.mark.django_db
FILE = b"""Nama;Gaji;Aset;Plafon;Tenor
Siti;5.000.000;20.000.000,50;10.000.000;12
Budi;5.000.000;20.000.000;10.000.000;12,5
Ani;2.000.000;0;10.000.000;6
"""


@pytest.fixture
def user(branch):
    return make_user(group="Account officer", branches=[branch])


@pytest.fixture
def api(user):
    return ApiClient(make_api_key(user))


@pytest.fixture(autouse=True)
def storage(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def run_of(api: ApiClient, content: bytes = FILE, **body) -> str:
    token = api.upload(content, filename="pengajuan mei.csv").json()["stored_path"]
    run_id: str = api.post("/predictions/bulk", {"file_path": token, **body}).json()["run_id"]
    return run_id


def content_of(response) -> bytes:
    assert response.status_code == 200, response.content
    return b"".join(response.streaming_content)


class TestDownload:
    def test_as_csv_has_facts_and_outcome(self, api):
        answer = api.get(f"/runs/{run_of(api)}/download", format="csv")

        rows = list(csv.DictReader(content_of(answer).decode("utf-8-sig").splitlines()))
        assert answer["Content-Disposition"] == 'attachment; filename="pengajuan mei-scored.csv"'
        assert rows[0] == {
            "row_index": "0",
            "row_number": "2",
            "monthly_income": "5000000",
            "assets_value": "20000000.5",
            "loan_amount": "10000000",
            "tenor_months": "12",
            "credit_score": "600",
            "raw_score": "600",
            "default_probability": "0.15",
            "segment": "medium",
            "dsr": "0.191667",
            "monthly_installment": "958333.33",
            "points_dsr": "150",
            "points_acr": "100",
            "points_tenor": "50",
            "bin_dsr": "≤ 0.30",
            "bin_acr": "≥ 1.2",
            "bin_tenor": "≤ 12",
        }
        assert [row["row_number"] for row in rows] == ["2", "4"]

    def test_as_workbook_has_numbers_as_numbers(self, api):
        content = content_of(api.get(f"/runs/{run_of(api)}/download", format="xlsx"))

        header, first, second = openpyxl.load_workbook(BytesIO(content)).active.values
        row = dict(zip(header, first, strict=True))
        assert (row["monthly_income"], row["credit_score"], row["segment"]) == (5_000_000, 600, "medium")
        assert second[header.index("row_number")] == 4

    def test_as_parquet_keeps_the_types(self, api):
        table = pq.read_table(BytesIO(content_of(api.get(f"/runs/{run_of(api)}/download", format="parquet"))))

        assert str(table.schema.field("assets_value").type) == "decimal128(17, 2)"
        assert table["credit_score"].to_pylist() == [600, 300]

    @pytest.mark.parametrize("file_format", ["csv", "xlsx", "parquet"])
    def test_of_no_scored_rows_has_a_header(self, api, file_format):
        run_id = run_of(api, FILE.splitlines(keepends=True)[0] + b"Budi;x;x;x;x\n")

        assert b"credit_score" in content_of(api.get(f"/runs/{run_id}/download", format=file_format)) or (
            file_format == "xlsx"
        )

    def test_neutralises_words_that_look_like_formulas(self, api):
        card = dict(ScoringRun.objects.get(pk=run_of(api)).version.definition)
        akad = {
            "name": "akad",
            "label": "Akad",
            "fact": "akad",
            "unlisted": "refuse",
            "bins": [{"label": "=1+1", "values": ["murabahah"], "points": 10}],
        }
        make_card_in_force({**card, "name": "words", "characteristics": [*card["characteristics"], akad]})
        content = b"Akad;Gaji;Aset;Plafon;Tenor\nmurabahah;5000000;20000000;10000000;12\n"

        downloaded = content_of(api.get(f"/runs/{run_of(api, content)}/download", format="csv")).decode("utf-8-sig")

        assert ",'=1+1" in downloaded

    def test_of_stored_loans_is_refused(self, api, branch):
        run_id = api.post(f"/predictions/individual/{make_loan(branch=branch).pk}").json()["run_id"]

        assert_problem(api.get(f"/runs/{run_id}/download"), 404, "not_of_a_file")
        assert_problem(api.get(f"/runs/{run_id}/rejected"), 404, "not_of_a_file")

    def test_of_a_colleague_is_not_there(self, api, branch):
        colleague = ApiClient(make_api_key(make_user(branches=[branch], group="Account officer")))

        for path in ("download", "rejected"):
            assert_problem(colleague.get(f"/runs/{run_of(api)}/{path}"), 404, "not_found")

    def test_in_a_format_there_is_not(self, api):
        assert_problem(api.get(f"/runs/{run_of(api)}/download", format="ods"), 422, "invalid")


class TestDownloadOfALargeWorkbook:
    @pytest.fixture(autouse=True)
    def one_row_is_large(self, settings):
        settings.WORKBOOK_ROWS_AT_ONCE = 1

    def test_is_made_by_one_job_and_there_when_that_is_done(self, api):
        run_id = run_of(api)
        answers = [api.get(f"/runs/{run_id}/download", format="xlsx") for _ in range(2)]
        job = Job.objects.get()
        assert [(answer.status_code, answer["Location"]) for answer in answers] == [(202, f"/api/v1/jobs/{job.pk}")] * 2

        run_job(str(job.pk))

        assert Job.objects.get().state == Job.State.DONE
        for _ in range(2):
            book = openpyxl.load_workbook(BytesIO(content_of(api.get(f"/runs/{run_id}/download", format="xlsx"))))
            assert book.active.max_row == 3
        assert Job.objects.count() == 1

    def test_leaves_nothing_half_beside_the_results(self, api, settings):
        run_id = run_of(api)
        api.get(f"/runs/{run_id}/download", format="xlsx")
        run_job(str(Job.objects.get().pk))

        kept = sorted(path.name for path in Path(settings.MEDIA_ROOT, "runs", run_id).iterdir())

        assert [name.partition("-")[0] for name in kept] == ["00000", "00000", "workbook"]

    def test_goes_on_when_asked_for_again_after_it_failed(self, api, settings):
        run_id = run_of(api)
        api.get(f"/runs/{run_id}/download", format="xlsx")
        part = next(Path(settings.MEDIA_ROOT, "runs", run_id).glob("*-scored-*"))
        content = part.read_bytes()
        part.write_bytes(b"PAR1")
        run_job(str(Job.objects.get().pk))
        assert Job.objects.get().error["code"] == "results_changed"
        part.write_bytes(content)

        assert api.get(f"/runs/{run_id}/download", format="xlsx").status_code == 202
        run_job(str(Job.objects.get().pk))

        assert api.get(f"/runs/{run_id}/download", format="xlsx").status_code == 200


class TestRejectedRows:
    def test_come_back_as_they_were_and_can_be_mended(self, api):
        content = content_of(api.get(f"/runs/{run_of(api)}/rejected"))

        book = openpyxl.load_workbook(BytesIO(content))
        header, row = book.active.values
        assert header == ("Nama", "Gaji", "Aset", "Plafon", "Tenor", *remark_headers("en", "."))
        assert row[:5] == ("Budi", 5_000_000, 20_000_000, 10_000_000, "12,5")
        assert row[5:] == (3, "Tenor: 12,5 is not a whole number.")

        book.active["E2"] = 12
        mended = BytesIO()
        book.save(mended)
        token = api.upload(mended.getvalue(), filename="mended.xlsx").json()["stored_path"]
        again = api.post("/predictions/bulk", {"file_path": token}).json()
        assert (again["total_rows"], again["rejected_rows"], again["results"][0]["score"]) == (1, 0, 600)


class TestListOfRuns:
    def test_has_the_newest_first_and_nobody_elses(self, api, branch):
        older, newer = run_of(api), run_of(api, locale="en")
        run_of(ApiClient(make_api_key(make_user(branches=[branch], group="Account officer"))))

        answer = api.get("/runs").json()

        assert [run["id"] for run in answer["items"]] == [newer, older]
        assert answer["count"] == 2
        assert all(run["rows_read"] == run["total_rows"] + run["rejected_rows"] for run in answer["items"])
        assert api.get("/runs", limit=1, offset=1).json()["items"][0]["id"] == older


class TestChoices:
    def test_say_what_groups_thousands_where_the_file_does_not(self, api):
        content = b"Gaji;Aset;Plafon;Tenor\n5.000;20.000;10.000;12\n"

        thousands, refused = (
            api.post(
                "/predictions/bulk", {"file_path": api.upload(content).json()["stored_path"], "locale": locale}
            ).json()
            for locale in ("id", "en")
        )

        assert thousands["total_rows"] == 1
        assert thousands["run_id"] != refused["run_id"]

    def test_name_the_sheet(self, api):
        book = openpyxl.Workbook()
        for sheet in (book.active, book.create_sheet("Mei")):
            for line in FILE.decode().splitlines()[:2]:
                sheet.append(line.split(";"))
        content = BytesIO()
        book.save(content)
        token = api.upload(content.getvalue(), filename="a.xlsx").json()["stored_path"]

        assert_problem(api.post("/predictions/bulk", {"file_path": token}), 422, "several_sheets")
        assert api.post("/predictions/bulk", {"file_path": token, "sheet": "Mei"}).json()["total_rows"] == 1

    @pytest.mark.parametrize("body", [{"locale": "fr"}, {"sheet": 7}, {"blatt": "Mei"}])
    def test_that_are_none_are_refused(self, api, body):
        token = api.upload(FILE).json()["stored_path"]

        assert_problem(api.post("/predictions/bulk", {"file_path": token, **body}), 422, "invalid")
