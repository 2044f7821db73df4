"""A list that shows only what one import brought."""

from typing import Any
from uuid import UUID

from django.contrib.admin import SimpleListFilter
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bprs.access.admin_base import user_of
from bprs.importing.history import imported_ids
from bprs.importing.models import ImportBatch


class ImportFilter(SimpleListFilter):
    """Nothing to choose from: it is arrived at from the page of an import. `ImportedNotice` says that it is on."""

    title = gettext_lazy("import")
    parameter_name = "import"

    def __init__(self, request: HttpRequest, params: dict[str, Any], model: Any, model_admin: Any) -> None:
        super().__init__(request, params, model, model_admin)
        self.batch = batch_asked_for(request, self.value())

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        batch = batch_asked_for(request, request.GET.get(self.parameter_name))
        return [(str(batch.pk), name_of(batch))] if batch else []

    def has_output(self) -> bool:
        """Also for an import that the user may not see: then the list is empty, not whole."""
        return bool(self.value())

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if not self.value():
            return queryset
        return self.imported_by(queryset, self.batch.pk) if self.batch else queryset.none()

    def imported_by(self, queryset: Any, batch_id: UUID) -> Any:
        return queryset.filter(pk__in=imported_ids(queryset.model, batch_id))


class ImportedNotice:
    """For a ModelAdmin with an `ImportFilter`: the list says which import it shows, and how to see all again."""

    list_before_template = "importing/filter_notice.html"

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        batch = batch_asked_for(request, request.GET.get(ImportFilter.parameter_name))
        left = request.GET.copy()
        left.pop(ImportFilter.parameter_name, None)
        context = {"import_shown": batch, "import_filter_removed": f"?{left.urlencode()}", **(extra_context or {})}
        return super().changelist_view(request, context)  # type: ignore[misc]  # a mixin before a ModelAdmin


def batch_asked_for(request: HttpRequest, written: str | None) -> ImportBatch | None:
    """The import, if the user may look at it."""
    try:
        batch_id = UUID(written or "")
    except ValueError:
        return None
    batches = ImportBatch.objects.visible_to(user_of(request)).select_related("stored_file", "owner")
    return batches.filter(pk=batch_id).first()


def name_of(batch: ImportBatch) -> str:
    day = date_format(timezone.localtime(batch.created_at), "j M Y")
    return _("from the import of %(file)s, %(day)s") % {"file": batch.stored_file.filename, "day": day}
