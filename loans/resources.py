"""Financing as rows of a spreadsheet, alone or together with the customer."""

import hashlib
from collections.abc import Mapping
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bprs.importing.entries import Fate, merged
from bprs.importing.plans import Importer
from bprs.importing.resources import ExportColumn, SheetResource, outgoing
from bprs.importing.sheets import Sheet
from bprs.spreadsheets import SCORING_COLUMNS
from customers.intake import CUSTOMER_FIELDS, CustomerRows
from customers.resources import IMPORT_CUSTOMERS
from loans.intake import LOAN_FIELDS, LoanRows, known_customers
from loans.models import Segment

DIGEST_LETTERS = 10
IMPORT_LOANS = ("loans.add_loan", "loans.change_loan")


class LoanPlan:
    generated = frozenset[int]()

    def __init__(self, sheet: Sheet, importer: Importer) -> None:
        self._sheet = sheet
        self._customers = known_customers(sheet, importer)
        self._loans = LoanRows(sheet, importer, generated={})
        self._loans.match(self._customers)

    def fate(self, row: int) -> Fate:
        return self._loans.fate(row)

    def before(self, row: int, name: str) -> Any:
        return self._loans.before(row, name)

    def write(self) -> list[int]:
        rows = list(self._sheet.good_rows())
        customer_ids = {row: entry.stored["pk"] for row, entry in self._customers.items() if entry.stored}
        primary_keys = self._loans.write(rows, customer_ids)
        return [primary_keys[self._loans.number(row)] for row in rows if self.fate(row) is not Fate.UNCHANGED]


class ApplicationPlan:
    """
    Customer and financing in one row.

    Numbers that are missing are made from the content of the file and the row: the same file, imported again into
    the same branch, finds what it made and changes nothing.
    """

    def __init__(self, sheet: Sheet, importer: Importer) -> None:
        self._sheet = sheet
        origin = f"{sheet.digest} {importer.branch and importer.branch.code}"
        digits = hashlib.sha256(origin.encode()).hexdigest()[:DIGEST_LETTERS].upper()
        made = {row: f"{digits}-{sheet.row_numbers[row]}" for row in sheet.good_rows()}
        self.generated = {row for row in made if sheet.value("loan_number", row) is None}
        self._loans = LoanRows(sheet, importer, generated={row: f"PB-{made[row]}" for row in self.generated})
        self._customers = CustomerRows(sheet, importer, generated=self._customer_numbers(made))
        self._customers.match(is_combined=True)
        self._loans.match(self._customers.entries)

    def fate(self, row: int) -> Fate:
        return merged((self._loans.fate(row), self._customers.fate(row)))

    def before(self, row: int, name: str) -> Any:
        try:
            return self._loans.before(row, name)
        except KeyError:
            return self._customers.before(row, name)

    def write(self) -> list[int]:
        rows = list(self._sheet.good_rows())
        keys = self._customers.write(rows)
        customer_ids = {row: keys[self._customers.entries[row].key] for row in rows}
        primary_keys = self._loans.write(rows, customer_ids)
        return [primary_keys[self._loans.number(row)] for row in rows if self.fate(row) is not Fate.UNCHANGED]

    def _customer_numbers(self, made: Mapping[int, str]) -> dict[int, str]:
        """For rows without one: the number of the customer whose financing it is, else one that is made."""
        numbers = {}
        for row, digits in made.items():
            if self._sheet.value("customer_number", row) is None:
                stored = self._loans.stored(row)
                numbers[row] = stored["customer__customer_number"] if stored else f"CIF-{digits}"
        return numbers


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
)


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
    exported = (
        outgoing("loan_number"),
        outgoing("customer_number", "customer__customer_number"),
        ExportColumn(title=_("Customer"), source="customer__full_name"),
        *_WHAT_AND_HOW,
        *_SCORE,
    )

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

    def plan(self, sheet: Sheet, importer: Importer) -> ApplicationPlan:
        return ApplicationPlan(sheet, importer)
