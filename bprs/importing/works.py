"""The long work of imports: checking, writing, undoing. Small files go the same way within the request."""

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from itertools import chain
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bprs.access.models import User
from bprs.errors import DomainError
from bprs.files.services import keep_file
from bprs.importing.checking import Finding, examine, record, set_counts
from bprs.importing.columns import is_settled
from bprs.importing.intake import take_in
from bprs.importing.models import ImportBatch
from bprs.importing.reasons import sum_up_reasons
from bprs.importing.selectors import rejected_filename, rejected_rows_workbook
from bprs.importing.sheet_kinds import resource_of
from bprs.importing.undoing import KEPT_NAMED, Undoer, slices_of, take_back
from bprs.importing.uploads import opened_batch
from bprs.importing.writing import BatchWriter, added_up, follow_up_of
from bprs.jobs.models import Job
from bprs.jobs.work import Part, Work, set_total
from bprs.spreadsheets import SpreadsheetRefused

ROW_COUNTS = ("read", "new", "changed", "unchanged", "rejected", "blank")
UNDO_COUNTS = ("read", "removed", "restored", "kept")
State = ImportBatch.State


class ImportIsOver(DomainError):
    code = "import_is_over"
    status = 409


class ImportWork(Work):
    @classmethod
    def result_url(cls, job: Job) -> str:
        """The page of the import: what it shows is what there is."""
        return reverse("admin:importing_importbatch_change", args=[job.params["batch"]])


class CheckImport(ImportWork):
    title = gettext_lazy("Check a file to import")
    stopping = gettext_lazy("Stop checking")

    def parts(self, skip: Container[int]) -> Iterator[Part]:
        """:raises SpreadsheetRefused: if the file cannot be read"""
        if 0 not in skip:
            batch = _batch_of(self)
            run = self._looked_into(batch)
            yield Part(index=0, rows=batch.rows_read, run=run)

    def conclude(self, results: Sequence[Mapping[str, Any]], *, at: datetime, is_whole: bool) -> Mapping[str, Any]:
        if not is_whole:
            ImportBatch.objects.filter(pk=self.param("batch")).update(state=State.UPLOADED)
        return results[0] if results else {}

    def _looked_into(self, batch: ImportBatch) -> Callable[[], Mapping[str, Any]]:
        """What there is to write down: what the rows will become, or what somebody has to say before that is known."""
        try:
            with opened_batch(batch) as source:
                if not batch.is_read:
                    take_in(batch, source)
                    set_total(self.job, batch.rows_read)
                    if not is_settled(batch):
                        return partial(_wait_for_an_answer, batch)
                return partial(self._record, batch, examine(batch, source, at=self.job.created_at))
        except SpreadsheetRefused as refused:
            if not refused.sheets:
                raise
            batch.preview = {"sheets": refused.sheets}
            return partial(_wait_for_an_answer, batch)

    def _record(self, batch: ImportBatch, finding: Finding) -> Mapping[str, Any]:
        record(batch, finding, at=self.job.created_at)
        return _counts_of(batch)


class RunImport(ImportWork):
    title = gettext_lazy("Import a file")
    beginning = gettext_lazy("Reading the file again; nothing is written yet.")
    stopping = gettext_lazy("Stop the import")

    def parts(self, skip: Container[int]) -> Iterator[Part]:
        """:raises ImportIsOver: if what was written has been taken back: there is nothing to go on with"""
        batch = _batch_of(self)
        if batch.state not in (State.RUNNING, State.PARTLY_DONE):
            raise ImportIsOver(_("This import is over. Upload the file again."))
        with opened_batch(batch) as source:
            writer = BatchWriter(batch, source)
            for index, rows in enumerate(writer.parts):
                if index not in skip:
                    yield Part(index=index, rows=len(rows), run=partial(writer.write, index))

    def conclude(self, results: Sequence[Mapping[str, Any]], *, at: datetime, is_whole: bool) -> Mapping[str, Any]:
        batch = ImportBatch.objects.select_for_update().get(pk=self.param("batch"))
        counts = added_up(results, ROW_COUNTS)
        if batch.is_all_or_nothing and not (is_whole and counts["rejected"] == 0):
            return self._withdraw(batch, at)
        follow_up = follow_up_of(batch)
        batch.follow_up = dict(follow_up.conclude(at=at, is_whole=is_whole)) if follow_up else {}
        if counts["rejected"] != batch.rejected_count:
            sum_up_reasons(batch)
        set_counts(batch, counts)
        batch.state, batch.finished_at = (State.DONE if is_whole else State.PARTLY_DONE), at
        batch.save()
        return {**_counts_of(batch), "follow_up": batch.follow_up}

    def _withdraw(self, batch: ImportBatch, at: datetime) -> Mapping[str, Any]:
        """All or nothing, and all it cannot be."""
        undoer = Undoer(batch=batch, by=batch.owner, at=at)
        slices = list(slices_of(batch, resource_of(batch.kind).records))
        results = [take_back(kind, keys, undoer) for kind, keys in slices]
        follow_up = follow_up_of(batch)
        batch.follow_up = dict(follow_up.conclude(at=at, is_whole=False)) if follow_up else {}
        batch.undone = _undone(results)
        batch.state, batch.finished_at = State.WITHDRAWN, at
        batch.new_count = batch.changed_count = batch.unchanged_count = 0
        batch.rejected_count = batch.rows_read - batch.blank_count
        batch.save()
        return {**_counts_of(batch), "undone": batch.undone}


class UndoImport(ImportWork):
    title = gettext_lazy("Undo an import")
    beginning = gettext_lazy("Looking up what the import wrote.")
    stopping = gettext_lazy("Stop undoing")

    def parts(self, skip: Container[int]) -> Iterator[Part]:
        batch = _batch_of(self)
        by = User.objects.get(pk=self.param("by"))
        undoer = Undoer(batch=batch, by=by, at=self.job.created_at)
        slices = list(slices_of(batch, resource_of(batch.kind).records))
        set_total(self.job, sum(len(keys) for _kind, keys in slices))
        for index, (kind, keys) in enumerate(slices):
            yield Part(index=index, rows=len(keys), run=partial(take_back, kind, keys, undoer))

    def conclude(self, results: Sequence[Mapping[str, Any]], *, at: datetime, is_whole: bool) -> Mapping[str, Any]:
        batch = ImportBatch.objects.select_for_update().get(pk=self.param("batch"))
        batch.undone = _undone(results)
        batch.state = State.UNDONE if is_whole else State.UNDOING
        batch.undone_at, batch.undone_by_id = at, int(self.param("by"))
        batch.save()
        return batch.undone


class WriteRejected(ImportWork):
    title = gettext_lazy("Write the rejected rows to a workbook")

    @classmethod
    def result_url(cls, job: Job) -> str:
        """The file itself."""
        return reverse("admin:importing_importbatch_rejected", args=[job.params["batch"]])

    def parts(self, skip: Container[int]) -> Iterator[Part]:
        if 0 not in skip:
            batch = _batch_of(self)
            workbook = SimpleUploadedFile(
                rejected_filename(batch), rejected_rows_workbook(batch, reader=self.job.owner)
            )
            yield Part(index=0, rows=batch.rejected_count, run=partial(self._keep, workbook))

    def conclude(self, results: Sequence[Mapping[str, Any]], *, at: datetime, is_whole: bool) -> Mapping[str, Any]:
        return results[0] if results else {}

    def _keep(self, workbook: SimpleUploadedFile) -> Mapping[str, Any]:
        """Nothing refers to the file, so that it goes as any upload that nobody uses."""
        return {"token": keep_file(upload=workbook, owner=self.job.owner, stored_at=self.job.created_at).token}


def _batch_of(work: Work) -> ImportBatch:
    return ImportBatch.objects.select_related("owner", "branch", "stored_file").get(pk=work.param("batch"))


def _wait_for_an_answer(batch: ImportBatch) -> Mapping[str, Any]:
    """Which column is which, or which sheet is meant: asked on the page of the import."""
    batch.state = State.UPLOADED
    batch.save()
    return _counts_of(batch)


def _counts_of(batch: ImportBatch) -> dict[str, Any]:
    return {
        "batch": str(batch.pk),
        "read": batch.rows_read,
        "new": batch.new_count,
        "changed": batch.changed_count,
        "unchanged": batch.unchanged_count,
        "rejected": batch.rejected_count,
        "blank": batch.blank_count,
    }


def _undone(results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    kept = [record for result in results for record in result["kept_records"]]
    kinds = dict.fromkeys(str(result["kind"]) for result in results)
    by_kind = {kind: _undone_of([each for each in results if each["kind"] == kind]) for kind in kinds}
    return {**added_up(results, UNDO_COUNTS), "by_kind": by_kind, "kept_records": kept[:KEPT_NAMED]}


def _undone_of(results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    reasons = [each["why_kept"] for each in results]
    return {**added_up(results, UNDO_COUNTS), "why_kept": added_up(reasons, list(chain.from_iterable(reasons)))}
