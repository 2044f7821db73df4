"""
The workbook an officer really brings: 20,000 applications from three branches, each typed in its own way, 137 of them bad.

`write_messy` makes it, `mend` does what the officer does with the workbook of rejected rows.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import xlsxwriter

ROWS = 20_000
BLANK_EVERY = 400  # people leave a line between groups
HEADERS = (
    "No.",
    "Nama Nasabah",
    "No. KTP",
    "Tgl Lahir",
    "Kode Cabang",
    "Penghasilan perbulan",
    "Total Aset (Rp)",
    "Plafon yg diajukan",
    "JW (bln)",
    "Jenis Akad",
    "Keterangan",
)
UNKNOWN_HEADERS = {"Plafon yg diajukan": "loan_amount", "JW (bln)": "tenor_months"}
BRANCHES = ("001", "002", "003")
FIRST = ("Siti", "Budi", "Agus", "Dewi", "Nur", "Ahmad", "Sri", "Joko", "Rina", "Hasan", "Null", "O'Neil")
LAST = ("Aminah", "Santoso", "Wijaya", "Lestari", "Hidayat", "Fauzi", "Wahyuni", "Prasetyo", "Maulana", "Nan")
AKAD = ("Murabahah", "musyarakah", "Mudharabah", "IJARAH")
Row = list[Any]


@dataclass(frozen=True, kw_only=True)
class Messy:
    """What is in the file: how many rows of each fate, and what the bad cells should have said."""

    rows_read: int
    rejected: int
    blank: int
    cures: dict[int, tuple[int, Any]] = field(default_factory=dict)

    @property
    def good(self) -> int:
        return self.rows_read - self.rejected - self.blank


def write_messy(path: Path, *, rows: int = ROWS, seed: int = 2026) -> Messy:
    """Write the workbook; with fewer rows it has the same 137 faults, so ask for 1,000 at least."""
    random_ = random.Random(seed)
    table = [_application(number, rows, random_) for number in range(1, rows + 1)]
    cures = _spoil(table, random_)
    body = list(_with_blank_lines(table))
    body += [["", "TOTAL", "", "", "", "", sum_of(table), "", "", "", ""], ["Catatan: data per akhir bulan"]]
    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        sheet = book.add_worksheet("Rekap")
        dates = book.add_format({"num_format": "dd/mm/yyyy"})
        sheet.write_row(0, 0, ["REKAPITULASI PENGAJUAN PEMBIAYAAN"])
        sheet.write_row(1, 0, ["BPRS Contoh Sejahtera, tiga cabang"])
        sheet.write_row(3, 0, HEADERS)
        for index, row in enumerate(body, start=4):
            for place, cell in enumerate(row):
                if isinstance(cell, date):
                    sheet.write_datetime(index, place, cell, dates)
                elif cell != "":
                    sheet.write(index, place, cell)
    blank = sum(not any(row) for row in body)
    return Messy(rows_read=len(body), rejected=len(cures) + 2, blank=blank, cures=cures)


def mend(rejected: Path, mended: Path, messy: Messy) -> int:
    """Put right what is wrong in the workbook of rejected rows and drop what is no application; return the rows left."""
    book = openpyxl.load_workbook(rejected)
    sheet = book.active
    assert sheet is not None
    applications = []
    for row in sheet.iter_rows(min_row=2, values_only=True):
        number = row[0]
        if not isinstance(number, int | float):
            continue
        place, cure = messy.cures[int(number)]
        applications.append([cure if index == place else cell for index, cell in enumerate(row)])
    sheet.delete_rows(2, sheet.max_row)
    for cells in applications:
        sheet.append(cells)
    book.save(mended)
    return len(applications)


def sum_of(table: list[Row]) -> int:
    return sum(cell for row in table if isinstance(cell := row[6], int))


def _application(number: int, rows: int, random_: random.Random) -> Row:
    branch = min((number - 1) * len(BRANCHES) // rows, len(BRANCHES) - 1)
    born = date(1960, 1, 1) + timedelta(days=random_.randrange(15_000))
    is_woman = random_.random() < 0.5
    amounts = [
        random_.randrange(3, 60) * 500_000,
        random_.randrange(0, 900) * 500_000,
        random_.randrange(2, 400) * 500_000,
    ]
    written = _HABITS[branch]
    return [
        number,
        f"{random_.choice(FIRST)} {random_.choice(LAST)}",
        f"3273{random_.randrange(1, 30):02}{born.day + 40 * is_woman:02}{born:%m%y}{number % 10_000:04}",
        born if branch == 0 else f"{born:%d/%m/%Y}" if branch == 1 else f"{born:%d-%m-%Y}",
        BRANCHES[branch],
        *map(written, amounts),
        random_.choice((6, 12, 18, 24, 36)),
        random_.choice(AKAD),
        random_.choice(("", "", "nasabah lama", "survei ulang")),
    ]


_HABITS: tuple[Callable[[int], Any], ...] = (
    lambda rupiah: rupiah,
    lambda rupiah: f"Rp {rupiah:,}".replace(",", ".") + ",-",
    lambda rupiah: f"{rupiah:,}".replace(",", ".") + ",00",
)


def _with_blank_lines(table: list[Row]) -> Iterator[Row]:
    for index, row in enumerate(table, start=1):
        yield row
        if index % BLANK_EVERY == 0:
            yield []


def _spoil(table: list[Row], random_: random.Random) -> dict[int, tuple[int, Any]]:
    """Spoil 135 rows; with the line of totals and the note, 137 are bad. Return number -> (place, what it should say)."""
    spoiled = iter(random_.sample(range(1, len(table)), 135))  # never the first: others are compared with it
    cures: dict[int, tuple[int, Any]] = {}
    for count, place, spoil in _FAULTS:
        for _ in range(count):
            row = table[next(spoiled)]
            cures[row[0]] = (place, row[place])
            row[place] = spoil(row[place], table)
    return cures


def _of_another(_nik: str, table: list[Row]) -> str:
    return str(table[0][2])


_FAULTS: tuple[tuple[int, int, Callable[[Any, list[Row]], Any]], ...] = (
    (40, 2, lambda nik, _: nik[:-1]),
    (20, 2, lambda nik, _: float(nik)),
    (25, 5, lambda _income, _: "5 juta"),
    (15, 5, lambda _income, _: ""),
    (10, 8, lambda tenor, _: f"{tenor} bulan"),
    (10, 8, lambda tenor, _: tenor + 0.5),
    (5, 7, lambda _amount, _: -5_000_000),
    (5, 3, lambda _born, _: "31/02/1990"),
    (4, 2, _of_another),
    (1, 4, lambda _code, _: "009"),
)
