"""The first two steps of an import: a file, which of its sheets, and what its columns are."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from bprs.access.admin_base import user_of
from bprs.errors import DomainError
from bprs.files.models import StoredFile
from bprs.files.selectors import file_of
from bprs.files.services import store_upload
from bprs.importing import choices, pages
from bprs.importing.batch_pages import BatchPages, download, page_url, upload_limits_shown
from bprs.importing.columns import is_settled
from bprs.importing.forms import ColumnsForm, SheetForm, UploadForm
from bprs.importing.models import ImportBatch
from bprs.importing.pages import Stage
from bprs.importing.services import ImportOptions, check_batch, upload_batch
from bprs.importing.sheet_kinds import resource_of
from bprs.importing.workbooks import template_workbook
from bprs.spreadsheets import SpreadsheetRefused
from bprs.wording import screen_language, sentence_of


class FileSteps(BatchPages):
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
        return download(content, f"{_('template')}-{_(kind)}.xlsx")

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
        context = {"form": form, "kinds": kinds, "step": 1, **upload_limits_shown()}
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
