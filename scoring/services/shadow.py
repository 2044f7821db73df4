"""A challenger beside the card in force: it scores what was scored, afterwards and apart, and is compared."""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

import numpy as np
from django.db import IntegrityError, transaction
from django.db.models import Count, Exists, F, Max, OuterRef, Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.utils.translation import gettext as _

from bprs.access.models import User
from bprs.bulk import insert_columns
from bprs.errors import DomainError
from scoring.engine import Comparison, Outcomes, compare, content_hash_of
from scoring.facts import ASSUMED_ZERO
from scoring.models import Score, ScorecardVersion, ScoringRun, Shadow, ShadowRun, ShadowScore, Simulation
from scoring.models.simulations import USUAL_LOSS
from scoring.services.card_life import ReasonMissing, WrongTime
from scoring.services.records import score_columns
from scoring.services.replay import facts_of_rows
from scoring.services.simulate import BOOK_FIELDS, SameCard, book_of, open_simulation, refuse_unusable
from scoring.services.stored_scores import parsed

logger = logging.getLogger(__name__)
CHUNK: Final = 20_000
SCORES_AT_ONCE, RUNS_AT_ONCE = 100_000, 1_000
OUTCOME: Final = ("raw_score", "credit_score", "default_probability", "segment", "points", "bins")


class ShadowRunning(DomainError):
    code = "shadow_running"
    status = 409


class ShadowOver(DomainError):
    code = "shadow_over"
    status = 409


class ShadowChanged(DomainError):
    """What is stored is not what the challenger makes of the facts."""

    code = "shadow_changed"
    status = 409


@transaction.atomic
def begin_shadow(
    *, version: ScorecardVersion, begun_by: User, begun_at: datetime, reason: str, until: datetime | None = None
) -> Shadow:
    """
    Have a card score in the shadow from now on, as it is now: editing the draft does not change it.

    :raises UnusableCard: if the card is not finished
    :raises SameCard: if the card in force says the same
    :raises WrongTime: if it would end before it begins
    :raises ReasonMissing: if nothing says why
    :raises ShadowRunning: if another card is in the shadow
    """
    refuse_unusable(version)
    in_force = ScorecardVersion.objects.in_force(begun_at)
    if content_hash_of(in_force.definition) == content_hash_of(version.definition):
        raise SameCard(_("%(card)s says the same as the scorecard in force.") % {"card": version})
    if until is not None and until <= begun_at:
        raise WrongTime(_("It would end before it begins."), fields={"until": _("It would end before it begins.")})
    if not reason.strip():
        raise ReasonMissing(_("Say why."), fields={"reason": _("Say why.")})
    _end_what_is_past(begun_at)
    running = Shadow.objects.filter(ended_at__isnull=True).select_related("version").first()
    if running is not None:
        raise ShadowRunning(_("%(card)s is in the shadow; end that first.") % {"card": running})
    return Shadow.objects.create(
        version=version,
        content_hash=content_hash_of(version.definition),
        definition=version.definition,
        reason=reason.strip(),
        begun_by=begun_by,
        begun_at=begun_at,
        until=until,
    )


@transaction.atomic
def end_shadow(*, shadow_id: int, ended_by: User, ended_at: datetime) -> Shadow:
    """
    End it now. What it scored stays, and what was scored before now it still scores.

    :raises ShadowOver: if it is over already
    """
    shadow = Shadow.objects.select_for_update(of=("self",)).select_related("version").get(pk=shadow_id)
    if shadow not in Shadow.objects.running(ended_at):
        raise ShadowOver(_("%(card)s is not in the shadow any more.") % {"card": shadow})
    shadow.ended_at, shadow.ended_by = ended_at, ended_by
    shadow.save(update_fields=["ended_at", "ended_by"])
    return shadow


def shadow_new(*, at: datetime, scores_at_once: int = SCORES_AT_ONCE) -> int:
    """
    Score with the challenger what runs scored meanwhile; return how many scores. A chore of the workers, who have other
    work as well: after about `scores_at_once` the rest waits for the next time.

    Of two who do so at once, one is told by the database that it was done, and leaves the rest to the other.
    """
    done = 0
    for shadow in Shadow.objects.filter(begun_at__lte=at).order_by("pk"):
        for run in runs_to_cover(shadow)[:RUNS_AT_ONCE]:
            try:
                done += _cover(shadow, run, at=at, most=scores_at_once - done)
            except IntegrityError:
                logger.info("Somebody else had run %s scored in the shadow", run.pk)
                return done
            if done >= scores_at_once:
                return done
    return done


def runs_to_cover(shadow: Shadow) -> "QuerySet[ScoringRun]":
    """Complete runs of stored financing in its time, the oldest first."""
    complete = ScoringRun.objects.filter(
        is_complete=True, stored_file__isnull=True, scored_count__gt=0, scored_at__gte=shadow.begun_at
    )
    if shadow.end is not None:
        complete = complete.filter(scored_at__lt=shadow.end)
    covered = ShadowRun.objects.filter(shadow=shadow, run=OuterRef("pk"))
    return complete.filter(~Exists(covered)).order_by("scored_at", "pk")


def champions(shadow: Shadow) -> list[ScorecardVersion]:
    """The cards that were in force beside it, what scored most first."""
    scored = Count("runs", filter=Q(runs__shadows__shadow=shadow))
    beside = ScorecardVersion.objects.filter(runs__shadows__shadow=shadow).exclude(content_hash=shadow.content_hash)
    return list(beside.annotate(shadowed=scored).order_by("-shadowed", "pk"))


@transaction.atomic
def compare_shadow(
    *,
    shadow: Shadow,
    against: ScorecardVersion,
    asked_by: User,
    asked_at: datetime,
    loss_given_default: Decimal = USUAL_LOSS,
) -> Simulation:
    """
    Compare with what `against` scored meanwhile: the latest score of each financing, on the facts it was scored with.

    :raises NothingToSimulate: if there is none yet
    """
    return open_simulation(
        Simulation(
            version=shadow.version,
            content_hash=shadow.content_hash,
            definition=shadow.definition,
            against=against,
            shadow=shadow,
            loss_given_default=loss_given_default,
            asked_by=asked_by,
            asked_at=asked_at,
        ),
        shadowed(shadow, against),
    )


def shadowed(shadow: Shadow, against: ScorecardVersion) -> "QuerySet[ShadowScore]":
    """Of every financing that is still there, its latest score that both cards made."""
    both = ShadowScore.objects.filter(shadow=shadow, score__run__version=against, score__loan__status__isnull=False)
    later = both.filter(score__loan=OuterRef("score__loan"), score__gt=OuterRef("score"))
    return both.filter(~Exists(later))


def compare_shadowed(simulation: Simulation, scores: "QuerySet[ShadowScore]") -> Comparison:
    """
    Compare on the facts as scored. One query.

    :raises ShadowChanged: if the challenger makes something else of them than what is stored
    """
    wanted: dict[str, Any] = {
        "facts": Cast("score__facts", TextField()),
        "shadow": F("credit_score"),
        **{name: F(f"score__loan__{name}") for name in BOOK_FIELDS},
    }
    rows = list(scores.order_by().values_list(*wanted.values()))
    columns: dict[str, Sequence[Any]] = dict(
        zip(wanted, zip(*rows, strict=True) if rows else [()] * len(wanted), strict=True)
    )
    facts = facts_of_rows(parsed(columns["facts"]))
    before, after = (card.score(facts, assume_zero_for=ASSUMED_ZERO) for card in simulation.cards)
    _refuse_changed(after, columns["shadow"])
    return compare(before=before, after=after, book=book_of(columns, facts))


def _refuse_changed(after: Outcomes, stored: Sequence[int | None]) -> None:
    again = np.where(after.refused, -1, after.credit_score)
    if not np.array_equal(again, np.array([-1 if score is None else score for score in stored], dtype=np.int64)):
        raise ShadowChanged(
            _(
                "What is stored of the shadow is not what the scorecard makes of the facts. Tell whoever looks after the server."
            )
        )


def _end_what_is_past(at: datetime) -> None:
    Shadow.objects.filter(ended_at__isnull=True, until__lte=at).update(ended_at=F("until"))


def _cover(shadow: Shadow, run: ScoringRun, *, at: datetime, most: int) -> int:
    """Score a run, some at a time, going on where that stopped; about `most` scores, the next call does the rest."""
    ours, done = ShadowScore.objects.filter(shadow=shadow, score__run=run), 0
    last = ours.aggregate(last=Max("score"))["last"] or 0
    scores = Score.objects.filter(run=run).order_by("pk").values_list("pk", Cast("facts", TextField()))
    while rows := list(scores.filter(pk__gt=last)[:CHUNK]):
        if done >= most:
            return done
        keys, texts = zip(*rows, strict=True)
        _score(shadow, keys, texts)
        last, done = keys[-1], done + len(keys)
    counts = ours.aggregate(scored=Count("pk", filter=Q(refusal="")), refused=Count("pk", filter=~Q(refusal="")))
    ShadowRun.objects.create(
        shadow=shadow, run=run, scored_count=counts["scored"], refused_count=counts["refused"], covered_at=at
    )
    return done


@transaction.atomic
def _score(shadow: Shadow, keys: Sequence[int], texts: Sequence[str]) -> None:
    facts = facts_of_rows(parsed(texts))
    outcomes = shadow.card.score(facts, assume_zero_for=ASSUMED_ZERO)
    scored, refused = np.flatnonzero(~outcomes.refused), np.flatnonzero(outcomes.refused).tolist()
    columns: Mapping[str, Any] = score_columns(facts=facts, outcomes=outcomes, rows=scored)
    insert_columns(
        ShadowScore,
        {
            "shadow": shadow.pk,
            "score": [keys[row] for row in scored.tolist()],
            **{name: columns[name] for name in OUTCOME},
            "refusal": "",
        },
        count=len(scored),
    )
    insert_columns(
        ShadowScore,
        {
            "shadow": shadow.pk,
            "score": [keys[row] for row in refused],
            "segment": "",
            "points": "{}",
            "bins": "{}",
            "refusal": [_reason(outcomes, row) for row in refused],
        },
        count=len(refused),
    )


def _reason(outcomes: Outcomes, row: int) -> str:
    refusal = outcomes.refusal(row)
    return "" if refusal is None else f"{refusal.field} {refusal.code}"
