"""An import from the file to the summary, and back: upload, match, check, run, undo."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.formats import localize
from django.utils.translation import gettext as _

from bprs.access.models import Branch, User
from bprs.errors import DomainError
from bprs.files.services import discard, store_upload
from bprs.importing.columns import confirm, recall, refuse_missing, remember
from bprs.importing.intake import is_read_at_once, take_in
from bprs.importing.models import ImportBatch
from bprs.importing.sheet_kinds import resource_of
from bprs.importing.uploads import opened_batch
from bprs.jobs import services as jobs
from bprs.recorded import are_surely_absent
from bprs.spreadsheets.amounts import Locale

State = ImportBatch.State


class NotPermitted(DomainError):
    code = "not_permitted"
    status = 403


class NotChecked(DomainError):
    code = "not_checked"
    status = 409


class ImportedAlready(DomainError):
    code = "imported_already"
    status = 409


class RowsRejected(DomainError):
    """All or nothing was asked for, and some rows are rejected."""

    code = "rows_rejected"


class CannotBeUndone(DomainError):
    code = "cannot_be_undone"
    status = 409


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOptions:
    """
    :ivar kind: a key of `settings.IMPORT_SHEETS`
    :ivar branch: for new customers whose row names none
    """

    kind: str
    branch: Branch | None = None
    sheet: str = ""
    locale: Locale = "id"
    is_scored: bool = False
    is_all_or_nothing: bool = False


def upload_batch(
    *, upload: "UploadedFile[bytes]", owner: User, options: ImportOptions, uploaded_at: datetime
) -> ImportBatch:
    """
    Keep the file, count its rows, and match its columns as the same source was matched before.

    A large workbook is only kept: it is read by the job that checks it.

    :raises NotPermitted: without the rights to add and change what the rows are
    :raises SpreadsheetRefused: if it is no table; nothing is kept then
    """
    _refuse_without_rights(owner, options)
    stored = store_upload(upload=upload, owner=owner, stored_at=uploaded_at)
    batch = ImportBatch(
        owner=owner,
        branch=options.branch,
        kind=options.kind,
        stored_file=stored,
        sheet=options.sheet,
        locale=options.locale,
        is_scored=options.is_scored,
        is_all_or_nothing=options.is_all_or_nothing,
        created_at=uploaded_at,
    )
    try:
        with transaction.atomic():
            if is_read_at_once(stored):
                with opened_batch(batch) as source:
                    take_in(batch, source)
            batch.save(force_insert=True)
    except BaseException:
        if are_surely_absent(ImportBatch.objects.filter(pk=batch.pk)):
            discard(stored)
        raise
    return batch


@transaction.atomic
def match_batch(
    *, batch: ImportBatch, mapping: Mapping[str, str], confirmed_by: User, confirmed_at: datetime
) -> ImportBatch:
    """
    Match the columns by hand (header -> field, or "" for what is not read) and remember it for the next file.

    :raises ImportedAlready: if it is too late
    :raises SpreadsheetRefused: if a required column is missing then, or two headers mean the same
    """
    locked = _locked(batch.pk)
    _refuse_too_late(locked)
    confirm(locked, mapping)
    remember(locked, confirmed_by=confirmed_by, confirmed_at=confirmed_at)
    locked.state, locked.notes, locked.preview = State.UPLOADED, [], {}
    locked.save()
    return locked


@transaction.atomic
def reread_batch(*, batch: ImportBatch, kind: str, asked_by: User) -> ImportBatch:
    """
    Take the rows for something else than was said when they were brought; the columns are matched anew.

    :raises NotPermitted: without the rights to add and change that
    :raises ImportedAlready: if it is too late
    """
    locked = _locked(batch.pk)
    _refuse_too_late(locked)
    if kind not in settings.IMPORT_SHEETS:
        raise NotPermitted(_("You may not import these rows."))
    _refuse_without_rights(asked_by, ImportOptions(kind=kind))
    locked.kind, locked.mapping, locked.is_mapping_remembered = kind, {}, False
    locked.state, locked.preview, locked.notes = State.UPLOADED, {}, recall(locked)
    locked.save()
    return locked


@transaction.atomic
def check_batch(*, batch: ImportBatch, checked_at: datetime) -> ImportBatch:
    """
    Find out what the import would do: at once for a small file, else as a job. That of a file that was not read yet
    ends with its columns, if one of them is in doubt.

    :raises ImportedAlready: if it is too late
    :raises SpreadsheetRefused: if columns are missing or the file cannot be read
    """
    locked = _locked(batch.pk)
    _refuse_too_late(locked)
    if locked.is_read:
        refuse_missing(locked, locked.mapping)
    locked.state = State.CHECKING
    return _worked("check_import", locked, by=locked.owner, at=checked_at)


@transaction.atomic
def run_batch(*, batch: ImportBatch, run_by: User, run_at: datetime) -> ImportBatch:
    """
    Import what was checked: at once for a small file, else as a job. Who confirms twice imports once.

    :raises NotPermitted: for anyone but the owner, and without the rights
    :raises NotChecked: before the check is through
    :raises ImportedAlready: if it runs or ran
    :raises RowsRejected: if it was to be all or nothing; nothing is imported then
    """
    locked = _locked(batch.pk)
    if locked.owner_id != run_by.pk:
        raise NotPermitted(_("Only who uploaded the file can import it."))
    options = ImportOptions(kind=locked.kind, branch=locked.branch, is_scored=locked.is_scored)
    _refuse_without_rights(run_by, options)
    if locked.state in (State.UPLOADED, State.CHECKING):
        raise NotChecked(_("The file is not checked yet."))
    _refuse_too_late(locked)
    if locked.is_all_or_nothing and locked.rejected_count:
        raise RowsRejected(
            _("Nothing was imported: %(count)s rows are rejected, and all or nothing was asked for.")
            % {"count": localize(locked.rejected_count)}
        )
    locked.state, locked.run_at = State.RUNNING, run_at
    return _worked("run_import", locked, by=run_by, at=run_at)


@transaction.atomic
def undo_batch(*, batch: ImportBatch, undone_by: User, undone_at: datetime) -> ImportBatch:
    """
    Remove what the import created and restore what it changed, where nobody has touched it since.

    Scores stay as evidence, and financing that was there before keeps the score it shows.

    :raises CannotBeUndone: if it was not imported or is undone already; for who may not change such rows, or neither
        imported them nor sees every branch
    """
    locked = _locked(batch.pk)
    is_theirs = locked.owner_id == undone_by.pk or undone_by.has_every_branch()
    if not (is_theirs and undone_by.has_perms(resource_of(locked.kind).permissions)):
        raise CannotBeUndone(_("Only who imported the file, or a supervisor, can undo it."))
    if locked.state not in ImportBatch.MAY_BE_UNDONE:
        raise CannotBeUndone(_cannot_be_undone(locked))
    locked.state = State.UNDOING
    return _worked("undo_import", locked, by=undone_by, at=undone_at)


def _worked(kind: str, batch: ImportBatch, *, by: User, at: datetime) -> ImportBatch:
    batch.save()
    is_small = batch.is_read and batch.rows_read <= settings.IMPORT_ROWS_AT_ONCE
    ask = jobs.run_now if is_small else jobs.enqueue
    job = ask(
        kind=kind,
        params={"batch": str(batch.pk), "by": by.pk},
        owner=by,
        created_at=at,
        total_count=batch.rows_read if batch.is_read else None,
        subject=batch.stored_file.filename,
    )
    ImportBatch.objects.filter(pk=batch.pk).update(job=job)
    return ImportBatch.objects.select_related("owner", "branch", "stored_file", "job").get(pk=batch.pk)


def _locked(batch_id: UUID) -> ImportBatch:
    batches = ImportBatch.objects.select_for_update(of=("self",))
    return batches.select_related("owner", "branch", "stored_file").get(pk=batch_id)


def _refuse_too_late(batch: ImportBatch) -> None:
    if batch.state not in ImportBatch.MAY_BE_CHECKED:
        raise ImportedAlready(_("This file was imported already. To change something, upload it again."))


def _refuse_without_rights(user: User, options: ImportOptions) -> None:
    needed = [*resource_of(options.kind).permissions]
    if options.is_scored:
        needed.append(settings.IMPORT_FOLLOW_UP_PERMISSION)
    if not user.has_perms(needed):
        raise NotPermitted(_("You may not import these rows."))
    if options.branch and not Branch.objects.visible_to(user).filter(pk=options.branch.pk).exists():
        raise NotPermitted(_("You do not work in this branch."))


def _cannot_be_undone(batch: ImportBatch) -> str:
    if batch.state in (State.UNDOING, State.UNDONE):
        return _("This import is undone already.")
    return _("Nothing of this file was imported, so there is nothing to undo.")
