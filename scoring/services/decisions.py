"""How financing is decided on: one recommends, another with authority decides, resting on a fresh score."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import cast

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from bprs.access.models import User
from bprs.display import rupiah
from bprs.errors import DomainError
from loans.models import Loan, Segment, Status
from loans.services import move_loan
from scoring.authority import NO_LIMIT, limits_of, was_ever_file_of
from scoring.facts import changed_facts, facts_of
from scoring.models import Decision, DecisionReason, Score
from scoring.selectors import explain
from scoring.services.announcements import announce_decision
from scoring.services.score_to_decide import ScoreStale, score_to_decide_on

Advice, Outcome, Override, Kind = Decision.Advice, Decision.Outcome, Decision.Override, DecisionReason.Kind
MOST_REASONS_TOLD = 4  # more than four no longer say what mattered
AGAINST_THE_SCORE = {
    (Outcome.APPROVED, Segment.HIGH): Override.LOW_SIDE,
    (Outcome.REJECTED, Segment.LOW): Override.HIGH_SIDE,
}
_LEADS_TO = {
    Outcome.APPROVED: Status.APPROVED,
    Outcome.REJECTED: Status.REJECTED,
    Outcome.RETURNED: Status.RETURNED,
    Outcome.WITHDRAWN: Status.SUBMITTED,
}


class NotToRecommend(DomainError):
    code = "not_to_recommend"
    status = 409


class NotAwaitingDecision(DomainError):
    code = "not_awaiting_decision"
    status = 409


class OwnWork(DomainError):
    """Nobody decides on what they recommended, or on their own file."""

    code = "four_eyes"
    status = 403


class AboveLimit(DomainError):
    code = "above_limit"
    status = 403


class SayWhy(DomainError):
    code = "reason_missing"
    status = 422


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounds:
    """What a decision says: its note, the reason code where it goes against the score, and what the customer is told."""

    note: str = ""
    reason: DecisionReason | None = None
    told: Sequence[DecisionReason] = ()


@transaction.atomic
def recommend_loan(*, loan_id: int, advice: str, note: str, recommended_by: User, recommended_at: datetime) -> Decision:
    """
    Put a scored application before somebody who may decide on it.

    :raises NotToRecommend: if it is not submitted, or somebody did meanwhile
    :raises SayWhy: if there is no note
    :raises NotScored, ScoreStale, ScoreIncomplete: if no decision could rest on its score
    """
    loan = _held(loan_id)
    score = _require_recommendable(loan)
    _require(note, "note", _("Say what speaks for it and what against: who decides reads this."))
    decision = Decision.objects.create(
        loan=loan,
        score=score,
        amount=cast("Decimal", loan.principal_amount),  # what has a whole score has an amount
        segment=score.segment,
        file_of=loan.account_officer,
        advice=Advice(advice),
        note=note.strip(),
        recommended_by=recommended_by,
        recommended_at=recommended_at,
    )
    move_loan(loan=loan, to=Status.RECOMMENDED, moved_by=recommended_by)
    return decision


@transaction.atomic
def withdraw_recommendation(*, loan_id: int, note: str, withdrawn_by: User, withdrawn_at: datetime) -> Decision:
    """
    Take one's own recommendation back: the application is submitted again.

    :raises NotAwaitingDecision: if it was decided meanwhile
    :raises OwnWork: if somebody else recommended it
    """
    decision = _awaiting(_held(loan_id))
    if decision.recommended_by != withdrawn_by:
        raise OwnWork(
            _("Only %(name)s, who recommended it, can withdraw this.") % {"name": decision.recommended_by.known_as}
        )
    return _settle(decision, Outcome.WITHDRAWN, Grounds(note=note), by=withdrawn_by, at=withdrawn_at)


@transaction.atomic
def return_loan(*, loan_id: int, note: str, returned_by: User, returned_at: datetime) -> Decision:
    """
    Send a recommended application back to be mended. It needs no limit: nothing is decided.

    :raises NotAwaitingDecision: if it was decided meanwhile
    :raises OwnWork: if it is one's own recommendation or file
    :raises SayWhy: if nothing says what to mend
    """
    decision = _awaiting(_held(loan_id))
    _require_other_eyes(decision, returned_by)
    _require(note, "note", _("Say what is to be mended: the account officer reads this."))
    return _settle(decision, Outcome.RETURNED, Grounds(note=note), by=returned_by, at=returned_at)


@transaction.atomic
def decide_loan(*, loan_id: int, outcome: str, grounds: Grounds, decided_by: User, decided_at: datetime) -> Decision:
    """
    Approve or reject a recommended application. Two deciding at once gives one decision: the other is refused.

    :param outcome: "approved" or "rejected"
    :raises NotAwaitingDecision: if it was decided meanwhile
    :raises OwnWork: if it is one's own recommendation or file
    :raises AboveLimit: if the amount is above what one may decide in its risk segment
    :raises ScoreStale: if what the score rests on, or the score, changed since it was recommended
    :raises SayWhy: if it goes against the score without code and note, or rejects without a reason for the customer
    """
    loan = _held(loan_id)
    decision = _awaiting(loan)
    _require_other_eyes(decision, decided_by)
    _require_authority(decision, decided_by)
    _require_score_recommended_on(decision)
    chosen = Outcome(outcome)
    decision.override = override_of(chosen, decision.segment)
    _require_code(decision, grounds)
    if chosen is Outcome.REJECTED:
        decision.customer_reasons = _told(decision, grounds.told)
    _settle(decision, chosen, grounds, by=decided_by, at=decided_at)
    announce_decision(decision, at=decided_at)
    return decision


def override_of(outcome: str, segment: str) -> Decision.Override:
    """A high risk approved, or a low risk rejected, goes against the score; a medium risk is for people to judge."""
    return AGAINST_THE_SCORE.get((Outcome(outcome), Segment(segment)), Override.NONE)


def obstacle_to_recommending(loan: Loan) -> str:
    """Why it cannot be recommended as it is, in a sentence; "" if it can."""
    return _refusal_of(lambda: _require_recommendable(loan))


def obstacle_to_deciding(decision: Decision, user: User) -> str:
    """Why this user cannot approve or reject it, in a sentence; "" if they can."""

    def require_all() -> None:
        _require_other_eyes(decision, user)
        _require_authority(decision, user)
        _require_score_recommended_on(decision)

    return _refusal_of(require_all)


def active_reasons(kind: str) -> list[DecisionReason]:
    return list(DecisionReason.objects.filter(kind=kind, is_active=True).order_by("pk"))


def reasons_coded(codes: Collection[str], *, kind: str, field: str = "reason") -> list[DecisionReason]:
    """
    The reasons in use with these codes, which stand in this field.

    :raises SayWhy: if there is no such code
    """
    found = {reason.code: reason for reason in active_reasons(kind)}
    unknown = [code for code in codes if code not in found]
    if unknown:
        sentence = _("There is no reason with the code %(code)s in use for this.") % {"code": ", ".join(unknown)}
        raise SayWhy(sentence, fields={field: sentence})
    return [found[code] for code in dict.fromkeys(codes)]


def _refusal_of(requirement: Callable[[], object]) -> str:
    try:
        requirement()
    except DomainError as refusal:
        return refusal.message
    return ""


def _require_recommendable(loan: Loan) -> Score:
    if loan.status != Status.SUBMITTED:
        sentence = _("Only an application that is submitted can be recommended. This one: %(status)s.")
        raise NotToRecommend(sentence % {"status": loan.get_status_display().lower()})
    return score_to_decide_on(loan)


def _held(loan_id: int) -> Loan:
    """Locked: whoever scores, changes or decides on it waits."""
    return Loan.objects.select_for_update(of=("self",)).select_related("account_officer").get(pk=loan_id)


def _awaiting(loan: Loan) -> Decision:
    decision = loan.decisions.pending().select_related("recommended_by", "loan", "score__run__version").first()
    if decision is None or loan.status != Status.RECOMMENDED:
        raise NotAwaitingDecision(_("Nothing awaits a decision here: it was decided, returned or withdrawn meanwhile."))
    return decision


def _require(text: str, field: str, sentence: str) -> None:
    if not text.strip():
        raise SayWhy(sentence, fields={field: sentence})


def _require_other_eyes(decision: Decision, decider: User) -> None:
    if decision.recommended_by == decider:
        raise OwnWork(_("You recommended this yourself: somebody else decides on it."))
    if decision.file_of_id == decider.pk or was_ever_file_of(decision.loan, decider):
        raise OwnWork(_("This is your own file, or was: somebody else decides on it."))


def _require_authority(decision: Decision, decider: User) -> None:
    limit = limits_of(decider).get(decision.segment, Decimal(0))
    if limit is not NO_LIMIT and decision.amount > limit:
        sentence = _("In this risk segment you decide up to %(limit)s: leave it to somebody who may decide on more.")
        raise AboveLimit(sentence % {"limit": rupiah(limit)})


def _require_score_recommended_on(decision: Decision) -> None:
    """Whoever decides sees the facts and the points that were recommended on, or sends it back."""
    pinned, loan = decision.score, decision.loan
    if changed_facts(pinned.facts, facts_of(loan), pinned.run.version.card):
        raise ScoreStale(_("The data changed since it was recommended: return it, to be scored and recommended again."))
    latest = score_to_decide_on(loan)
    if (latest.credit_score, latest.segment) != (pinned.credit_score, pinned.segment):
        raise ScoreStale(_("It was scored again with another result since it was recommended: return it."))


def _require_code(decision: Decision, grounds: Grounds) -> None:
    """A reason code is asked for where a decision goes against the score, and has no place anywhere else."""
    decision.reason = grounds.reason if decision.override else None
    if not decision.override:
        return
    sentence = _("This goes against the score: choose a reason code and write a note.")
    if grounds.reason is None or grounds.reason.kind != decision.override:
        raise SayWhy(sentence, fields={"reason": sentence})
    _require(grounds.note, "note", sentence)


def _told(decision: Decision, chosen: Sequence[DecisionReason]) -> list[dict[str, str]]:
    """What the bank's staff chose, then where points were lost; in Indonesian, for the letter."""
    told = [{"source": "bank", "code": reason.code, "text": reason.text} for reason in chosen]
    if not decision.override:
        with translation.override("id"):
            lost = explain(decision.score).told_to_applicant()[:MOST_REASONS_TOLD]
            told += [{"source": "score", "code": each.given.name, "text": each.text} for each in lost]
    if not told:
        sentence = _("Choose at least one reason that the customer is told.")
        raise SayWhy(sentence, fields={"told": sentence})
    return told


def _settle(decision: Decision, outcome: Decision.Outcome, grounds: Grounds, *, by: User, at: datetime) -> Decision:
    decision.outcome, decision.decided_by = outcome, by
    decision.decided_at = max(at, decision.recommended_at)  # another machine's clock may be ahead of ours
    decision.decision_note = grounds.note.strip()
    decision.save()
    move_loan(loan=decision.loan, to=_LEADS_TO[outcome], moved_by=by)
    return decision
