"""The life of a card on its page: where it stands, who did what when and why, and what may be done next."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from bprs.access.models import User
from scoring.models import CardProposal, CardStatus, ScorecardVersion
from scoring.services.card_drafts import is_kept
from scoring.services.card_life import warnings_of

Outcome = CardProposal.Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One thing somebody did with a card. `by` is empty for the card this software came with."""

    at: datetime
    what: str | Promise
    by: str = ""
    why: str = ""
    simulation_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CardLife:
    version: ScorecardVersion
    status: str
    user: User
    now: datetime
    proposals: tuple[CardProposal, ...]

    @property
    def pending(self) -> CardProposal | None:
        return next((each for each in self.proposals if each.outcome == Outcome.PENDING), None)

    @property
    def waiting(self) -> CardProposal | None:
        """Approved, and its time has not come."""
        return next((each for each in self.proposals if _waits(each, self.now)), None)

    @property
    def since(self) -> datetime | None:
        taken = [each.effective_from for each in self.proposals if each.outcome == Outcome.APPROVED]
        return max((at for at in taken if at and at <= self.now), default=None)

    @property
    def is_founding(self) -> bool:
        return any(each.proposed_by_id is None and each.effective_from == self.since for each in self.proposals)

    @property
    def may_edit(self) -> bool:
        return self.status == CardStatus.DRAFT and self.user.has_perm("scoring.change_scorecardversion")

    @property
    def may_delete(self) -> bool:
        return self.may_edit and not is_kept(self.version)

    @property
    def may_copy(self) -> bool:
        return self.user.has_perm("scoring.add_scorecardversion")

    @property
    def may_propose(self) -> bool:
        is_free = self.status in (CardStatus.DRAFT, CardStatus.RETIRED) and not self.pending and not self.waiting
        return is_free and self.user.has_perm("scoring.propose_card")

    @property
    def may_withdraw(self) -> bool:
        return self.pending is not None and self.pending.proposed_by_id == self.user.pk

    @property
    def may_decide(self) -> bool:
        return self.pending is not None and self.user.has_perm("scoring.approve_card") and not self.may_withdraw

    @property
    def why_not_approve(self) -> str:
        """Four eyes: why this user, who may decide on cards, may not approve this one."""
        if self.pending is None or not self.user.has_perm("scoring.approve_card"):
            return ""
        if self.may_withdraw:
            return gettext("You proposed this scorecard: somebody else must approve it.")
        if self.pending.last_edited_by_id == self.user.pk:
            return gettext("You were the last to edit this scorecard: somebody else must approve it.")
        return ""

    @property
    def warnings(self) -> dict[str, str]:
        """What must be taken note of before it is approved."""
        return warnings_of(self.version)

    @property
    def may_cancel(self) -> bool:
        return self.waiting is not None and self.user.has_perm("scoring.approve_card")

    @property
    def acts(self) -> list[Act]:
        """The newest first."""
        return sorted((*_edits(self.version), *_decisions(self.proposals)), key=lambda act: act.at, reverse=True)


def card_life(version: ScorecardVersion, user: User, now: datetime) -> CardLife:
    people = ("proposed_by", "decided_by", "cancelled_by", "last_edited_by")
    proposals = tuple(version.proposals.select_related(*people).order_by("-pk"))
    return CardLife(
        version=version,
        status=version.status,
        user=user,
        now=now,
        proposals=proposals,
    )


def _waits(proposal: CardProposal, now: datetime) -> bool:
    is_later = proposal.effective_from is not None and proposal.effective_from > now
    return proposal.outcome == Outcome.APPROVED and is_later


def _edits(version: ScorecardVersion) -> Iterator[Act]:
    words = {"+": _("Draft begun"), "~": _("Draft changed")}
    for row in version.history.select_related("history_user").filter(~Q(history_type="-")):
        yield Act(
            at=row.history_date,
            what=words[row.history_type],
            by=_name(row.history_user),
            why=row.history_change_reason or "",
        )


def _decisions(proposals: tuple[CardProposal, ...]) -> Iterator[Act]:
    words = {
        Outcome.APPROVED: _("Approved"),
        Outcome.CANCELLED: _("Approved"),
        Outcome.REJECTED: _("Rejected"),
        Outcome.WITHDRAWN: _("Withdrawn"),
    }
    for each in proposals:
        what = _("Proposed") if each.proposed_by else _("The card this software came with")
        yield Act(
            at=each.proposed_at, what=what, by=_name(each.proposed_by), why=each.reason if each.proposed_by else ""
        )
        if each.decided_at:
            yield Act(
                at=each.decided_at,
                what=words[Outcome(each.outcome)],
                by=_name(each.decided_by),
                why=each.decision_reason,
                simulation_id=each.simulation_id,
            )
        if each.cancelled_at:
            yield Act(
                at=each.cancelled_at,
                what=_("Cancelled before it took effect"),
                by=_name(each.cancelled_by),
                why=each.cancel_reason,
            )


def _name(user: User | None) -> str:
    return (user.get_full_name() or user.get_username()) if user else ""
