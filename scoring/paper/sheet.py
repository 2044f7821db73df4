"""The decision sheet: an application, the score it is decided on, and what became of it, on paper for the file."""

from datetime import datetime
from typing import cast

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from bprs.access.models import User
from bprs.errors import DomainError
from loans.models import Loan, Status
from scoring.models import Decision, Score
from scoring.paper.bank import letterhead
from scoring.paper.blocks import Block, Facts, Notice, Paper, Row, Signatures, Together
from scoring.paper.identity import as_decided
from scoring.paper.scored import customer_and_request, points, proof, reasons_told, result, terms
from scoring.selectors import explain

Outcome = Decision.Outcome
_BEHIND = ("score__run__version", "score__run__scored_by", "score__run__seal_entry__seal")
_PEOPLE = ("recommended_by", "decided_by", "reason")


class NothingToPrint(DomainError):
    code = "nothing_to_print"
    status = 409


def decision_sheet(loan: Loan, *, printed_by: User, printed_at: datetime) -> Paper:
    """
    Say all that the decision rests on, from the score it was made on. Before a decision it is a draft. At most 3 queries
    for a loan that comes with its customer, branch and account officer.

    :raises NothingToPrint: if the loan was never scored
    """
    decision = decision_at_hand(loan)
    score = decision.score if decision else _latest(loan)
    if score is None:
        raise NothingToPrint(_("This financing has no score yet: there is nothing to decide on and nothing to print."))
    loan = as_decided(loan, decision)
    said = {"at": moment(printed_at), "name": printed_by.known_as, "number": loan.loan_number}
    return Paper(
        name=f"decision-sheet-{loan.loan_number}",
        language=get_language() or "id",
        letterhead=letterhead(loan.customer.branch),
        title=_("Decision sheet %(number)s") % said,
        state=state_of(decision),
        blocks=(*_notices(loan, decision, score), *_scored(loan, score), _decided(decision, score)),
        foot=_("%(number)s · printed on %(at)s by %(name)s") % said,
        page=_("Page %(number)d of %(count)d"),
        made_at=printed_at,
    )


def decision_at_hand(loan: Loan) -> Decision | None:
    """The one that awaits its outcome or has it; a returned one only until the loan is submitted again."""
    decisions = loan.decisions.exclude(outcome=Outcome.WITHDRAWN).select_related(*_PEOPLE, *_BEHIND)
    decision = decisions.order_by("-pk").first()
    if decision is not None and decision.outcome == Outcome.RETURNED and loan.status != Status.RETURNED:
        return None
    return decision


def state_of(decision: Decision | None) -> str:
    return decision.get_outcome_display() if decision else _("Draft: not recommended yet")


def moment(at: datetime) -> str:
    return date_format(localtime(at), "j F Y, H:i")


def _latest(loan: Loan) -> Score | None:
    behind = [name.removeprefix("score__") for name in _BEHIND]
    return loan.scores.select_related(*behind).order_by("-pk").first()


def _notices(loan: Loan, decision: Decision | None, score: Score) -> list[Block]:
    said = []
    if decision is None or decision.outcome == Outcome.PENDING:
        said.append(_("No decision has been made. This sheet is for who decides and for nobody else."))
    if decision is None and loan.is_stale:
        said.append(_("The data changed since this score. It shows the data it was made from."))
    if score.incomplete:
        said.append(_("Incomplete score: no decision can rest on it."))
    return [Notice(text=text) for text in said]


def _scored(loan: Loan, score: Score) -> list[Block]:
    explanation = explain(score)
    return [
        customer_and_request(loan, score),
        result(explanation),
        points(explanation),
        *reasons_told(explanation),
        terms(score),
    ]


def _decided(decision: Decision | None, score: Score) -> Together:
    said = [_recommendation(decision)] if decision else []
    said += [_decision(decision)] if decision and decision.decided_by else []
    return Together(blocks=(*said, proof(score), _signed(decision)))


def _recommendation(decision: Decision) -> Facts:
    by = f"{decision.recommended_by.known_as}, {moment(decision.recommended_at)}"
    rows = (
        Row(label=_("Recommendation"), value=decision.get_advice_display()),
        Row(label=_("Recommended by"), value=by),
    )
    return Facts(title=_("Recommendation"), rows=rows, note=decision.note)


def _decision(decision: Decision) -> Facts:
    by, at = cast("User", decision.decided_by), cast("datetime", decision.decided_at)
    rows = [
        Row(label=_("Outcome"), value=decision.get_outcome_display()),
        Row(label=_("Decided by"), value=f"{by.known_as}, {moment(at)}"),
    ]
    if decision.outcome in {Outcome.APPROVED, Outcome.REJECTED}:
        rows.append(Row(label=_("Against the score"), value=_against(decision)))
    told = "; ".join(each["text"].rstrip(".") for each in decision.customer_reasons)
    if told:
        rows.append(Row(label=_("Told to the customer"), value=told))
    return Facts(title=_("Decision"), rows=tuple(rows), note=decision.decision_note)


def _against(decision: Decision) -> str:
    return f"{decision.get_override_display()}: {decision.reason}" if decision.override else _("No")


def _signed(decision: Decision | None) -> Signatures:
    recommended_by = decision.recommended_by.known_as if decision else ""
    decided_by = decision.decided_by.known_as if decision and decision.decided_by else ""
    return Signatures(places=((_("Recommended by"), recommended_by), (_("Decided by"), decided_by)))
