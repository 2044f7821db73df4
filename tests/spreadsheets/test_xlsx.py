import io
from datetime import date, datetime, time

import openpyxl
import pytest
import xlsxwriter

from bprs.spreadsheets import Limits, open_table
from bprs.spreadsheets.cells import Broken
from bprs.spreadsheets.confined import open_confined
from tests.spreadsheets.files import (
    codes,
    csv_file,
    read_one,
    refusal,
    saved,
    scoring_xlsx,
    with_parts,
    with_sheet_xml,
    workbook,
    xlsx_file,
)

GOOD = [5_000_000, 20_000_000, 10_000_000, 12]
MORNING = datetime(2026, 1, 31, 8, 30)  # noqa: DTZ001 workbooks know no time zones
HEADER = ["monthly_income", "assets_value", "loan_amount", "tenor_months"]


def only_chunk(source, **options):
    (chunk,) = open_table(source, **options).chunks()
    return chunk


class TestCells:
    def test_they_come_typed(self):
        row = [5.5, 12, "0012", True, date(2026, 1, 31), MORNING, time(8, 30), None]
        chunk = only_chunk(xlsx_file(["a", "b", "c", "d", "e", "f", "g", "h"], row))

        assert chunk.row(0) == [
            5.5,
            12.0,
            "0012",
            True,
            date(2026, 1, 31),
            MORNING,
            time(8, 30),
            "",
        ]

    def test_dates_of_the_1904_calendar_are_right(self):
        book = workbook([["birth_date", "nama"], [date(1990, 12, 31), "Siti"]])
        book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904

        _, chunk = read_one(saved(book), wanted=["birth_date"])

        assert chunk.columns["birth_date"].values == [date(1990, 12, 31)]

    @pytest.mark.parametrize(
        ("cell", "code"),
        [
            (True, "boolean_in_cell"),
            (date(2026, 1, 1), "date_in_number"),
            (time(8), "date_in_number"),
            ("=1+1", "formula_without_value"),
            ("#DIV/0!", "error_cell"),
            (1.005, "too_many_decimals"),
            (-5, "negative"),
            ("5 juta", "word_in_number"),
            (None, "missing"),
        ],
    )
    def test_what_is_no_amount_rejects_its_row_by_name(self, cell, code):
        assert codes(scoring_xlsx(GOOD, [cell, *GOOD[1:]])) == [code]

    def test_float_noise_is_rounded_away(self):
        _, chunk = read_one(scoring_xlsx([5_000_000.000000001, *GOOD[1:]]))

        assert chunk.columns["monthly_income"].values.tolist() == [500_000_000]

    def test_a_numeric_nik_is_refused_and_text_is_read(self):
        source = xlsx_file(["nik", "nama"], [9_171_011_201_850_003, "A"], ["9171011201850003", "B"])

        _, chunk = read_one(source, wanted=["nik"])

        assert [error.code for error in chunk.errors] == ["digits_lost"]
        assert chunk.columns["nik"].values == [None, "9171011201850003"]


class TestFormulas:
    def file(self, *formulas) -> io.BytesIO:
        target = io.BytesIO()
        book = xlsxwriter.Workbook(target)
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, HEADER)
        for row, (formula, value) in enumerate(formulas, start=1):
            sheet.write_formula(row, 0, formula, None, value)
            sheet.write_row(row, 1, GOOD[1:])
        book.close()
        target.seek(0)
        return target

    def test_their_stored_value_is_read(self):
        _, chunk = read_one(self.file(("=2*2500000", 5_000_000)))

        assert chunk.columns["monthly_income"].values.tolist() == [500_000_000]

    def test_without_one_the_row_is_rejected(self):
        assert codes(self.file(("=1+1", ""), ("=2", 2))) == ["formula_without_value"]

    def test_errors_and_booleans_are_rejected(self):
        assert codes(self.file(("=1/0", "#DIV/0!"), ("=TRUE", True))) == ["error_cell", "boolean_in_cell"]

    def test_an_empty_text_is_blank(self):
        source = with_sheet_xml(
            '<row r="1"><c r="A1" t="inlineStr"><is><t>gaji</t></is></c><c r="B1" t="inlineStr"><is><t>nama</t></is></c></row>'
            '<row r="2"><c r="A2" t="str"><f>""</f><v></v></c><c r="B2" t="inlineStr"><is><t>A</t></is></c></row>'
        )

        assert only_chunk(source).row(0) == ["", "A"]

    def test_rows_of_nothing_but_uncalculated_formulas_are_not_lost(self):
        source = scoring_xlsx(GOOD, ["=1", "=1", "=1", "=1"])

        reading, chunk = read_one(source)

        assert (reading.account.rows_read, reading.account.rejected) == (2, 1)
        assert chunk.source.row(1) == [Broken.UNCALCULATED] * 4

    def test_prefixed_xml_is_seen_through(self):
        xml = (
            b'<x:worksheet xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><x:sheetData>'
            b'<x:row r="1"><x:c r="A1" t="str"><x:v>gaji</x:v></x:c><x:c r="B1" t="str"><x:v>aset</x:v></x:c></x:row>'
            b'<x:row r="2"><x:c r="A2"><x:f>1+1</x:f></x:c><x:c r="B2" t="e"><x:v>#N/A</x:v></x:c></x:row>'
            b"</x:sheetData></x:worksheet>"
        )
        source = with_parts(scoring_xlsx(GOOD), {"xl/worksheets/sheet1.xml": xml})

        assert only_chunk(source).row(0) == [Broken.UNCALCULATED, Broken.ERROR]


class TestPlaces:
    def test_row_numbers_are_those_of_the_program(self):
        book = openpyxl.Workbook()
        for column, (header, value) in enumerate(zip(HEADER, GOOD, strict=True), start=3):
            book.active.cell(row=6, column=column, value=header)
            book.active.cell(row=9, column=column, value=value)
        book.active["C11"] = "x"

        reading, chunk = read_one(saved(book))

        assert reading.table.header_row_number == 6
        assert chunk.row_numbers.tolist() == [7, 8, 9, 10, 11]
        assert chunk.blank.tolist() == [True, True, False, True, False]
        assert {error.row_number for error in chunk.errors} == {11}

    def test_errors_are_found_at_their_place_in_a_shifted_table(self):
        book = openpyxl.Workbook()
        for column, header in enumerate(HEADER, start=3):
            book.active.cell(row=6, column=column, value=header)
            book.active.cell(row=8, column=column, value=1)
        book.active["E8"] = "#REF!"

        _, chunk = read_one(saved(book))

        assert [(error.row_number, error.field, error.code) for error in chunk.errors] == [
            (8, "loan_amount", "error_cell")
        ]

    def test_merged_cells_count_once(self):
        book = workbook([["Laporan", None, None, None], HEADER, GOOD])
        book.active.merge_cells("A1:D1")

        assert read_one(saved(book))[0].account.accepted == 1

    @pytest.mark.parametrize(
        ("cells", "range_"),
        [
            (["A3:A4"], "A3:A4"),
            (["B4:B5", "A3:A4"], "A3:A4"),
            (["A2:A3"], ""),  # the header and what is under it are one heading
            (["A3:D3"], ""),  # a heading or a total: its row says enough
            ([], ""),
        ],
    )
    def test_cells_merged_over_rows_are_told_of(self, cells, range_):
        book = workbook([["Laporan", None, None, None], HEADER, GOOD, GOOD, GOOD])
        for each in cells:
            book.active.merge_cells(each)

        for table in (open_table(saved(book)), open_confined(saved(book))):
            assert [(warning.code, warning.params) for warning in table.warnings] == (
                [("merged_cells", {"range": range_})] if range_ else []
            )

    def test_cells_without_addresses_follow_one_another(self):
        source = with_sheet_xml(
            "<row><c t='inlineStr'><is><t>gaji</t></is></c><c t='inlineStr'><is><t>aset</t></is></c></row>"
            "<row><c><v>5</v></c><c><v>6</v></c></row>"
        )

        assert only_chunk(source).row(0) == [5.0, 6.0]

    def test_a_cell_beyond_the_header_rejects_its_row(self):
        assert codes(scoring_xlsx(GOOD, [*GOOD, "note"])) == ["too_many_cells"]

    def test_borders_far_to_the_right_do_no_harm(self):
        book = workbook([HEADER, GOOD])
        for column in range(1, 400):
            book.active.cell(row=2, column=column).number_format = "0.00"

        assert codes(saved(book)) == []


class TestSheets:
    def book(self, **sheets) -> openpyxl.Workbook:
        book = openpyxl.Workbook()
        book.remove(book.active)
        for name, rows in sheets.items():
            sheet = book.create_sheet(name)
            for row in rows:
                sheet.append(row)
        return book

    def test_the_only_visible_one_with_content_is_read(self):
        book = self.book(Empty=[], Data=[HEADER, GOOD], Lists=[["murabahah"]], Blank=[["  "]])
        book["Lists"].sheet_state = "hidden"

        assert open_table(saved(book)).sheet == "Data"

    def test_two_are_refused_until_one_is_named(self):
        book = self.book(Januari=[HEADER, GOOD], Februari=[HEADER, GOOD, GOOD])

        assert refusal(saved(book)) == "several_sheets"
        assert len(only_chunk(saved(book), sheet="Februari")) == 2

    def test_a_named_one_must_be_there(self):
        assert refusal(saved(self.book(Data=[HEADER, GOOD])), sheet="Maret") == "unknown_sheet"

    def test_none_at_all_is_refused(self):
        assert refusal(saved(self.book(Data=[]))) == "no_sheet"

    def test_explanations_of_the_template_are_passed_over(self):
        assert open_table(saved(self.book(Data=[HEADER, GOOD], Petunjuk=[["Cara mengisi"]]))).sheet == "Data"

    def test_no_header_is_refused(self):
        assert refusal(saved(self.book(Data=[[1, 2], [3, 4]]))) == "no_header"


class TestLimits:
    def test_rows_are_counted(self):
        assert refusal(scoring_xlsx(GOOD, GOOD), limits=Limits(max_rows=2)) == "accepted"
        assert refusal(scoring_xlsx(GOOD, GOOD), limits=Limits(max_rows=1)) == "too_many_rows"

    def test_columns_are_counted(self):
        assert refusal(scoring_xlsx(GOOD), limits=Limits(max_columns=4)) == "accepted"
        assert refusal(scoring_xlsx(GOOD), limits=Limits(max_columns=3)) == "too_many_columns"

    def test_characters_of_a_cell_are_counted(self):
        limits = Limits(max_cell_chars=30)

        assert refusal(scoring_xlsx(["x" * 30, 1, 1, 1]), limits=limits) == "accepted"
        assert refusal(scoring_xlsx(["x" * 31, 1, 1, 1]), limits=limits) == "cell_too_long"


class TestOneTruth:
    def test_csv_and_xlsx_of_the_same_table_read_alike(self):
        rows = [["5.000.000", "0", "1,5", "12"], ["x", "", "1", "1"], ["", "", "", ""], ["1", "1", "1", "12.5"]]
        _, from_csv = read_one(csv_file("|".join(HEADER), *("|".join(row) for row in rows)))
        _, from_xlsx = read_one(scoring_xlsx(*rows))

        assert from_csv.errors == from_xlsx.errors
        assert from_csv.accepted.tolist() == from_xlsx.accepted.tolist()
        assert all((from_csv.columns[name].values == from_xlsx.columns[name].values).all() for name in HEADER)
