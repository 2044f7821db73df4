"""What a seal says of the life of a scorecard: who proposed, decided and cancelled what, when and why."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from scoring.merkle import leaf_hash
from scoring.models import CardProposal, SealEntry
from scoring.services.sealed_rows import canonical, moment

Act = SealEntry.Act
ActKey = tuple[int, str]
_WHAT = {
    Act.PROPOSED: ("content_hash", "last_edited_by_id", "proposed_by_id", "proposed_at", "reason", "wanted_from"),
    Act.DECIDED: ("decided_by_id", "decided_at", "decision_reason", "acknowledged", "effective_from"),
    Act.CANCELLED: ("cancelled_by_id", "cancelled_at", "cancel_reason"),
}


def acts_of(proposals: QuerySet[CardProposal]) -> dict[ActKey, str]:
    """What became of these proposals so far, act by act, with the hash of each."""
    return {
        (proposal.pk, act): leaf_hash(canonical(_said(proposal, act))).hex()
        for proposal in proposals.select_related("version").order_by("pk")
        for act in _acts(proposal)
    }


def _acts(proposal: CardProposal) -> list[Act]:
    is_decided = proposal.outcome != CardProposal.Outcome.PENDING
    done = {Act.PROPOSED: True, Act.DECIDED: is_decided, Act.CANCELLED: proposal.cancelled_at is not None}
    return [act for act, is_done in done.items() if is_done]


def _said(proposal: CardProposal, act: Act) -> list[object]:
    named: Mapping[str, Any] = {name: _plain(getattr(proposal, name)) for name in _WHAT[act]}
    outcome = _decision(proposal) if act is Act.DECIDED else ""
    return ["proposal", proposal.pk, act.value, proposal.version.label, outcome, named]


def _decision(proposal: CardProposal) -> str:
    """What was decided then: what is cancelled now was approved."""
    outcome = CardProposal.Outcome
    return str(outcome.APPROVED if proposal.outcome == outcome.CANCELLED else proposal.outcome)


def _plain(value: object) -> object:
    return moment(value) if isinstance(value, datetime) else value
