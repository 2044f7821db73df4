"""The workbook of rejected rows, which takes its time: a small one is written while one waits, a large one by a job."""

from datetime import datetime

from django.conf import settings
from django.db import transaction

from bprs.access.models import User
from bprs.files.models import StoredFile
from bprs.importing.models import ImportBatch
from bprs.jobs.models import Job
from bprs.jobs.services import enqueue, retry
from bprs.wording import screen_language

WRITE_REJECTED = "write_rejected"


@transaction.atomic
def large_rejected_workbook(*, batch: ImportBatch, asked_by: User, asked_at: datetime) -> StoredFile | Job | None:
    """
    The file that a job made of the rejected rows there are now, in the language of the screen; until then the job, which
    is asked for once. None for what is written while one waits.
    """
    if batch.rejected_count <= settings.WORKBOOK_ROWS_AT_ONCE:
        return None
    params = {"batch": str(batch.pk), "language": screen_language(), "as_of": _last_changed(batch)}
    asked = {f"params__{name}": value for name, value in params.items()}
    job = Job.objects.filter(kind=WRITE_REJECTED, owner=asked_by, **asked).order_by("-created_at").first()
    made = StoredFile.objects.filter(token=job.result.get("token", "")).first() if job else None
    if job and not made and job.state in Job.RETRIABLE:
        return retry(job=job, at=asked_at)
    if made or (job and not job.is_over):
        return made or job
    return enqueue(
        kind=WRITE_REJECTED,
        params=params,
        owner=asked_by,
        created_at=asked_at,
        total_count=batch.rejected_count,
        subject=batch.stored_file.filename,
    )


def _last_changed(batch: ImportBatch) -> str:
    """Checking and importing reject rows anew."""
    last = batch.finished_at or batch.checked_at or batch.created_at
    return last.isoformat()
