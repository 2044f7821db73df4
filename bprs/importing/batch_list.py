"""The list of imports: what came in, when, and what became of it."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format, localize
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesCheckboxFilter, RangeDateTimeFilter
from unfold.decorators import display

from bprs.access.admin_base import BranchScopedAdmin, ReadOnlyMixin, user_of
from bprs.badges import badge
from bprs.importing import pages
from bprs.importing.models import ImportBatch
from bprs.importing.pages import Stage
from bprs.importing.sheet_kinds import resource_of
from bprs.importing.tidying import draft_kept_until

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


class BatchList(ReadOnlyMixin, BranchScopedAdmin):
    list_display = ("file", "when", "what", "standing", "read", "new", "changed", "rejected", "by")
    list_filter = (("state", ChoicesCheckboxFilter), ("created_at", RangeDateTimeFilter))
    list_select_related = ("stored_file", "owner", "job")
    search_fields = ("stored_file__filename",)
    ordering = ("-created_at",)

    def get_list_display(self, request: HttpRequest) -> list[str]:
        """Whose import it is says nothing to who sees only their own."""
        return [name for name in self.list_display if name != "by" or not user_of(request).sees_only_own_work()]

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
