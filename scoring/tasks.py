"""What a worker does for scoring."""

from collections.abc import Callable
from typing import TypedDict

from bprs.files.models import StoredFile
from bprs.jobs.models import Job
from scoring.models import ScoringRun, Source
from scoring.services.score_file import score_stored_file

SCORE_FILE = "score_file"


class ScoreFileParams(TypedDict):
    stored_file_id: int
    language: str


class ScoreFileResult(TypedDict):
    run_id: str
    total_rows: int
    high_risk_count: int
    rows_read: int
    rejected_rows: int
    blank_rows: int


def score_uploaded_file(job: Job, on_progress: Callable[[int], None]) -> ScoreFileResult:
    """
    Score the file of the job.

    The run is dated to the moment it was asked for, and is found by that again: a worker that is killed between the
    run and the end of the job leaves work that is not done twice.

    :raises SpreadsheetRefused: if the file cannot be read
    :raises NoActiveScorecard: if no card is in force
    """
    stored_file = StoredFile.objects.get(pk=job.params["stored_file_id"])
    done = ScoringRun.objects.filter(
        stored_file=stored_file, scored_by=job.owner, scored_at=job.created_at, is_complete=True
    ).first()
    return _result(
        done
        or score_stored_file(
            stored_file=stored_file,
            scored_by=job.owner,
            scored_at=job.created_at,
            source=Source.API,
            on_progress=on_progress,
        )
    )


def _result(run: ScoringRun) -> ScoreFileResult:
    return {
        "run_id": str(run.pk),
        "total_rows": run.scored_count,
        "high_risk_count": run.high_risk_count,
        "rows_read": run.rows_read,
        "rejected_rows": run.rejected_count,
        "blank_rows": run.blank_count,
    }
