"""The import wizard: a file, its columns, the check, the import and its summary; every page shows the batch as it is."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from bprs.access.admin_base import user_of
from bprs.errors import DomainError
from bprs.http.downloads import MEDIA_TYPES
from bprs.importing import choices, pages
from bprs.importing.batch_file import FileSteps
from bprs.importing.batch_pages import download, page_url, upload_limits_shown
from bprs.importing.checking import CHANGES_SHOWN
from bprs.importing.forms import LocaleForm, RunForm
from bprs.importing.models import ImportBatch
from bprs.importing.pages import Stage
from bprs.importing.reasons import reasons_of
from bprs.importing.record_counts import imported_records, kept_records, later_imports, planned_records, taken_back
from bprs.importing.rejected_files import large_rejected_workbook
from bprs.importing.selectors import changed_cells, rejected_filename, rejected_rows, rejected_rows_workbook
from bprs.jobs.models import Job
from bprs.jobs.panel import panel_of
from bprs.spreadsheets.amounts import Locale
from bprs.spreadsheets.remarks import origin_place
from bprs.wording import sentence_of

State = ImportBatch.State


class ImportBatchAdmin(FileSteps):
    def get_urls(self) -> list[URLPattern]:
        def page(route: str, view: Callable[..., HttpResponseBase], name: str) -> URLPattern:
            return path(route, self.admin_site.admin_view(view), name=f"importing_importbatch_{name}")

        return [
            page("add/sheet/", self.sheet_view, "sheet"),
            page("add/template/<str:kind>/", self.template_view, "template"),
            page("<uuid:batch_id>/columns/", self.columns_view, "columns"),
            page("<uuid:batch_id>/kind/", self.kind_view, "kind"),
            page("<uuid:batch_id>/check/", self.check_view, "check"),
            page("<uuid:batch_id>/run/", self.run_view, "run"),
            page("<uuid:batch_id>/progress/", self.progress_view, "progress"),
            page("<uuid:batch_id>/stop/", self.stop_view, "stop"),
            page("<uuid:batch_id>/go-on/", self.go_on_view, "go_on"),
            page("<uuid:batch_id>/rejected/", self.rejected_view, "rejected"),
            page("<uuid:batch_id>/undo/", self.undo_view, "undo"),
            *super().get_urls(),
        ]

    # 3: the check

    def check_view(self, request: HttpRequest, batch_id: UUID) -> HttpResponse:
        batch = self._batch(request, batch_id)
        if request.method != "POST":
            return redirect(page_url(batch))
        officer = self._actor(request, batch)
        locale: Locale = "en" if request.POST.get("locale", batch.locale) == "en" else "id"
        sheet = request.POST.get("sheet", "")
        return self._done(
            request,
            batch,
            lambda: choices.check_as_chosen(
                batch=batch, locale=locale, sheet=sheet, checked_by=officer, checked_at=timezone.now()
            ),
        )

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The import as it stands."""
        try:
            batch = self._batch(request, UUID(object_id))
        except ValueError:
            raise Http404 from None
        return self._shown(request, batch)

    def _shown(self, request: HttpRequest, batch: ImportBatch) -> HttpResponse:
        page = {
            Stage.SHEET: self._sheets_page,
            Stage.COLUMNS: lambda _request, batch: redirect("admin:importing_importbatch_columns", batch.pk),
            Stage.WORKING: self._work_page,
            Stage.STUCK: self._work_page,
            Stage.CHECKED: self._check_page,
            Stage.OVER: self._result_page,
        }[pages.stage_of(batch)]
        return page(request, batch)

    def _sheets_page(self, request: HttpRequest, batch: ImportBatch) -> HttpResponse:
        names, url = pages.sheets_to_choose_from(batch), reverse("admin:importing_importbatch_check", args=[batch.pk])
        context = {"names": names, "stored": batch.stored_file, "answered_at": url, "step": 1}
        return self._batch_page(request, batch, "importing/sheets.html", context)

    def _work_page(self, request: HttpRequest, batch: ImportBatch) -> HttpResponse:
        is_before_the_import = batch.state in ImportBatch.MAY_BE_CHECKED
        context = {"panel": self._panel(request, batch), "step": 3 if is_before_the_import else 4}
        return self._batch_page(request, batch, "importing/work.html", context)

    def _check_page(self, request: HttpRequest, batch: ImportBatch) -> HttpResponse:
        context = {
            **self._rows_context(batch),
            "planned": planned_records(batch),
            "preview_columns": pages.preview_columns(batch),
            "shown": pages.shown_rows(batch),
            "changed_cells": changed_cells(batch),
            "changes_shown": CHANGES_SHOWN,
            "good_count": batch.new_count + batch.changed_count,
            "may_score": pages.may_be_scored(batch, user_of(request)),
            "locale_form": LocaleForm(initial={"locale": batch.locale}),
            "step": 3,
        }
        return self._batch_page(request, batch, "importing/check.html", context)

    def _rows_context(self, batch: ImportBatch) -> dict[str, Any]:
        return {
            "tiles": pages.tiles_of(batch),
            "reasons": reasons_of(batch),
            "has_origins": origin_place(batch.headers) is not None,
            "rejected_rows": rejected_rows(batch),
            "rejected_left_out": pages.rejected_left_out(batch),
            **upload_limits_shown(),
        }

    # 4: the import

    def run_view(self, request: HttpRequest, batch_id: UUID) -> HttpResponse:
        batch = self._batch(request, batch_id)
        if request.method != "POST":
            return redirect(page_url(batch))
        officer, form = self._actor(request, batch), RunForm(request.POST)
        if not form.is_valid():
            return redirect(page_url(batch))
        chosen = form.choices
        return self._done(
            request,
            batch,
            lambda: choices.run_as_chosen(batch=batch, chosen=chosen, run_by=officer, run_at=timezone.now()),
        )

    def progress_view(self, request: HttpRequest, batch_id: UUID) -> HttpResponse:
        """What the page of work asks for every second; once it is over, the page is drawn anew."""
        batch = self._batch(request, batch_id)
        if pages.stage_of(batch) is not Stage.WORKING:
            return HttpResponse(headers={"HX-Refresh": "true"})
        context = {"batch": batch, "panel": self._panel(request, batch)}
        return TemplateResponse(request, "importing/progress.html", context)

    def stop_view(self, request: HttpRequest, batch_id: UUID) -> HttpResponse:
        batch = self._posted(request, batch_id)
        officer = user_of(request)
        return self._done(request, batch, lambda: choices.stop(batch=batch, by=officer, at=timezone.now()))

    def go_on_view(self, request: HttpRequest, batch_id: UUID) -> HttpResponse:
        batch = self._posted(request, batch_id)
        officer = user_of(request)
        return self._done(request, batch, lambda: choices.go_on(batch=batch, by=officer, at=timezone.now()))

    def _panel(self, request: HttpRequest, batch: ImportBatch) -> Any:
        return panel_of(batch.job, reader=user_of(request), at=timezone.now()) if batch.job else None

    def _result_page(self, request: HttpRequest, batch: ImportBatch) -> HttpResponse:
        records = imported_records(batch)
        may_act = pages.may_act(batch, user_of(request))
        context = {
            **self._rows_context(batch),
            "records": [record for record in records if record.count],
            "is_standing": batch.state in ImportBatch.MAY_BE_UNDONE,
            "record_counts": [] if batch.state == State.WITHDRAWN else records,
            "taken_back": taken_back(batch),
            "kept": kept_records(batch),
            "may_undo": may_act and batch.state in ImportBatch.MAY_BE_UNDONE and any(r.count for r in records),
            "may_go_on": may_act and batch.state == State.PARTLY_DONE,
            "step": 4,
        }
        return self._batch_page(request, batch, "importing/result.html", context)

    def rejected_view(self, request: HttpRequest, batch_id: UUID) -> HttpResponseBase:
        batch = self._batch(request, batch_id)
        large = large_rejected_workbook(batch=batch, asked_by=user_of(request), asked_at=timezone.now())
        if isinstance(large, Job):
            return redirect("admin:jobs_job_change", large.pk)
        if large:
            return FileResponse(
                large.content.open(), as_attachment=True, filename=large.filename, content_type=MEDIA_TYPES[".xlsx"]
            )
        try:
            content = rejected_rows_workbook(batch, reader=user_of(request))
        except DomainError as refusal:
            return self._told(request, sentence_of(refusal), page_url(batch))
        return download(content, rejected_filename(batch))

    def undo_view(self, request: HttpRequest, batch_id: UUID) -> HttpResponse:
        """How much it will take back; then taking it back."""
        batch = self._batch(request, batch_id)
        officer = self._actor(request, batch)
        if request.method == "POST":
            return self._done(
                request,
                batch,
                lambda: choices.undo_own_batch(batch=batch, undone_by=officer, undone_at=timezone.now()),
            )
        if batch.state not in ImportBatch.MAY_BE_UNDONE:
            return redirect(page_url(batch))
        records = [record for record in imported_records(batch) if record.count]
        context = {"records": records, "later_imports": later_imports(batch), "step": 4}
        return self._batch_page(request, batch, "importing/undo.html", context)
