"""Deciding about financing: one at a time for forms and API, whole columns for files and the demo bank."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypedDict

from django.db import transaction
from django.utils.translation import gettext as _

from bprs.access.models import User
from bprs.bulk import insert_columns, record_history, reserve_keys, update_rows
from bprs.errors import DomainError
from bprs.validation import check
from customers.models import Customer
from loans.models import DECIDED, Loan


class LoanValues(TypedDict, total=False):
    loan_number: str
    customer: Customer
    akad: str
    purpose: str
    principal_amount: Decimal | None
    tenor_months: int | None
    status: str
    application_date: date
    disbursed_date: date | None
    collectibility: int | None
    days_past_due: int | None


class LoanColumns(TypedDict):
    """One value per row in each, as the model has them."""

    loan_number: Sequence[str]
    customer_id: Sequence[int]
    akad: Sequence[str]
    purpose: Sequence[str]
    principal_amount: Sequence[Decimal | None]
    tenor_months: Sequence[int | None]
    status: Sequence[str]
    application_date: Sequence[date]
    disbursed_date: Sequence[date | None]
    collectibility: Sequence[int | None]
    days_past_due: Sequence[int | None]


class ScoreIsStale(DomainError):
    code = "score_stale"
    status = 409


@transaction.atomic
def add_loan(*, values: LoanValues, added_by: User) -> Loan:
    """
    Add one application for financing.

    :raises Invalid: if a value breaks a rule or the number is taken
    """
    loan = Loan()
    _set(loan, values, added_by)
    loan.save(force_insert=True)
    return loan


@transaction.atomic
def change_loan(*, loan: Loan, values: LoanValues, changed_by: User) -> Loan:
    """
    Change what is given and nothing else: a score that came in meanwhile stays.

    :raises Invalid: as `add_loan`
    :raises ScoreIsStale: if it decides on a loan whose data changed since it was scored
    """
    was = Loan.objects.values_list("status", flat=True).get(pk=loan.pk)
    _set(loan, values, changed_by)
    loan.save(update_fields={*values, "updated_at"})
    loan.refresh_from_db(fields=["is_stale"])
    if loan.is_stale and loan.status != was and loan.status in DECIDED:
        raise ScoreIsStale(_("The data changed since the financing was scored. Score it again before deciding."))
    return loan


def _set(loan: Loan, values: LoanValues, changed_by: User) -> None:
    for name, value in values.items():
        setattr(loan, name, value)
    check(loan)
    loan._history_user = changed_by  # type: ignore[attr-defined]  # simple-history's way to name who did it


@transaction.atomic
def add_loans(*, columns: LoanColumns, added_by: User, added_at: datetime, reason: str = "") -> dict[str, int]:
    """
    Add many new loans with their history in a fixed number of statements; return number -> primary key.

    The values are checked by whoever read them; the constraints guard behind.

    :raises django.db.IntegrityError: if a number is taken
    """
    numbers = columns["loan_number"]
    keys = reserve_keys(Loan, len(numbers))
    rows = {"id": keys, **{name: list(column) for name, column in columns.items()}}  # type: ignore[call-overload]
    insert_columns(Loan, {**rows, "segment": "", "created_at": added_at, "updated_at": added_at}, count=len(numbers))
    record_history(Loan, keys, changed_by=added_by, changed_at=added_at, kind="+", reason=reason)
    return dict(zip(numbers, keys, strict=True))


@transaction.atomic
def change_loans(
    *, changes: Mapping[int, Mapping[str, Any]], changed_by: User, changed_at: datetime, reason: str = ""
) -> None:
    """
    Change many loans with their history in a fixed number of statements; the score columns stay.

    The values are checked by whoever read them; the constraints guard behind.

    :param changes: primary key -> the columns that change, named as in `LoanColumns`
    :raises django.db.IntegrityError: if a rule of the table is broken
    """
    update_rows(Loan, {pk: {**values, "updated_at": changed_at} for pk, values in changes.items()})
    record_history(Loan, list(changes), changed_by=changed_by, changed_at=changed_at, kind="~", reason=reason)
