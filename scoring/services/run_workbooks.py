"""
The results of a file as a workbook, which takes its time: a small one while one waits, a large one by a job.

What a job made is kept beside the results; it is made of them, so it can be thrown away and made again.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Literal, cast

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils.translation import gettext as _

from bprs import stored_files
from bprs.access.models import User
from bprs.errors import DomainError
from bprs.jobs.models import Job
from bprs.jobs.services import enqueue, retry
from bprs.spreadsheets import Language
from bprs.spreadsheets.writing import SHEET_ROWS
from scoring.models import ScoringRun
from scoring.result_pages import scored_count
from scoring.result_parts import folder_of
from scoring.services.run_files import (
    Taking,
    blocks_of,
    csv_file,
    note_taken,
    parquet_file,
    refuse_loans,
    workbook_file,
    write_workbook,
)

WRITE_WORKBOOK = "write_workbook"
DownloadFormat = Literal["csv", "xlsx", "parquet"]


class TooManyRowsForASheet(DomainError):
    code = "too_many_rows_to_write"


def results_file(
    run: ScoringRun, file_format: DownloadFormat, *, language: Language | None, taken: Taking
) -> Iterator[bytes] | Job:
    """
    Make the scored rows a file. Memory stays flat. Of a large workbook, the job that makes it, until it is made.

    With a language it is for people: the columns of the file as they came, and the outcome in words. Without one it is
    for programs: the facts as they were read and the outcome, under names that never change. Parquet always is. Who took
    it is written down before it is handed out.

    :raises NotOfAFile: if the run is one of stored loans
    :raises TooManyRowsForASheet: if it is to be a workbook and has more rows than a sheet
    :raises ResultsChanged: if the results are not what was written
    """
    refuse_loans(run)
    if file_format == "xlsx":
        job = workbook_job(run, language=language, asked_by=taken.by, asked_at=taken.at)
        if job is not None:
            return job
    content = _made(run, file_format, language)
    note_taken(run, file_format, taken, rows=scored_count(run))
    return content


def _made(run: ScoringRun, file_format: DownloadFormat, language: Language | None) -> Iterator[bytes]:
    if file_format != "xlsx":
        return csv_file(run, language) if file_format == "csv" else parquet_file(run)
    made = made_workbook(run, language)
    return _content_of(made) if made else workbook_file(run, language)


def made_workbook(run: ScoringRun, language: Language | None) -> str:
    """The name in the storage of the workbook that a job made of the rows there are; "" if there is none."""
    name = _name(run, language)
    return name if default_storage.exists(name) else ""


def workbook_job(run: ScoringRun, *, language: Language | None, asked_by: User, asked_at: datetime) -> Job | None:
    """
    Have a large workbook made: once, however often it is asked for. None for one that needs no job.

    :raises TooManyRowsForASheet: if the run has more rows than a sheet
    """
    rows = scored_count(run)
    if rows >= SHEET_ROWS:
        raise TooManyRowsForASheet(
            _("A sheet holds no more than %(limit)s rows. Download the results as CSV or Parquet.")
            % {"limit": SHEET_ROWS - 1}
        )
    if rows <= settings.WORKBOOK_ROWS_AT_ONCE or made_workbook(run, language):
        return None
    return _asked_for(run, rows, language, asked_by=asked_by, asked_at=asked_at)


@contextmanager
def new_workbook(run: ScoringRun, language: Language | None) -> Iterator[Path]:
    """Write the workbook beside its place; whoever has it then puts it there, whole."""
    with stored_files.aside(_name(run, language)) as path:
        with path.open("wb") as file:
            write_workbook(run, language, file)
        yield path


def put_in_place(run: ScoringRun, language: Language | None, workbook: Path) -> None:
    stored_files.put_in_place(workbook, _name(run, language))


@transaction.atomic
def _asked_for(run: ScoringRun, rows: int, language: Language | None, *, asked_by: User, asked_at: datetime) -> Job:
    params = {"run_id": str(run.pk), "layout": language or ""}
    jobs = Job.objects.filter(
        kind=WRITE_WORKBOOK, owner=asked_by, **{f"params__{name}": params[name] for name in params}
    )
    job = jobs.select_for_update().exclude(state=Job.State.DONE).order_by("-created_at").first()
    if job is None:
        return enqueue(
            kind=WRITE_WORKBOOK,
            params=params,
            owner=asked_by,
            created_at=asked_at,
            total_count=rows,
            subject=run.stored_file.filename if run.stored_file else "",
        )
    return retry(job=job, at=asked_at) if job.state in Job.RETRIABLE else job


def _content_of(name: str) -> Iterator[bytes]:
    with default_storage.open(name) as file:
        yield from blocks_of(cast("BinaryIO", file))


def _name(run: ScoringRun, language: Language | None) -> str:
    return f"{folder_of(run.pk)}/workbook-{language or 'plain'}-{scored_count(run)}.xlsx"
