"""Scoring a file: read, compute and write chunk by chunk, every row accounted for."""

import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from django.conf import settings
from django.db import transaction

from bprs.access.models import User
from bprs.bulk import insert_columns
from bprs.files.models import StoredFile
from bprs.spreadsheets import SCORING_COLUMNS, Limits, ParsedChunk, RowError, TableReading, read_table
from bprs.spreadsheets.amounts import Locale
from bprs.spreadsheets.contents import Source as FileSource
from bprs.spreadsheets.refusals import shown
from loans.models import Segment
from scoring.engine import Facts, Outcomes, Scorecard
from scoring.engine import Refusal as FactRefusal
from scoring.engine.vocabulary import CATEGORY_FACTS
from scoring.models import Refusal, Score, ScorecardVersion, ScoringRun, Source
from scoring.services.records import Rows, score_columns


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredChunk:
    """
    A chunk of a file and what came of it: `parsed` after the engine had its say, so that accepted means scored.

    `rows` are the positions in the chunk of the rows that were scored; `facts` and `outcomes` hold just those.
    """

    parsed: ParsedChunk
    rows: Rows
    facts: Facts
    outcomes: Outcomes


def read_applications(
    source: FileSource,
    *,
    card: Scorecard,
    limits: Limits,
    filename: str = "",
    locale: Locale = "id",
    sheet: str | None = None,
) -> TableReading:
    """
    Open a file of applications: the columns the card needs must be there, any others are left alone.

    :raises SpreadsheetRefused: if it cannot be read or lacks a column
    """
    words = tuple(each.fact for each in card.characteristics if each.fact in CATEGORY_FACTS)
    wanted = (*SCORING_COLUMNS, *dict.fromkeys(words))
    required = [name for name in wanted if name not in card.may_be_missing]
    return read_table(
        source, wanted=wanted, required=required, limits=limits, filename=filename, locale=locale, sheet=sheet
    )


def upload_limits() -> Limits:
    return Limits(max_bytes=settings.UPLOAD_MAX_BYTES)


def score_chunks(reading: TableReading, card: Scorecard) -> Iterator[ScoredChunk]:
    """Score every readable row; what the engine refuses joins what could not be read."""
    for parsed in reading:
        yield _score_chunk(parsed, card, reading)


@transaction.atomic
def score_stored_file(
    *,
    stored_file: StoredFile,
    scored_by: User,
    scored_at: datetime,
    source: Source,
    on_progress: Callable[[int], None] | None = None,
) -> ScoringRun:
    """
    Score an uploaded file with the card in force: one run, a Score for each scored row, a Refusal for each other fault.

    Loans are not touched. Costs two statements, and two more for every 10,000 rows.

    :raises SpreadsheetRefused: if the file cannot be read; nothing is written then
    :raises NoActiveScorecard: if no card is in force
    """
    version = ScorecardVersion.objects.in_force()
    run = ScoringRun(
        pk=uuid.uuid4(),
        version=version,
        scored_by=scored_by,
        scored_at=scored_at,
        source=source,
        stored_file=stored_file,
        is_complete=True,
    )
    with stored_file.content.open("rb") as content:
        reading = read_applications(content, card=version.card, limits=upload_limits(), filename=stored_file.filename)
        for chunk in score_chunks(reading, version.card):
            _write(run, chunk)
            if on_progress:
                on_progress(run.rows_read)
    run.save(force_insert=True)
    return run


def _score_chunk(parsed: ParsedChunk, card: Scorecard, reading: TableReading) -> ScoredChunk:
    readable = np.flatnonzero(parsed.accepted)
    facts = _facts_of(parsed, readable)
    outcomes = card.score(facts)
    if not outcomes.refused.any():
        return ScoredChunk(parsed=parsed, rows=readable, facts=facts, outcomes=outcomes)
    scored = np.flatnonzero(~outcomes.refused)
    refused = [(int(readable[row]), outcomes.refusal(row)) for row in np.flatnonzero(outcomes.refused).tolist()]
    errors = [_error(parsed, row, refusal, reading) for row, refusal in refused if refusal]
    return ScoredChunk(
        parsed=_with_rejected(parsed, errors),
        rows=readable[scored],
        facts=facts.take(scored),
        outcomes=outcomes.take(scored),
    )


def _with_rejected(parsed: ParsedChunk, errors: list[RowError]) -> ParsedChunk:
    """The chunk with these rows rejected too: its account still adds up, or cannot be made."""
    rejected = parsed.rejected.copy()
    rejected[[error.row_index - parsed.source.start for error in errors]] = True
    account = replace(
        parsed.account, accepted=parsed.account.accepted - len(errors), rejected=parsed.account.rejected + len(errors)
    )
    return replace(
        parsed,
        accepted=parsed.accepted & ~rejected,
        rejected=rejected,
        account=account,
        errors=tuple(sorted((*parsed.errors, *errors), key=lambda error: error.row_index)),
    )


def _facts_of(parsed: ParsedChunk, rows: Rows) -> Facts:
    read = parsed.columns
    words = {name: np.array(read[name].values, dtype=object)[rows] for name in CATEGORY_FACTS if name in read}
    numbers = {name: read[name].values[rows] for name in SCORING_COLUMNS if name in read}
    missing = {name: read[name].missing[rows] for name in (*numbers, *words) if read[name].missing.any()}
    return Facts(columns={**numbers, **words}, missing=missing)


def _error(parsed: ParsedChunk, position: int, refusal: FactRefusal, reading: TableReading) -> RowError:
    cell = parsed.source.columns[reading.match.columns[refusal.field]][position]
    return RowError(
        row_index=int(parsed.row_indexes[position]),
        row_number=int(parsed.row_numbers[position]),
        column=reading.match.header_of(refusal.field),
        field=refusal.field,
        code=refusal.code,
        params={"value": shown(cell)},
    )


def _write(run: ScoringRun, chunk: ScoredChunk) -> None:
    numbers = {
        "row_index": chunk.parsed.row_indexes[chunk.rows].tolist(),
        "row_number": chunk.parsed.row_numbers[chunk.rows].tolist(),
    }
    everything = np.arange(len(chunk.rows))
    scores = score_columns(facts=chunk.facts, outcomes=chunk.outcomes, rows=everything)
    insert_columns(Score, {"run": run.pk, **numbers, **scores}, count=len(chunk.rows))
    _write_refusals(run, chunk.parsed.errors)
    account = chunk.parsed.account
    run.rows_read += account.rows_read
    run.scored_count += account.accepted
    run.rejected_count += account.rejected
    run.blank_count += account.blank
    run.high_risk_count += chunk.outcomes.segment_counts().get(Segment.HIGH.value, 0)


def _write_refusals(run: ScoringRun, errors: tuple[RowError, ...]) -> None:
    columns = {
        "row_index": [error.row_index for error in errors],
        "row_number": [error.row_number for error in errors],
        "column": [error.column[:255] for error in errors],
        "field": [error.field for error in errors],
        "code": [str(error.code) for error in errors],
        "params": [json.dumps(dict(error.params)) for error in errors],
    }
    insert_columns(Refusal, {"run": run.pk, **columns}, count=len(errors))
