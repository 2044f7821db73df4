"""What a worker does for scoring."""

from collections.abc import Container, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, TypedDict

from django.utils.translation import gettext_lazy as _

from bprs.files.models import StoredFile
from bprs.jobs.work import Part, Work
from scoring.models import ScorecardVersion, ScoringRun, Source
from scoring.services.applications import read_applications, upload_limits
from scoring.services.score_file import score_stored_file

SCORE_FILE = "score_file"


class ScoreFileParams(TypedDict):
    stored_file_id: int
    language: str


class ScoreFileWork(Work):
    """Score the file of the job, as one part. The run is dated to the moment it was asked for."""

    title = _("Scoring of a file")

    def parts(self, skip: Container[int]) -> Iterator[Part]:
        """
        Look into the file before it is scored.

        :raises SpreadsheetRefused: if it cannot be read
        :raises NoActiveScorecard: if no card is in force
        """
        stored_file = self._stored_file()
        card = ScorecardVersion.objects.in_force().card
        with stored_file.content.open("rb") as content:
            read_applications(content, card=card, limits=upload_limits(), filename=stored_file.filename)
        yield Part(index=0, rows=self.job.total_count or 0, run=self._score)

    def conclude(self, results: Sequence[Mapping[str, Any]], *, at: datetime, is_whole: bool) -> Mapping[str, Any]:
        return results[0] if results else {}

    def _score(self) -> Mapping[str, Any]:
        run = score_stored_file(
            stored_file=self._stored_file(), scored_by=self.job.owner, scored_at=self.job.created_at, source=Source.API
        )
        return _result(run)

    def _stored_file(self) -> StoredFile:
        return StoredFile.objects.get(pk=self.job.params["stored_file_id"])


def _result(run: ScoringRun) -> Mapping[str, Any]:
    return {
        "run_id": str(run.pk),
        "total_rows": run.scored_count,
        "high_risk_count": run.high_risk_count,
        "rows_read": run.rows_read,
        "rejected_rows": run.rejected_count,
        "blank_rows": run.blank_count,
    }
