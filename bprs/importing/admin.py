"""Import and export in the back office: lists lead to the import wizard, and go out as files."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import label_for_field
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from import_export.admin import ImportExportMixin

from bprs.access.admin_base import user_of
from bprs.access.disclosures import note_export
from bprs.access.lockout import address_of
from bprs.errors import DomainError
from bprs.http.downloads import MEDIA_TYPES
from bprs.importing.batch_admin import ImportBatchAdmin
from bprs.importing.exports import ExportColumn, file_of, refuse_more_than
from bprs.importing.forms import ExportForm
from bprs.importing.models import ImportBatch
from bprs.importing.pages import kinds_for
from bprs.importing.resources import SheetResource
from bprs.lists.queries import told_of
from bprs.spreadsheets.writing import FileFormat
from bprs.wording import sentence_of


class SpreadsheetImportMixin(ImportExportMixin):
    """
    Put before a ModelAdmin whose queryset holds what the user may see.

    `import_kinds` are the sheets it takes, by their names in `settings.IMPORT_SHEETS`, the likeliest first;
    `export_resource_class` is what goes out.
    """

    import_kinds: ClassVar[Sequence[str]]
    export_resource_class: ClassVar[type[SheetResource]]

    def kinds_offered(self, request: HttpRequest) -> list[str]:
        """The sheets whose rows the user may both add and change."""
        permitted = kinds_for(user_of(request))
        return [kind for kind in self.import_kinds if kind in permitted]

    def has_import_permission(self, request: HttpRequest) -> bool:
        return bool(self.kinds_offered(request))

    def import_action(self, request: HttpRequest, **_kwargs: Any) -> HttpResponseBase:
        """The wizard's first page, with what this list is about chosen."""
        kinds = self.kinds_offered(request)
        query = f"?kind={kinds[0]}" if kinds else ""
        return redirect(reverse("admin:importing_importbatch_add") + query)

    def process_import(self, request: HttpRequest, **_kwargs: Any) -> HttpResponseBase:
        """The library's confirmation; the wizard has its own."""
        return self.import_action(request)

    def has_export_permission(self, request: HttpRequest) -> bool:
        return bool(self.has_view_permission(request))

    def export_action(self, request: HttpRequest) -> HttpResponseBase:
        """What the list shows as a file: the same rows in the same order."""
        if not self.has_export_permission(request):
            raise PermissionDenied
        form = ExportForm(request.POST or None)
        try:
            rows = self.get_export_queryset(request)
            if form.is_valid():
                return self.exported(request, rows, **form.cleaned_data)
        except IncorrectLookupParameters:
            return redirect(f"{request.path}?e=1")
        except DomainError as refusal:
            self.message_user(request, sentence_of(refusal), messages.ERROR)
        context = {**self.admin_site.each_context(request), "title": _("Export"), "opts": self.opts, "form": form}
        again = [str(column.title) for column in self.outgoing_columns(request)]
        columns = {"shown": [str(column.title) for column in self._shown(request)], "again": again}
        return TemplateResponse(request, self.export_template_name, context | {"columns": columns})

    def exported(
        self, request: HttpRequest, rows: "QuerySet[Any]", *, layout: str, file_format: FileFormat
    ) -> HttpResponseBase:
        """The file, made whole before it is sent, and written in the log before that."""
        columns = self._shown(request) if layout == "shown" else self.outgoing_columns(request)
        refuse_more_than(settings.EXPORT_MAX_ROWS, rows)
        now = timezone.now()
        file, count = file_of(rows, columns, file_format)
        note_export(
            list_name=str(self.opts.label_lower),
            query=told_of(dict(request.GET.lists())),
            columns=[str(column.title) for column in columns],
            file_format=file_format,
            row_count=count,
            made_by=user_of(request),
            made_at=now,
            remote_address=address_of(request),
            with_identities=any(column.is_identity for column in columns),
        )
        name = f"{self.opts.model_name}-{timezone.localdate(now):%Y-%m-%d}.{file_format}"
        return FileResponse(file, as_attachment=True, filename=name, content_type=MEDIA_TYPES[f".{file_format}"])

    def outgoing_columns(self, request: HttpRequest) -> Sequence[ExportColumn]:
        """What goes out to come back; what identifies people as far as the user may see it."""
        columns = self.export_resource_class.exported
        return [
            column.masked if column.masked and not self.may_see_identities(request) else column for column in columns
        ]

    def may_see_identities(self, request: HttpRequest) -> bool:
        return False

    def _shown(self, request: HttpRequest) -> list[ExportColumn]:
        """What goes out for the columns of the list, under the headings of the list."""
        return [column for name in self.get_list_display(request) for column in self._going_out(name)]

    def _going_out(self, name: str) -> Iterator[ExportColumn]:
        heading = str(label_for_field(name, self.model, model_admin=self))
        for column in self.export_resource_class.shown[name]:
            yield column if column.title else replace(column, title=heading[:1].upper() + heading[1:])

    def get_actions(self, request: HttpRequest) -> Any:
        actions = super().get_actions(request)
        if actions is not None and self.has_export_permission(request):
            actions["export_selected"] = (
                _export_selected,
                "export_selected",
                gettext_lazy("Export the selected to Excel"),
            )
        return actions


def _export_selected(
    model_admin: SpreadsheetImportMixin, request: HttpRequest, queryset: "QuerySet[Any]"
) -> HttpResponseBase | None:
    try:
        return model_admin.exported(request, queryset, layout="shown", file_format="xlsx")
    except DomainError as refusal:
        model_admin.message_user(request, sentence_of(refusal), messages.ERROR)
        return None


admin.site.register(ImportBatch, ImportBatchAdmin)
