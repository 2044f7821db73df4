"""What the page of a card shows of the card itself: points, bands, margin."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from bprs.display import exact_percentage
from scoring.admin.card_lint import CardLint, card_lint
from scoring.engine import Bin, Margin, MarginMethod, Scorecard
from scoring.engine.diff import cover
from scoring.messages import COVERS, DIRECTIONS, shown_label, shown_stretches

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
    """`card` is None for a draft that cannot be used yet; the lint says why."""

    lint: CardLint
    card: Scorecard | None

    @property
    def margin(self) -> str:
        return _margin_sentence(self.card.margin) if self.card else ""

    @property
    def pd_bands(self) -> list[CardBand]:
        bands = self.card.pd_bands if self.card else ()
        return [
            CardBand(at_least=band.at_least, up_to=top, probability=exact_percentage(band.probability))
            for band, top in zip(bands, self._tops([band.at_least for band in bands]), strict=True)
        ]

    @property
    def segment_bands(self) -> list[CardBand]:
        bands = self.card.segment_bands if self.card else ()
        return [
            CardBand(at_least=band.at_least, up_to=top, segment=band.segment)
            for band, top in zip(bands, self._tops([band.at_least for band in bands]), strict=True)
        ]

    @property
    def characteristics(self) -> list[dict[str, Any]]:
        return [
            {
                "label": gettext(each.label),
                "direction": DIRECTIONS.get(each.direction or "", ""),
                "bins": [
                    {"label": shown_label(bin_.label), "cover": shown_cover(bin_), "points": bin_.points}
                    for bin_ in each.bins
                ],
            }
            for each in (self.card.characteristics if self.card else ())
        ]

    def _tops(self, starts: list[int]) -> list[int]:
        """Where each band ends: a point below the one above it, the first with the range."""
        if self.card is None:
            return []
        return [self.card.score_range.highest, *(start - 1 for start in starts[:-1])]


def shown_cover(bin_: Bin) -> str:
    """What a bin covers, where its name does not say just that: a name is whatever somebody typed."""
    written = cover(bin_)
    if written == bin_.label.replace("above ", "> ").replace("below ", "< "):
        return ""
    return str(COVERS.get(written) or shown_stretches(written))


def card_page(definition: Mapping[str, Any]) -> CardPage:
    lint = card_lint(definition)
    return CardPage(lint=lint, card=Scorecard.from_dict(definition) if lint.is_usable else None)


def _margin_sentence(margin: Margin) -> str:
    return str(MARGIN_SENTENCES[margin.method] % {"rate": exact_percentage(margin.rate)})
