"""The log of what was sent where, and what was answered."""

import json
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.admin import TabularInline
from unfold.contrib.filters.admin import ChoicesCheckboxFilter, RelatedDropdownFilter
from unfold.decorators import display

from bprs.access.admin_base import BranchScopedAdmin, ReadOnlyMixin, user_of
from bprs.badges import badge
from bprs.errors import DomainError
from bprs.webhooks.models import Attempt, Endpoint, Message
from bprs.webhooks.services import send_again
from bprs.wording import sentence_of

TONES = {
    Message.State.WAITING: ("info", "schedule"),
    Message.State.DELIVERED: ("success", "check_circle"),
    Message.State.GIVEN_UP: ("danger", "error"),
    Message.State.DROPPED: ("plain", "block"),
}


class VisibleEndpointFilter(RelatedDropdownFilter):
    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> list[tuple[int, str]]:
        visible = Endpoint.objects.visible_to(user_of(request)).order_by("url", "pk")
        return [(endpoint.pk, endpoint.url) for endpoint in visible]


class AttemptInline(TabularInline):
    model = Attempt
    fields = readonly_fields = ("made_at", "answered", "milliseconds", "detail")
    ordering = ("made_at", "pk")
    hide_title = True
    extra = 0
    can_delete = False

    @display(description=_("result"))
    def answered(self, attempt: Attempt) -> str:
        return str(attempt)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("webhooks.view_message")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class MessageAdmin(ReadOnlyMixin, BranchScopedAdmin):
    list_display = ("created_at", "event", "endpoint", "how_it_stands", "attempt_count", "due_at")
    list_filter = (
        ("state", ChoicesCheckboxFilter),
        ("event", ChoicesCheckboxFilter),
        ("endpoint", VisibleEndpointFilter),
    )
    list_select_related = ("endpoint",)
    search_fields = ("message_id",)
    search_help_text = _("The webhook-id")
    ordering = ("-created_at", "-pk")
    actions = ("send_again_selected",)
    inlines = (AttemptInline,)
    fields = (
        *("message_id", "event", "endpoint", "created_at", "how_it_stands"),
        *("attempt_count", "due_at", "finished_at", "content"),
    )
    readonly_fields = fields

    @display(description=_("state"), ordering="state")
    def how_it_stands(self, message: Message) -> SafeString:
        return state_badge(message.state)

    @display(description=_("content"))
    def content(self, message: Message) -> SafeString:
        text = json.dumps(json.loads(message.body), indent=2, ensure_ascii=False)
        return format_html('<pre class="bprs-body">{}</pre>', text)

    @admin.action(description=_("Send again"), permissions=["send"])
    def send_again_selected(self, request: HttpRequest, queryset: QuerySet[Message]) -> None:
        sent, now = 0, timezone.now()
        for message in queryset:
            try:
                send_again(message=message, at=now)
                sent += 1
            except DomainError as refusal:
                self.message_user(request, f"{message}: {sentence_of(refusal)}", messages.WARNING)
        sentence = ngettext("%(count)d message is sent again.", "%(count)d messages are sent again.", sent)
        self.message_user(request, sentence % {"count": sent}, messages.SUCCESS if sent else messages.WARNING)

    def has_send_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("webhooks.change_endpoint")


def state_badge(state: str) -> SafeString:
    tone, icon = TONES[Message.State(state)]
    return badge(Message.State(state).label, tone=tone, icon=icon)
