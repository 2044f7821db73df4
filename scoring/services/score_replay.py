"""One score once more, and beside it another card or today's data: what of the difference comes from which. Nothing is stored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from bprs.access.models import User
from bprs.errors import DomainError
from scoring.engine import Outcomes, Scorecard, ScorecardError
from scoring.engine.outcomes import RowOutcome
from scoring.facts import ASSUMED_ZERO, facts_behind
from scoring.messages import sentence
from scoring.models import CardProposal, Score, ScorecardVersion
from scoring.services.replay import differences, facts_of_rows, kept_in
from scoring.services.stored_scores import parsed, score_chunks_of

THEN, TODAY = 0, 1


class CardUnfinished(DomainError):
    code = "card_unfinished"
    status = 409


class UnknownScorecard(DomainError):
    code = "unknown_scorecard"
    status = 404


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What a card says of the facts; without an outcome it refuses them."""

    card: Scorecard
    outcome: RowOutcome

    @property
    def refusal(self) -> str:
        found = self.outcome.refusal
        return sentence(found.code, found.params) if found else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """How much the data and the card each add to what one thing gives; halves are possible."""

    before: int
    after: int
    from_data: Decimal
    from_card: Decimal

    @property
    def total(self) -> int:
        return self.after - self.before


@dataclass(frozen=True, slots=True, kw_only=True)
class CharacteristicPart(Part):
    """Of one characteristic; a bin label is "" where the card does not have it."""

    name: str
    label: str
    bin_before: str
    bin_after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """The parts add up: base, characteristics and holding to the range to `score`, in every column."""

    score: Part
    base: Part
    characteristics: tuple[CharacteristicPart, ...]
    held_to_range: Part


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedFact:
    name: str
    then: Any
    today: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """
    The four corners: its own card and another one, its own facts and those it is compared with.

    `differs` names the outcomes that are not what is stored; `split` is None where a corner is refused.
    """

    score: Score
    version: ScorecardVersion
    differs: tuple[str, ...]
    own_then: Judged
    own_today: Judged
    other_then: Judged
    other_today: Judged
    changed_facts: tuple[ChangedFact, ...]
    split: Split | None


def versions_to_replay(*, user: User, at: datetime) -> QuerySet[ScorecardVersion]:
    """Those that are or were in force; drafts too for who may see what they would do."""
    versions = ScorecardVersion.objects.order_by("name", "number")
    if user.has_perm("scoring.view_simulation"):
        return versions
    return versions.filter(pk__in=CardProposal.objects.in_effect(at).values("version"))


def version_to_replay(label: str, *, user: User, at: datetime) -> ScorecardVersion:
    """
    The one of this label; the one in force if it is empty.

    :raises UnknownScorecard: if there is none for this user
    :raises NoActiveScorecard: if none is named and none is in force
    """
    if not label:
        return ScorecardVersion.objects.in_force(at)
    for version in versions_to_replay(user=user, at=at):
        if version.label == label:
            return version
    raise UnknownScorecard(_("There is no scorecard %(label)s to score with.") % {"label": label})


def replay_score(*, score: Score, version: ScorecardVersion, facts: Mapping[str, Any]) -> Replay:
    """
    Score its facts and these ones with its card and with this one: two engine calls, and one query to read the score.

    :param facts: in the form scores keep them, as `scoring.facts.facts_of` reads them
    :raises CardUnfinished: if the version cannot score yet
    """
    own, other = score.run.version.card, _usable(version)
    both = facts_of_rows([score.facts, facts])
    by_own, by_other = (card.score(both, assume_zero_for=ASSUMED_ZERO) for card in (own, other))
    corners = [_judged(own, by_own, THEN), _judged(own, by_own, TODAY)]
    corners += [_judged(other, by_other, THEN), _judged(other, by_other, TODAY)]
    used = facts_behind(own) | facts_behind(other)
    return Replay(
        score=score,
        version=version,
        differs=_differs_from_stored(score, own),
        own_then=corners[0],
        own_today=corners[1],
        other_then=corners[2],
        other_today=corners[3],
        changed_facts=tuple(
            ChangedFact(name=name, then=then, today=facts.get(name))
            for name, then in score.facts.items()
            if name in used and facts.get(name) != then
        ),
        split=None if any(corner.outcome.refusal for corner in corners) else _split(corners),
    )


def _usable(version: ScorecardVersion) -> Scorecard:
    try:
        return version.card
    except ScorecardError:
        message = _("Scorecard %(card)s is not finished and cannot score yet.") % {"card": version.label}
        raise CardUnfinished(message) from None


def _judged(card: Scorecard, outcomes: Outcomes, row: int) -> Judged:
    return Judged(card=card, outcome=outcomes.row(row))


def _differs_from_stored(score: Score, card: Scorecard) -> tuple[str, ...]:
    """As `verify` compares it."""
    (columns,) = score_chunks_of([score.pk])
    return tuple(differences(card, kept_in(columns, parsed(columns["facts"]))))


def _split(corners: Sequence[Judged]) -> Split:
    """
    What changes from the first corner to the last, parted into data and card: the mean of the data first and the card
    first (Shapley's value for two), so that the order does not matter and the parts add up exactly.
    """
    names = {name: None for corner in (corners[0], corners[3]) for name in corner.outcome.points}
    return Split(
        score=_part([each.outcome.credit_score for each in corners]),
        base=_part([each.card.base_points for each in corners]),
        characteristics=tuple(_characteristic(name, corners) for name in names),
        held_to_range=_part([each.outcome.credit_score - each.outcome.raw_score for each in corners]),
    )


def _part(values: Sequence[int]) -> Part:
    return Part(before=values[0], after=values[3], **_shares(values))


def _characteristic(name: str, corners: Sequence[Judged]) -> CharacteristicPart:
    values = [each.outcome.points.get(name, 0) for each in corners]
    labels = {each.name: each.label for corner in corners for each in corner.card.characteristics}
    return CharacteristicPart(
        name=name,
        label=labels[name],
        bin_before=corners[0].outcome.bins.get(name, ""),
        bin_after=corners[3].outcome.bins.get(name, ""),
        before=values[0],
        after=values[3],
        **_shares(values),
    )


def _shares(values: Sequence[int]) -> dict[str, Decimal]:
    own_then, own_today, other_then, other_today = values
    data = (own_today - own_then) + (other_today - other_then)
    card = (other_then - own_then) + (other_today - own_today)
    return {"from_data": Decimal(data) / 2, "from_card": Decimal(card) / 2}
