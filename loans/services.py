"""Deciding about financing: one at a time for forms and API, whole columns for files and the demo bank."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NotRequired, TypedDict

from django.db import transaction
from django.utils.translation import gettext as _

from bprs.access.models import User
from bprs.bulk import insert_columns, record_history, reserve_keys, update_rows
from bprs.errors import DomainError
from bprs.validation import check
from customers.models import Customer
from loans.models import Loan, Status
from loans.progress import RECORD_HISTORY, DecisionNeeded, TermsAreFixed, require_steps_and_terms


class LoanValues(TypedDict, total=False):
    loan_number: str
    customer: Customer
    akad: str
    purpose: str
    principal_amount: Decimal | None
    tenor_months: int | None
    status: str
    account_officer: User | None
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
    account_officer_id: NotRequired[Sequence[int | None]]


class ScoreIsStale(DomainError):
    code = "score_stale"
    status = 409


@transaction.atomic
def add_loan(*, values: LoanValues, added_by: User) -> Loan:
    """
    Add one application for financing. It is the file of who adds it, unless it is said whose, or head office adds it.

    :raises Invalid: if a value breaks a rule or the number is taken
    :raises DecisionNeeded: if it is to begin further on than anybody may set by hand
    """
    loan = Loan(account_officer=None if added_by.has_every_branch() or not added_by.is_staff else added_by)
    _require_by_hand(None, {"status": loan.status, **values}, added_by)
    _set(loan, values, added_by)
    loan.save(force_insert=True)
    return loan


@transaction.atomic
def change_loan(*, loan: Loan, values: LoanValues, changed_by: User) -> Loan:
    """
    Change what is given and nothing else: a score that came in meanwhile stays.

    :raises Invalid: as `add_loan`
    :raises DecisionNeeded: if only a decision leads to that status
    :raises TermsAreFixed: if a term changes that was recommended or decided on
    :raises ScoreIsStale: if it is to be disbursed on data that changed since it was scored
    """
    before = Loan.objects.select_for_update().get(pk=loan.pk)
    _require_by_hand(before, values, changed_by)
    _set(loan, values, changed_by)
    loan.save(update_fields={*values, "updated_at"})
    loan.refresh_from_db(fields=["is_stale"])
    if loan.is_stale and loan.status != before.status and loan.status == Status.DISBURSED:
        raise ScoreIsStale(_("The data changed since the financing was scored. Score it again before disbursing."))
    return loan


def _require_by_hand(before: Loan | None, values: LoanValues, changed_by: User) -> None:
    """
    The right to record what was decided elsewhere costs queries: it is asked for last. What awaits a decision here is not
    decided elsewhere.
    """
    try:
        require_steps_and_terms(before, values)
    except (DecisionNeeded, TermsAreFixed):
        awaits_decision = before is not None and before.status == Status.RECOMMENDED
        if awaits_decision or not changed_by.has_perm(RECORD_HISTORY):
            raise


def move_loan(*, loan: Loan, to: Status, moved_by: User) -> None:
    """Take the step a decision leads to; the caller holds the loan, and says who."""
    loan.status = to
    loan._history_user = moved_by  # type: ignore[attr-defined]  # simple-history's way to name who did it
    loan.save(update_fields={"status", "updated_at"})


def _set(loan: Loan, values: LoanValues, changed_by: User) -> None:
    for name, value in values.items():
        setattr(loan, name, value)
    check(loan)
    loan._history_user = changed_by  # type: ignore[attr-defined]  # simple-history's way to name who did it


@transaction.atomic
def add_loans(*, columns: LoanColumns, added_by: User, added_at: datetime, reason: str = "") -> dict[str, int]:
    """
    Add many new loans with their history in a fixed number of statements; return number -> primary key.

    Unless a column says whose files they are, they are those of an account officer who adds them, and nobody's else.

    The values are checked by whoever read them; the constraints guard behind.

    :raises django.db.IntegrityError: if a number is taken
    """
    numbers = columns["loan_number"]
    keys = reserve_keys(Loan, len(numbers))
    officer = added_by.pk if added_by.is_staff and added_by.sees_only_own_work() else None
    rows = {"id": keys, **{name: list(column) for name, column in columns.items()}}  # type: ignore[call-overload]
    made = {"account_officer_id": officer, "segment": "", "created_at": added_at, "updated_at": added_at}
    insert_columns(Loan, made | rows, count=len(numbers))
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
