"""Scorecards, to be read: points, bands, segments, and what the card can never do."""

from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from bprs.access.admin_base import BaseModelAdmin, ReadOnlyMixin
from bprs.badges import badge
from bprs.display import percentage
from scoring.engine import Level, Margin, MarginMethod, Scorecard, lint
from scoring.findings import finding_sentence
from scoring.models import CardStatus, ScorecardVersion

STATUS_TONES = {
    CardStatus.DRAFT: ("plain", "edit_note"),
    CardStatus.PROPOSED: ("info", "outbox"),
    CardStatus.APPROVED: ("info", "task_alt"),
    CardStatus.IN_FORCE: ("success", "verified"),
    CardStatus.RETIRED: ("plain", "inventory_2"),
}
MARGIN_SENTENCES = {
    MarginMethod.ONCE: _("A margin of %(rate)s of the amount, charged once, whatever the tenor."),
    MarginMethod.FLAT_PER_ANNUM: _("A margin of %(rate)s of the amount for every year of the tenor."),
    MarginMethod.ANNUITY: _("A margin of %(rate)s a year on what is still owed, in equal installments."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CardBand:
    """From a score upwards: a segment or a probability of default."""

    at_least: int
    up_to: int
    segment: str = ""
    probability: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CardPage:
    card: Scorecard
    margin: str
    pd_bands: tuple[CardBand, ...]
    segment_bands: tuple[CardBand, ...]
    warnings: tuple[str, ...]
    remarks: tuple[str, ...]

    @property
    def characteristics(self) -> list[dict[str, Any]]:
        return [
            {
                "label": gettext(each.label),
                "bins": [{"label": gettext(bin_.label), "points": bin_.points} for bin_ in each.bins],
            }
            for each in self.card.characteristics
        ]


def card_page(card: Scorecard) -> CardPage:
    findings = lint(card)
    tops = card.score_range.highest
    pds = [(band.at_least, percentage(band.probability, 0)) for band in card.pd_bands]
    segments = [(band.at_least, band.segment) for band in card.segment_bands]
    return CardPage(
        card=card,
        margin=_margin_sentence(card.margin),
        pd_bands=tuple(CardBand(at_least=low, up_to=up, probability=text) for (low, text), up in _with_tops(pds, tops)),
        segment_bands=tuple(
            CardBand(at_least=low, up_to=up, segment=text) for (low, text), up in _with_tops(segments, tops)
        ),
        warnings=tuple(finding_sentence(each) for each in findings if each.level is not Level.INFO),
        remarks=tuple(finding_sentence(each) for each in findings if each.level is Level.INFO),
    )


def _with_tops(bands: list[tuple[int, str]], highest: int) -> list[tuple[tuple[int, str], int]]:
    tops = [highest, *(low - 1 for low, _text in bands[:-1])]
    return list(zip(bands, tops, strict=True))


def _margin_sentence(margin: Margin) -> str:
    return str(MARGIN_SENTENCES[margin.method] % {"rate": percentage(margin.rate, 0)})


@admin.register(ScorecardVersion)
class ScorecardVersionAdmin(ReadOnlyMixin, BaseModelAdmin):
    list_display = ("card_label", "title", "state", "created_at")
    ordering = ("name", "-number")
    fields = ("card_label", "title", "state", "created_at", "fingerprint")
    change_form_outer_after_template = "scoring/card.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[ScorecardVersion]:
        return super().get_queryset(request).with_status(timezone.now())

    @display(description=_("scorecard"), ordering="name")
    def card_label(self, version: ScorecardVersion) -> str:
        return version.label

    @display(description=_("name"))
    def title(self, version: ScorecardVersion) -> str:
        return gettext(version.card.name)

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
        page = {} if version is None else {"page": card_page(version.card)}
        return super().change_view(request, object_id, form_url, {**page, **(extra_context or {})})
