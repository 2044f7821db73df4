"""Deciding about customers: one at a time for forms and API, whole columns for files and the demo bank."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypedDict

from django.db import transaction

from bprs.access.disclosures import note_unmasking
from bprs.access.models import Branch, User
from bprs.bulk import insert_columns, record_history, reserve_keys, update_rows
from bprs.encryption import encrypt, encrypt_all, keyed_hash, keyed_hashes
from bprs.validation import check
from customers.models import Customer

NIK_COLUMNS = ("nik_ciphertext", "nik_hash")


class CustomerValues(TypedDict, total=False):
    customer_number: str
    full_name: str
    nik: str
    phone: str
    address: str
    birth_date: date | None
    branch: Branch
    monthly_income: Decimal | None
    assets_value: Decimal | None


class CustomerColumns(TypedDict):
    """One value per row in each; `branch_id` and money as the model has them, an empty NIK is unknown."""

    customer_number: Sequence[str]
    full_name: Sequence[str]
    nik: Sequence[str]
    phone: Sequence[str]
    address: Sequence[str]
    birth_date: Sequence[date | None]
    branch_id: Sequence[int]
    monthly_income: Sequence[Decimal | None]
    assets_value: Sequence[Decimal | None]


@transaction.atomic
def add_customer(*, values: CustomerValues, added_by: User) -> Customer:
    """
    Add one customer.

    :raises Invalid: if a value breaks a rule or the number or NIK is taken
    """
    customer = Customer()
    _set(customer, values, added_by)
    customer.save(force_insert=True)
    return customer


@transaction.atomic
def change_customer(*, customer: Customer, values: CustomerValues, changed_by: User) -> Customer:
    """
    Change what is given and nothing else.

    :raises Invalid: as `add_customer`
    """
    _set(customer, values, changed_by)
    customer.save(update_fields={*(values.keys() - {"nik"}), "updated_at", *(NIK_COLUMNS if "nik" in values else ())})
    return customer


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    nik: str
    phone: str


@transaction.atomic
def show_identity(*, customer: Customer, shown_to: User, shown_at: datetime, remote_address: str | None) -> Identity:
    """Write down who is shown the whole NIK and phone number of whom, and then hand them out."""
    note_unmasking(
        list_name=Customer._meta.label_lower,
        subject=customer.customer_number,
        fields=["nik", "phone"],
        made_by=shown_to,
        made_at=shown_at,
        remote_address=remote_address,
    )
    return Identity(nik=customer.nik, phone=customer.phone)


def _set(customer: Customer, values: CustomerValues, changed_by: User) -> None:
    for name, value in values.items():
        setattr(customer, name, value)
    check(customer)
    customer._history_user = changed_by  # type: ignore[attr-defined]  # simple-history's way to name who did it


@transaction.atomic
def add_customers(*, columns: CustomerColumns, added_by: User, added_at: datetime, reason: str = "") -> dict[str, int]:
    """
    Add many new customers with their history in a fixed number of statements; return number -> primary key.

    The values are checked by whoever read them; the constraints guard behind.

    :raises django.db.IntegrityError: if a number or NIK is taken
    """
    numbers, niks = columns["customer_number"], [nik for nik in columns["nik"] if nik]
    keys, ciphertexts, hashes = reserve_keys(Customer, len(numbers)), iter(encrypt_all(niks)), iter(keyed_hashes(niks))
    insert_columns(
        Customer,
        {
            "id": keys,
            **{name: list(column) for name, column in columns.items() if name != "nik"},  # type: ignore[call-overload]
            "nik_ciphertext": [next(ciphertexts) if nik else "" for nik in columns["nik"]],
            "nik_hash": [next(hashes) if nik else None for nik in columns["nik"]],
            "created_at": added_at,
            "updated_at": added_at,
        },
        count=len(numbers),
    )
    record_history(Customer, keys, changed_by=added_by, changed_at=added_at, kind="+", reason=reason)
    return dict(zip(numbers, keys, strict=True))


@transaction.atomic
def change_customers(
    *, changes: Mapping[int, Mapping[str, Any]], changed_by: User, changed_at: datetime, reason: str = ""
) -> None:
    """
    Change many customers with their history in a fixed number of statements.

    The values are checked by whoever read them; the constraints guard behind.

    :param changes: primary key -> the columns that change, named as in `CustomerColumns`
    :raises django.db.IntegrityError: if a NIK is taken
    """
    update_rows(Customer, {pk: {**_stored(values), "updated_at": changed_at} for pk, values in changes.items()})
    record_history(Customer, list(changes), changed_by=changed_by, changed_at=changed_at, kind="~", reason=reason)


def _stored(values: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of the table: a NIK is kept as two."""
    columns = {name: value for name, value in values.items() if name != "nik"}
    if nik := values.get("nik"):
        columns |= {"nik_ciphertext": encrypt(nik), "nik_hash": keyed_hash(nik)}
    return columns
