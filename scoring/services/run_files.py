"""The results of a scored file as a file of its own, and its rejected rows as a workbook to mend and bring again."""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from io import BytesIO
from typing import BinaryIO, cast

import pyarrow as pa
import pyarrow.parquet as pq
from django.utils.translation import gettext, override
from django.utils.translation import gettext as _

from bprs.access.disclosures import note_export
from bprs.access.models import User
from bprs.disk import room_needed
from bprs.errors import DomainError
from bprs.spreadsheets import CsvWriter, Language, RejectedWriter, XlsxWriter
from bprs.wording import screen_language
from scoring.models import ScoringRun
from scoring.result_pages import check_results, scored_columns, scored_parts
from scoring.services.applications import score_chunks
from scoring.services.outgoing import rounded
from scoring.services.run_sheets import Column, sheet_columns, sheet_headers
from scoring.services.score_file import opened_for_reading

BLOCK = 1024 * 1024
ALWAYS = ("row_index", "row_number", "credit_score", "raw_score", "default_probability", "segment")


@dataclass(frozen=True, slots=True, kw_only=True)
class Taking:
    """Who takes a file away, when, and to which address."""

    by: User
    at: datetime
    remote_address: str | None


class NotOfAFile(DomainError):
    code = "not_of_a_file"
    status = 404


def csv_file(run: ScoringRun, language: Language | None) -> Iterator[bytes]:
    """:raises ResultsChanged: if the results are not what was written; before the first byte"""
    if language:
        return _written(partial(_write, run, language, CsvWriter))
    check_results(run)
    return _csv(run)


def parquet_file(run: ScoringRun) -> Iterator[bytes]:
    """:raises ResultsChanged: if the results are not what was written"""
    return _written(partial(_write_parquet, run))


def workbook_file(run: ScoringRun, language: Language | None) -> Iterator[bytes]:
    """:raises ResultsChanged: if the results are not what was written"""
    return _written(partial(write_workbook, run, language))


def rejected_file(run: ScoringRun, *, taken: Taking) -> Iterator[bytes]:
    """
    Read the file again and write its rejected rows as they came, each with what is wrong in the reader's language.

    Identities are there for who brought the file, to mend it; for others they are masked. Either way it is written down.

    :raises NotOfAFile: if the run is one of stored loans
    """
    refuse_loans(run)
    is_own = run.scored_by_id == taken.by.pk
    content = _written(partial(_write_rejected, run, not is_own))
    note_taken(run, "rejected", taken, rows=run.rejected_count, with_identities=is_own)
    return content


def note_taken(run: ScoringRun, file_format: str, taken: Taking, *, rows: int, with_identities: bool = False) -> None:
    note_export(
        list_name=run._meta.label_lower,
        query=f"run={run.pk}",
        columns=[],
        file_format=file_format,
        row_count=rows,
        made_by=taken.by,
        made_at=taken.at,
        remote_address=taken.remote_address,
        with_identities=with_identities,
    )


def write_workbook(run: ScoringRun, language: Language | None, target: BinaryIO) -> None:
    """
    Write the scored rows for people, in their language and beside the file's own columns, or for programs.

    :raises ResultsChanged: if the results are not what was written
    """
    _write(run, language, XlsxWriter, target)


def refuse_loans(run: ScoringRun) -> None:
    if run.stored_file_id is None:
        raise NotOfAFile(_("This run scored stored financing, not a file; its scores are listed, not downloaded."))


def _write(
    run: ScoringRun, language: Language | None, writer_class: type[CsvWriter | XlsxWriter], target: BinaryIO
) -> None:
    with (
        _laid_out(run, language, is_text=writer_class is CsvWriter) as (headers, columns),
        writer_class(target, headers, ["any"] * len(headers)) as writer,
    ):
        for some in columns:
            writer.write_columns(some)


@contextmanager
def _laid_out(
    run: ScoringRun, language: Language | None, *, is_text: bool
) -> Iterator[tuple[list[str], Iterator[Sequence[Column]]]]:
    if language is None:
        names = _names(run)
        yield names, map(_columns, scored_parts(run, names))
        return
    with override(language), opened_for_reading(run) as reading:
        yield sheet_headers(run, reading), sheet_columns(run, reading, is_text=is_text)


def _csv(run: ScoringRun) -> Iterator[bytes]:
    """For programs: on its way while it is made."""
    with BytesIO() as target, _laid_out(run, None, is_text=True) as (headers, columns):
        writer = CsvWriter(target, headers, ["any"] * len(headers))
        for some in columns:
            writer.write_columns(some)
            yield target.getvalue()
            target.seek(0)
            target.truncate()
        writer.close()
        yield target.getvalue()


def _write_rejected(run: ScoringRun, hides_identities: bool, target: BinaryIO) -> None:  # noqa: FBT001 bound by partial
    with (
        opened_for_reading(run) as reading,
        RejectedWriter(
            target, reading, language=screen_language(), translate=gettext, hides_identities=hides_identities
        ) as writer,
    ):
        for chunk in score_chunks(reading, run.version.card):
            writer.write(chunk.parsed)


def _write_parquet(run: ScoringRun, target: BinaryIO) -> None:
    writer: pq.ParquetWriter | None = None
    for part in scored_parts(run, scored_columns(run)):
        writer = writer or pq.ParquetWriter(target, part.schema)
        writer.write_table(part)
    if writer is None:
        pq.write_table(pa.table({name: pa.nulls(0) for name in _names(run)}), target)
    else:
        writer.close()


def _names(run: ScoringRun) -> list[str]:
    """A file without rows has a header all the same."""
    return scored_columns(run) or list(ALWAYS)


def _columns(part: pa.Table) -> list[Column]:
    """Labels as the texts they stand for."""
    columns = (column.combine_chunks() for column in part.columns)
    return [column.cast(pa.string()) if pa.types.is_dictionary(column.type) else rounded(column) for column in columns]


def _written(write: Callable[[BinaryIO], None]) -> Iterator[bytes]:
    """
    Write all of it aside before the first byte goes out: what refuses still can.

    :raises DiskFull: if there is no room for it
    """
    target = cast(BinaryIO, tempfile.TemporaryFile())  # noqa: SIM115 who sends its content closes it
    try:
        with room_needed():
            write(target)
            target.flush()
    except BaseException:
        with suppress(OSError):  # of what it still held back
            target.close()
        raise
    return _content_of(target)


def _content_of(target: BinaryIO) -> Iterator[bytes]:
    target.seek(0)
    with target:
        yield from blocks_of(target)


def blocks_of(file: BinaryIO) -> Iterator[bytes]:
    while block := file.read(BLOCK):
        yield block
