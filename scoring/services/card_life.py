"""How a scorecard comes into force: one proposes, another approves, and it takes effect at an instant."""

from collections.abc import Collection
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from bprs.access.models import User
from bprs.errors import DomainError
from scoring.engine import Level
from scoring.findings import examine_card, finding_sentence
from scoring.models import CardProposal, ScorecardVersion, Simulation
from scoring.services.card_drafts import NotADraft

NOT_SIMULATED = "Nobody has simulated this scorecard as it is."
Outcome = CardProposal.Outcome


class UnusableCard(DomainError):
    code = "unusable_card"
    status = 422


class AlreadyInForce(DomainError):
    code = "already_in_force"
    status = 409


class NotPending(DomainError):
    code = "not_pending"
    status = 409


class FourEyes(DomainError):
    code = "four_eyes"
    status = 403


class WarningsNotAcknowledged(DomainError):
    code = "warnings_not_acknowledged"
    status = 422


class WrongTime(DomainError):
    code = "wrong_time"
    status = 422


class ReasonMissing(DomainError):
    code = "reason_missing"
    status = 422


@transaction.atomic
def propose_card(
    *, version_id: int, proposed_by: User, proposed_at: datetime, reason: str, wanted_from: datetime | None = None
) -> CardProposal:
    """
    Ask for a version to be put in force: a draft, or one that was in force before.

    :param wanted_from: when; None is as soon as it is approved
    :raises NotADraft: if it is proposed already, waits for its time, or is gone
    :raises AlreadyInForce: if it is in force
    :raises UnusableCard: if the lint finds anything blocking
    :raises WrongTime: if it is wanted in the past
    :raises ReasonMissing: if nothing says why
    """
    version = ScorecardVersion.objects.select_for_update().filter(pk=version_id).first()
    if version is None:
        raise NotADraft(_("This scorecard is not there any more."))
    _require_reason(reason)
    _refuse_the_past(wanted_from, proposed_at)
    _refuse_what_is_under_way(version, proposed_at)
    _refuse_blocking(version)
    return CardProposal.objects.create(
        version=version,
        content_hash=version.content_hash,
        last_edited_by=version.last_edited_by,
        proposed_by=proposed_by,
        proposed_at=proposed_at,
        reason=reason.strip(),
        wanted_from=wanted_from,
        simulation=newest_simulation(version),
    )


@transaction.atomic
def approve_card(
    *, proposal_id: int, approved_by: User, approved_at: datetime, reason: str, acknowledged: Collection[str] = ()
) -> CardProposal:
    """
    Put the proposed version in force, from the wanted time or from now if that has passed.

    :param acknowledged: what the approver takes note of: the English sentences of the lint's warnings, and
        NOT_SIMULATED where nobody simulated the card as it is
    :raises NotPending: if it was decided or withdrawn meanwhile
    :raises FourEyes: if the approver proposed the version or was the last to edit it
    :raises ReasonMissing: if nothing says why
    :raises WarningsNotAcknowledged: naming those that were not taken note of
    :raises WrongTime: if another version takes effect at this very instant
    """
    proposal = _locked(proposal_id)
    _require_other_eyes(proposal, approved_by)
    _require_reason(reason)
    proposal.acknowledged = _acknowledged(proposal.version, acknowledged)
    proposal.simulation = newest_simulation(proposal.version)
    proposal.effective_from = max(proposal.wanted_from or approved_at, approved_at)
    try:
        with transaction.atomic():
            return _decide(proposal, Outcome.APPROVED, by=approved_by, at=approved_at, reason=reason)
    except IntegrityError:
        raise WrongTime(
            _("Another scorecard takes effect at this very instant: have one of them wait a minute.")
        ) from None


@transaction.atomic
def reject_card(*, proposal_id: int, rejected_by: User, rejected_at: datetime, reason: str) -> CardProposal:
    """
    Send a proposal back: its version is a draft again, or what it was.

    :raises NotPending: if it was decided or withdrawn meanwhile
    :raises FourEyes: if it is one's own, which is withdrawn instead
    :raises ReasonMissing: if nothing says why
    """
    proposal = _locked(proposal_id)
    _require_reason(reason)
    if proposal.proposed_by == rejected_by:
        raise FourEyes(_("You proposed this scorecard yourself: withdraw it instead."))
    return _decide(proposal, Outcome.REJECTED, by=rejected_by, at=rejected_at, reason=reason)


@transaction.atomic
def withdraw_card(*, proposal_id: int, withdrawn_by: User, withdrawn_at: datetime, reason: str) -> CardProposal:
    """
    Take one's own proposal back.

    :raises NotPending: if it was decided meanwhile
    :raises FourEyes: if it is somebody else's, which is rejected instead
    :raises ReasonMissing: if nothing says why
    """
    proposal = _locked(proposal_id)
    _require_reason(reason)
    if proposal.proposed_by != withdrawn_by:
        raise FourEyes(_("Only %(name)s, who proposed it, can withdraw this.") % {"name": proposal.proposed_by})
    return _decide(proposal, Outcome.WITHDRAWN, by=withdrawn_by, at=withdrawn_at, reason=reason)


@transaction.atomic
def cancel_approval(*, proposal_id: int, cancelled_by: User, cancelled_at: datetime, reason: str) -> CardProposal:
    """
    Call off an approved version before its time comes; one person may, for nothing changes then.

    :raises NotPending: if it has taken effect, or was never approved
    :raises ReasonMissing: if nothing says why
    """
    waiting = CardProposal.objects.filter(outcome=Outcome.APPROVED, effective_from__gt=cancelled_at)
    proposal = waiting.select_for_update().filter(pk=proposal_id).first()
    _require_reason(reason)
    if proposal is None:
        raise NotPending(_("Only what is approved and has not taken effect can be cancelled."))
    proposal.outcome, proposal.cancel_reason = Outcome.CANCELLED, reason.strip()
    proposal.cancelled_by, proposal.cancelled_at = cancelled_by, cancelled_at
    proposal.save()
    return proposal


def newest_simulation(version: ScorecardVersion) -> Simulation | None:
    """Of the card as it is: the newest over all that any of them covers, so that a part never stands for the whole."""
    return Simulation.objects.of(version).without_contents().order_by("-loan_count", "-asked_at").first()


def warnings_of(version: ScorecardVersion) -> dict[str, str]:
    """What an approver takes note of: as it is kept, in English, and in the reader's language."""
    findings = [finding for finding in examine_card(version.card).findings if finding.level is Level.WARNING]
    warnings = {finding.message: finding_sentence(finding) for finding in findings}
    if newest_simulation(version) is None:
        warnings[NOT_SIMULATED] = _("Nobody has simulated this scorecard as it is.")
    return warnings


def _locked(proposal_id: int) -> CardProposal:
    proposals = CardProposal.objects.select_for_update(of=("self",)).select_related("version", "proposed_by")
    proposal = proposals.filter(pk=proposal_id).first()
    if proposal is None or proposal.outcome != Outcome.PENDING:
        raise NotPending(_("This proposal has been decided or withdrawn meanwhile."))
    return proposal


def _decide(proposal: CardProposal, outcome: str, *, by: User, at: datetime, reason: str) -> CardProposal:
    proposal.outcome, proposal.decided_by, proposal.decided_at = outcome, by, at
    proposal.decision_reason = reason.strip()
    proposal.save()
    return proposal


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise ReasonMissing(_("Say why: the reason is kept."), fields={"reason": _("Say why: the reason is kept.")})


def _refuse_the_past(wanted_from: datetime | None, now: datetime) -> None:
    if wanted_from is not None and wanted_from < now:
        sentence = _("A scorecard cannot be put in force in the past: scores were made with another one then.")
        raise WrongTime(sentence, fields={"wanted_from": sentence})


def _refuse_what_is_under_way(version: ScorecardVersion, now: datetime) -> None:
    in_force = ScorecardVersion.objects.in_force_or_none(now)
    if in_force == version:
        raise AlreadyInForce(_("Scorecard %(card)s is in force already.") % {"card": version})
    waiting = version.proposals.filter(outcome=Outcome.APPROVED, effective_from__gt=now)
    if (version.proposals.pending() | waiting).exists():
        raise NotADraft(_("Scorecard %(card)s is proposed or approved already.") % {"card": version})


def _refuse_blocking(version: ScorecardVersion) -> None:
    blocking = [finding for finding in examine_card(version.definition).findings if finding.level is Level.BLOCKING]
    if blocking:
        raise UnusableCard(
            _("Scorecard %(card)s cannot be used yet: %(reason)s")
            % {"card": version, "reason": " ".join(finding_sentence(finding) for finding in blocking)}
        )


def _require_other_eyes(proposal: CardProposal, approver: User) -> None:
    if approver == proposal.proposed_by:
        raise FourEyes(_("You proposed this scorecard: somebody else must approve it."))
    if approver.pk == proposal.last_edited_by_id:
        raise FourEyes(_("You were the last to edit this scorecard: somebody else must approve it."))


def _acknowledged(version: ScorecardVersion, acknowledged: Collection[str]) -> list[str]:
    """The warnings as sentences, once every one of them is taken note of."""
    warnings = warnings_of(version)
    missed = [sentence for key, sentence in warnings.items() if key not in acknowledged]
    if missed:
        raise WarningsNotAcknowledged(
            _("Take note of every warning before you approve: %(warnings)s") % {"warnings": " ".join(missed)}
        )
    return list(warnings)
