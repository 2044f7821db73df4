"""From the rows of a sheet to customers: which one each row speaks of, and what it says about them."""

from collections.abc import Iterable, Mapping
from typing import Any, cast

from bprs.access.models import Branch
from bprs.encryption import keyed_hash
from bprs.importing.entries import Entry, Fate, Stored, stored_by
from bprs.importing.plans import Importer
from bprs.importing.sheets import Sheet
from customers.models import Customer
from customers.services import CustomerColumns, add_customers, change_customers

SAID = ("full_name", "nik", "phone", "address", "birth_date", "monthly_income", "assets_value")
CUSTOMER_FIELDS = ("customer_number", "branch", *SAID)
_STORED = ("customer_number", "nik_hash", "branch_id", "branch__code", *(name for name in SAID if name != "nik"))
_UNSAID = {"nik": "", "phone": "", "address": "", "birth_date": None, "monthly_income": None, "assets_value": None}


class CustomerRows:
    """
    The customers of a sheet, matched by number, else by NIK; rows that cannot stand are refused in the sheet.

    :param generated: row -> the number it gets if it has neither number nor a NIK that is known
    """

    def __init__(self, sheet: Sheet, importer: Importer, *, generated: Mapping[int, str]) -> None:
        self.entries: dict[int, Entry] = {}
        self._sheet, self._importer, self._generated = sheet, importer, generated
        self._branch_ids = dict(Branch.objects.visible_to(importer.user).values_list("code", "pk"))
        customers = Customer.objects.select_for_update(of=("self",)) if importer.is_final else Customer.objects.all()
        numbers = {*self._all("customer_number"), *generated.values()}
        self._by_number = stored_by(customers, "customer_number", numbers, _STORED)
        hashes = {nik: keyed_hash(nik) for nik in self._all("nik")}
        by_hash = stored_by(customers, "nik_hash", hashes.values(), _STORED)
        self._by_nik = {nik: by_hash[digest] for nik, digest in hashes.items() if digest in by_hash}
        self._nik_keys: dict[str, str] = {}
        self._first_rows: dict[str, int] = {}

    def match(self, *, is_combined: bool) -> None:
        """
        Make an entry for every good row.

        :param is_combined: financing stands in the rows too, so that a customer may stand in several of them, and a
            file without a column of names is still one of customers
        """
        for row in list(self._sheet.good_rows()):
            entry = self._entry(row)
            self.entries[row] = entry
            first = self._first_rows.get(entry.key)
            if first is None:
                self._check(row, entry, is_named_by_number=is_combined and not self._sheet.has("full_name"))
            elif is_combined:
                self._check_agrees(row, first)
            else:
                self._refuse_repetition(row, first, "customer_number", entry.key)
            if row not in self._sheet.faults:
                self._first_rows.setdefault(entry.key, row)
                if nik := entry.values.get("nik"):
                    self._nik_keys[nik] = entry.key

    def write(self, rows: Iterable[int]) -> dict[str, int]:
        """Add and change the customers of these rows; return key -> primary key, for all of them."""
        new: dict[str, Entry] = {}
        changes: dict[int, dict[str, Any]] = {}
        primary_keys: dict[str, int] = {}
        for entry in map(self.entries.__getitem__, rows):
            if entry.stored is None:
                new.setdefault(entry.key, entry)
                continue
            primary_keys[entry.key] = entry.stored["pk"]
            if entry.changes:
                changes.setdefault(entry.stored["pk"], {}).update(entry.changes)
        if changes:
            change_customers(changes=changes, changed_by=self._importer.user, changed_at=self._importer.at)
        return primary_keys | self._add(new)

    def fate(self, row: int) -> Fate:
        return self.entries[row].fate

    def before(self, row: int, name: str) -> Any:
        """What is replaced; what is encrypted stays unsaid."""
        entry = self.entries[row]
        if entry.stored is None or (name if name != "branch" else "branch_id") not in entry.changes:
            raise KeyError(name)
        return "" if name == "nik" else entry.stored["branch__code" if name == "branch" else name]

    def _all(self, name: str) -> list[str]:
        rows = self._sheet.good_rows() if self._sheet.has(name) else ()
        return [value for row in rows if (value := self._sheet.value(name, row))]

    def _entry(self, row: int) -> Entry:
        number, nik = self._sheet.value("customer_number", row), self._sheet.value("nik", row)
        stored = self._by_number.get(number) if number else self._by_nik.get(nik)
        if not number and stored is None and not nik:
            stored = self._by_number.get(self._generated[row])
        key = number or (stored["customer_number"] if stored else self._nik_keys.get(nik)) or self._generated[row]
        values = self._sheet.said(row, SAID)
        if stored and self._by_nik.get(nik, {}).get("pk") == stored["pk"]:
            values.pop("nik", None)
        return Entry(key=key, stored=stored, values=values | self._branch_said(row, is_new=stored is None))

    def _branch_said(self, row: int, *, is_new: bool) -> dict[str, int]:
        code = self._sheet.value("branch", row)
        if code is not None:
            if code not in self._branch_ids:
                self._sheet.refuse(row, "unknown_branch", "branch", value=code)
            return {"branch_id": self._branch_ids.get(code, 0)}
        if not is_new:
            return {}
        if self._importer.branch is None:
            self._sheet.refuse(row, "no_branch")
            return {}
        return {"branch_id": self._importer.branch.pk}

    def _check(self, row: int, entry: Entry, *, is_named_by_number: bool) -> None:
        if entry.stored is None and is_named_by_number:
            entry.values["full_name"] = f"Nasabah {entry.key}"
        elif entry.stored is None and "full_name" not in entry.values:
            self._sheet.refuse(row, "missing", "full_name")
        elif entry.stored and not self._is_visible(entry.stored):
            self._refuse_foreign(row, entry)
        self._check_nik(row, entry)

    def _refuse_foreign(self, row: int, entry: Entry) -> None:
        """A customer of a branch that the importer does not see: no more is said than that it cannot be."""
        if self._by_nik.get(self._sheet.value("nik", row)) is entry.stored:
            self._sheet.refuse(row, "nik_taken", "nik")
        else:
            self._sheet.refuse(row, "number_taken", "customer_number", value=entry.key)

    def _check_nik(self, row: int, entry: Entry) -> None:
        nik = entry.values.get("nik")
        if nik is None:
            return
        if nik in self._by_nik:
            self._sheet.refuse(row, "nik_taken", "nik")
        elif self._nik_keys.get(nik, entry.key) != entry.key:
            self._refuse_repetition(row, self._first_rows[self._nik_keys[nik]], "nik", nik)

    def _check_agrees(self, row: int, first: int) -> None:
        known = self.entries[first].values
        for name, value in self.entries[row].values.items():
            if known.get(name) != value:
                column = "branch" if name == "branch_id" else name
                self._sheet.refuse(row, "differs_from_row", column, row_number=self._sheet.row_numbers[first])

    def _refuse_repetition(self, row: int, first: int, name: str, value: str) -> None:
        self._sheet.refuse(row, "repeated", name, value=value, row_number=self._sheet.row_numbers[first])

    def _is_visible(self, stored: Stored) -> bool:
        return stored["branch_id"] in self._branch_ids.values()

    def _add(self, new: Mapping[str, Entry]) -> dict[str, int]:
        if not new:
            return {}
        rows = [{**_UNSAID, **entry.values} for entry in new.values()]
        columns = {name: [row[name] for row in rows] for name in (*SAID, "branch_id")}
        numbered = cast("CustomerColumns", {**columns, "customer_number": list(new)})
        return add_customers(columns=numbered, added_by=self._importer.user, added_at=self._importer.at)
