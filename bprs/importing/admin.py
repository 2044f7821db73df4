"""Import and export in the back office: a preview that writes nothing, a confirmation, and every row accounted for."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from import_export.admin import ImportExportMixin

from bprs.access.admin_base import user_of
from bprs.errors import DomainError
from bprs.files.models import StoredFile
from bprs.files.selectors import file_of
from bprs.files.services import store_upload
from bprs.importing.formats import CSV, XLSX
from bprs.importing.forms import ConfirmForm, ExportForm, SheetForm, UploadForm
from bprs.importing.resources import SheetResource
from bprs.importing.results import SheetResult
from bprs.importing.sheets import original_cells
from bprs.importing.uploads import discard, opened
from bprs.importing.workbooks import rejected_workbook, template_workbook
from bprs.wording import screen_language, sentence_of


class SpreadsheetImportMixin(ImportExportMixin):
    """
    Put before a ModelAdmin whose queryset holds what the user may see.

    `resource_classes` are the sheets it takes, the likeliest first; `export_resource_class` is what goes out.
    """

    resource_classes: ClassVar[Sequence[type[SheetResource]]]
    export_resource_class: ClassVar[type[SheetResource]]
    export_form_class = ExportForm
    confirm_form_class: ClassVar[type[ConfirmForm]] = ConfirmForm
    export_formats = (XLSX, CSV)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.template_view)
        app_label, model_name = self.get_model_info()
        return [
            path("import/template/<int:index>/", view, name=f"{app_label}_{model_name}_import_template"),
            *super().get_urls(),
        ]

    def get_import_resource_classes(self, request: HttpRequest) -> list[type[SheetResource]]:
        """The sheets whose rows the user may both add and change."""
        user = user_of(request)
        return [resource for resource in self.resource_classes if user.has_perms(resource.permissions)]

    def has_import_permission(self, request: HttpRequest) -> bool:
        return bool(self.get_import_resource_classes(request))

    def follow_up(self, request: HttpRequest, form: ConfirmForm, result: SheetResult) -> str:
        """What else happens in the transaction of the import; say what did. A DomainError undoes the import."""
        return ""

    def import_action(self, request: HttpRequest, **_kwargs: Any) -> HttpResponseBase:
        """The page that asks for a file, and what it shows of the file that was given."""
        form = UploadForm(
            request.POST or None,
            request.FILES or None,
            resources=self._permitted_resources(request),
            user=user_of(request),
        )
        if request.method == "POST" and form.is_valid():
            return self._preview(request, form)
        return self._import_page(request, form=form)

    def process_import(self, request: HttpRequest, **_kwargs: Any) -> HttpResponseBase:
        """Import what was previewed, or hand back its rejected rows."""
        form = self._confirm_form(request, request.POST)
        if not form.is_valid():
            return self._back(request, _("Upload the file again."))
        if "rejected" in request.POST:
            return self._rejected_rows(request, form)
        try:
            told = self._import(request, form)
        except DomainError as refusal:
            return self._back(request, _("Nothing was imported. %(reason)s") % {"reason": sentence_of(refusal)})
        self.message_user(request, told, messages.SUCCESS)
        return redirect(reverse("admin:{}_{}_changelist".format(*self.get_model_info())))

    def template_view(self, request: HttpRequest, index: int) -> HttpResponse:
        """An empty sheet with headers, formats, an example and lists to choose from."""
        resources = self._permitted_resources(request)
        if index >= len(resources):
            raise PermissionDenied
        content = template_workbook(resources[index], language=screen_language())
        return _download(content, f"{_('template')}-{index + 1}.xlsx")

    def _permitted_resources(self, request: HttpRequest) -> list[type[SheetResource]]:
        resources = self.get_import_resource_classes(request)
        if not resources:
            raise PermissionDenied
        return resources

    def _confirm_form(self, request: HttpRequest, data: Any = None, **kwargs: Any) -> ConfirmForm:
        resources = self._permitted_resources(request)
        return self.confirm_form_class(data, resources=resources, user=user_of(request), **kwargs)

    def _preview(self, request: HttpRequest, form: UploadForm) -> HttpResponseBase:
        upload = form.cleaned_data["import_file"]
        try:
            stored = store_upload(upload=upload, owner=user_of(request), stored_at=timezone.now())
        except DomainError as refusal:
            return self._refused(request, form, sentence_of(refusal))
        try:
            result = self._run(request, form, stored, is_final=False)
        except DomainError as refusal:
            discard(stored)
            return self._refused(request, form, sentence_of(refusal))
        confirm_form = self._confirm_form(request, initial={**form.carried_over, "token": stored.token})
        return self._import_page(request, confirm_form=confirm_form, result=result, filename=stored.filename)

    def _refused(self, request: HttpRequest, form: UploadForm, reason: str) -> HttpResponseBase:
        form.add_error("import_file", reason)
        return self._import_page(request, form=form)

    @transaction.atomic
    def _import(self, request: HttpRequest, form: ConfirmForm) -> str:
        stored = self._waiting(request, form)
        result = self._run(request, form, stored, is_final=True)
        followed_up = self.follow_up(request, form, result)
        discard(stored)
        return format_html("{} {}", _account(result), followed_up)

    def _waiting(self, request: HttpRequest, form: ConfirmForm) -> StoredFile:
        """The previewed file, locked: who confirms twice imports once."""
        waiting = StoredFile.objects.select_for_update().filter(
            owner=user_of(request), token=form.cleaned_data["token"]
        )
        stored = waiting.first()
        if stored is None:
            raise ImportRefused(_("The file was imported already, or it is no longer here. Upload it again."))
        return stored

    def _run(self, request: HttpRequest, form: SheetForm, stored: StoredFile, *, is_final: bool) -> SheetResult:
        chosen = form.cleaned_data
        with opened(stored, locale=chosen["locale"], sheet=chosen["sheet"]) as source:
            result = form.chosen_resource().import_data(
                source, dry_run=not is_final, user=user_of(request), branch=chosen["branch"]
            )
        if result.refusal:
            raise ImportRefused(result.refusal)
        return result

    def _rejected_rows(self, request: HttpRequest, form: ConfirmForm) -> HttpResponseBase:
        chosen = form.cleaned_data
        try:
            stored = file_of(owner=user_of(request), token=chosen["token"])
            with opened(stored, locale=chosen["locale"], sheet=chosen["sheet"]) as source:
                prospect = form.chosen_resource().prospect(source, user=user_of(request), branch=chosen["branch"])
                cells = original_cells(source.table, prospect.sheet.faults)
        except DomainError as refusal:
            return self._back(request, sentence_of(refusal))
        faults = prospect.sheet.faults
        content = rejected_workbook(prospect.sheet.headers, ((cells[row], faults[row]) for row in sorted(faults)))
        return _download(content, f"{_('rejected')}-{stored.filename.rsplit('.', 1)[0]}.xlsx")

    def _back(self, request: HttpRequest, reason: str) -> HttpResponse:
        self.message_user(request, reason, messages.ERROR)
        return redirect(reverse("admin:{}_{}_import".format(*self.get_model_info())))

    def _import_page(self, request: HttpRequest, **context: Any) -> TemplateResponse:
        app_label, model_name = self.get_model_info()
        sheets = [
            {
                "name": resource.get_display_name(),
                "required": resource.titles(resource.required),
                "optional": resource.titles([name for name in resource.wanted if name not in resource.required]),
                "explanation": resource.explanation,
                "template_url": reverse(f"admin:{app_label}_{model_name}_import_template", args=[index]),
            }
            for index, resource in enumerate(self._permitted_resources(request))
        ]
        request.current_app = self.admin_site.name
        everywhere = self.admin_site.each_context(request)
        page = {**everywhere, "title": _("Import"), "opts": self.opts, "media": self.media, "sheets": sheets, **context}
        return TemplateResponse(request, [self.import_template_name], page)

    def init_request_context_data(self, request: HttpRequest, form: ExportForm) -> dict[str, Any]:
        form.initial.setdefault("format", "0")
        columns = [str(column.title) for column in self.export_resource_class.exported]
        everywhere = self.admin_site.each_context(request)
        return {**everywhere, "title": _("Export"), "form": form, "opts": self.opts, "columns": columns}

    def has_export_permission(self, request: HttpRequest) -> bool:
        return bool(self.has_view_permission(request))

    def get_export_resource_classes(self, request: HttpRequest) -> list[type[SheetResource]]:
        return [self.export_resource_class]

    def get_export_filename(self, request: HttpRequest, queryset: Any, file_format: Any) -> str:
        today = timezone.localdate()
        return f"{self.opts.model_name}-{today:%Y-%m-%d}.{file_format.get_extension()}"

    def get_actions(self, request: HttpRequest) -> Any:
        actions = super().get_actions(request)
        if actions is not None and self.has_export_permission(request):
            actions["export_selected"] = (
                _export_selected,
                "export_selected",
                gettext_lazy("Export the selected to Excel"),
            )
        return actions


class ImportRefused(DomainError):
    code = "import_refused"


def _export_selected(
    model_admin: SpreadsheetImportMixin, request: HttpRequest, queryset: "QuerySet[Any]"
) -> HttpResponse:
    response: HttpResponse = model_admin._do_file_export(XLSX(), request, queryset)  # noqa: SLF001 the library's own way out
    return response


def _account(result: SheetResult) -> str:
    return _(
        "Read %(read)s rows: %(new)s new, %(changed)s changed, %(unchanged)s unchanged, %(rejected)s rejected, %(blank)s blank."
    ) % {
        "read": result.total_rows,
        "new": result.new_count,
        "changed": result.changed_count,
        "unchanged": result.unchanged_count,
        "rejected": result.rejected_count,
        "blank": result.blank_count,
    }


def _download(content: bytes, filename: str) -> HttpResponse:
    headers = {"Content-Disposition": content_disposition_header(as_attachment=True, filename=filename) or ""}
    return HttpResponse(content, content_type=XLSX.content_type, headers=headers)
