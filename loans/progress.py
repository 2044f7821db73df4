"""
How financing moves on: which steps are taken by hand, and which only by a decision.

«Scored» is no status: it is submitted, with a score whose facts have not changed since.
"""

from collections.abc import Collection, Mapping
from typing import Any

from django.utils.translation import gettext as _

from bprs.errors import DomainError
from loans.models import Loan, Status

BEFORE_A_DECISION = (Status.DRAFT, Status.SUBMITTED, Status.RETURNED)
TERMS = ("loan_number", "customer", "akad", "purpose", "principal_amount", "tenor_months", "application_date")
RECORD_HISTORY = "loans.record_history"
_REPAYING = (Status.DISBURSED, Status.SETTLED, Status.WRITTEN_OFF)
_BY_HAND: Mapping[str | None, Collection[str]] = {
    None: (Status.DRAFT, Status.SUBMITTED),
    Status.DRAFT: (Status.SUBMITTED,),
    Status.SUBMITTED: (Status.DRAFT,),
    Status.RETURNED: (Status.SUBMITTED,),
    Status.APPROVED: (Status.DISBURSED,),
    **dict.fromkeys(_REPAYING, _REPAYING),
}


class DecisionNeeded(DomainError):
    """It is a decision that leads there, not a change of a field."""

    code = "decision_needed"
    status = 409


class TermsAreFixed(DomainError):
    """What was recommended or decided stays what it was."""

    code = "terms_are_fixed"
    status = 409


def steps_by_hand(status: str | None) -> tuple[str, ...]:
    """Where one may go from here without a decision, staying included; None is before there is any financing."""
    return tuple(_BY_HAND.get(status, ())) if status is None else (status, *_BY_HAND.get(status, ()))


def are_terms_fixed(status: str | None) -> bool:
    return status is not None and status not in BEFORE_A_DECISION


def require_steps_and_terms(before: Loan | None, values: Mapping[str, Any]) -> None:
    """
    Refuse what only a decision changes.

    :param before: the financing as it is stored; None if there is none yet
    :raises DecisionNeeded: if only a decision leads to that status
    :raises TermsAreFixed: if a term changes that was recommended or decided on
    """
    was = None if before is None else before.status
    to = values.get("status", was)
    if to not in steps_by_hand(was):
        sentence = _("«%(to)s» is not set by hand: it comes of a recommendation and a decision.")
        message = sentence % {"to": Status(to).label}
        raise DecisionNeeded(message, fields={"status": message})
    if before is not None and are_terms_fixed(was):
        _require_same_terms(before, values)


def _require_same_terms(before: Loan, values: Mapping[str, Any]) -> None:
    changed = [name for name in TERMS if name in values and values[name] != getattr(before, name)]
    if changed:
        sentence = _("The financing is recommended or decided: its terms stay. Have it returned to change them.")
        raise TermsAreFixed(sentence, fields=dict.fromkeys(changed, sentence))
