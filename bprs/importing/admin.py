"""Import and export in the back office: lists lead to the import wizard, and go out as files."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from import_export.admin import ImportExportMixin

from bprs.access.admin_base import user_of
from bprs.importing.batch_admin import ImportBatchAdmin
from bprs.importing.formats import CSV, XLSX
from bprs.importing.forms import ExportForm
from bprs.importing.models import ImportBatch
from bprs.importing.pages import kinds_for
from bprs.importing.resources import SheetResource


class SpreadsheetImportMixin(ImportExportMixin):
    """
    Put before a ModelAdmin whose queryset holds what the user may see.

    `import_kinds` are the sheets it takes, by their names in `settings.IMPORT_SHEETS`, the likeliest first;
    `export_resource_class` is what goes out.
    """

    import_kinds: ClassVar[Sequence[str]]
    export_resource_class: ClassVar[type[SheetResource]]
    export_form_class = ExportForm
    export_formats = (XLSX, CSV)

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


def _export_selected(
    model_admin: SpreadsheetImportMixin, request: HttpRequest, queryset: "QuerySet[Any]"
) -> HttpResponse:
    response: HttpResponse = model_admin._do_file_export(XLSX(), request, queryset)  # noqa: SLF001 the library's own way out
    return response


admin.site.register(ImportBatch, ImportBatchAdmin)
