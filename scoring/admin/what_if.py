"""The panel of the loan page that shows what to offer: sliders, a map of amounts and tenors, the smallest changes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext

from bprs.display import rupiah
from loans.models import Loan
from scoring.engine import RAW_FACTS, Change, FactKind, Scorecard
from scoring.engine.vocabulary import LONGEST_TENOR
from scoring.facts import facts_of
from scoring.messages import FACT_LABELS
from scoring.models import Score, ScorecardVersion
from scoring.paper.terms_map import Map, map_of, ranges_of
from scoring.reasons import dsr_text
from scoring.services.records import SEN
from scoring.services.what_if import LoanWhatIf, wanted_score

MOST_RUPIAH = 10**15 - 1
CHANGES_SHOWN = 5


class TermsForm(forms.Form):
    """What the sliders say; whatever is not a usable number is left as it is stored."""

    loan_amount = forms.IntegerField(min_value=1, max_value=MOST_RUPIAH, required=False)
    tenor_months = forms.IntegerField(min_value=1, max_value=LONGEST_TENOR, required=False)
    monthly_income = forms.IntegerField(min_value=0, max_value=MOST_RUPIAH, required=False)
    assets_value = forms.IntegerField(min_value=0, max_value=MOST_RUPIAH, required=False)
    segment = forms.CharField(max_length=50, required=False)

    @property
    def terms(self) -> dict[str, int]:
        self.is_valid()
        names = ("loan_amount", "tenor_months", "monthly_income", "assets_value")
        return {name: self.cleaned_data[name] for name in names if self.cleaned_data.get(name) is not None}

    @property
    def wanted(self) -> str:
        self.is_valid()
        return str(self.cleaned_data.get("segment", ""))


@dataclass(frozen=True, slots=True, kw_only=True)
class Slider:
    name: str
    label: str | Promise
    value: int
    lowest: int
    highest: int
    step: int
    is_money: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Another value of one fact, beside the one it has."""

    label: str | Promise
    value: str
    before: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    steps: tuple[Step, ...]
    credit_score: int
    segment: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIfPanel:
    loan: Loan
    card_label: str
    score: Score
    dsr: str
    sliders: tuple[Slider, ...]
    segments: tuple[str, ...]
    wanted: str
    is_reached: bool
    largest_amount: str
    tenors: str
    offers: tuple[Offer, ...]
    map: Map


def what_if_panel(loan: Loan, form: TermsForm) -> WhatIfPanel:
    """
    What the stored loan would score on the terms of the form under the card in force. Nothing is stored.

    :raises NotScorable: if it cannot be scored
    :raises NoActiveScorecard: if no card is in force
    :raises UnknownSegment: if the form wants one that the card does not have
    """
    asked = LoanWhatIf(facts_of(loan), ScorecardVersion.objects.in_force(timezone.now()), terms=form.terms)
    card, score = asked.version.card, asked.now.score
    floor = wanted_score(card, segment=form.wanted, credit_score=score.credit_score)
    answer, terms = asked.reaching(floor), asked.map()
    return WhatIfPanel(
        loan=loan,
        card_label=asked.version.label,
        score=score,
        dsr=dsr_text(score),
        sliders=tuple(_sliders(asked, longest=terms.tenors[-1])),
        segments=tuple(band.segment for band in card.segment_bands),
        wanted=card.segment_of(floor),
        is_reached=answer.is_reached,
        largest_amount="" if answer.largest_amount is None else rupiah(answer.largest_amount // SEN),
        tenors=ranges_of(answer.tenors),
        offers=tuple(_offer(card, change, asked.terms) for change in answer.changes[:CHANGES_SHOWN]),
        map=map_of(asked, terms),
    )


def _sliders(asked: LoanWhatIf, *, longest: int) -> Iterator[Slider]:
    """What is not known stands at nothing, and stays unknown there."""
    amount = int(asked.stored["loan_amount"])
    for name in ("loan_amount", "tenor_months", "monthly_income", "assets_value"):
        stored, is_money = int(asked.stored[name] or 0), RAW_FACTS[name] is FactKind.MONEY
        value = int(asked.terms[name] or 0)
        step = _step(stored or amount) if is_money else 1
        highest = {"loan_amount": 2 * stored, "tenor_months": longest}.get(name, 3 * (stored or amount))
        yield Slider(
            name=name,
            label=FACT_LABELS[name],
            value=value,
            lowest=0 if name in ("monthly_income", "assets_value") else min(step, stored),
            highest=max(highest, value),
            step=step,
            is_money=is_money,
        )


def _step(amount: int) -> int:
    """Half of a hundredth to a twentieth of an amount, such as Rp 500,000 of 50,000,000; less where it would step over it."""
    step = 5 * 10 ** max(len(str(amount)) - 3, 0)
    while amount % step:
        step = step // 10 or 1
    return step


def _offer(card: Scorecard, change: Change, terms: Mapping[str, Any]) -> Offer:
    return Offer(
        steps=tuple(_step_of(name, value, terms[name]) for name, value in change.facts.items()),
        credit_score=change.credit_score,
        segment=card.segment_of(change.credit_score),
    )


def _step_of(name: str, value: int, before: Any) -> Step:
    if RAW_FACTS[name] is FactKind.MONEY:
        was = gettext("unknown") if before is None else rupiah(before)
        return Step(label=FACT_LABELS[name], value=rupiah(value // SEN), before=was)
    return Step(label=FACT_LABELS[name], value=gettext("%(count)s months") % {"count": value}, before=str(before))
