"""What the wizard lets its officer choose after the upload, and carries out together with the choice."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _

from bprs.access.models import User
from bprs.errors import DomainError
from bprs.files.models import StoredFile
from bprs.files.services import discard
from bprs.importing.models import ImportBatch
from bprs.importing.services import (
    ImportedAlready,
    ImportOptions,
    NotPermitted,
    check_batch,
    match_batch,
    reread_batch,
    run_batch,
    undo_batch,
    upload_batch,
)
from bprs.jobs import services as jobs
from bprs.jobs.models import Job
from bprs.spreadsheets.amounts import Locale

State = ImportBatch.State


class StillWorking(DomainError):
    code = "still_working"
    status = 409


@dataclass(frozen=True, slots=True, kw_only=True)
class RunChoices:
    is_scored: bool
    is_all_or_nothing: bool


@transaction.atomic
def run_as_chosen(*, batch: ImportBatch, chosen: RunChoices, run_by: User, run_at: datetime) -> ImportBatch:
    """
    Import what was checked, as its officer chose on the page of the check.

    :raises DomainError: as `run_batch`
    """
    locked = _own(batch.pk, run_by)
    if locked.state == State.CHECKED:
        ImportBatch.objects.filter(pk=locked.pk).update(
            is_scored=chosen.is_scored, is_all_or_nothing=chosen.is_all_or_nothing
        )
    return run_batch(batch=locked, run_by=run_by, run_at=run_at)


@transaction.atomic
def match_as_chosen(
    *, batch: ImportBatch, mapping: Mapping[str, str], confirmed_by: User, confirmed_at: datetime
) -> ImportBatch:
    """
    Match the columns by hand, unless the rows are being read as they were matched before.

    :raises StillWorking: while they are
    :raises DomainError: as `match_batch`
    """
    locked = _own(batch.pk, confirmed_by)
    _refuse_at_work(locked)
    return match_batch(batch=locked, mapping=mapping, confirmed_by=confirmed_by, confirmed_at=confirmed_at)


@transaction.atomic
def reread_as_chosen(*, batch: ImportBatch, kind: str, asked_by: User) -> ImportBatch:
    """
    Take the rows for something else, unless they are being read.

    :raises StillWorking: while they are
    :raises DomainError: as `reread_batch`
    """
    locked = _own(batch.pk, asked_by)
    _refuse_at_work(locked)
    return reread_batch(batch=locked, kind=kind, asked_by=asked_by)


@transaction.atomic
def check_as_chosen(
    *, batch: ImportBatch, locale: Locale, sheet: str = "", checked_by: User, checked_at: datetime
) -> ImportBatch:
    """
    Check the file, with ambiguous numbers read as chosen, and of a workbook that was not read yet the sheet that was
    chosen. A check that is going on is left to go on.

    :raises DomainError: as `check_batch`
    """
    locked = _own(batch.pk, checked_by)
    if _is_at_work(locked):
        return locked
    ImportBatch.objects.filter(pk=locked.pk).update(
        locale=locale, notes=[], sheet=locked.sheet if locked.is_read else sheet or locked.sheet
    )
    return check_batch(batch=locked, checked_at=checked_at)


@transaction.atomic
def undo_own_batch(*, batch: ImportBatch, undone_by: User, undone_at: datetime) -> ImportBatch:
    """
    Undo an import of one's own.

    :raises DomainError: as `undo_batch`
    """
    return undo_batch(batch=_own(batch.pk, undone_by), undone_by=undone_by, undone_at=undone_at)


@transaction.atomic
def go_on(*, batch: ImportBatch, by: User, at: datetime) -> ImportBatch:
    """
    Take up again what was cancelled or failed: the check from its beginning, all else where it stood.

    :raises ImportedAlready: if there is nothing to go on with
    """
    locked = _own(batch.pk, by)
    if _is_at_work(locked):
        return locked
    if locked.state == State.CHECKING or not locked.is_read:
        return check_batch(batch=locked, checked_at=at)
    if locked.job is None or locked.job.state not in Job.RETRIABLE:
        raise ImportedAlready(_("There is nothing left to go on with."))
    jobs.retry(job=locked.job, at=at)
    return locked


@transaction.atomic
def stop(*, batch: ImportBatch, by: User, at: datetime) -> None:
    """
    Cancel what is going on; what was done stays.

    :raises DomainError: as `jobs.cancel`
    """
    locked = _own(batch.pk, by)
    if locked.job is None:
        raise ImportedAlready(_("There is nothing left to cancel."))
    jobs.cancel(job=locked.job, by=by, at=at)


def upload_chosen_sheet(
    *, stored: StoredFile, owner: User, options: ImportOptions, uploaded_at: datetime
) -> ImportBatch:
    """
    Bring in a workbook that was kept until its officer said which of its sheets is meant.

    :raises DomainError: as `upload_batch`
    """
    with stored.content.open("rb") as file:
        upload = UploadedFile(file=file, name=stored.filename, size=stored.size)
        batch = upload_batch(upload=upload, owner=owner, options=options, uploaded_at=uploaded_at)
    with transaction.atomic():
        discard(stored)
    return batch


def _is_at_work(batch: ImportBatch) -> bool:
    return batch.job is not None and not batch.job.is_over


def _refuse_at_work(batch: ImportBatch) -> None:
    if _is_at_work(batch):
        raise StillWorking(_("The file is being worked on. Wait until that is done, or cancel it."))


def _own(batch_id: UUID, user: User) -> ImportBatch:
    batches = ImportBatch.objects.select_for_update(of=("self",))
    locked = batches.select_related("owner", "branch", "stored_file", "job").get(pk=batch_id)
    if locked.owner_id != user.pk:
        raise NotPermitted(_("Only who uploaded the file can do this."))
    return locked
