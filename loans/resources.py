"""Financing as rows of a spreadsheet, alone or together with the customer."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import IntegerChoices, TextChoices
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from bprs.importing.entries import Fate, Tally, merged
from bprs.importing.exports import ExportColumn, as_it_is, outgoing
from bprs.importing.plans import Importer
from bprs.importing.resources import SheetResource
from bprs.importing.sheets import Sheet
from bprs.importing.undoable import Undoable
from bprs.spreadsheets import SCORING_COLUMNS
from customers.intake import CUSTOMER_FIELDS, CustomerRows
from customers.models import Customer
from customers.resources import CUSTOMERS, IMPORT_CUSTOMERS, CustomerResource
from loans.intake import CUSTOMER_NUMBER, LOAN_FIELDS, PK, LoanRows, known_customers
from loans.models import Akad, Collectibility, Loan, Purpose, Segment, Status
from loans.selectors import next_step

DIGEST_LETTERS = 10
LOANS = Undoable(model=Loan, number="loan_number", used_at="scored_at")
IMPORT_LOANS = ("loans.add_loan", "loans.change_loan")


class LoanPlan:
    generated = frozenset[int]()

    def __init__(self, sheet: Sheet, importer: Importer) -> None:
        self._customer_ids = known_customers(sheet, importer)
        self._loans = LoanRows(sheet, importer, generated={})
        self._loans.check(self._customer_ids)
        self.fates = self._loans.fates
        self.groups = self._loans.numbers

    def before(self, row: int, name: str) -> Any:
        return self._loans.before(row, name)

    def tallies(self) -> Sequence[Tally]:
        return [self._loans.tally]

    def write(self) -> list[int]:
        primary_keys = self._loans.write(self._customer_ids)
        return [key for row, key in primary_keys.items() if self.fates[row] is not Fate.UNCHANGED]


class ApplicationPlan:
    """
    Customer and financing in one row.

    Numbers that are missing are made from the content of the file and the row: the same file, imported again into
    the same branch, finds what it made and changes nothing.
    """

    def __init__(self, sheet: Sheet, importer: Importer) -> None:
        self._sheet = sheet
        origin = f"{sheet.digest} {importer.branch and importer.branch.code}"
        self._digits = hashlib.sha256(origin.encode()).hexdigest()[:DIGEST_LETTERS].upper()
        self.generated = {row for row, number in enumerate(sheet.column("loan_number")) if number is None}
        self._loans = LoanRows(sheet, importer, generated={row: f"PB-{self._made(row)}" for row in self.generated})
        self._customers = CustomerRows(sheet, importer, generated=self._customer_numbers())
        self._customers.check(is_combined=True)
        self._loans.check([stored[PK] if stored else None for stored in self._customers.stored])
        self.fates = merged(self._loans.fates, self._customers.fates)
        self.groups = self._customers.keys

    def before(self, row: int, name: str) -> Any:
        try:
            return self._loans.before(row, name)
        except KeyError:
            return self._customers.before(row, name)

    def tallies(self) -> Sequence[Tally]:
        return [self._customers.tally, self._loans.tally]

    def write(self) -> list[int]:
        keys = self._customers.write()
        primary_keys = self._loans.write([keys.get(key) for key in self._customers.keys])
        return [key for row, key in sorted(primary_keys.items()) if self.fates[row] is not Fate.UNCHANGED]

    def _made(self, row: int) -> str:
        return f"{self._digits}-{self._sheet.row_numbers[row]}"

    def _customer_numbers(self) -> dict[int, str]:
        """For rows without one: the number of the customer whose financing it is, else one that is made."""
        return {
            row: stored[CUSTOMER_NUMBER] if (stored := self._loans.stored[row]) else f"CIF-{self._made(row)}"
            for row, number in enumerate(self._sheet.column("customer_number"))
            if number is None
        }


_WHAT_AND_HOW = (
    outgoing("akad"),
    outgoing("purpose"),
    outgoing("loan_amount", "principal_amount"),
    outgoing("tenor_months"),
    outgoing("status"),
    outgoing("application_date"),
    outgoing("disbursed_date"),
    outgoing("collectibility"),
    outgoing("days_past_due"),
)
_SCORE = (
    ExportColumn(title=_("Credit score"), source="credit_score", kind="whole"),
    ExportColumn(
        title=_("Risk segment"), source="segment", read=lambda segment: str(Segment(segment).label) if segment else ""
    ),
    ExportColumn(title=_("Probability of default"), source="default_probability", kind="number"),
    ExportColumn(title=_("Scored on"), source="scored_at", kind="date", read=lambda at: at and timezone.localdate(at)),
    ExportColumn(
        title=_("Data changed since"), source="is_stale", read=lambda is_stale: gettext("yes") if is_stale else ""
    ),
)


def _one(source: str, kind: str = "text", read: Callable[[Any], Any] = as_it_is) -> tuple[ExportColumn, ...]:
    return (ExportColumn(source=source, kind=kind, read=read),)


def _label(choices: type[TextChoices | IntegerChoices]) -> Callable[[Any], str]:
    return lambda value: "" if value in (None, "") else str(choices(value).label)


def _day(at: datetime | None) -> date | None:
    return timezone.localdate(at) if at else None


def _known_as(first_name: str | None, last_name: str | None, username: str | None) -> str:
    return f"{first_name or ''} {last_name or ''}".strip() or username or ""


def _next_step(income: Decimal | None, assets: Decimal | None, *values: Any) -> str:
    customer = Customer(monthly_income=income, assets_value=assets)
    return str(next_step(Loan(customer=customer, **dict(zip(_STEPS_ON, values, strict=True)))).label)


_STEPS_ON = ("status", "principal_amount", "tenor_months", "credit_score", "is_stale")
_APPLICANT = (
    ExportColumn(source="customer__full_name"),
    ExportColumn(source="customer__customer_number", title=_("CIF")),
)
_BRANCH = ExportColumn(source="customer__branch__name", title=_("Branch"))
SHOWN: dict[str, tuple[ExportColumn, ...]] = {
    "loan_number": _one("loan_number"),
    "applicant": _APPLICANT,
    "applicant_and_branch": (replace(_APPLICANT[0], title=_("Customer")), _APPLICANT[1], _BRANCH),
    "branch": (_BRANCH,),
    "akad": _one("akad", read=_label(Akad)),
    "purpose": _one("purpose", read=_label(Purpose)),
    "amount": _one("principal_amount", "money"),
    "tenor": (ExportColumn(source="tenor_months", title=_("Tenor (months)"), kind="whole"),),
    "state": _one("status", read=_label(Status)),
    "score": tuple(column for column in _SCORE if column.source != "default_probability"),
    "probability": _one("default_probability", "number"),
    "scored_on": _one("scored_at", "date", _day),
    "next": (ExportColumn(source=("customer__monthly_income", "customer__assets_value", *_STEPS_ON), read=_next_step),),
    "officer": (
        ExportColumn(
            source=("account_officer__first_name", "account_officer__last_name", "account_officer__username"),
            read=_known_as,
        ),
    ),
    "application_date": _one("application_date", "date"),
    "disbursed_date": _one("disbursed_date", "date"),
    "collectibility": _one("collectibility", read=_label(Collectibility)),
    "days_past_due": _one("days_past_due", "whole"),
}


class LoanResource(SheetResource):
    name = _("Financing of customers on file")
    explanation = _(
        "The financing number decides: a new number adds financing to the customer, a known number changes what the row "
        "says. A blank cell changes nothing. Without a column for them, new financing is murabahah for working capital, "
        "submitted today."
    )
    wanted = LOAN_FIELDS
    required = ("loan_number", "customer_number")
    template_columns = ("loan_number", "customer_number", "full_name", *LOAN_FIELDS[2:])  # the name is for people only
    permissions = IMPORT_LOANS
    records = (LOANS,)
    exported = (
        outgoing("loan_number"),
        outgoing("customer_number", "customer__customer_number"),
        ExportColumn(title=_("Customer"), source="customer__full_name"),
        *_WHAT_AND_HOW,
        *_SCORE,
    )
    shown = SHOWN

    def plan(self, sheet: Sheet, importer: Importer) -> LoanPlan:
        return LoanPlan(sheet, importer)


class ApplicationResource(SheetResource):
    """
    A blank cell in one of the four scoring columns refuses the row, here as in the file that is only scored: blank is not zero.
    """

    name = _("Customers and their financing")
    explanation = _(
        "One row is one financing and its customer, who is found by number, else by NIK, else added. Rows without "
        "numbers get numbers made from the file: the same file again changes nothing, an edited copy of it adds new ones."
    )
    wanted = (*CUSTOMER_FIELDS, *(name for name in LOAN_FIELDS if name not in CUSTOMER_FIELDS))
    required = SCORING_COLUMNS
    permissions = (*IMPORT_CUSTOMERS, *IMPORT_LOANS)
    records = (CUSTOMERS, LOANS)

    def plan(self, sheet: Sheet, importer: Importer) -> ApplicationPlan:
        return ApplicationPlan(sheet, importer)


class CustomerDeskResource(CustomerResource):
    """With the financing that `CustomerDesk` counts."""

    shown = {**CustomerResource.shown, "financing_count": (ExportColumn(source="financing", kind="whole"),)}
