"""
Scoring an uploaded file: small ones at once, large ones by a job, and either way the same parts under one run.

The same file, card and choices of the same user are the same run, however often and from how many sides it is asked for.
"""

import hashlib
import json
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import IO

import pyarrow as pa
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from bprs.access.models import User
from bprs.disk import NO_SPACE, DiskFull
from bprs.files.limits import upload_limits
from bprs.files.models import StoredFile
from bprs.files.row_count import count_rows
from bprs.jobs.models import Job
from bprs.jobs.services import enqueue, retry
from bprs.recorded import are_surely_absent
from bprs.spreadsheets.amounts import Locale
from bprs.spreadsheets.reading import TableReading
from loans.models import Segment
from scoring.engine import Scorecard
from scoring.models import RunPart, ScorecardVersion, ScoringRun, Source
from scoring.result_parts import discard_results, write_results
from scoring.run_figures import TOTALS
from scoring.services.announcements import announce_run
from scoring.services.applications import ScoredChunk, must_be_read_first, read_applications, score_chunks
from scoring.services.result_tables import rejected_table, scored_table

SCORE_FILE = "score_file"
PART_ROWS = 50_000
ROWS_AT_ONCE = 25_000  # which a part holds twice; ten thousand cost a tenth more of the processor


class NoRoomForResults(DiskFull):
    """Nothing was scored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileChoices:
    """How a file is to be read: which sheet, and what groups thousands where the file itself does not tell."""

    sheet: str = ""
    locale: Locale = "id"


def score_stored_file(
    *,
    stored_file: StoredFile,
    scored_by: User,
    scored_at: datetime,
    source: Source,
    choices: FileChoices = FileChoices(),
) -> ScoringRun:
    """
    Score an uploaded file with the card in force, or find the run that did. Loans are not touched.

    A small file is scored when this returns. For a larger one the run has a job, and is not complete yet; one that
    had failed or was cancelled goes on.

    :raises SpreadsheetRefused: if the file cannot be read; nothing is written then. What shows only after a while in a
        large workbook fails its job instead
    :raises NoActiveScorecard: if no card is in force
    :raises NoRoomForResults: if the disk is full; nothing is written then
    """
    run = _new_run(stored_file, scored_by, scored_at, source, choices)
    known = _recorded(run)
    if known is not None:
        return _gone_on_with(known, at=scored_at)
    rows = _rows_in(stored_file)
    is_small = rows is not None and rows <= settings.BULK_ROWS_ANSWERED_AT_ONCE
    if not is_small:
        _refuse_unreadable(run)
    try:
        return _score_at_once(run) if is_small else _score_by_job(run, rows)
    except IntegrityError:
        known = _recorded(run)  # somebody asked for the same at the same moment, and was quicker
        if known is None:
            raise
        return known


def parts_of(reading: TableReading, card: Scorecard) -> Iterator[tuple[int, Iterator[ScoredChunk]]]:
    """Score a table part by part; the same rows are the same part in every attempt."""
    chunks = score_chunks(reading, card, size=ROWS_AT_ONCE)
    return groupby(chunks, key=lambda chunk: chunk.parsed.source.start // PART_ROWS)


def write_part(run: ScoringRun, index: int, chunks: Iterable[ScoredChunk]) -> RunPart:
    """
    Put the results of some chunks on the disk. The part that is returned is to be saved.

    :raises OSError: if they cannot be written
    """
    scored, rejected, part = [], [], _empty_part(run, index)
    for chunk in chunks:
        scored.append(scored_table(chunk))
        rejected.append(rejected_table(chunk.parsed.errors))
        _count(part, chunk)
    part.scored_sha256 = write_results(_together(scored), run_id=run.pk, index=index, kind="scored")
    part.rejected_sha256 = write_results(_together(rejected), run_id=run.pk, index=index, kind="rejected")
    return part


def warnings_of(reading: TableReading) -> list[dict[str, object]]:
    """What there is to look at again in the file, as a run keeps it."""
    return [{"code": warning.code, "params": dict(warning.params)} for warning in reading.warnings]


@contextmanager
def opened_for_reading(run: ScoringRun) -> Iterator[TableReading]:
    """
    Open the file of a run as it was, or is to be, scored.

    :raises SpreadsheetRefused: if it cannot be read
    """
    with _content_of(run) as content:
        yield read_applications(
            content,
            card=run.version.card,
            limits=upload_limits(),
            filename=run.stored_file.filename if run.stored_file else "",
            locale="en" if run.locale == "en" else "id",
            sheet=run.sheet or None,
        )


@transaction.atomic
def close_run(*, run_id: uuid.UUID, is_whole: bool, at: datetime) -> ScoringRun:
    """Write the totals of the parts into the run; once it is whole, for good."""
    run = ScoringRun.objects.select_for_update(of=("self",)).select_related("version").get(pk=run_id)
    if run.is_complete:
        return run
    totals = run.parts.aggregate(**{name: Sum(name, default=0) for name in TOTALS})
    for name, total in totals.items():
        setattr(run, name, total)
    run.is_complete = is_whole
    run.save(update_fields=[*TOTALS, "is_complete"])
    if is_whole:
        announce_run(run, at=at)
    return run


def _new_run(
    stored_file: StoredFile, scored_by: User, scored_at: datetime, source: Source, choices: FileChoices
) -> ScoringRun:
    version = ScorecardVersion.objects.in_force(scored_at)
    asked_for = [stored_file.sha256, version.pk, version.content_hash, choices.sheet, choices.locale]
    return ScoringRun(
        pk=uuid.uuid4(),
        version=version,
        scored_by=scored_by,
        scored_at=scored_at,
        source=source,
        stored_file=stored_file,
        sheet=choices.sheet,
        locale=choices.locale,
        batch_key=hashlib.sha256(json.dumps(asked_for).encode()).hexdigest(),
    )


def _recorded(run: ScoringRun) -> ScoringRun | None:
    same = ScoringRun.objects.filter(scored_by=run.scored_by, batch_key=run.batch_key)
    return same.select_related("version", "job", "stored_file").first()


def _gone_on_with(run: ScoringRun, *, at: datetime) -> ScoringRun:
    if not run.is_complete:
        _go_on(run, at=at)
    return run


@transaction.atomic
def _go_on(run: ScoringRun, *, at: datetime) -> None:
    run.job = Job.objects.select_for_update(of=("self",)).get(runs=run)
    if run.job.state in Job.RETRIABLE:
        run.job = retry(job=run.job, at=at)


def _refuse_unreadable(run: ScoringRun) -> None:
    """:raises SpreadsheetRefused: if that can be told in a moment"""
    with _content_of(run) as content:
        is_to_be_read = must_be_read_first(content, card=run.version.card, sheet=run.sheet or None)
    if is_to_be_read:
        with opened_for_reading(run):
            pass


def _score_at_once(run: ScoringRun) -> ScoringRun:
    """Read, compute and write outside of any transaction; recording it is short."""
    try:
        with _room_for_results(), opened_for_reading(run) as reading:
            run.warnings = warnings_of(reading)
            parts = [write_part(run, index, chunks) for index, chunks in parts_of(reading, run.version.card)]
        _record_whole(run, parts)
    except BaseException:
        if are_surely_absent(ScoringRun.objects.filter(pk=run.pk)):
            discard_results(run.pk)
        raise
    return run


@transaction.atomic
def _record_whole(run: ScoringRun, parts: Sequence[RunPart]) -> None:
    """What `close_run` says of a run once all its parts are there, said at once."""
    for name in TOTALS:
        setattr(run, name, sum(getattr(part, name) for part in parts))
    run.is_complete = True
    run.save(force_insert=True)
    RunPart.objects.bulk_create(parts)
    announce_run(run, at=run.scored_at)


@transaction.atomic
def _score_by_job(run: ScoringRun, rows: int | None) -> ScoringRun:
    run.job = enqueue(
        kind=SCORE_FILE,
        params={"run_id": str(run.pk)},
        owner=run.scored_by,
        created_at=run.scored_at,
        total_count=rows,
        subject=run.stored_file.filename if run.stored_file else "",
    )
    run.save(force_insert=True)
    return run


def _rows_in(stored_file: StoredFile) -> int | None:
    with stored_file.content.open("rb") as content:
        return count_rows(content)


def _content_of(run: ScoringRun) -> IO[bytes]:
    if run.stored_file is None:
        raise ValueError("the run is not that of a file")
    content: IO[bytes] = run.stored_file.content.open("rb")
    return content


@contextmanager
def _room_for_results() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in NO_SPACE:
            raise
        message = _(
            "There is no room left on the disk, so nothing was scored. Ask for some to be freed, then try again."
        )
        raise NoRoomForResults(message) from error


def _empty_part(run: ScoringRun, index: int) -> RunPart:
    counts = dict.fromkeys((*TOTALS, "error_count", "start"), 0)
    return RunPart(run=run, index=index, **counts)


def _count(part: RunPart, chunk: ScoredChunk) -> None:
    account = chunk.parsed.account
    if not part.rows_read:
        part.start = chunk.parsed.source.start
    part.rows_read += account.rows_read
    part.scored_count += account.accepted
    part.rejected_count += account.rejected
    part.blank_count += account.blank
    part.error_count += len(chunk.parsed.errors)
    part.high_risk_count += chunk.outcomes.segment_counts().get(Segment.HIGH.value, 0)


def _together(tables: list[pa.Table]) -> pa.Table:
    return pa.concat_tables(tables).unify_dictionaries().combine_chunks()
