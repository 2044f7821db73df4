"""The page that computes a score again, and says what the card and what the data make of the difference."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from bprs.access.models import User
from bprs.display import grouped_amount
from scoring.facts import facts_of
from scoring.messages import FACT_LABELS, shown_label
from scoring.models import Score
from scoring.reasons import fact_text
from scoring.services.score_replay import (
    CharacteristicPart,
    Judged,
    Part,
    Replay,
    replay_score,
    version_to_replay,
)

THEN, TODAY = "then", "today"


class ReplayForm(forms.Form):
    """What to compare with; anything else is the card in force and today's data."""

    scorecard = forms.CharField(max_length=60, required=False)
    facts = forms.ChoiceField(choices=[(TODAY, _("today's data")), (THEN, _("the data of then"))], required=False)

    @property
    def label(self) -> str:
        self.is_valid()
        return str(self.cleaned_data.get("scorecard", ""))

    @property
    def is_today(self) -> bool:
        self.is_valid()
        return bool(self.cleaned_data.get("facts") != THEN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Corner:
    is_today: bool
    card: str
    judged: Judged
    is_stored: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What one thing gave before and gives after, and where the difference comes from; as text."""

    label: str | Promise
    bins: str
    before: int
    after: int
    from_data: str
    from_card: str
    total: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FactLine:
    label: str | Promise
    then: str
    today: str


def replay_context(score: Score, form: ReplayForm, *, user: User, at: datetime) -> dict[str, Any]:
    """:raises DomainError: if there is no such card, or it cannot score yet"""
    version = version_to_replay(form.label, user=user, at=at)
    found = replay_score(
        score=score, version=version, facts=facts_of(score.loan) if form.is_today and score.loan else score.facts
    )
    return {
        "replay": found,
        "corners": _corners(found),
        "lines": list(_lines(found)),
        "sum": _line(_("Credit score"), found.split.score) if found.split else None,
        "facts": [
            FactLine(
                label=FACT_LABELS[each.name],
                then=fact_text(each.name, each.then),
                today=fact_text(each.name, each.today),
            )
            for each in found.changed_facts
        ],
        "is_today": form.is_today,
    }


def _corners(found: Replay) -> list[list[Corner]]:
    """By card, and by data; a card or data that are compared with themselves stand there once."""
    own, other = found.score.run.version.label, found.version.label
    rows = [(own, found.own_then, found.own_today), (other, found.other_then, found.other_today)]
    return [
        [
            Corner(is_today=False, card=card, judged=then, is_stored=then is found.own_then),
            Corner(is_today=True, card=card, judged=today, is_stored=False),
        ]
        for card, then, today in (rows if own != other else rows[:1])
    ]


def _lines(found: Replay) -> Iterator[Line]:
    if found.split:
        yield _line(_("Base points"), found.split.base)
        for part in found.split.characteristics:
            yield _line(shown_label(part.label), part, bins=_bins(part))
        held = found.split.held_to_range
        if held.before or held.after or held.from_data or held.from_card:
            yield _line(_("Held to the range of the scorecard"), held)


def _bins(part: CharacteristicPart) -> str:
    before, after = (shown_label(label) or gettext("none") for label in (part.bin_before, part.bin_after))
    return before if before == after else f"{before} → {after}"


def _line(label: str | Promise, part: Part, *, bins: str = "") -> Line:
    return Line(
        label=label,
        bins=bins,
        before=part.before,
        after=part.after,
        from_data=signed_half(part.from_data),
        from_card=signed_half(part.from_card),
        total=signed_half(Decimal(part.total)),
    )


def signed_half(points: Decimal) -> str:
    """Points with their sign, and a half where there is one."""
    text = grouped_amount(abs(points)).removesuffix("0") if points % 1 else f"{abs(points):.0f}"
    return f"{'−' if points < 0 else '+' if points else ''}{text}"  # noqa: RUF001 a minus sign is meant
