"""What the loan page says of a loan's score: the number, what made it, and whether it still holds."""

from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.functional import Promise

from bprs.access.models import User
from loans.models import CLOSED, Loan
from scoring.engine import DerivedFact, Scorecard
from scoring.facts import changed_facts, facts_behind, facts_of
from scoring.messages import FACT_LABELS, shown_label
from scoring.models import Score, ScorecardVersion, ScoringRun
from scoring.paper.bars import Bar, bar_of
from scoring.reasons import dsr_text, fact_text, in_words
from scoring.selectors import Explanation, Told, explain, explain_row

HISTORY_LENGTH = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A fact as it was scored, and as it is now where it changed since."""

    label: str | Promise
    scored: str
    now: str
    has_changed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """A stretch of the scale that is one segment, in percent of the scale."""

    segment: str
    start: float
    width: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PastScore:
    score: Score
    has_visible_run: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ScorePanel:
    """All of it; `latest` is None for a loan that has no score."""

    can_be_scored: bool
    latest: "LatestScore | None" = None
    history: tuple[PastScore, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LatestScore:
    explanation: Explanation
    has_visible_run: bool
    bars: tuple[Bar, ...]
    zones: tuple[Zone, ...]
    marker: float
    dsr: str
    dsr_bin: str
    facts: tuple[Fact, ...]
    unknown: tuple[str | Promise, ...]
    newer_card: str

    @property
    def score(self) -> Score:
        return self.explanation.score

    @property
    def reasons(self) -> list[Told]:
        """Where points were lost, most first."""
        return self.explanation.told_reasons()

    @property
    def strengths(self) -> list[Told]:
        return self.explanation.told_strengths()

    @property
    def in_words(self) -> str:
        return in_words(self.score)

    @property
    def changes(self) -> tuple[Fact, ...]:
        return tuple(fact for fact in self.facts if fact.has_changed)

    @property
    def is_clamped(self) -> bool:
        return self.score.raw_score != self.score.credit_score


def score_panel(loan: Loan, user: User) -> ScorePanel:
    """Four queries for a loan that has scores, one for a loan that has none."""
    scores = list(loan.scores.select_related("run__version", "run__scored_by").order_by("-pk")[:HISTORY_LENGTH])
    if not scores:
        return ScorePanel(can_be_scored=_can_be_scored(loan))
    runs = {score.run_id for score in scores}
    visible = set(ScoringRun.objects.visible_to(user).filter(pk__in=runs).values_list("pk", flat=True))
    return ScorePanel(
        can_be_scored=_can_be_scored(loan),
        latest=_explained(explain(scores[0]), facts_of(loan), has_visible_run=scores[0].run_id in visible),
        history=tuple(PastScore(score=score, has_visible_run=score.run_id in visible) for score in scores),
    )


def _can_be_scored(loan: Loan) -> bool:
    """What the service would refuse needs no button."""
    is_final = loan.status in CLOSED and loan.scored_at is not None
    return not is_final and loan.principal_amount is not None and loan.tenor_months is not None


def row_score(run: ScoringRun, row_index: int) -> "LatestScore | None":
    """
    Say of a row of a scored file what the loan page says of a loan; None if the row was not scored.

    :raises ResultsChanged: if the results are not what was written
    """
    explanation = explain_row(run, row_index)
    if explanation is None:
        return None
    return as_scored(explanation)


def as_scored(explanation: Explanation) -> LatestScore:
    """A score on the facts it rests on, whatever they are today."""
    return _explained(explanation, explanation.score.facts, has_visible_run=False)


def _explained(explanation: Explanation, facts_now: dict[str, Any], *, has_visible_run: bool) -> LatestScore:
    score = explanation.score
    card = score.run.version.card
    lowest, highest = card.score_range.lowest, card.score_range.highest
    return LatestScore(
        explanation=explanation,
        has_visible_run=has_visible_run,
        bars=tuple(bar_of(each) for each in explanation.characteristics),
        zones=tuple(_zones(card)),
        marker=100 * (score.credit_score - lowest) / (highest - lowest),
        dsr=dsr_text(score),
        dsr_bin=_dsr_bin(card, score),
        facts=_facts(score, facts_now, card),
        unknown=tuple(FACT_LABELS[name] for name in score.incomplete),
        newer_card=_newer_card(score),
    )


def _zones(card: Scorecard) -> list[Zone]:
    lowest, highest = card.score_range.lowest, card.score_range.highest
    zones, upper = [], highest
    for band in card.segment_bands:
        width = 100 * (upper - band.at_least) / (highest - lowest)
        zones.append(Zone(segment=band.segment, start=100 * (band.at_least - lowest) / (highest - lowest), width=width))
        upper = band.at_least
    return zones[::-1]


def _dsr_bin(card: Scorecard, score: Score) -> str:
    names = [each.name for each in card.characteristics if each.fact == DerivedFact.DEBT_SERVICE_RATIO.value]
    return shown_label(score.bins[names[0]]) if names else ""


def _facts(score: Score, now: dict[str, Any], card: Scorecard) -> tuple[Fact, ...]:
    used, changed = facts_behind(card), changed_facts(score.facts, now, card)
    return tuple(
        Fact(
            label=FACT_LABELS[name],
            scored=fact_text(name, value),
            now=fact_text(name, now.get(name)),
            has_changed=name in changed,
        )
        for name, value in score.facts.items()
        if name in used
    )


def _newer_card(score: Score) -> str:
    in_force = ScorecardVersion.objects.in_force_or_none(timezone.now())
    return in_force.label if in_force is not None and in_force.pk != score.run.version_id else ""
