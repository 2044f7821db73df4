"""The import wizard: a file, its columns, the check, the import and its summary; every page shows the batch as it is."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import date_format, localize
from django.utils.html import format_html
from django.utils.http import content_disposition_header
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesCheckboxFilter, RangeDateTimeFilter
from unfold.decorators import display

from bprs.access.admin_base import BranchScopedAdmin, ReadOnlyMixin, user_of
from bprs.badges import badge
from bprs.errors import DomainError
from bprs.files.models import StoredFile
from bprs.files.selectors import file_of
from bprs.files.services import store_upload
from bprs.importing import choices, pages
from bprs.importing.checking import CHANGES_SHOWN
from bprs.importing.columns import is_settled
from bprs.importing.formats import XLSX
from bprs.importing.forms import ColumnsForm, LocaleForm, RunForm, SheetForm, UploadForm
from bprs.importing.models import ImportBatch
from bprs.importing.pages import Stage
from bprs.importing.reasons import reasons_of
from bprs.importing.record_counts import imported_records, kept_records, planned_records, taken_back
from bprs.importing.rejected_files import large_rejected_workbook
from bprs.importing.selectors import changed_cells, rejected_filename, rejected_rows, rejected_rows_workbook
from bprs.importing.services import ImportOptions, check_batch, upload_batch
from bprs.importing.sheet_kinds import resource_of
from bprs.importing.tidying import draft_kept_until
from bprs.importing.workbooks import template_workbook
from bprs.jobs.models import Job
from bprs.jobs.panel import panel_of
from bprs.spreadsheets import SpreadsheetRefused
from bprs.spreadsheets.amounts import Locale
from bprs.spreadsheets.remarks import origin_place
from bprs.wording import screen_language, sentence_of

State = ImportBatch.State
TONES = {
    State.UPLOADED: ("plain", "upload_file"),
    State.CHECKING: ("info", "progress_activity"),
    State.CHECKED: ("info", "fact_check"),
    State.RUNNING: ("info", "progress_activity"),
    State.DONE: ("success", "check_circle"),
    State.PARTLY_DONE: ("warning", "rule"),
    State.WITHDRAWN: ("danger", "block"),
    State.UNDOING: ("info", "progress_activity"),
    State.UNDONE: ("plain", "undo"),
}


class ImportBatchAdmin(ReadOnlyMixin, BranchScopedAdmin):
    list_display = ("file", "when", "what", "standing", "read", "new", "changed", "rejected", "by")
    list_filter = (("state", ChoicesCheckboxFilter), ("created_at", RangeDateTimeFilter))
    list_select_related = ("stored_file", "owner", "job")
    search_fields = ("stored_file__filename",)
    ordering = ("-created_at",)

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

    def get_list_display(self, request: HttpRequest) -> list[str]:
        """Whose import it is says nothing to who sees only their own."""
        return [name for name in self.list_display if name != "by" or user_of(request).has_every_branch()]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.is_authenticated and bool(pages.kinds_for(user_of(request)))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_add_permission(request) or bool(super().has_view_permission(request, obj))

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    @display(description=gettext_lazy("uploaded"), ordering="created_at")
    def when(self, batch: ImportBatch) -> str:
        return date_format(timezone.localtime(batch.created_at), "j M Y, H:i")

    @display(description=gettext_lazy("file"), ordering="stored_file__filename")
    def file(self, batch: ImportBatch) -> str:
        return batch.stored_file.filename

    @display(description=gettext_lazy("by"), ordering="owner__username")
    def by(self, batch: ImportBatch) -> str:
        return batch.owner.known_as

    @display(description=gettext_lazy("what the rows are"))
    def what(self, batch: ImportBatch) -> str:
        return resource_of(batch.kind).get_display_name()

    @display(description=gettext_lazy("rows"), ordering="rows_read")
    def read(self, batch: ImportBatch) -> int | str:
        return batch.rows_read if batch.is_read else self.empty_value_display

    @display(description=gettext_lazy("new"), ordering="new_count")
    def new(self, batch: ImportBatch) -> int | str:
        return batch.new_count or self.empty_value_display

    @display(description=gettext_lazy("changed"), ordering="changed_count")
    def changed(self, batch: ImportBatch) -> int | str:
        return batch.changed_count or self.empty_value_display

    @display(description=gettext_lazy("rejected"), ordering="rejected_count")
    def rejected(self, batch: ImportBatch) -> str | SafeString:
        count = batch.rejected_count
        return badge(localize(count), tone="warning", icon="error") if count else self.empty_value_display

    @display(description=gettext_lazy("state"), ordering="state")
    def standing(self, batch: ImportBatch) -> SafeString:
        kept_until = draft_kept_until(batch)
        return format_html("{} {}", state_badge(batch), _draft_note(kept_until) if kept_until else "")

    # 1: the file

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """The page that asks for a file, and takes it."""
        form = self._upload_form(request)
        if request.method == "POST" and form.is_valid():
            return self._take(request, form)
        return self._file_page(request, form)

    def sheet_view(self, request: HttpRequest) -> HttpResponse:
        """Which of the sheets of a workbook: asked with buttons, answered with one."""
        given = request.POST if request.method == "POST" else request.GET
        form = SheetForm(given, kinds=self._kinds(request), user=user_of(request))
        try:
            stored = file_of(owner=user_of(request), token=given.get("token", ""))
        except DomainError:
            return self._told(request, _("The file is no longer here. Upload it again."), self._add_url())
        if not form.is_valid():
            return redirect(self._add_url())
        if request.method == "POST":
            return self._take_sheet(request, form, stored)
        carried = {**form.carried_over, "token": stored.token}
        names, url = given.getlist("name"), reverse("admin:importing_importbatch_sheet")
        context = {"names": names, "stored": stored, "carried": carried, "answered_at": url, "step": 1}
        return self._page(request, "importing/sheets.html", _("Which sheet?"), context)

    def template_view(self, request: HttpRequest, kind: str) -> HttpResponse:
        """An empty sheet with headers, formats, an example and lists to choose from."""
        if kind not in self._kinds(request):
            raise PermissionDenied
        content = template_workbook(resource_of(kind), language=screen_language())
        return _download(content, f"{_('template')}-{_(kind)}.xlsx")

    def _upload_form(self, request: HttpRequest) -> UploadForm:
        kinds = self._kinds(request)
        asked = request.GET.get("kind", "")
        initial = {"kind": asked} if asked in kinds else {}
        return UploadForm(
            request.POST or None, request.FILES or None, kinds=kinds, user=user_of(request), initial=initial
        )

    def _kinds(self, request: HttpRequest) -> list[str]:
        kinds = pages.kinds_for(user_of(request))
        if not kinds:
            raise PermissionDenied
        return kinds

    def _take(self, request: HttpRequest, form: UploadForm) -> HttpResponse:
        upload = form.cleaned_data["import_file"]
        try:
            batch = upload_batch(
                upload=upload, owner=user_of(request), options=form.options, uploaded_at=timezone.now()
            )
        except SpreadsheetRefused as refusal:
            if refusal.sheets:
                return self._ask_for_sheet(request, form, refusal.sheets)
            form.add_error("import_file", sentence_of(refusal))
            return self._file_page(request, form)
        except DomainError as refusal:
            form.add_error("import_file", sentence_of(refusal))
            return self._file_page(request, form)
        return self._first_step_of(request, batch)

    def _ask_for_sheet(self, request: HttpRequest, form: UploadForm, names: list[str]) -> HttpResponse:
        upload = form.cleaned_data["import_file"]
        stored = store_upload(upload=upload, owner=user_of(request), stored_at=timezone.now())
        query = urlencode({**form.carried_over, "token": stored.token, "name": names}, doseq=True)
        return redirect(f"{reverse('admin:importing_importbatch_sheet')}?{query}")

    def _take_sheet(self, request: HttpRequest, form: SheetForm, stored: StoredFile) -> HttpResponse:
        options: ImportOptions = form.options
        try:
            batch = choices.upload_chosen_sheet(
                stored=stored, owner=user_of(request), options=options, uploaded_at=timezone.now()
            )
        except DomainError as refusal:
            return self._told(request, sentence_of(refusal), self._add_url())
        return self._first_step_of(request, batch)

    def _first_step_of(self, request: HttpRequest, batch: ImportBatch) -> HttpResponse:
        """Straight to the check where nothing about the columns is in doubt."""
        if batch.is_read and not is_settled(batch):
            return redirect("admin:importing_importbatch_columns", batch.pk)
        return self._checked(request, batch)

    def _checked(self, request: HttpRequest, batch: ImportBatch) -> HttpResponse:
        return self._done(request, batch, lambda: check_batch(batch=batch, checked_at=timezone.now()))

    def _file_page(self, request: HttpRequest, form: UploadForm) -> HttpResponse:
        kinds = [
            {
                "kind": kind,
                "resource": (resource := resource_of(kind)),
                "name": resource.get_display_name(),
                "required": resource.titles(resource.required),
                "optional": resource.titles([name for name in resource.wanted if name not in resource.required]),
            }
            for kind in self._kinds(request)
        ]
        context = {"form": form, "kinds": kinds, "step": 1, **_upload_limits()}
        return self._page(request, "importing/file.html", _("Import"), context)

    # 2: its columns

    def columns_view(self, request: HttpRequest, batch_id: UUID) -> HttpResponse:
        """What each header is read as; confirmed here, and remembered."""
        batch = self._batch(request, batch_id)
        is_too_early = not batch.is_read or pages.stage_of(batch) is Stage.WORKING
        if batch.state not in ImportBatch.MAY_BE_CHECKED or is_too_early:
            return redirect(page_url(batch))
        if request.method == "POST":
            return self._match(request, batch)
        return self._columns_page(request, batch)

    def _match(self, request: HttpRequest, batch: ImportBatch) -> HttpResponse:
        officer = self._actor(request, batch)
        mapping = ColumnsForm(request.POST, batch.headers).mapping
        try:
            matched = choices.match_as_chosen(
                batch=batch, mapping=mapping, confirmed_by=officer, confirmed_at=timezone.now()
            )
        except DomainError as refusal:
            return self._columns_page(request, batch, chosen=mapping, problem=sentence_of(refusal))
        return self._checked(request, matched)

    def _columns_page(
        self, request: HttpRequest, batch: ImportBatch, *, chosen: Any = None, problem: str = ""
    ) -> HttpResponse:
        if chosen:
            batch.mapping = chosen
        columns = pages.columns_page(batch)
        better = columns.better_kind if columns.better_kind in self._kinds(request) else ""
        context = {
            "columns": columns,
            "problem": problem or columns.problem,
            "better_kind": better,
            "better_name": resource_of(better).get_display_name() if better else "",
            "step": 2,
        }
        return self._batch_page(request, batch, "importing/columns.html", context)

    def kind_view(self, request: HttpRequest, batch_id: UUID) -> HttpResponse:
        """The rows are something else than was said."""
        batch = self._posted(request, batch_id)
        kind, officer = request.POST.get("kind", ""), user_of(request)
        try:
            reread = choices.reread_as_chosen(batch=batch, kind=kind, asked_by=officer)
        except DomainError as refusal:
            return self._told(request, sentence_of(refusal), page_url(batch))
        return self._first_step_of(request, reread)

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
            **_upload_limits(),
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
                large.content.open(), as_attachment=True, filename=large.filename, content_type=XLSX.content_type
            )
        try:
            content = rejected_rows_workbook(batch)
        except DomainError as refusal:
            return self._told(request, sentence_of(refusal), page_url(batch))
        return _download(content, rejected_filename(batch))

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
        return self._batch_page(request, batch, "importing/undo.html", {"records": records, "step": 4})

    # What all pages share

    def _batch(self, request: HttpRequest, batch_id: UUID) -> ImportBatch:
        batches = ImportBatch.objects.visible_to(user_of(request))
        batch = batches.select_related("stored_file", "owner", "branch", "job", "undone_by").filter(pk=batch_id).first()
        if batch is None or not self.has_view_permission(request):
            raise Http404
        return batch

    def _actor(self, request: HttpRequest, batch: ImportBatch) -> Any:
        officer = user_of(request)
        if not pages.may_act(batch, officer):
            raise PermissionDenied
        return officer

    def _posted(self, request: HttpRequest, batch_id: UUID) -> ImportBatch:
        batch = self._batch(request, batch_id)
        if request.method != "POST":
            raise Http404
        self._actor(request, batch)
        return batch

    def _done(self, request: HttpRequest, batch: ImportBatch, act: Callable[[], object]) -> HttpResponse:
        """Do it, and show what the batch is then; a refusal is told there."""
        try:
            act()
        except DomainError as refusal:
            self.message_user(request, sentence_of(refusal), messages.ERROR)
        return redirect(page_url(batch))

    def _told(self, request: HttpRequest, sentence: str, url: str) -> HttpResponse:
        self.message_user(request, sentence, messages.ERROR)
        return redirect(url)

    def _add_url(self) -> str:
        return reverse("admin:importing_importbatch_add")

    def _batch_page(
        self, request: HttpRequest, batch: ImportBatch, template: str, context: dict[str, Any]
    ) -> HttpResponse:
        known = {
            "batch": batch,
            "original": batch,
            "state_badge": state_badge(batch),
            "kept_until": draft_kept_until(batch),
            "kind_name": resource_of(batch.kind).get_display_name(),
            "may_act": pages.may_act(batch, user_of(request)),
        }
        return self._page(request, template, batch.stored_file.filename, {**known, **context})

    def _page(self, request: HttpRequest, template: str, title: str, context: dict[str, Any]) -> HttpResponse:
        request.current_app = self.admin_site.name
        page = {**self.admin_site.each_context(request), "title": title, "opts": self.opts, "media": self.media}
        return TemplateResponse(request, template, {**page, **context})


def page_url(batch: ImportBatch) -> str:
    return reverse("admin:importing_importbatch_change", args=[batch.pk])


def state_badge(batch: ImportBatch) -> SafeString:
    """What stopped half-way is not going on, whatever the batch was about to become."""
    if batch.job and pages.stage_of(batch) is Stage.STUCK:
        return badge(_("stopped"), tone="danger", icon="pause_circle")
    tone, icon = TONES[State(batch.state)]
    return badge(State(batch.state).label, tone=tone, icon=icon)


def _draft_note(kept_until: datetime) -> SafeString:
    """What becomes of a file that was brought and never imported."""
    day = date_format(timezone.localtime(kept_until), "j M Y")
    whole = _("not imported yet; its file is removed after %(day)s") % {"day": day}
    short = _("kept until %(day)s") % {"day": day}
    return format_html('<small class="bprs-draft" data-testid="draft" title="{}">{}</small>', whole, short)


def _upload_limits() -> dict[str, Any]:
    return {"max_bytes": settings.UPLOAD_MAX_BYTES, "max_megabytes": max(settings.UPLOAD_MAX_BYTES // 1_048_576, 1)}


def _download(content: bytes, filename: str) -> HttpResponse:
    headers = {"Content-Disposition": content_disposition_header(as_attachment=True, filename=filename) or ""}
    return HttpResponse(content, content_type=XLSX.content_type, headers=headers)
