"""The doors through which a file comes in, alike: each takes a case and tells the fate of its rows by number."""

import csv
import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client, override_settings
from django.urls import reverse
from openpyxl import load_workbook

from bprs.importing.models import ImportBatch
from bprs.importing.results import RejectedRow
from bprs.importing.selectors import rejected_rows, rejected_rows_workbook
from bprs.importing.sheets import SheetSource
from bprs.jobs.tasks import run_job
from bprs.spreadsheets import MESSAGES, Locale, SpreadsheetRefused, open_table
from bprs.spreadsheets.remarks import ROW_HEADERS
from loans.resources import ApplicationResource
from scoring.models import ScoringRun
from tests.api_client import ApiClient
from tests.factories import make_api_key
from tests.flows.test_import_and_export import ENGLISH, batch_of, preview

SCORED, BLANK = "scored", "blank"
# Any file is too large for the request, and any three rows for one part.
ALL_BY_JOB = override_settings(BULK_ROWS_ANSWERED_AT_ONCE=-1, IMPORT_ROWS_AT_ONCE=-1, IMPORT_PART_ROWS=2)


@dataclass(frozen=True, kw_only=True)
class Case:
    """A file; `fates` are those of its rows in order, `imported` those of the import where it reads more columns."""

    content: bytes
    fates: Sequence[str]
    imported: Sequence[str] = ()
    filename: str = "data.csv"
    first_row: int = 2
    sheet: str = ""
    locale: Locale = "id"

    def expected(self, fates: Sequence[str]) -> "Told":
        rows = {self.first_row + place: fate for place, fate in enumerate(fates) if fate != BLANK}
        return Told(rows=rows, blank=list(fates).count(BLANK))


@dataclass(frozen=True, kw_only=True)
class Told:
    """What a door says: the fate of the rows by number, or the code of the whole file."""

    rows: Mapping[int, str] = field(default_factory=dict)
    blank: int = 0
    refusal: str = ""


def code_in(said: str) -> str:
    """The code whose sentence stands in what a door says."""
    found = [code for code, pattern in SENTENCES if re.search(pattern, said)]
    return found[0] if found else f"unknown: {said}"


def _pattern(message: str) -> str:
    return re.sub(r"%\\\(\w+\\\)s|%\(\w+\)s", ".*", re.escape(message).replace("%\\(", "%(").replace("\\)s", ")s"))


SENTENCES = sorted(
    ((code, _pattern(message)) for code, message in MESSAGES.items()), key=lambda each: len(each[1]), reverse=True
)


def joined(codes: Sequence[str]) -> str:
    return " ".join(dict.fromkeys(codes))


class Api:
    def __init__(self, officer: Any) -> None:
        self.api = ApiClient(make_api_key(officer))

    def take(self, case: Case) -> Told:
        uploaded = self.api.upload(case.content, filename=case.filename)
        if uploaded.status_code >= 400:
            return Told(refusal=uploaded.json()["code"])
        body = {"file_path": uploaded.json()["stored_path"], "sheet": case.sheet, "locale": case.locale}
        response = self.api.post("/predictions/bulk", body)
        answer = json.loads(b"".join(response) if response.streaming else response.content)
        if response.status_code != 200:
            return Told(refusal=answer["code"])
        assert answer["rows_read"] == answer["total_rows"] + answer["rejected_rows"] + answer["blank_rows"]
        assert len(answer["results"]) == answer["total_rows"]
        return told_row_by_row(answer, answer["results"], answer["errors"])


class ApiJob(Api):
    """What is too large to be answered at once: a job to poll, then pages of results and of rejected rows."""

    @ALL_BY_JOB
    def take(self, case: Case) -> Told:
        uploaded = self.api.upload(case.content, filename=case.filename)
        if uploaded.status_code >= 400:
            return Told(refusal=uploaded.json()["code"])
        body = {"file_path": uploaded.json()["stored_path"], "sheet": case.sheet, "locale": case.locale}
        accepted = self.api.post("/predictions/bulk", body)
        if accepted.status_code != 202:  # what a first look shows is told before there is a job
            return Told(refusal=accepted.json()["code"])
        run_job(accepted.json()["id"])
        job = self.api.get(accepted["Location"].removeprefix("/api/v1")).json()
        if job["state"] != "done":
            return Told(refusal=job["error"]["code"])
        run = f"/runs/{job['result']['run_id']}"
        return told_row_by_row(job["result"], self.all_of(f"{run}/results"), self.all_of(f"{run}/errors"))

    def all_of(self, path: str) -> list[dict[str, Any]]:
        page = self.api.get(path, limit=100).json()
        assert page["count"] == len(page["items"])
        return list(page["items"])


def told_row_by_row(counts: Mapping[str, int], results: Sequence[Any], errors: Sequence[Any]) -> Told:
    assert counts["rows_read"] == counts["total_rows"] + counts["rejected_rows"] + counts["blank_rows"]
    assert len(results) == counts["total_rows"]
    rows = {result["row_number"]: SCORED for result in results}
    for number in {error["row_number"]: None for error in errors}:
        rows[number] = joined([error["code"] for error in errors if error["row_number"] == number])
    assert len(rows) == counts["total_rows"] + counts["rejected_rows"]
    return Told(rows=rows, blank=counts["blank_rows"])


class ScoringPage:
    """The page of the back office that scores a file, and the page of what came of it."""

    def __init__(self, client: Client, officer: Any, folder: Path) -> None:
        client.force_login(officer)
        self.client, self.path = client, folder / "rejected-by-page.xlsx"

    def take(self, case: Case) -> Told:
        brought = {"import_file": SimpleUploadedFile(case.filename, case.content), "locale": case.locale}
        url = reverse("admin:scoring_scoringrun_score_file")
        response = self.client.post(url, {**brought, "sheet": case.sheet}, headers=ENGLISH)
        if response.status_code != 302:
            return Told(refusal=self.refusal_of(response))
        run = ScoringRun.objects.latest("scored_at")
        page = self.client.get(response["Location"], headers=ENGLISH).content.decode()
        counts = {name: int(count) for name, count in re.findall(r'data-tile="(\w+)" data-count="(\d+)"', page)}
        assert counts["read"] == counts["scored"] + counts["rejected"] + counts["blank"]
        numbers = [int(line["Row"]) for line in csv.DictReader(io.StringIO(self.scores_of(run)))]
        self.path.write_bytes(self.downloaded("rejected", run.pk))
        reasons = reasons_in(self.path)
        assert (len(numbers), len(reasons)) == (counts["scored"], counts["rejected"])
        return Told(rows={**dict.fromkeys(numbers, SCORED), **reasons}, blank=counts["blank"])

    def refusal_of(self, response: Any) -> str:
        if response.context.get("sheets"):
            return "several_sheets"
        if response.context.get("lacking"):
            return "missing_columns"
        form = response.context["form"]
        return code_in(response.context.get("refusal") or str(form.errors.get("import_file", form.errors)))

    def rejected(self) -> bytes:
        return self.path.read_bytes()

    def scores_of(self, run: ScoringRun) -> str:
        return self.downloaded("download", run.pk, "csv").decode("utf-8-sig")

    def downloaded(self, *address: Any) -> bytes:
        name, *arguments = address
        response = self.client.get(reverse(f"admin:scoring_scoringrun_{name}", args=arguments), headers=ENGLISH)
        return b"".join(response.streaming_content)  # type: ignore[attr-defined]


class CommandLine:
    def __init__(self, folder: Path, capsys: Any) -> None:
        self.folder, self.capsys = folder, capsys

    def take(self, case: Case) -> Told:
        source, output = self.folder / case.filename, self.folder / "output.csv"
        source.write_bytes(case.content)
        try:
            call_command("score_file", str(source), "-o", str(output), locale=case.locale, sheet=case.sheet or None)
        except CommandError as refusal:
            if str(refusal) != "Nothing was scored.":
                return Told(refusal=code_in(str(refusal)))
        except SystemExit:
            pass  # some rows were rejected
        said = self.capsys.readouterr().out
        read, scored, rejected, blank = map(int, re.findall(r"[0-9]+", said.partition("blank")[0]))
        assert read == scored + rejected + blank
        numbers = [int(line["row_number"]) for line in self.lines(output)]
        assert len(numbers) == scored
        reasons = reasons_in(self.folder / "output.rejected.xlsx")
        assert len(reasons) == rejected
        return Told(rows={**dict.fromkeys(numbers, SCORED), **reasons}, blank=blank)

    def rejected(self) -> bytes:
        return (self.folder / "output.rejected.xlsx").read_bytes()

    def lines(self, output: Path) -> list[dict[str, str]]:
        content = output.read_text(encoding="utf-8-sig")
        return list(csv.DictReader(io.StringIO(content)))


def reasons_in(path: Path) -> dict[int, str]:
    """The codes of what is to be mended, by the row of the file it came from."""
    if not path.exists():
        return {}
    headers, *rows = load_workbook(path).active.values
    number = headers.index(ROW_HEADERS["en"])
    return {row[number]: joined([code_in(part) for part in row[number + 1].split("; ")]) for row in rows}


class ImportPage:
    """The import wizard of the back office, up to its check."""

    def __init__(self, client: Client, officer: Any, branch: Any) -> None:
        client.force_login(officer)
        self.client, self.branch = client, branch

    def take(self, case: Case) -> Told:
        response = preview(
            self.client,
            case.content,
            name=case.filename,
            branch=self.branch.pk,
            sheet=case.sheet,
            locale=case.locale,
        )
        form = response.context.get("form")
        if form is not None and form.errors:
            return Told(refusal=code_in(str(form.errors.get("import_file", form.errors))))
        if "names" in response.context:
            return Told(refusal="several_sheets")
        if response.context.get("problem"):
            return Told(refusal=code_in(response.context["problem"]))
        return self.told_of(batch_of(response), case)

    def rejected(self) -> bytes:
        batch = ImportBatch.objects.latest("created_at")
        return rejected_rows_workbook(batch, reader=batch.owner)

    def told_of(self, batch: ImportBatch, case: Case) -> Told:
        counts = (batch.new_count + batch.changed_count + batch.unchanged_count, batch.rejected_count)
        return told_by(*counts, batch.blank_count, batch.rows_read, rejected_rows(batch), case)


class ImportJob(ImportPage):
    """The wizard with a file so large that a worker checks it and another writes it, part after part."""

    @ALL_BY_JOB
    def take(self, case: Case) -> Told:
        return super().take(case)

    def told_of(self, batch: ImportBatch, case: Case) -> Told:
        run_job(str(batch.job_id))
        batch.refresh_from_db()
        if not batch.is_read:
            return Told(refusal=self.why_not_read(batch))
        checked = super().told_of(batch, case)
        self.client.post(reverse("admin:importing_importbatch_run", args=[batch.pk]), headers=ENGLISH)
        batch.refresh_from_db()
        run_job(str(batch.job_id))
        batch.refresh_from_db()
        assert batch.state == ImportBatch.State.DONE
        assert checked == super().told_of(batch, case)
        return checked

    def why_not_read(self, batch: ImportBatch) -> str:
        """Of a workbook, told on the page of the import."""
        page = self.client.get(reverse("admin:importing_importbatch_change", args=[batch.pk]), headers=ENGLISH)
        return "several_sheets" if "names" in page.context else code_in(page.context["panel"].sentence)


class Resource:
    def __init__(self, officer: Any, branch: Any) -> None:
        self.officer, self.branch = officer, branch

    def take(self, case: Case) -> Told:
        try:
            table = open_table(io.BytesIO(case.content), filename=case.filename, sheet=case.sheet or None)
            source = SheetSource(table=table, digest="0" * 64, locale=case.locale)
            result = ApplicationResource().import_data(source, user=self.officer, branch=self.branch)
        except SpreadsheetRefused as refusal:
            return Told(refusal=refusal.code)
        if result.refusal:
            return Told(refusal=code_in(result.refusal))
        counts = (result.new_count + result.changed_count + result.unchanged_count, result.rejected_count)
        return told_by(*counts, result.blank_count, result.total_rows, result.rejected, case)


def told_by(good: int, rejected_count: int, blank: int, read: int, rows: Sequence[RejectedRow], case: Case) -> Told:
    """Only the rejected rows are named: the others that are not blank stand in their order."""
    assert read == good + rejected_count + blank
    rejected = {row.number: joined([fault.code for fault in row.faults]) for row in rows}
    assert len(rejected) == rejected_count
    fates = case.imported or case.fates
    blanks = {case.first_row + place for place, fate in enumerate(fates) if fate == BLANK}
    numbers = range(case.first_row, case.first_row + read)
    others = {number: rejected.get(number, SCORED) for number in numbers if number not in blanks}
    return Told(rows={**others, **rejected}, blank=blank)
