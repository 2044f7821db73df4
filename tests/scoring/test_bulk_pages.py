"""Scoring a file in the back office, and reading the page of what came of it."""

import csv
import re
from io import BytesIO, StringIO
from uuid import uuid4

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from bprs.jobs.models import Job
from bprs.jobs.tasks import run_job
from scoring.models import RunPart, ScoringRun
from tests.admin_client import logged_in, page_of, told
from tests.factories import NOW, make_branch, make_card_in_force, make_user
from tests.spreadsheets.files import scoring_xlsx

pytestmark = pytest.mark.django_db
URL = "/admin/scoring/scoringrun/score-file/"
HEADER = "penghasilan,aset,plafond,tenor\n"
NOTHING = {"scored_count": 0, "rejected_count": 0, "high_risk_count": 0, "error_count": 0}
FILE = (
    HEADER
    + "5000000,20000000,10000000,12\n10000000,5000000,50000000,24\n,,,\n2000000,0,10000000,12\n1,1,1,x\n1,1,1,12.5\n"
)


@pytest.fixture(autouse=True)
def _site(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    make_card_in_force()


def make_officer():
    return make_user(is_staff=True, group="Account officer", branches=[make_branch()])


@pytest.fixture
def officer():
    return make_officer()


@pytest.fixture
def client(officer):
    return logged_in(officer)


def bring(client, content=FILE, name="pengajuan.csv", **choices):
    data = content.encode() if isinstance(content, str) else content
    return client.post(URL, {"import_file": SimpleUploadedFile(name, data), **choices})


def sheet_of(content, file_format):
    if file_format == "csv":
        return list(csv.reader(StringIO(content.decode("utf-8-sig"))))
    rows = openpyxl.load_workbook(BytesIO(content)).active.values
    return [list(row) for row in rows]


def run_url(run):
    return reverse("admin:scoring_scoringrun_change", args=[run.pk])


def scored(client, content=FILE, name="pengajuan.csv"):
    bring(client, content, name)
    return ScoringRun.objects.get()


def counts(page):
    return {name: int(count) for name, count in re.findall(r'data-tile="(\w+)" data-count="(\d+)"', page)}


def rows_shown(page):
    """The numbers of the rows in the table of results, in its order."""
    table = page[page.index('data-testid="rows"') :]
    return [int(number) for number in re.findall(r'row/\d+/\?row=(\d+)"', table)]


def workbook(**sheets):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, text in sheets.items():
        sheet = book.create_sheet(name)
        for row in csv.reader(StringIO(text)):
            sheet.append(row)
    target = BytesIO()
    book.save(target)
    return target.getvalue()


def content_of(response):
    assert response.status_code == 200, response.status_code
    return b"".join(response.streaming_content)


def status_of(client, url):
    response = client.get(url)
    if response.streaming:
        content_of(response)  # what is not read to its end leaves a file open
    return response.status_code


def token_in(response):
    return re.findall(r'name="token" value="([^"]+)"', response.content.decode())[0]


class TestScoreAFile:
    def test_is_in_the_menu_and_on_the_first_page_of_those_who_may_score(self, client):
        auditor = logged_in(make_user(is_staff=True, group="Auditor"))

        assert page_of(client, "/admin/").count(URL) == 2
        assert URL not in page_of(auditor, "/admin/")
        assert auditor.get(URL).status_code == 403
        assert bring(auditor).status_code == 403

    def test_leads_a_small_file_to_its_run_at_once(self, client):
        response = bring(client)

        run = ScoringRun.objects.get()
        assert (response.status_code, response["Location"]) == (302, run_url(run))
        assert (run.is_complete, run.source, run.job) == (True, "admin", None)

    def test_leads_a_large_file_to_its_job_and_the_job_to_the_run(self, client, settings):
        settings.BULK_ROWS_ANSWERED_AT_ONCE = 2

        response = bring(client)

        run, job = ScoringRun.objects.get(), Job.objects.get()
        assert response["Location"] == reverse("admin:jobs_job_change", args=[job.pk])
        assert "pengajuan.csv" in page_of(client, response["Location"])
        run_job(str(job.pk))
        assert run_url(run) in page_of(client, response["Location"])

    def test_leads_the_same_file_to_the_run_there_is_and_says_so(self, client):
        bring(client)

        response = bring(client)

        assert response["Location"] == run_url(ScoringRun.objects.get())
        assert "You had this file scored already" in told(response)[0]

    def test_leads_the_same_large_file_to_the_job_there_is(self, client, settings):
        settings.BULK_ROWS_ANSWERED_AT_ONCE = 2
        bring(client)

        response = bring(client)

        assert response["Location"] == reverse("admin:jobs_job_change", args=[Job.objects.get().pk])
        assert "this is that work" in told(response)[0]

    def test_says_what_was_found_and_what_is_missing(self, client):
        page = bring(client, "penghasilan,asset,plafond\n1,2,3\n").content.decode()

        lacking = page[page.index('data-testid="lacking"') : page.index("data-drop")]
        assert "Tenor (months)" in lacking
        assert "penghasilan" in lacking
        assert "«asset» is left out" in lacking
        assert not ScoringRun.objects.exists()

    def test_asks_with_buttons_which_sheet_is_meant(self, client):
        asked = bring(client, workbook(Bandung=FILE, Garut=HEADER + "1,2,3,12\n"), name="dua.xlsx")
        page = asked.content.decode()
        assert re.findall(r'name="sheet" value="(\w+)"', page) == ["Bandung", "Garut"]

        response = client.post(URL, {"token": token_in(asked), "sheet": "Garut", "locale": "id"})

        run = ScoringRun.objects.get()
        assert (response["Location"], run.sheet, run.rows_read) == (run_url(run), "Garut", 1)

    def test_knows_no_token_of_somebody_else(self, client):
        asked = bring(client, workbook(A=FILE, B=FILE), name="dua.xlsx")

        response = logged_in(make_officer()).post(URL, {"token": token_in(asked), "sheet": "A"})

        assert "There is no uploaded file with this token." in response.content.decode()
        assert not ScoringRun.objects.exists()

    @pytest.mark.parametrize("content", [b"%PDF-1.7 nothing of ours", b""])
    def test_says_why_a_file_is_refused(self, client, content):
        response = bring(client, content, name="a.csv")

        assert response.status_code == 200
        assert 'data-testid="refusal"' in response.content.decode()
        assert not ScoringRun.objects.exists()

    def test_refuses_what_is_too_large(self, client, settings):
        settings.UPLOAD_MAX_BYTES = 20

        assert "The file is larger than" in bring(client).content.decode()

    def test_asks_for_a_file_when_there_is_none(self, client):
        assert "Choose a file first." in client.post(URL, {}).content.decode()

    def test_reads_ambiguous_numbers_as_chosen(self, client):
        bring(client, HEADER + '"5,000","5,000","5,000",12\n', locale="en")

        assert ScoringRun.objects.get().scored_count == 1

    @pytest.mark.parametrize("rows_at_once", [0, 100])
    def test_says_how_ambiguous_numbers_were_read(self, client, settings, rows_at_once):
        settings.BULK_ROWS_ANSWERED_AT_ONCE = rows_at_once
        bring(client, HEADER + "5.000,5.000,5.000,12\n")
        run = ScoringRun.objects.get()
        if run.job:
            run_job(str(run.job.pk))

        assert "5.000 is read as 5,000" in page_of(client, run_url(run))

    def test_hands_out_a_template_that_is_read_again(self, client):
        template = content_of(client.get(f"{URL}template/"))
        sheet = openpyxl.load_workbook(BytesIO(template)).worksheets[0]
        header = ",".join(str(cell.value) for cell in sheet[1])

        bring(client, header + "\n5000000,20000000,10000000,12\n")

        assert ScoringRun.objects.get().scored_count == 1


class TestTheRunOfAFile:
    def test_accounts_for_every_row(self, client):
        page = page_of(client, run_url(scored(client)))

        assert counts(page) == {"read": 6, "scored": 3, "rejected": 2, "blank": 1}

    def test_shows_segments_with_their_exposure_in_rupiah(self, client):
        page = page_of(client, run_url(scored(client)))
        segments = page[page.index('data-testid="segments"') : page.index('id="run-charts"')]

        assert segments.index("Low risk") < segments.index("Medium risk") < segments.index("High risk")
        assert "Rp70.000.000" in page
        assert "Rp60.000.000" in segments
        assert "86%" in segments

    def test_draws_charts_of_figures_that_stand_in_tables_too(self, client):
        page = page_of(client, run_url(scored(client)))

        assert page.count("data-chart=") == page.count('role="img" aria-label="How many rows') == 2
        assert ">600\u2013625<" in page[page.index('data-testid="score-steps"') :]
        assert '"zones": [{"segment": "low"' in page

    def test_names_the_rejected_rows_reason_by_reason(self, client):
        page = page_of(client, run_url(scored(client)))
        rejected = page[page.index('data-testid="rejected"') : page.index('data-testid="segments"')]

        assert rejected.count("<details") == 2
        assert re.findall(r"Row (\d)</th>", rejected) == ["6", "7"]
        assert "12.5 is not a whole number." in rejected

    def test_writes_the_fraction_of_a_cell_as_the_language_does(self, officer):
        client = logged_in(officer, language="id")
        content = scoring_xlsx([5_000_000, 20_000_000, 10_000_000, 12], [1, 1, 1, 12.5], [1, 1, 1, "12.5"])

        page = page_of(client, run_url(scored(client, content.getvalue(), "pengajuan.xlsx")))

        assert "12,5 bukan bilangan bulat." in page
        assert "12.5 bukan bilangan bulat." in page  # as it was typed

    def test_lists_its_rows_by_segment_and_by_score(self, client):
        url = run_url(scored(client))

        assert rows_shown(page_of(client, url)) == [2, 3, 5]
        assert rows_shown(page_of(client, f"{url}?order=lowest")) == [5, 3, 2]
        assert rows_shown(page_of(client, f"{url}?order=highest&segment=high")) == [3, 5]
        assert rows_shown(page_of(client, f"{url}?segment=low")) == []
        assert rows_shown(page_of(client, f"{url}?segment=none&order=up&page=x")) == [2, 3, 5]

    def test_pages_through_fifty_rows_at_a_time(self, client):
        url = run_url(scored(client, HEADER + "5000000,20000000,10000000,12\n" * 51))

        assert len(rows_shown(page_of(client, url))) == 50
        assert rows_shown(page_of(client, f"{url}?page=2")) == [52]
        assert rows_shown(page_of(client, f"{url}?page=2&order=lowest")) == [52]
        assert rows_shown(page_of(client, f"{url}?page=3")) == []

    def test_gives_the_table_alone_to_who_asks_for_it(self, client):
        answer = client.get(f"{run_url(scored(client))}?order=lowest", headers={"HX-Target": "rows"}).content.decode()

        assert rows_shown(answer) == [5, 3, 2]
        assert "<html" not in answer

    def test_explains_each_row(self, client):
        run = scored(client)
        page = page_of(client, reverse("admin:scoring_scoringrun_row", args=[run.pk, 0]))

        assert 'data-testid="score">600<' in page
        assert "Why not higher" in page
        assert "Rp5.000.000" in page
        assert client.get(reverse("admin:scoring_scoringrun_row", args=[run.pk, 2])).status_code == 404

    @pytest.mark.parametrize("file_format", ["csv", "xlsx", "parquet"])
    def test_is_downloaded(self, client, file_format):
        url = reverse("admin:scoring_scoringrun_download", args=[scored(client).pk, file_format])

        response = client.get(url)

        assert f'filename="pengajuan-scored.{file_format}"' in response["Content-Disposition"]
        assert len(content_of(response)) > 100

    NAMED = (
        "Nama;Cabang;Gaji;Aset;Plafon;Tenor;Catatan\n"
        "=Siti;001;Rp 5.000.000,-;20.000.000,50;10.000.000;12;lunas\n;;;;;;\n"
        "Budi;002;5.000.000;20.000.000;10.000.000;12,5;\nAni;003;2.000.000;0;10.000.000;6;\n"
    )

    @pytest.mark.parametrize(
        ("language", "headers", "segments"),
        [
            (
                "id",
                ["Baris", "Skor", "Skor mentah", "PD", "Segmen", "DSR", "Angsuran"],
                ["risiko sedang", "risiko tinggi"],
            ),
            ("en", ["Row", "Score", "Raw score", "PD", "Segment", "DSR", "Installment"], ["medium risk", "high risk"]),
        ],
    )
    @pytest.mark.parametrize("file_format", ["csv", "xlsx"])
    def test_is_downloaded_in_words_beside_the_columns_of_the_file(
        self, client, file_format, language, headers, segments
    ):
        url = reverse("admin:scoring_scoringrun_download", args=[scored(client, self.NAMED).pk, file_format])
        client.cookies["django_language"] = language

        header, *rows = sheet_of(content_of(client.get(url)), file_format)

        assert header[:14] == ["Nama", "Cabang", "Gaji", "Aset", "Plafon", "Tenor", "Catatan", *headers]
        first, second = (dict(zip(header, row, strict=True)) for row in rows)
        assert [first["Nama"], first["Cabang"], first["Catatan"]] == ["'=Siti", "001", "lunas"]
        amounts = [first["Gaji"], first["Aset"], first["Tenor"]]
        assert amounts == (["5000000", "20000000.5", "12"] if file_format == "csv" else [5_000_000, 20_000_000.5, 12])
        assert [float(each) for each in (first[headers[0]], first[headers[1]], first["DSR"])] == [2, 600, 0.191667]
        assert [row[headers[4]].lower() for row in (first, second)] == segments
        assert [second["Nama"], float(second[headers[0]])] == ["Ani", 5]

    def test_is_downloaded_with_plain_digits_as_numbers(self, client):
        url = reverse("admin:scoring_scoringrun_download", args=[scored(client).pk, "xlsx"])

        header, first, *_others = sheet_of(content_of(client.get(url)), "xlsx")

        assert first[:4] == [5_000_000, 20_000_000, 10_000_000, 12]
        assert header[11:] == ["Debt service ratio (points)", "Asset coverage ratio (points)", "Tenor (points)"]

    def test_is_downloaded_beside_its_columns_also_when_it_has_many_parts(self, client):
        rows = [f"Nasabah {number};5000000;20000000;10000000;{'12' if number % 3 else 'x'}" for number in range(60_003)]
        run = scored(client, "\n".join(["nama;gaji;aset;plafon;tenor", *rows, ""]))
        url = reverse("admin:scoring_scoringrun_download", args=[run.pk, "csv"])

        header, *found = sheet_of(content_of(client.get(url)), "csv")

        numbers = [number for number in range(60_003) if number % 3]
        assert run.parts.count() == 2
        assert [row[0] for row in found] == [f"Nasabah {number}" for number in numbers]
        assert [row[header.index("Row")] for row in found] == [str(number + 2) for number in numbers]

    def test_makes_a_large_workbook_by_a_job_for_each_language(self, client, settings):
        settings.WORKBOOK_ROWS_AT_ONCE = 1
        url = reverse("admin:scoring_scoringrun_download", args=[scored(client, self.NAMED).pk, "xlsx"])
        for language in ("id", "en"):
            client.cookies["django_language"] = language
            client.get(url)
            client.get(url)
            run_job(str(Job.objects.order_by("-created_at")[0].pk))

        titles = []
        for language in ("id", "en"):
            client.cookies["django_language"] = language
            titles.append(sheet_of(content_of(client.get(url)), "xlsx")[0][8])

        assert Job.objects.count() == 2
        assert titles == ["Skor", "Score"]

    def test_leads_to_the_job_that_makes_a_large_workbook(self, client, settings):
        settings.WORKBOOK_ROWS_AT_ONCE = 1
        url = reverse("admin:scoring_scoringrun_download", args=[scored(client).pk, "xlsx"])

        response = client.get(url)

        assert response["Location"] == reverse("admin:jobs_job_change", args=[Job.objects.get().pk])

    def test_is_downloaded_in_known_formats_only(self, client):
        run = scored(client)

        assert client.get(reverse("admin:scoring_scoringrun_download", args=[run.pk, "ods"])).status_code == 404

    def test_hands_out_its_rejected_rows_to_be_mended(self, client):
        response = client.get(reverse("admin:scoring_scoringrun_rejected", args=[scored(client).pk]))

        assert openpyxl.load_workbook(BytesIO(content_of(response))).active.max_row == 3

    def test_is_not_found_by_strangers_but_by_supervisors_of_all(self, client):
        run = scored(client)
        others = [
            run_url(run),
            reverse("admin:scoring_scoringrun_row", args=[run.pk, 0]),
            reverse("admin:scoring_scoringrun_download", args=[run.pk, "csv"]),
            reverse("admin:scoring_scoringrun_rejected", args=[run.pk]),
        ]
        stranger, risk = (
            logged_in(make_officer()),
            logged_in(make_user(is_staff=True, group="Risk staff", sees_all_branches=True)),
        )

        assert [status_of(stranger, url) for url in others] == [404] * 4
        assert [status_of(risk, url) for url in others] == [200] * 4

    def test_says_when_its_results_were_changed_on_the_disk(self, client, tmp_path):
        run = scored(client)
        for part in tmp_path.glob("runs/*/*-scored-*"):
            part.write_bytes(b"PAR1")

        page = page_of(client, run_url(run))

        assert "were changed on disk" in page
        assert "run-charts" not in page
        url = reverse("admin:scoring_scoringrun_download", args=[run.pk, "csv"])
        assert "were changed on disk" in told(client.get(url))[0]
        row = reverse("admin:scoring_scoringrun_row", args=[run.pk, 0])
        assert client.get(row)["Location"] == run_url(run)


class TestAnUnfinishedRun:
    @pytest.fixture(autouse=True)
    def _by_job(self, settings):
        settings.BULK_ROWS_ANSWERED_AT_ONCE = 2

    @pytest.mark.parametrize(
        ("change", "sentence"),
        [
            ({}, "Scoring has not begun yet"),
            (
                {"state": "running", "lease_token": uuid4(), "leased_until": NOW, "started_at": NOW},
                "still being scored",
            ),
            ({"state": "cancelled", "finished_at": NOW}, "Scoring was cancelled"),
            ({"state": "failed", "finished_at": NOW}, "could not be scored to its end"),
        ],
    )
    def test_says_so_and_leads_to_its_job(self, client, change, sentence):
        run = scored(client)
        Job.objects.update(**change)

        page = page_of(client, run_url(run))

        assert sentence in page
        assert reverse("admin:jobs_job_change", args=[run.job_id]) in page
        assert counts(page) == {"read": 0, "scored": 0, "rejected": 0, "blank": 0}

    def test_shows_how_far_it_is_by_itself_and_is_drawn_anew_once_it_is_over(self, client):
        run = scored(client)
        progress = reverse("admin:scoring_scoringrun_progress", args=[run.pk])
        assert f'hx-get="{progress}"' in page_of(client, run_url(run))
        RunPart.objects.create(run=run, index=0, start=0, rows_read=3, blank_count=3, **NOTHING)

        account = page_of(client, progress)

        assert counts(account) == {"read": 3, "scored": 0, "rejected": 0, "blank": 3}
        assert "<html" not in account
        Job.objects.update(state="failed", finished_at=NOW)
        assert client.get(progress)["HX-Refresh"] == "true"
        assert "every 2s" not in page_of(client, run_url(run))

    def test_is_followed_by_nobody_who_may_not_see_it(self, client):
        progress = reverse("admin:scoring_scoringrun_progress", args=[scored(client).pk])

        assert logged_in(make_officer()).get(progress).status_code == 404

    def test_is_called_by_the_name_of_its_file_as_it_is(self, client):
        run = scored(client)
        run_job(str(run.job_id))

        for page in (page_of(client, f"/admin/jobs/job/{run.job_id}/change/"), page_of(client, run_url(run))):
            assert re.search(r'tracking-tight">\s*pengajuan.csv\s*<', page)
            assert "Pengajuan.csv" not in page

    def test_is_listed_with_the_full_name_of_who_asked_for_it(self, client, officer):
        officer.first_name, officer.last_name = "Siti", "Aminah"
        officer.save()
        scored(client)

        for address in ("/admin/scoring/scoringrun/", "/admin/jobs/job/"):
            assert re.search(r"field-by[^>]*>\s*(?:<[^>]+>\s*)*Siti Aminah", page_of(client, address))

    def test_is_marked_in_the_list(self, client):
        scored(client)

        page = page_of(client, "/admin/scoring/scoringrun/")

        assert "Waiting" in page
        assert "pengajuan.csv" in page

    def test_says_nothing_once_it_is_whole(self, client):
        run = scored(client)
        run_job(str(run.job_id))

        page = page_of(client, run_url(run))

        assert 'data-testid="unfinished"' not in page
        assert counts(page)["read"] == 6
