"""Whom a paper is about: named as they were when it was decided, whatever was corrected since."""

from copy import copy

from loans.models import Loan
from scoring.models import Decision

_NAMED = ("customer_number", "full_name", "address", "nik_ciphertext")


def as_decided(loan: Loan, decision: Decision | None) -> Loan:
    """The financing with its customer as on the day of the decision. One query, and none before there is one."""
    if decision is None or decision.decided_at is None:
        return loan
    then = loan.customer.history.filter(history_date__lte=decision.decided_at).order_by("history_date", "pk").last()
    if then is None:  # what was recorded afterwards has no earlier name
        return loan
    named, customer = copy(loan), copy(loan.customer)
    for name in _NAMED:
        setattr(customer, name, getattr(then, name))
    named.customer = customer
    return named
