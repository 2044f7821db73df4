"""
Every line of the promise about spreadsheets, through every door.

A case is a small file and what becomes of its rows: `SCORED`, `BLANK`, or the code it is rejected with (several codes
stand beside each other). Seven doors take each file: the API, at once and as a job; the scoring page; the command line;
the import page, at once and as jobs; and the resource behind it. They must say the same of every row.
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from django.test import Client
from django.utils.translation import override
from openpyxl import Workbook

from customers.models import Customer
from tests.factories import make_branch, make_card_in_force, make_user
from tests.flows.spreadsheet_doors import (
    BLANK,
    SCORED,
    Api,
    ApiJob,
    Case,
    CommandLine,
    ImportJob,
    ImportPage,
    Resource,
    ScoringPage,
    code_in,
)
from tests.flows.test_import_and_export import batch_of, preview
from tests.spreadsheets.files import excel_file, part, saved, with_parts, with_sheet_xml, workbook

pytestmark = pytest.mark.django_db

MISSING = "missing"
HEADERS = ("nama", "monthly_income", "assets_value", "loan_amount", "tenor_months")
GOOD = ("Siti", "5000000", "20000000", "10000000", "12")
NIK = "3273014501900001"
Row = Sequence[object]


def text(*rows: Row, headers: Row = HEADERS, delimiter: str = ";") -> bytes:
    """A CSV file, whose cells are quoted where they must be."""
    target = io.StringIO()
    csv.writer(target, delimiter=delimiter, lineterminator="\n").writerows([headers, *rows])
    return target.getvalue().encode()


def book(*rows: Row, headers: Row = HEADERS) -> bytes:
    return saved(workbook([headers, *rows])).getvalue()


def income(cell: object) -> Row:
    return ("Siti", cell, *GOOD[2:])


def tenor(cell: object) -> Row:
    return (*GOOD[:4], cell)


def in_csv(row: Any, cells: Mapping[str, str], **options: Any) -> Case:
    return Case(content=text(*map(row, cells)), fates=list(cells.values()), **options)


def in_workbook(row: Any, cells: Sequence[tuple[object, str]]) -> Case:
    fates = [fate for _, fate in cells]
    return Case(content=book(*(row(cell) for cell, _ in cells)), fates=fates, filename="data.xlsx")


AMOUNTS = {
    "5000000": SCORED,
    "5.000.000": SCORED,
    "5.000.000,00": SCORED,
    "5000000,5": SCORED,
    "Rp 5.000.000,-": SCORED,
    "Rp. 5.000.000": SCORED,
    "rp5000000": SCORED,
    "IDR 5.000.000": SCORED,
    " 5000000 ": SCORED,
    "5.000": SCORED,
    "0": SCORED,
    "999999999999999": SCORED,
    "9999999999999999": "too_large",
    "-5000000": "negative",
    "+5000000": "sign_in_number",
    "(5000000)": "sign_in_number",
    "5e6": "exponent_in_number",
    "1e309": "exponent_in_number",
    "50%": "percent_in_number",
    "5 juta": "word_in_number",
    "5jt": "word_in_number",
    "500rb": "word_in_number",
    "NaN": "not_a_number",
    "Infinity": "not_a_number",
    "1_000": "not_a_number",
    "TRUE": "not_a_number",
    "31/12/1990": "not_a_number",
    "٥٠٠٠٠٠٠": "other_digits",  # noqa: RUF001 Arabic-Indic on purpose
    "5.00.000": "misplaced_separator",
    "5 000 000": "misplaced_separator",
    "Rp5 000 000": "misplaced_separator",
    "Rp 5'000'000,-": "misplaced_separator",
    "05.000.000": "misplaced_separator",
    "5.000,000.00": "mixed_separators",
    "5000000,555": "too_many_decimals",
    "#N/A": "error_cell",
    "": MISSING,
    "-": MISSING,
    "n/a": MISSING,
    "null": MISSING,
    "tidak ada": MISSING,
}
ENGLISH_AMOUNTS = {"5,000,000.00": SCORED, "5,000": SCORED, "Rp 5,000,000": SCORED, "5.000": "too_many_decimals"}
AMOUNTS_IN_CONFLICT = {"5.000.000": SCORED, "5,000,000": SCORED, "5000000": SCORED, "5.000": "ambiguous_number"}
TENORS = {
    "12": SCORED,
    "12.0": SCORED,
    "12,00": SCORED,
    "1": SCORED,
    "360": SCORED,
    "12.5": "not_whole",
    "12 bulan": "word_in_number",
    "Rp 12": "not_whole",
    "0": "out_of_range",
    "361": "out_of_range",
    "": MISSING,
}
NUMERIC_CELLS = [
    (5_000_000, SCORED),
    (5_000_000.0, SCORED),
    (0.1 + 0.2, SCORED),
    (1234.56, SCORED),
    (1234.567, "too_many_decimals"),
    (-5_000_000, "negative"),
    (True, "boolean_in_cell"),
    (date(2026, 1, 31), "date_in_number"),
    (time(12, 30), "date_in_number"),
    ("5 juta", "word_in_number"),
    ("#DIV/0!", "error_cell"),
    (None, MISSING),
]
PLAIN_TENORS = [(12, SCORED), (12.0, SCORED), (12.5, "not_whole"), ("12 bulan", "word_in_number"), (0, "out_of_range")]


def formulas() -> bytes:
    """One with a value and one that no program ever calculated."""
    target = io.BytesIO()
    with xlsxwriter.Workbook(target) as file:
        sheet = file.add_worksheet()
        sheet.write_row(0, 0, HEADERS)
        for row, value in enumerate((5_000_000, ""), start=1):
            sheet.write_row(row, 0, [GOOD[0], None, *map(int, GOOD[2:])])
            sheet.write_formula(row, 1, "=2*2500000", None, value)
    return target.getvalue()


def sheets(*titles: str, hidden: Sequence[str] = ()) -> bytes:
    """A workbook in which every sheet has the same table."""
    file = Workbook()
    for title in titles:
        sheet = file.create_sheet(title)
        sheet.append(HEADERS)
        sheet.append(GOOD)
        sheet.sheet_state = "hidden" if title in hidden else "visible"
    file.remove(file.active)
    return saved(file).getvalue()


def with_title() -> bytes:
    return saved(workbook([["Daftar pembiayaan"], [], ["per 31 Oktober 2026"], HEADERS, GOOD, [], GOOD])).getvalue()


ROWS = {
    "blank rows": Case(
        content=text(GOOD, ("",) * 5, (" ", "", "\u00a0", "", ""), GOOD), fates=[SCORED, BLANK, BLANK, SCORED]
    ),
    "blank is not zero": Case(
        content=text(*((*GOOD[:place], "", *GOOD[place + 1 :]) for place in range(1, 5))), fates=[MISSING] * 4
    ),
    "totals and notes": Case(
        content=text(
            GOOD,
            ("TOTAL", "5000000", "20000000", "10000000", "12"),
            ("Jumlah", "5000000", "", "", ""),
            ("", "Total:", "", "", ""),
            ("Catatan: data per akhir bulan", "", "", "", ""),
            ("Catatan", "per akhir bulan", "", "", ""),
            ("Ket.", "per 31/10/2026", "dari kantor pusat", "", ""),
        ),
        fates=[SCORED, *["looks_like_total"] * 3, *["looks_like_note"] * 3],
    ),
    "names that other programs read as nothing": Case(
        content=text(*((name, *GOOD[1:]) for name in ("Null", "Nan", "NA", "None", "True", "O'Neil"))),
        fates=[SCORED] * 6,
    ),
    "a surplus cell": Case(content=text(GOOD, (*GOOD, "7")), fates=[SCORED, "too_many_cells"]),
    "several faults in a row": Case(
        content=text(("Siti", "5 juta", "", "0", "12.5")),
        fates=["word_in_number missing not_positive not_whole"],
    ),
    "a title above the header": Case(
        content=with_title(), fates=[SCORED, BLANK, SCORED], first_row=5, filename="data.xlsx"
    ),
    "a title above the header of a CSV": Case(
        content=b"Daftar pembiayaan\n\n" + text(GOOD, income("x")), fates=[SCORED, "not_a_number"], first_row=4
    ),
    "quoted newlines": Case(
        content=b'nama;monthly_income;assets_value;loan_amount;tenor_months\n"Siti\nAminah";5000000;0;10000000;12\n',
        fates=[SCORED],
    ),
}
AMOUNT_CASES = {
    "amounts": in_csv(income, AMOUNTS),
    "English amounts": in_csv(income, ENGLISH_AMOUNTS),
    "what only a locale can tell": in_csv(income, {"5.000": SCORED, "5,000": "too_many_decimals"}),
    "what only another locale can tell": in_csv(income, {"5,000": SCORED, "5.000": "too_many_decimals"}, locale="en"),
    "amounts in conflict": in_csv(income, AMOUNTS_IN_CONFLICT),
    "tenors": in_csv(tenor, TENORS),
    "numeric cells": in_workbook(income, NUMERIC_CELLS),
    "numeric tenors": in_workbook(tenor, PLAIN_TENORS),
    "formulas": Case(content=formulas(), fates=[SCORED, "formula_without_value"], filename="data.xlsx"),
}
READING = {
    "commas": Case(content=text(GOOD, delimiter=","), fates=[SCORED]),
    "tabs": Case(content=text(GOOD, delimiter="\t"), fates=[SCORED]),
    "bars": Case(content=text(GOOD, delimiter="|"), fates=[SCORED]),
    "a sep= line": Case(content=b"sep=;\r\n" + text(GOOD).replace(b"\n", b"\r\n"), fates=[SCORED]),
    "UTF-8 with BOM": Case(content=b"\xef\xbb\xbf" + text(GOOD), fates=[SCORED]),
    "UTF-16 with BOM": Case(content=text(GOOD).decode().encode("utf-16"), fates=[SCORED]),
    "cp1252": Case(content=text(("José", *GOOD[1:])).decode().encode("cp1252"), fates=[SCORED]),
    "a workbook named .csv": Case(content=book(GOOD), fates=[SCORED], filename="data.csv"),
    "a CSV named .xlsx": Case(content=text(GOOD), fates=[SCORED], filename="data.xlsx"),
    "a hidden sheet": Case(content=sheets("Data", "Lama", hidden=["Lama"]), fates=[SCORED], filename="data.xlsx"),
    "one of several sheets": Case(content=sheets("Jan", "Feb"), fates=[SCORED], filename="data.xlsx", sheet="Feb"),
    "headers as people write them": Case(
        content=text(
            GOOD, headers=("NAMA NASABAH", "Penghasilan  Bulanan (Rp)", "Nilai-Aset", "Plafond", "Jangka waktu (bulan)")
        ),
        fates=[SCORED],
    ),
    "headers in any order beside others": Case(
        content=text(
            ("1", "12", "10000000", "ini itu", "20000000", "5000000"),
            headers=("No", "tenor", "pokok", "Keterangan", "total aset", "gaji"),
        ),
        fates=[SCORED],
    ),
}


def more(header: str, cells: Sequence[tuple[object, str]], *, is_workbook: bool = False) -> Case:
    """A column that only the import reads: scoring leaves it alone."""
    write = book if is_workbook else text
    content = write(*((*GOOD, cell) for cell, _ in cells), headers=(*HEADERS, header))
    imported = [fate for _, fate in cells]
    return Case(
        content=content,
        fates=[SCORED] * len(cells),
        imported=imported,
        filename="data.xlsx" if is_workbook else "data.csv",
    )


IMPORT_COLUMNS = {
    "NIK": more(
        "nik",
        [
            (NIK, SCORED),
            ("9171011201850003", SCORED),
            ("3573010203750006", SCORED),
            ("0173014501900007", SCORED),
            ("327301450190000", "nik_not_16_digits"),
            ("32730145019000011", "nik_not_16_digits"),
            ("3273010001900001", "nik_not_a_date"),
            ("3273013113900001", "nik_not_a_date"),
            ("3273017201900001", "nik_not_a_date"),
            ("3,27301E+15", "exponent_in_identifier"),
            ("٣٢٧٣٠١٤٥٠١٩٠٠٠٠١", "nik_not_16_digits"),
            ("", SCORED),
            ("-", SCORED),
        ],
    ),
    "NIK in a workbook": more("No. KTP", [(NIK, SCORED), (int(NIK), "digits_lost"), (None, SCORED)], is_workbook=True),
    "birth dates": more(
        "tanggal lahir",
        [
            ("1990-12-31", SCORED),
            ("31/12/1990", SCORED),
            ("31-12-1990", SCORED),
            ("1/2/1990", SCORED),
            ("12/31/1990", "month_first"),
            ("31/11/1990", "not_a_date"),
            ("31 Desember 1990", "not_a_date"),
            ("31/12/90", "not_a_date"),
        ],
    ),
    "birth dates in a workbook": more(
        "birth_date",
        [(date(1990, 12, 31), SCORED), ("31/12/1990", SCORED), (33238, "number_in_date"), (True, "boolean_in_cell")],
        is_workbook=True,
    ),
    "identifiers": more("cif", [("007", SCORED), ("1E5", "exponent_in_identifier"), ("C-1", SCORED)]),
    "identifiers in a workbook": more("cif", [("007", SCORED), (1.5, "fraction_in_identifier")], is_workbook=True),
    "akad": more("akad", [("Murabahah", SCORED), ("MUSYARAKAH", SCORED), ("riba", "not_a_choice"), ("", SCORED)]),
}
CASES = {**ROWS, **AMOUNT_CASES, **READING, **IMPORT_COLUMNS}


def archive_with(parts: Mapping[str, bytes]) -> bytes:
    return with_parts(excel_file(list(range(4))), parts).getvalue()


def with_dtd() -> bytes:
    file, name = excel_file(list(range(4))), "xl/worksheets/sheet1.xml"
    dtd = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
    return with_parts(file, {name: dtd + part(file, name)}).getvalue()


REFUSED: dict[str, tuple[bytes, str]] = {
    "empty_file": (text(), "data.csv"),
    "missing_columns": (text(GOOD[:4], headers=HEADERS[:4]), "data.csv"),
    "duplicate_headers": (text((*GOOD, "1"), headers=(*HEADERS, "Nama")), "data.csv"),
    "alias_beside_canonical": (text((*GOOD, "1"), headers=(*HEADERS, "tenor")), "data.csv"),
    "several_sheets": (sheets("Jan", "Feb"), "data.xlsx"),
    "no_sheet": (saved(Workbook()).getvalue(), "data.xlsx"),
    "no_header": (b"\n" * 12 + text(GOOD), "data.csv"),
    "not_a_spreadsheet": (b"%PDF-1.7 nothing", "data.xlsx"),
    "xls_not_accepted": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"W\0o\0r\0k\0b\0o\0o\0k\0" * 40, "data.xls"),
    "xlsb_not_accepted": (archive_with({"xl/workbook.bin": b""}), "data.xlsb"),
    "macros_not_accepted": (archive_with({"xl/vbaProject.bin": b"x"}), "data.xlsm"),
    "html_not_accepted": (b"<html><body><table><tr><td>1</td></tr></table></body></html>", "data.xls"),
    "broken_workbook": (book(GOOD)[:-200], "data.xlsx"),
    "dtd_not_accepted": (with_dtd(), "data.xlsx"),
    "cell_too_long": (text(("S" * 2001, *GOOD[1:])), "data.csv"),
    "too_many_columns": (text((*GOOD, *"1" * 60), headers=(*HEADERS, *(f"x{n}" for n in range(60)))), "data.csv"),
    "inflates_too_far": (with_sheet_xml("<!--" + " " * 20_000_000 + "-->").getvalue(), "data.xlsx"),
    "binary_content": (text(GOOD) + b"\0\0", "data.csv"),
    "broken_quotes": (text(GOOD) + b'"Budi;1;2;3;4\n', "data.csv"),
}


@pytest.fixture(autouse=True)
def english(settings, tmp_path: Path) -> Iterator[None]:
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.LANGUAGE_CODE = "en"
    make_card_in_force()
    with override("en"):
        yield


@pytest.fixture
def branch():
    return make_branch(code="001")


@pytest.fixture
def officer(branch):
    return make_user("officer", branches=[branch], group="Account officer", is_staff=True)


@pytest.fixture
def doors(client, officer, branch, tmp_path, capsys) -> Mapping[str, Any]:
    """
    The import page before those that write. Who scores a file a second time is led to the first run: hence others.
    """
    colleague, another = (
        make_user(name, branches=[branch], group="Account officer", is_staff=True) for name in ("colleague", "another")
    )
    return {
        "API": Api(officer),
        "API job": ApiJob(colleague),
        "scoring page": ScoringPage(Client(), another, tmp_path),
        "command line": CommandLine(tmp_path, capsys),
        "import page": ImportPage(client, officer, branch),
        "import job": ImportJob(client, officer, branch),
        "resource": Resource(officer, branch),
    }


SCORING_DOORS = ("API", "API job", "scoring page", "command line")


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_every_door_says_the_same_of_every_row(doors, case):
    scored, imported = case.expected(case.fates), case.expected(case.imported or case.fates)

    told = {name: door.take(case) for name, door in doors.items()}

    assert told == {name: scored if name in SCORING_DOORS else imported for name in doors}


@pytest.mark.parametrize("code", REFUSED)
def test_every_door_refuses_the_same_files(doors, code):
    content, filename = REFUSED[code]
    case = Case(content=content, fates=[], filename=filename)

    told = {name: door.take(case).refusal for name, door in doors.items()}

    assert told == dict.fromkeys(doors, code)


REJECTED_AGAIN = [
    "amounts",
    "English amounts",
    "what only another locale can tell",
    "amounts in conflict",
    "numeric cells",
    "formulas",
    "tenors",
    "totals and notes",
    "several faults in a row",
    "a surplus cell",
]


@pytest.mark.parametrize("name", REJECTED_AGAIN)
@pytest.mark.parametrize(
    ("writer", "readers"),
    [
        ("command line", ("API", "import page")),
        ("scoring page", ("command line", "resource")),
        ("import page", ("API", "import page")),
    ],
)
def test_rejected_rows_come_back_as_they_were(doors, name, writer, readers):
    """Uploaded again without being mended, they are rejected for the same reasons; each door reads what another wrote."""
    case = CASES[name]
    rejected = [fate for fate in case.fates if fate not in (SCORED, BLANK)]
    doors[writer].take(case)

    again = Case(content=doors[writer].rejected(), fates=rejected, filename="rejected.xlsx")

    taken = {reader: doors[reader].take(again) for reader in readers}
    assert taken == dict.fromkeys(taken, again.expected(rejected))


def test_the_preview_echoes_what_could_be_read_otherwise(client, officer, branch):
    client.force_login(officer)
    rows = [("Siti", "5.000", *GOOD[2:], "0173014501900007", "1990-01-06")]

    sheet = text(*rows, headers=(*HEADERS, "nik", "birth_date"))
    notes = batch_of(preview(client, sheet, branch=branch.pk)).notes

    assert [code_in(note) for note in notes] == ["numbers_by_locale", "nik_unknown_province", "nik_birth_date_differs"]


@pytest.mark.parametrize(
    ("cells", "amounts"),
    [
        (["5000000", "5.000.000", "5.000.000,00", "Rp 5.000.000,-", "IDR 5.000.000"], [5_000_000] * 5),
        (["5.000", "5.000.000"], [5_000, 5_000_000]),
        (["5,000", "5,000,000.00"], [5_000, 5_000_000]),
        (["5.000"], [5_000]),
        (["5000000,5", "5000000,25"], [Decimal("5000000.5"), Decimal("5000000.25")]),
    ],
)
@pytest.mark.parametrize("language", ["id", "en"])
def test_amounts_are_the_same_in_every_door_and_language(doors, cells, amounts, language, tmp_path):
    case = Case(content=text(*map(income, cells)), fates=[SCORED] * len(cells))

    with override(language):
        Resource(doors["resource"].officer, doors["resource"].branch).take(case)
    doors["command line"].take(case)

    written = [Decimal(line["monthly_income"]) for line in CommandLine(tmp_path, None).lines(tmp_path / "output.csv")]
    stored = list(Customer.objects.order_by("pk").values_list("monthly_income", flat=True))
    assert written == stored == amounts
