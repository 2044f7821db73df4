"""From the rows of a sheet to financing: which one each row speaks of, and what it says about it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, cast

from django.utils import timezone

from bprs.access.models import Branch
from bprs.importing.entries import Fate, Tally, differences, stored_by, tally_of
from bprs.importing.plans import Importer
from bprs.importing.sheets import Sheet
from customers.models import Customer
from loans.models import Akad, Loan, Purpose, Status
from loans.progress import RECORD_HISTORY, TERMS, are_terms_fixed, steps_by_hand
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
_STORED = ("customer_id", "customer__customer_number", "customer__branch_id", *MODEL_NAMES.values())
_PLACE = {"pk": 0, **{name: place for place, name in enumerate(_STORED, start=1)}}
PK, CUSTOMER, CUSTOMER_NUMBER, CUSTOMER_BRANCH = 0, 1, 2, 3
_SHEET_NAMES = {model: sheet for sheet, model in MODEL_NAMES.items()}
_NEEDED = ("loan_amount", "tenor_months")


class LoanRows:
    """
    The financing of a sheet of good rows, matched by number; rows that cannot stand are refused in it.

    :param generated: row -> the number it gets if it has none
    """

    def __init__(self, sheet: Sheet, importer: Importer, *, generated: Mapping[int, str]) -> None:
        self._sheet, self._importer = sheet, importer
        numbers = sheet.column("loan_number")
        self.numbers: list[str] = [number or generated[row] for row, number in enumerate(numbers)]
        branch_ids = set(Branch.objects.visible_to(importer.user).values_list("pk", flat=True))
        loans = Loan.objects.select_for_update(of=("self",)) if importer.is_final else Loan.objects.all()
        self._by_number = stored_by(loans, "loan_number", set(self.numbers), _STORED)
        known = map(self._by_number.get, self.numbers)
        # The financing each row names, if there is one that the importer may see.
        self.stored = [each if each and each[CUSTOMER_BRANCH] in branch_ids else None for each in known]
        self._said = {MODEL_NAMES[name]: sheet.column(name) for name in MODEL_NAMES if sheet.has(name)}
        if "collectibility" in self._said:
            self._said["collectibility"] = [said and int(said) for said in self._said["collectibility"]]
        self._unsaid = self._for_silence()
        self._changes: defaultdict[int, dict[str, Any]] = defaultdict(dict)

    def check(self, customer_ids: Sequence[int | None]) -> None:
        """
        Refuse what cannot stand, and find out what changes.

        :param customer_ids: of the customer of each row, None if it is new
        """
        self._sheet.refuse_future("application_date", "disbursed_date", at=self._importer.at)
        firsts: dict[str, int] = {}
        for row, key in enumerate(self.numbers):
            known = self._by_number.get(key)
            if known and self.stored[row] is None:
                self._sheet.refuse(row, "number_taken", "loan_number", value=key)
            elif known and customer_ids[row] != known[CUSTOMER]:
                self._sheet.refuse(row, "belongs_to_another", "loan_number", value=key)
            elif key in firsts:
                first = self._sheet.row_numbers[firsts[key]]
                self._sheet.refuse(row, "repeated", "loan_number", value=key, row_number=first)
            self._check_complete(row)
            if row not in self._sheet.faults:
                firsts[key] = row
        for name, said in self._said.items():
            for row in differences(said, self.stored, _PLACE[name]):
                self._changes[row][name] = said[row]
        self._check_progress()

    @property
    def fates(self) -> list[Fate]:
        known = [Fate.NEW if stored is None else Fate.UNCHANGED for stored in self.stored]
        for row in self._changes:
            known[row] = Fate.CHANGED
        return known

    @property
    def tally(self) -> Tally:
        return tally_of(self.numbers, self.stored, self._changes, self._sheet.faults)

    def before(self, row: int, name: str) -> Any:
        """What is replaced."""
        stored, field = self.stored[row], MODEL_NAMES.get(name, "")
        if stored is None or field not in self._changes.get(row, ()):
            raise KeyError(name)
        return stored[_PLACE[field]]

    def write(self, customer_ids: Sequence[int | None]) -> dict[int, int]:
        """Add and change the financing of the rows that were not refused; return row -> primary key, for all of them."""
        good = [row for row in range(len(self._sheet)) if row not in self._sheet.faults]
        new = [row for row in good if self.stored[row] is None]
        primary_keys = {row: stored[PK] for row in good if (stored := self.stored[row])}
        changes = {primary_keys[row]: self._changes[row] for row in good if row in self._changes}
        importer = self._importer
        if changes:
            change_loans(changes=changes, changed_by=importer.user, changed_at=importer.at, reason=importer.reason)
        added = self._add(new, [customer_ids[row] for row in new]) if new else {}
        return primary_keys | {row: added[self.numbers[row]] for row in new}

    def _check_complete(self, row: int) -> None:
        if self._will_be(row, "status") == Status.DRAFT:
            return
        for name in _NEEDED:
            if self._will_be(row, MODEL_NAMES[name]) is None:
                self._sheet.refuse(row, "incomplete_unless_draft", name)

    def _check_progress(self) -> None:
        """What only a decision changes, no file changes either, but for who records what was decided elsewhere and awaits no decision here."""
        records_history = self._importer.user.has_perm(RECORD_HISTORY)
        for row, stored in enumerate(self.stored):
            was, to = stored[_PLACE["status"]] if stored else None, self._will_be(row, "status")
            if records_history and was != Status.RECOMMENDED:
                continue
            if to not in steps_by_hand(was):
                self._sheet.refuse(row, "decision_needed", "status", value=to)
            if are_terms_fixed(was) and (changed := self._changes.get(row, {}).keys() & set(TERMS)):
                self._sheet.refuse(row, "terms_are_fixed", _SHEET_NAMES[min(changed)])

    def _will_be(self, row: int, name: str) -> Any:
        said, stored = self._said[name][row] if name in self._said else None, self.stored[row]
        if said is not None:
            return said
        return stored[_PLACE[name]] if stored else self._unsaid[name]

    def _for_silence(self) -> dict[str, Any]:
        """What new financing gets where the file says nothing."""
        return {
            **dict.fromkeys(MODEL_NAMES.values()),
            "akad": Akad.MURABAHAH.value,
            "purpose": Purpose.WORKING_CAPITAL.value,
            "status": Status.SUBMITTED.value,
            "application_date": timezone.localdate(self._importer.at),
        }

    def _add(self, rows: Sequence[int], customer_ids: Sequence[int | None]) -> dict[str, int]:
        columns: dict[str, Any] = {"loan_number": [self.numbers[row] for row in rows], "customer_id": customer_ids}
        for name, unsaid in self._unsaid.items():
            said = self._said.get(name)
            columns[name] = (
                [unsaid if said[row] is None else said[row] for row in rows] if said else [unsaid] * len(rows)
            )
        importer = self._importer
        return add_loans(
            columns=cast("LoanColumns", columns),
            added_by=importer.user,
            added_at=importer.at,
            reason=importer.reason,
        )


def known_customers(sheet: Sheet, importer: Importer) -> list[int | None]:
    """The customer each row names; rows whose customer does not exist, or may not be seen, are refused alike."""
    numbers = sheet.column("customer_number")
    customers = stored_by(Customer.objects.visible_to(importer.user), "customer_number", set(numbers), ())
    for row, number in enumerate(numbers):
        if number not in customers:
            sheet.refuse(row, "unknown_customer", "customer_number", value=number)
    return [customers[number][PK] if number in customers else None for number in numbers]
