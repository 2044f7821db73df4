"""From the rows of a sheet to customers: which one each row speaks of, and what it says about them."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any, cast

from bprs.access.models import Branch
from bprs.display import HIDDEN, masked_phone
from bprs.encryption import keyed_hashes
from bprs.importing.entries import Fate, Stored, Tally, differences, stored_by, tally_of
from bprs.importing.plans import Importer
from bprs.importing.sheets import Sheet
from bprs.spreadsheets.column_spec import fold
from customers.models import Customer
from customers.services import CustomerColumns, add_customers, change_customers

SAID = ("full_name", "nik", "phone", "address", "birth_date", "monthly_income", "assets_value")
CUSTOMER_FIELDS = ("customer_number", "branch", *SAID)
_WRITTEN = (*SAID, "branch_id")
_STORED = ("customer_number", *(name for name in _WRITTEN if name != "nik"))
_PLACE = {"pk": 0, **{name: place for place, name in enumerate(_STORED, start=1)}}
_UNSAID = {"nik": "", "phone": "", "address": ""}
PK, NUMBER, BRANCH = _PLACE["pk"], _PLACE["customer_number"], _PLACE["branch_id"]


class CustomerRows:
    """
    The customers of a sheet of good rows, matched by number, else by NIK; rows that cannot stand are refused in it.

    :param generated: row -> the number it gets if it has neither number nor a NIK that is known
    """

    def __init__(self, sheet: Sheet, importer: Importer, *, generated: Mapping[int, str]) -> None:
        self.keys: list[str] = []
        self._sheet, self._importer, self._generated = sheet, importer, generated
        self._numbers, self._niks = sheet.column("customer_number"), sheet.column("nik")
        self._codes = dict(Branch.objects.visible_to(importer.user).values_list("pk", "code"))
        self._look_up()
        self.stored = [self._stored(row) for row in range(len(sheet))]
        self._said = {name: sheet.column(name) for name in SAID}
        self._said["nik"] = [self._new_nik(row) for row in range(len(sheet))]
        self._said["phone"] = [None if phone and HIDDEN in phone else phone for phone in sheet.column("phone")]
        self._said["branch_id"] = self._branches_said()
        self._firsts: dict[str, int] = {}
        self._changes: defaultdict[int, dict[str, Any]] = defaultdict(dict)

    def check(self, *, is_combined: bool) -> None:
        """
        Refuse what cannot stand, and find out what changes.

        :param is_combined: financing stands in the rows too, so that a customer may stand in several of them, and a
            file without a column of names is still one of customers
        """
        self._sheet.refuse_future("birth_date", at=self._importer.at)
        nik_keys: dict[str, str] = {}
        is_named_by_number = is_combined and not self._sheet.has("full_name")
        for row in range(len(self._sheet)):
            key = self._key(row, nik_keys)
            self.keys.append(key)
            first = self._firsts.get(key)
            if first is None:
                self._check_first(row, nik_keys, is_named_by_number=is_named_by_number)
            elif is_combined:
                self._check_agrees(row, first)
            else:
                self._refuse_repetition(row, first, "customer_number", key)
            if row not in self._sheet.faults:
                self._firsts.setdefault(key, row)
                if nik := self._said["nik"][row]:
                    nik_keys[nik] = key
        self._find_changes()

    @property
    def fates(self) -> list[Fate]:
        known = [Fate.NEW if stored is None else Fate.UNCHANGED for stored in self.stored]
        for row in self._changes:
            known[row] = Fate.CHANGED
        return known

    @property
    def tally(self) -> Tally:
        return tally_of(self.keys, self.stored, self._changes, self._sheet.faults)

    def before(self, row: int, name: str) -> Any:
        """What is replaced; what is encrypted stays unsaid."""
        stored, field = self.stored[row], "branch_id" if name == "branch" else name
        if stored is None or field not in self._changes.get(row, ()):
            raise KeyError(name)
        if name == "nik":
            return ""
        value = self._codes[stored[BRANCH]] if name == "branch" else stored[_PLACE[name]]
        return masked_phone(value) if name == "phone" else value

    def write(self) -> dict[str, int]:
        """Add and change the customers of the rows that were not refused; return key -> primary key, for all of them."""
        good = [row for row in range(len(self._sheet)) if row not in self._sheet.faults]
        importer = self._importer
        primary_keys = {self.keys[row]: known[PK] for row in good if (known := self.stored[row])}
        changes: defaultdict[int, dict[str, Any]] = defaultdict(dict)
        for row in sorted(self._changes.keys() - self._sheet.faults.keys()):
            changes[primary_keys[self.keys[row]]] |= self._changes[row]
        if changes:
            change_customers(changes=changes, changed_by=importer.user, changed_at=importer.at, reason=importer.reason)
        new = {self.keys[row]: row for row in reversed(good) if self.stored[row] is None}
        return primary_keys | self._add([new[key] for key in reversed(new)])

    def _look_up(self) -> None:
        importer = self._importer
        customers = Customer.objects.select_for_update(of=("self",)) if importer.is_final else Customer.objects.all()
        numbers = {*filter(None, self._numbers), *self._generated.values()}
        self._by_number = stored_by(customers, "customer_number", numbers, _STORED)
        niks = {nik for nik in self._niks if nik}
        hashes = dict(zip(niks, keyed_hashes(niks), strict=True))
        by_hash = stored_by(customers, "nik_hash", hashes.values(), _STORED)
        self._by_nik = {nik: by_hash[digest] for nik, digest in hashes.items() if digest in by_hash}

    def _stored(self, row: int) -> Stored | None:
        number, nik = self._numbers[row], self._niks[row]
        if number:
            return self._by_number.get(number)
        return self._by_nik.get(nik) if nik else self._by_number.get(self._generated[row])

    def _key(self, row: int, nik_keys: Mapping[str, str]) -> str:
        """What the rows of one customer have in common: the number it has or will have."""
        stored = self.stored[row]
        number = self._numbers[row] or (stored[NUMBER] if stored else nik_keys.get(self._niks[row]))
        return number or self._generated[row]

    def _new_nik(self, row: int) -> str | None:
        """The NIK the row says, unless its customer has it already."""
        nik, stored = self._niks[row], self.stored[row]
        owner = self._by_nik.get(nik)
        return None if stored and owner and owner[PK] == stored[PK] else nik

    def _branches_said(self) -> list[int | None]:
        """The branch each row names; for new customers the chosen one where the row names none."""
        ids = {code: pk for pk, code in self._codes.items()}
        chosen = self._importer.branch.pk if self._importer.branch else None
        said: list[int | None] = []
        for row, code in enumerate(self._sheet.column("branch")):
            said.append(ids.get(code, 0) if code else chosen if self.stored[row] is None else None)
            if said[row] == 0:
                self._sheet.refuse(row, "unknown_branch", "branch", value=code)
            elif said[row] is None and self.stored[row] is None:
                self._sheet.refuse(row, "no_branch")
        return said

    def _check_first(self, row: int, nik_keys: Mapping[str, str], *, is_named_by_number: bool) -> None:
        stored, key = self.stored[row], self.keys[row]
        if stored is None and not is_named_by_number and self._said["full_name"][row] is None:
            self._sheet.refuse(row, "missing", "full_name")
        elif stored and stored[BRANCH] not in self._codes:
            self._refuse_foreign(row, key, stored)
        elif stored and self._is_of_somebody_else(row, stored):
            self._sheet.refuse(row, "name_differs", "full_name")
        nik = self._said["nik"][row]
        if nik in self._by_nik:
            self._sheet.refuse(row, "nik_taken", "nik")
        elif nik and nik_keys.get(nik, key) != key:
            self._refuse_repetition(row, self._firsts[nik_keys[nik]], "nik", nik)

    def _is_of_somebody_else(self, row: int, stored: Stored) -> bool:
        """One wrong digit of a NIK must not turn a customer into another: only a number can rename somebody."""
        name = self._said["full_name"][row]
        return bool(name) and not self._numbers[row] and fold(name) != fold(stored[_PLACE["full_name"]])

    def _refuse_foreign(self, row: int, key: str, stored: Stored) -> None:
        """A customer of a branch that the importer does not see: no more is said than that it cannot be."""
        if self._by_nik.get(self._niks[row]) is stored:
            self._sheet.refuse(row, "nik_taken", "nik")
        else:
            self._sheet.refuse(row, "number_taken", "customer_number", value=key)

    def _check_agrees(self, row: int, first: int) -> None:
        for name, said in self._said.items():
            if said[row] is not None and said[row] != said[first]:
                column = "branch" if name == "branch_id" else name
                self._sheet.refuse(row, "differs_from_row", column, row_number=self._sheet.row_numbers[first])

    def _refuse_repetition(self, row: int, first: int, name: str, value: str) -> None:
        self._sheet.refuse(row, "repeated", name, value=value, row_number=self._sheet.row_numbers[first])

    def _find_changes(self) -> None:
        for name, said in self._said.items():
            for row in _changed(said, self.stored, name):
                self._changes[row][name] = said[row]

    def _add(self, rows: Sequence[int]) -> dict[str, int]:
        if not rows:
            return {}
        columns: dict[str, Any] = {"customer_number": [self.keys[row] for row in rows]}
        for name in _WRITTEN:
            said, unsaid = self._said[name], _UNSAID.get(name)
            columns[name] = [unsaid if said[row] is None else said[row] for row in rows]
        columns["full_name"] = [self._name(row) for row in rows]
        importer = self._importer
        return add_customers(
            columns=cast("CustomerColumns", columns),
            added_by=importer.user,
            added_at=importer.at,
            reason=importer.reason,
        )

    def _name(self, row: int) -> str:
        """A later row of the same customer may be silent about the name; a sheet without names makes one."""
        key, names = self.keys[row], self._said["full_name"]
        return names[row] or names[self._firsts[key]] or f"Nasabah {key}"


def _changed(said: Sequence[Any], stored: Sequence[Stored | None], name: str) -> Collection[int]:
    """The rows that change this of their customer. A NIK that the customer has already is not said."""
    if name == "nik":
        return [row for row, (nik, known) in enumerate(zip(said, stored, strict=True)) if nik and known]
    return differences(said, stored, _PLACE[name])
