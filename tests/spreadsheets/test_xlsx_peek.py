"""A glance at a large workbook: what it doubts is read before any work on it is promised."""

import io
import time

import pytest
from openpyxl import Workbook

from bprs.spreadsheets import COLUMNS, SCORING_COLUMNS, SpreadsheetRefused, match_columns, open_table
from bprs.spreadsheets.xlsx_peek import is_doubtful
from tests.spreadsheets.files import excel_file, part, saved, scoring_xlsx, with_parts, with_sheet_xml, workbook

STRINGS = "xl/sharedStrings.xml"
ROW = [5_000_000, 20_000_000, 10_000_000, 12]


def check(headers):
    match_columns(headers, wanted=[COLUMNS[name] for name in SCORING_COLUMNS])


def doubts(file, sheet=None) -> bool:
    return is_doubtful(file, sheet=sheet, check=check)


def two_sheets(*, state: str = "visible", rows: int = 1) -> Workbook:
    book = workbook([SCORING_COLUMNS, ROW])
    other = book.create_sheet("Februari")
    other.sheet_state = state
    for _ in range(rows):
        other.append(["gaji", "aset", "plafon"])
    return book


@pytest.mark.parametrize(
    "file",
    [
        excel_file(ROW),
        scoring_xlsx(ROW),
        saved(workbook([["Data Maret", None], [], SCORING_COLUMNS, ROW])),
        saved(workbook([[None, *SCORING_COLUMNS], [None, *ROW]])),
        saved(two_sheets(state="hidden")),
        saved(two_sheets(rows=0)),
        with_sheet_xml(
            "<row>" + "".join(f'<c t="inlineStr"><is><t>{name}</t></is></c>' for name in SCORING_COLUMNS) + "</row>"
        ),
        with_parts(
            excel_file(ROW), {STRINGS: part(excel_file(ROW), STRINGS).replace(b"</si>", b"<rPh><t>x</t></rPh></si>")}
        ),
    ],
    ids=["shared texts", "as openpyxl writes", "title", "indented", "hidden", "empty beside", "inline", "read aloud"],
)
def test_what_can_be_read_is_not_doubted(file):
    assert not doubts(file)


@pytest.mark.parametrize(
    "file",
    [
        saved(workbook([SCORING_COLUMNS[:3], ROW[:3]])),
        saved(workbook([[1, 2, 3]] * 20)),
        saved(Workbook()),
        io.BytesIO(excel_file(ROW).getvalue()[:2000]),
        with_parts(excel_file(ROW), {}, without=["xl/workbook.xml"]),
        with_parts(excel_file(ROW), {STRINGS: b'<!DOCTYPE a [<!ENTITY b "c">]><sst/>'}),
        with_parts(excel_file(ROW), {STRINGS: b"<sst></sst>"}),
        with_parts(excel_file(ROW), {"xl/worksheets/sheet1.xml": b"<worksheet><sheetData><row></c>"}),
    ],
    ids=["column", "header", "nothing", "cut off", "no index", "DTD", "no texts", "torn"],
)
def test_what_would_be_refused_is_doubted(file):
    assert doubts(file)


def test_which_of_several_sheets_is_asked_at_once_and_as_the_whole_reading_asks():
    file = saved(two_sheets())

    said = []
    for read in (doubts, open_table):
        with pytest.raises(SpreadsheetRefused) as refused:
            read(file)
        said.append((refused.value.code, refused.value.sheets))

    assert said == [("several_sheets", ["Data", "Februari"])] * 2


def test_the_sheet_that_was_asked_for_is_looked_at():
    file = saved(two_sheets())

    assert [doubts(file, sheet) for sheet in ("Data", "Februari", "Maret")] == [False, True, True]


def test_of_a_large_workbook_only_the_head_is_looked_at():
    file = excel_file(*[ROW] * 50_000)

    began = time.monotonic()
    assert not doubts(file)
    assert time.monotonic() - began < 0.5
