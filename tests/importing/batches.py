"""Imports for tests, through the services."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from bprs.access.models import User
from bprs.importing.models import ImportBatch
from bprs.importing.services import ImportOptions, check_batch, run_batch, undo_batch, upload_batch
from bprs.jobs.processes import this_process
from bprs.jobs.runner import run
from tests.factories import NOW

FOUR = ["monthly_income", "assets_value", "loan_amount", "tenor_months"]
HEADERS = ["cif", "nama", "no rekening", *FOUR]


def csv_of(headers: Sequence[str], rows: Sequence[Sequence[Any]]) -> bytes:
    return "\n".join(";".join(map(str, row)) for row in [headers, *rows]).encode()


def application(n: int, **values: Any) -> list[Any]:
    """A row for `HEADERS`."""
    row = dict(zip(HEADERS, [f"C-{n}", f"Siti {n}", f"P-{n}", 5_000_000, 20_000_000, 10_000_000, 12], strict=True))
    return list((row | values).values())


def uploaded(owner: User, content: bytes, *, name: str = "portofolio.csv", **options: Any) -> ImportBatch:
    options = {"kind": "applications", **options}
    return upload_batch(
        upload=SimpleUploadedFile(name, content), owner=owner, options=ImportOptions(**options), uploaded_at=NOW
    )


def checked(owner: User, content: bytes, **options: Any) -> ImportBatch:
    return check_batch(batch=uploaded(owner, content, **options), checked_at=NOW)


def imported(owner: User, content: bytes, **options: Any) -> ImportBatch:
    return run_batch(batch=checked(owner, content, **options), run_by=owner, run_at=NOW)


def undone(batch: ImportBatch, by: User | None = None) -> ImportBatch:
    return undo_batch(batch=batch, undone_by=by or batch.owner, undone_at=NOW + timedelta(hours=1))


def counts(batch: ImportBatch) -> tuple[int, int, int, int, int]:
    """New, changed, unchanged, rejected, blank."""
    return (
        batch.new_count,
        batch.changed_count,
        batch.unchanged_count,
        batch.rejected_count,
        batch.blank_count,
    )


def finished(batch: ImportBatch, *, parts_at_once: int = 1_000_000) -> ImportBatch:
    """Let workers do the job of the batch; each is stopped after so many parts, and the next one goes on."""
    batch.refresh_from_db()
    job = batch.job
    assert job is not None
    while not job.is_over:
        answers = iter([False] * parts_at_once)
        run(job_id=job.pk, runner=this_process(), should_stop=lambda answers=answers: next(answers, True))  # type: ignore[misc]
        job.refresh_from_db()
    batch.refresh_from_db()
    return batch
