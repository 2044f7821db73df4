"""Scoring an uploaded file: its scores and refusals are written chunk by chunk, under one run."""

import json
import uuid
from collections.abc import Callable
from datetime import datetime

import numpy as np
from django.db import transaction

from bprs.access.models import User
from bprs.bulk import insert_columns
from bprs.files.models import StoredFile
from bprs.spreadsheets import RowError
from loans.models import Segment
from scoring.models import Refusal, Score, ScorecardVersion, ScoringRun, Source
from scoring.services.applications import ScoredChunk, read_applications, score_chunks, upload_limits
from scoring.services.records import score_columns


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
