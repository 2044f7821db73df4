"""What a seal says of the life of a scorecard: who proposed, decided and cancelled what, when, why and having seen what."""

import json
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.db.models import QuerySet

from scoring.merkle import leaf_hash
from scoring.models import CardProposal, SealEntry, Simulation
from scoring.services.sealed_rows import canonical, moment

Act = SealEntry.Act
ActKey = tuple[int, str]
_SEEN = ("content_hash", "against_hash", "portfolio", "loan_count", "results", "asked_by_id", "asked_at", "finished_at")
_WHAT = {
    Act.PROPOSED: ("content_hash", "last_edited_by_id", "proposed_by_id", "proposed_at", "reason", "wanted_from"),
    Act.DECIDED: ("decided_by_id", "decided_at", "decision_reason", "acknowledged", "effective_from"),
    Act.CANCELLED: ("cancelled_by_id", "cancelled_at", "cancel_reason"),
}


def acts_of(proposals: QuerySet[CardProposal]) -> dict[ActKey, str]:
    """What became of these proposals so far, act by act, with the hash of each."""
    found = proposals.select_related("version", "simulation").order_by("pk")
    return {
        (proposal.pk, act): leaf_hash(canonical(_said(proposal, act))).hex()
        for proposal in found
        for act in _acts(proposal.outcome, proposal.cancelled_at)
    }


def unsealed_acts() -> dict[ActKey, str]:
    """Proposals are few, but what was seen with them is large: only those are read of which something is new."""
    known = set(SealEntry.objects.filter(run__isnull=True).values_list("proposal", "act"))
    there = CardProposal.objects.order_by("pk").values_list("pk", "outcome", "cancelled_at")
    new = {(pk, act.value) for pk, outcome, cancelled_at in there for act in _acts(outcome, cancelled_at)} - known
    acts = acts_of(CardProposal.objects.filter(pk__in={pk for pk, _act in new})) if new else {}
    return {key: root for key, root in acts.items() if key not in known}


def _acts(outcome: str, cancelled_at: datetime | None) -> list[Act]:
    is_decided = outcome != CardProposal.Outcome.PENDING
    done = {Act.PROPOSED: True, Act.DECIDED: is_decided, Act.CANCELLED: cancelled_at is not None}
    return [act for act, is_done in done.items() if is_done]


def _said(proposal: CardProposal, act: Act) -> list[object]:
    named: Mapping[str, Any] = {name: _plain(getattr(proposal, name)) for name in _WHAT[act]}
    said: list[object] = ["proposal", proposal.pk, act.value, proposal.version.label, named]
    return [*said, _decision(proposal), _seen(proposal.simulation)] if act is Act.DECIDED else said


def _seen(simulation: Simulation | None) -> str:
    """The hash of the simulation that who decided had before them; "" of none. Its numbers as Python writes them."""
    if simulation is None:
        return ""
    named = {name: _plain(getattr(simulation, name)) for name in _SEEN}
    said = {**named, "id": str(simulation.pk), "loss_given_default": f"{simulation.loss_given_default:.4f}"}
    return sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def _decision(proposal: CardProposal) -> str:
    """What was decided then: what is cancelled now was approved."""
    outcome = CardProposal.Outcome
    return str(outcome.APPROVED if proposal.outcome == outcome.CANCELLED else proposal.outcome)


def _plain(value: object) -> object:
    return moment(value) if isinstance(value, datetime) else value
