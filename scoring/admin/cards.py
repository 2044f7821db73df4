"""Scorecards: what they are, where each stands in its life, and the ways to change, compare and propose one."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from bprs.access.admin_base import BaseModelAdmin, ReadOnlyMixin, user_of
from bprs.badges import badge
from scoring.admin.card_acts import act_on_card
from scoring.admin.card_compare import compare_cards
from scoring.admin.card_editor import edit_card
from scoring.admin.card_files import card_file_urls
from scoring.admin.card_life import card_life
from scoring.admin.card_pages import card_page
from scoring.models import CardStatus, ScorecardVersion

STATUS_TONES = {
    CardStatus.DRAFT: ("plain", "edit_note"),
    CardStatus.PROPOSED: ("info", "outbox"),
    CardStatus.APPROVED: ("info", "task_alt"),
    CardStatus.IN_FORCE: ("success", "verified"),
    CardStatus.RETIRED: ("plain", "inventory_2"),
}


@admin.register(ScorecardVersion)
class ScorecardVersionAdmin(ReadOnlyMixin, BaseModelAdmin):
    list_display = ("card_label", "title", "state", "created_at")
    ordering = ("name", "-number")
    fields = ("card_label", "title", "fingerprint")
    change_form_outer_after_template = "scoring/card.html"

    def get_urls(self) -> list[URLPattern]:
        everyone = self.admin_site.admin_view
        return [
            path("<int:version_id>/edit/", everyone(edit_card), name="scoring_scorecardversion_edit"),
            path("<int:version_id>/compare/", everyone(compare_cards), name="scoring_scorecardversion_compare"),
            path("<int:version_id>/act/", everyone(act_on_card), name="scoring_scorecardversion_act"),
            *card_file_urls(),
            *super().get_urls(),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ScorecardVersion]:
        return super().get_queryset(request).with_status(timezone.now())

    @display(description=_("scorecard"), ordering="name")
    def card_label(self, version: ScorecardVersion) -> str:
        return version.label

    @display(description=_("name"))
    def title(self, version: ScorecardVersion) -> str:
        return gettext(version.definition.get("name") or "—")

    @display(description=_("status"), ordering="status")
    def state(self, version: ScorecardVersion) -> SafeString:
        tone, icon = STATUS_TONES[CardStatus(version.status)]
        return badge(CardStatus(version.status).label, tone=tone, icon=icon)

    @display(description=_("content hash"))
    def fingerprint(self, version: ScorecardVersion) -> SafeString:
        return format_html('<code class="bprs-hash">{}</code>', version.content_hash)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        version = self.get_object(request, object_id) if self.has_view_permission(request) else None
        page: dict[str, Any] = {}
        if version is not None:
            life = card_life(version, user_of(request), timezone.now())
            page = {"page": card_page(version.definition), "life": life, "state": self.state(version)}
        return super().change_view(request, object_id, form_url, {**page, **(extra_context or {})})
