"""From the rows of a sheet to financing: which one each row speaks of, and what it says about it."""

from collections.abc import Iterable, Mapping
from typing import Any, cast

from django.utils import timezone

from bprs.access.models import Branch
from bprs.importing.entries import Entry, Fate, Stored, stored_by
from bprs.importing.plans import Importer
from bprs.importing.sheets import Sheet
from customers.models import Customer
from loans.models import Akad, Loan, Purpose, Status
from loans.services import LoanColumns, add_loans, change_loans

MODEL_NAMES = {
    "akad": "akad",
    "purpose": "purpose",
    "loan_amount": "principal_amount",
    "tenor_months": "tenor_months",
    "status": "status",
    "application_date": "application_date",
    "disbursed_date": "disbursed_date",
    "collectibility": "collectibility",
    "days_past_due": "days_past_due",
}
LOAN_FIELDS = ("loan_number", "customer_number", *MODEL_NAMES)
_STORED = (
    "loan_number", "customer_id", "customer__customer_number", "customer__branch_id", *MODEL_NAMES.values(),
)  # fmt: skip


class LoanRows:
    """
    The financing of a sheet, matched by number; rows that cannot stand are refused in the sheet.

    :param generated: row -> the number it gets if it has none
    """

    def __init__(self, sheet: Sheet, importer: Importer, *, generated: Mapping[int, str]) -> None:
        self.entries: dict[int, Entry] = {}
        self._sheet, self._importer, self._generated = sheet, importer, generated
        self._branch_ids = set(Branch.objects.visible_to(importer.user).values_list("pk", flat=True))
        self._first_rows: dict[str, int] = {}
        loans = Loan.objects.select_for_update(of=("self",)) if importer.is_final else Loan.objects.all()
        numbers = {self.number(row) for row in sheet.good_rows()}
        self._by_number = stored_by(loans, "loan_number", numbers, _STORED)

    def number(self, row: int) -> str:
        return self._sheet.value("loan_number", row) or self._generated[row]

    def stored(self, row: int) -> Stored | None:
        """The financing the row names, if there is one that the importer may see."""
        stored = self._by_number.get(self.number(row))
        return stored if stored and stored["customer__branch_id"] in self._branch_ids else None

    def match(self, customers: Mapping[int, Entry]) -> None:
        """Make an entry for every good row, given the customer of each."""
        for row in list(self._sheet.good_rows()):
            entry = Entry(key=self.number(row), stored=self.stored(row), values=self._said(row))
            self.entries[row] = entry
            self._check(row, entry, customers[row])
            if row not in self._sheet.faults:
                self._first_rows[entry.key] = row

    def write(self, rows: Iterable[int], customer_ids: Mapping[int, int]) -> dict[str, int]:
        """Add and change the financing of these rows; return key -> primary key, for all of them."""
        new: dict[str, dict[str, Any]] = {}
        changes: dict[int, dict[str, Any]] = {}
        primary_keys: dict[str, int] = {}
        for row in rows:
            entry = self.entries[row]
            if entry.stored is None:
                new[entry.key] = {**self._unsaid(), **entry.values, "customer_id": customer_ids[row]}
                continue
            primary_keys[entry.key] = entry.stored["pk"]
            if entry.changes:
                changes[entry.stored["pk"]] = entry.changes
        if changes:
            change_loans(changes=changes, changed_by=self._importer.user, changed_at=self._importer.at)
        return primary_keys | self._add(new)

    def fate(self, row: int) -> Fate:
        return self.entries[row].fate

    def before(self, row: int, name: str) -> Any:
        """What is replaced."""
        entry = self.entries[row]
        if entry.stored is None or MODEL_NAMES.get(name) not in entry.changes:
            raise KeyError(name)
        return entry.stored[MODEL_NAMES[name]]

    def _said(self, row: int) -> dict[str, Any]:
        said = {MODEL_NAMES[name]: value for name, value in self._sheet.said(row, MODEL_NAMES).items()}
        if "collectibility" in said:
            said["collectibility"] = int(said["collectibility"])
        return said

    def _check(self, row: int, entry: Entry, customer: Entry) -> None:
        known = self._by_number.get(entry.key)
        if known and entry.stored is None:
            self._sheet.refuse(row, "number_taken", "loan_number", value=entry.key)
        elif known and (customer.stored is None or customer.stored["pk"] != known["customer_id"]):
            self._sheet.refuse(row, "belongs_to_another", "loan_number", value=entry.key)
        elif entry.key in self._first_rows:
            first = self._sheet.row_numbers[self._first_rows[entry.key]]
            self._sheet.refuse(row, "repeated", "loan_number", value=entry.key, row_number=first)
        self._check_complete(row, entry)

    def _check_complete(self, row: int, entry: Entry) -> None:
        will_be = {**self._unsaid(), **(entry.stored or {}), **entry.values}
        if will_be["status"] == Status.DRAFT:
            return
        for name in ("loan_amount", "tenor_months"):
            if will_be[MODEL_NAMES[name]] is None:
                self._sheet.refuse(row, "incomplete_unless_draft", name)

    def _unsaid(self) -> dict[str, Any]:
        """What new financing gets where the file says nothing."""
        return {
            **dict.fromkeys(MODEL_NAMES.values()),
            "akad": Akad.MURABAHAH.value,
            "purpose": Purpose.WORKING_CAPITAL.value,
            "status": Status.SUBMITTED.value,
            "application_date": timezone.localdate(self._importer.at),
        }

    def _add(self, new: Mapping[str, Mapping[str, Any]]) -> dict[str, int]:
        if not new:
            return {}
        names = ("customer_id", *MODEL_NAMES.values())
        columns = {name: [values[name] for values in new.values()] for name in names}
        numbered = cast("LoanColumns", {**columns, "loan_number": list(new)})
        return add_loans(columns=numbered, added_by=self._importer.user, added_at=self._importer.at)


def known_customers(sheet: Sheet, importer: Importer) -> dict[int, Entry]:
    """The customer each row names; rows whose customer does not exist, or may not be seen, are refused alike."""
    rows = list(sheet.good_rows())
    numbers = {sheet.value("customer_number", row) for row in rows}
    customers = stored_by(Customer.objects.visible_to(importer.user), "customer_number", numbers, ())
    entries = {}
    for row in rows:
        number = sheet.value("customer_number", row)
        if number in customers:
            entries[row] = Entry(key=number, stored=customers[number])
        else:
            sheet.refuse(row, "unknown_customer", "customer_number", value=number)
    return entries
