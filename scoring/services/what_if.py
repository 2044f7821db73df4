"""What an application would score with other terms. Nothing is stored."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from math import ceil
from typing import Any

import numpy as np
from django.utils.translation import gettext as _

from bprs.errors import DomainError
from scoring.engine import RAW_FACTS, Application, FactKind, Facts, Scorecard, WhatIf
from scoring.engine.vocabulary import LONGEST_TENOR
from scoring.facts import ASSUMED_ZERO
from scoring.models import ScorecardVersion, ScoringRun
from scoring.selectors import Explanation
from scoring.services.records import SEN, score_columns
from scoring.services.score_loans import explained, not_scorable

AMOUNTS, TENORS = 40, 60  # of the map


class UnknownSegment(DomainError):
    code = "unknown_segment"
    status = 422


@dataclass(frozen=True, slots=True, kw_only=True)
class TermsMap:
    """The score of every amount (rupiah, a line each) with every tenor (months, a column each)."""

    amounts: tuple[int, ...]
    tenors: tuple[int, ...]
    scores: tuple[tuple[int, ...], ...]


class LoanWhatIf:
    """
    The facts of a loan, today's or a score's, and a card: what it scores on some terms, and what others would.

    What is not known of the customer counts as it does when the loan is scored: by the card's bins for that, else as zero.

    :param facts: in the form scores keep them
    :param terms: by fact, in rupiah and months, what is not as it is stored
    :raises NotScorable: if it has no score on these terms
    """

    def __init__(
        self, facts: Mapping[str, Any], version: ScorecardVersion, *, terms: Mapping[str, int] | None = None
    ) -> None:
        self.version, self.stored = version, _known(facts, version.card)
        changed = {name: value for name, value in (terms or {}).items() if value or self.stored[name] is not None}
        self.terms = {**self.stored, **changed}
        self.now = preview(values=self.terms, version=version)
        self._application = Application(version.card, _in_sen(self.terms))

    def reaching(self, at_least: int) -> WhatIf:
        """What reaches a score; amounts in sen."""
        return self._application.what_if(at_least)

    def map(self) -> TermsMap:
        """Amounts up to twice the one that is stored and tenors up to five years, or as far as it takes to hold the loan."""
        amount, tenor = int(self.stored["loan_amount"]), int(self.stored["tenor_months"])
        amounts = sorted(
            {max(amount * 2 * part // AMOUNTS // 1_000 * 1_000, 1) for part in range(1, AMOUNTS + 1)} | {amount}
        )
        every = ceil(tenor / TENORS)
        tenors = sorted({min(part * every, LONGEST_TENOR) for part in range(1, TENORS + 1)} | {tenor})
        scores = self._application.map([rupiah * SEN for rupiah in amounts], tenors).credit_score
        lines = np.reshape(scores, (len(amounts), len(tenors))).tolist()
        return TermsMap(amounts=tuple(amounts), tenors=tuple(tenors), scores=tuple(map(tuple, lines)))


def preview(*, values: Mapping[str, Any], version: ScorecardVersion) -> Explanation:
    """
    Score and explain one application that is stored nowhere.

    :param values: by fact, in rupiah and months; what is left out or None is not known
    :raises NotScorable: if it cannot be scored
    """
    facts = Facts.from_values(**{name: [value] for name, value in {"loan_amount": None, **values}.items()})
    outcomes = version.card.score(facts)
    refusal = outcomes.refusal(0)
    if refusal:
        raise not_scorable(refusal)
    scores = score_columns(facts=facts, outcomes=outcomes, rows=np.arange(1))
    return explained(scores, run=ScoringRun(version=version))


def wanted_score(card: Scorecard, *, segment: str, credit_score: int) -> int:
    """
    Where a segment begins; without one, where the next better one begins, or the best if there is none.

    :raises UnknownSegment: if the card does not have it
    """
    floors = {band.segment: band.at_least for band in card.segment_bands}
    if segment and segment not in floors:
        raise UnknownSegment(_("The scorecard has no segment “%(segment)s”.") % {"segment": segment})
    better = [floor for floor in floors.values() if floor > credit_score]
    return floors[segment] if segment else min(better, default=max(floors.values()))


def _known(facts: Mapping[str, Any], card: Scorecard) -> dict[str, Any]:
    """Money as decimals; what may be taken as zero where it is not known and the card does not say what that earns."""
    zero = [name for name in ASSUMED_ZERO if name not in card.may_be_missing]
    known = {name: 0 if value is None and name in zero else value for name, value in facts.items()}
    return {
        name: Decimal(value) if RAW_FACTS[name] is FactKind.MONEY and value is not None else value
        for name, value in known.items()
    }


def _in_sen(facts: Mapping[str, Any]) -> dict[str, int | str | None]:
    is_money = {name for name, kind in RAW_FACTS.items() if kind is FactKind.MONEY}
    return {
        name: int(value * SEN) if name in is_money and value is not None else value for name, value in facts.items()
    }
