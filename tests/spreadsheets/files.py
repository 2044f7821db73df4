"""Files for tests, made on the spot."""

import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence

import openpyxl
import xlsxwriter

from bprs.spreadsheets import SCORING_COLUMNS, ParsedChunk, SpreadsheetRefused, TableReading, open_table, read_table

HEADER = "monthly_income,assets_value,loan_amount,tenor_months"
GOOD = "5000000,20000000,10000000,12"


def csv_file(*lines: str, encoding: str = "utf-8", ending: str = "\n") -> io.BytesIO:
    return io.BytesIO(ending.join([*lines, ""]).encode(encoding))


def scoring_csv(*rows: str) -> io.BytesIO:
    return csv_file(HEADER, *rows)


def workbook(rows: Iterable[Sequence[object]], sheet: str = "Data") -> openpyxl.Workbook:
    book = openpyxl.Workbook()
    book.active.title = sheet
    for row in rows:
        book.active.append(list(row))
    return book


def saved(book: openpyxl.Workbook) -> io.BytesIO:
    file = io.BytesIO()
    book.save(file)
    file.seek(0)
    return file


def xlsx_file(*rows: Sequence[object]) -> io.BytesIO:
    return saved(workbook(rows))


def scoring_xlsx(*rows: Sequence[object]) -> io.BytesIO:
    return xlsx_file(SCORING_COLUMNS, *rows)


def excel_file(*rows: Sequence[object]) -> io.BytesIO:
    """As Excel writes it: with a table of shared strings."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        sheet = book.add_worksheet()
        for place, row in enumerate([SCORING_COLUMNS, *rows]):
            sheet.write_row(place, 0, row)
    file.seek(0)
    return file


def with_parts(file: io.BytesIO, parts: Mapping[str, bytes], without: Iterable[str] = ()) -> io.BytesIO:
    """The same archive with some parts added, replaced or left out."""
    result = io.BytesIO()
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(result, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name not in parts and name not in without:
                new.writestr(name, old.read(name))
        for name, content in parts.items():
            new.writestr(name, content)
    result.seek(0)
    return result


def part(file: io.BytesIO, name: str = "xl/worksheets/sheet1.xml") -> bytes:
    with zipfile.ZipFile(file) as archive:
        return archive.read(name)


def with_sheet_xml(rows_xml: str) -> io.BytesIO:
    """A workbook whose only sheet has these `<row>` elements."""
    namespace = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    xml = f'<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns="{namespace}"><sheetData>{rows_xml}</sheetData></worksheet>'
    return with_parts(excel_file([1, 2, 3, 4]), {"xl/worksheets/sheet1.xml": xml.encode()})


def read_one(source: io.BytesIO, **options) -> tuple[TableReading, ParsedChunk]:
    reading = read_table(source, **{"wanted": SCORING_COLUMNS, **options})
    chunks = list(reading)
    assert len(chunks) == 1
    return reading, chunks[0]


def codes(source: io.BytesIO, **options) -> list[str]:
    """The codes of all rejected rows, in order."""
    return [
        error.code for chunk in read_table(source, **{"wanted": SCORING_COLUMNS, **options}) for error in chunk.errors
    ]


def refusal(source: io.BytesIO, **options) -> str:
    """The code with which the file is refused."""
    try:
        table = open_table(source, **options)
        list(table.chunks())
    except SpreadsheetRefused as refused:
        return refused.code
    return "accepted"
