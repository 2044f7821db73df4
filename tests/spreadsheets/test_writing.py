import csv
import io
import tempfile
from datetime import date
from decimal import Decimal

import numpy as np
import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bprs.spreadsheets import (
    COLUMNS,
    SCORING_COLUMNS,
    SpreadsheetRefused,
    open_table,
    open_writer,
    read_table,
    safe_text,
    write_csv,
    write_rejected,
    write_template,
    write_xlsx,
)
from bprs.spreadsheets.remarks import remark_headers
from bprs.spreadsheets.template import EXPLANATION_SHEET
from bprs.spreadsheets.writing import SHEET_ROWS, XlsxWriter
from bprs.spreadsheets.xlsx_workbook import EXPLANATION_SHEETS
from tests.spreadsheets.files import GOOD, codes, csv_file, read_one, scoring_csv, scoring_xlsx

DANGEROUS = [
    "=1+1",
    "==1",
    "+62812",
    "-5",
    "@SUM(A1)",
    "\tx",
    "\rx",
    "\uff1d1",
    "\uff0b1",
    "\uff0d1",
    "\uff20x",
    '=HYPERLINK("http://x")',
]


def cells(file: io.BytesIO):
    return [[cell.value for cell in row] for row in openpyxl.load_workbook(file).active.iter_rows()]


class TestSafeText:
    @pytest.mark.parametrize("text", DANGEROUS)
    def test_what_could_be_a_formula_is_neutralised(self, text):
        assert safe_text(text) == f"'{text}"

    @pytest.mark.parametrize("text", ["Siti", "'Siti", "5.000", "a=1", "", "Rp 5"])
    def test_other_text_stays(self, text):
        assert safe_text(text) == text

    def test_it_is_not_neutralised_twice(self):
        assert safe_text(safe_text("=1")) == "'=1"


class TestXlsx:
    @pytest.mark.parametrize("text", DANGEROUS)
    def test_nothing_becomes_a_formula(self, text):
        file = io.BytesIO()

        write_xlsx(file, [text], [[text]])

        for row in openpyxl.load_workbook(file).active.iter_rows():
            assert [cell.data_type for cell in row] == ["s"]
        assert b"<f>" not in file.getvalue()

    def test_what_is_broken_off_is_not_finished_and_leaves_nothing_behind(self, tmp_path, monkeypatch):
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
        file = io.BytesIO()

        def rows():
            yield ["1"]
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt), XlsxWriter(file, ["a"]) as writer:
            writer.write_rows(rows())

        assert file.getvalue() == b""
        assert list(tmp_path.iterdir()) == []

    def test_numbers_stay_numbers_dates_dates_and_identifiers_text(self):
        file = io.BytesIO()
        row = [
            5_000_000,
            Decimal("0.15"),
            1.5,
            np.int64(7),
            "0012",
            date(2026, 1, 31),
            None,
            True,
            9_171_011_201_850_003,
        ]

        write_xlsx(
            file,
            list("abcdefghi"),
            [row],
            ["money", "number", "number", "whole", "identifier", "date", "text", "any", "any"],
        )

        assert cells(file)[1][:5] == [5_000_000, 0.15, 1.5, 7, "0012"]
        assert cells(file)[1][5].date() == date(2026, 1, 31)
        assert cells(file)[1][6:] == [None, True, "9171011201850003"]

    def test_columns_are_written_like_rows(self):
        file = io.BytesIO()

        with open_writer(file, ["a", "b"], ["whole", "text"]) as writer:
            writer.write_columns([np.array([1, 2]), ["x", "y"]])
            writer.write_rows([(3, "z")])

        assert cells(file) == [["a", "b"], [1, "x"], [2, "y"], [3, "z"]]

    def test_links_and_characters_xml_cannot_hold_do_no_harm(self):
        file = io.BytesIO()

        write_xlsx(file, ["a"], [["http://example.com"], ["a\x00b\x1f\ufffe"]])

        assert cells(file)[1:] == [["http://example.com"], ["ab"]]

    def test_a_sheet_has_an_end(self, monkeypatch):
        writer = XlsxWriter(io.BytesIO(), ["a"])
        writer._row = SHEET_ROWS

        with pytest.raises(SpreadsheetRefused) as caught:
            writer.write_rows([[1]])

        assert caught.value.code == "too_many_rows_to_write"
        writer.close()


class TestCsv:
    def test_text_is_neutralised_and_numbers_are_not(self):
        file = io.BytesIO()

        write_csv(file, ["a", "b", "c", "d"], [["=1", -5, Decimal("1E+3"), "0012"], ["a,b", 1.5, None, 'say "x"']])

        assert file.getvalue().startswith(b"\xef\xbb\xbf")
        rows = list(csv.reader(io.StringIO(file.getvalue().decode("utf-8-sig"))))
        assert rows[1:] == [["'=1", "-5", "1000", "0012"], ["a,b", "1.5", "", 'say "x"']]

    def test_a_path_is_closed_and_a_file_stays_open(self, tmp_path):
        file = io.BytesIO()

        write_csv(file, ["a"], [["x"]])
        write_csv(tmp_path / "x.csv", ["a"], [["x"]])

        assert file.getvalue() == (tmp_path / "x.csv").read_bytes()

    @settings(max_examples=100, deadline=None)
    @given(
        st.text(alphabet=st.characters(exclude_categories=["Cc", "Cs"]), min_size=1)
        .map(lambda text: text.strip())
        .filter(bool)
    )
    def test_names_survive_being_written_and_read(self, name):
        file = io.BytesIO()
        write_csv(file, ["nama", "gaji"], [[name, 5]])

        (direct,) = read_table(csv_like(name), wanted=["full_name"])
        (written,) = read_table(file, wanted=["full_name"])

        assert written.columns["full_name"].values == direct.columns["full_name"].values


def csv_like(name: str) -> io.BytesIO:
    text = io.StringIO()
    csv.writer(text).writerows([["nama", "gaji"], [name, 5]])
    return io.BytesIO(text.getvalue().encode())


class TestRejectedRows:
    rows = ("5 juta,20000000,10000000,12", GOOD, "=1+1,-5,1,1", "5,000,000,1,1,1")

    def rejected(self, source, **options) -> io.BytesIO:
        file = io.BytesIO()
        reading = read_table(source, wanted=SCORING_COLUMNS)
        self.count = write_rejected(file, reading, **options)
        return file

    def test_the_original_cells_stand_beside_what_is_wrong(self):
        file = self.rejected(scoring_csv(*self.rows), language="en")

        written = cells(file)
        assert self.count == 3
        assert written[0][:6] == [*SCORING_COLUMNS, *remark_headers("en", ".")]
        assert written[1][0] == "5 juta"
        assert written[1][5] == "monthly_income: 5 juta contains words. Write the number in full, in digits only."
        assert written[2][0] == "'=1+1"

    def test_the_row_number_is_that_of_the_original_file(self):
        file = self.rejected(scoring_csv(*self.rows))

        assert [row[4] for row in cells(file)[1:]] == [2, 4, 5]

    def test_what_could_be_read_is_written_as_a_number(self):
        file = self.rejected(scoring_csv("5 juta,20000000,Rp 10.000.000,12.0"))

        assert cells(file)[1][:4] == ["5 juta", 20_000_000, 10_000_000, 12]

    def test_a_row_that_may_be_shifted_is_left_as_it_is(self):
        file = self.rejected(scoring_csv("5,000,000,1,1,1"))

        assert cells(file)[1] == ["5", "000", "000", "1", 2, cells(file)[1][5], "1", "1"]

    def test_a_number_too_long_for_a_workbook_stays_text(self):
        file = self.rejected(scoring_csv("5 juta,99999999999999.99,1,1"))

        assert cells(file)[1][1] == "99999999999999.99"

    def test_numbers_dates_and_text_of_a_workbook_stay_what_they_are(self):
        file = self.rejected(scoring_xlsx([5_000_000.5, date(2026, 1, 31), "murah", 12]))

        income, assets, amount = cells(file)[1][:3]
        assert (income, assets.date(), amount) == (5_000_000.5, date(2026, 1, 31), "murah")

    def test_the_reasons_are_translated(self):
        file = self.rejected(
            scoring_csv(*self.rows[:1]), translate=lambda template: template.replace("contains words", "memuat kata")
        )

        assert cells(file)[0][4:] == ["Baris di berkas asal", "Yang harus diperbaiki (angka seperti 1.000.000,00)"]
        assert "memuat kata" in cells(file)[1][5]

    def test_unmended_rows_are_rejected_again_for_the_same_reasons(self):
        first = codes(scoring_csv(*self.rows))

        assert codes(self.rejected(scoring_csv(*self.rows))) == first
        assert codes(self.rejected(self.rejected(scoring_csv(*self.rows)))) == first

    def test_mended_rows_are_accepted_with_the_remark_still_there(self):
        book = openpyxl.load_workbook(self.rejected(scoring_csv("5 juta,20000000,10000000,12")))
        book.active["A2"] = 5_000_000
        mended = io.BytesIO()
        book.save(mended)

        reading, chunk = read_one(mended)

        assert reading.account.accepted == 1
        assert chunk.columns["monthly_income"].values.tolist() == [500_000_000]

    def test_a_row_emptied_but_for_the_remarks_is_blank(self):
        headers = ",".join([*SCORING_COLUMNS, *remark_headers("en", None)])

        assert read_one(csv_file(headers, ",,,,7,x", "1,1,1,1,8,x"))[0].account.blank == 1

    @pytest.mark.parametrize(
        "header", ["What to mend", "yang harus diperbaiki", "What to mend (numbers like 1,000,000.00) "]
    )
    def test_the_remarks_are_known_however_they_were_retyped(self, header):
        reading, _ = read_one(csv_file(";".join([*SCORING_COLUMNS, header]), "1;1;1;1;x"))

        assert not reading.match.unmatched


class TestNumbersOfRejectedRows:
    """What a file said of its numbers holds for the rows that are left of it."""

    LEFT = {
        "5.000;1;1;1": ("4,000,000.00;1;1;1", "too_many_decimals"),
        "5,000;1;1;1": ("4.000.000,00;1;1;1", "too_many_decimals"),
        "5.000 ;1;1;1": ("4.000.000;4,000,000;1;1", "ambiguous_number"),
    }

    @pytest.mark.parametrize(("left", "other", "code"), [(left, *each) for left, each in LEFT.items()])
    @pytest.mark.parametrize("language", ["id", "en"])
    def test_what_was_refused_is_refused_again(self, left, other, code, language):
        reading = read_table(csv_file(";".join(SCORING_COLUMNS), left, other), wanted=SCORING_COLUMNS)
        file = io.BytesIO()

        write_rejected(file, reading, language=language)

        assert codes(file) == [code]

    def test_what_was_good_is_good_again(self):
        source = csv_file(";".join(SCORING_COLUMNS), "5,000;5 juta;1;1", "4,000,000.00;1;1;1")
        reading, file = read_table(source, wanted=SCORING_COLUMNS), io.BytesIO()
        write_rejected(file, reading)
        book = openpyxl.load_workbook(file)
        book.active["A2"], book.active["B2"] = "5,000", "6,000"
        mended = io.BytesIO()
        book.save(mended)

        reading, chunk = read_one(mended)

        assert chunk.columns["monthly_income"].values.tolist() == [500_000]
        assert chunk.columns["assets_value"].values.tolist() == [600_000]
        assert [warning.code for warning in reading.warnings] == ["numbers_as_before"]


class TestTemplate:
    @pytest.mark.parametrize("language", ["id", "en"])
    def test_it_reads_back_under_its_own_headers(self, language):
        file = io.BytesIO()
        write_template(file, list(COLUMNS), language=language)

        reading, chunk = read_one(file, wanted=list(COLUMNS))

        assert reading.table.sheet == "Data"
        assert reading.table.headers == tuple(getattr(spec, f"title_{language}") for spec in COLUMNS.values())
        assert all(not column.errors for column in chunk.columns.values())

    @pytest.mark.parametrize("language", ["id", "en"])
    def test_its_example_is_never_taken_for_a_customer(self, language):
        file = io.BytesIO()
        write_template(file, list(COLUMNS), language=language)

        assert codes(file, wanted=list(COLUMNS)) == ["looks_like_example"]

    @pytest.mark.parametrize("language", ["id", "en"])
    def test_it_offers_lists_and_formats_and_explains(self, language):
        file = io.BytesIO()
        write_template(file, ["nik", "akad", "status", "loan_amount"], language=language)

        book = openpyxl.load_workbook(file)
        lists = [each.formula1 for each in book["Data"].data_validations.dataValidation if each.type == "list"]
        assert len(lists) == 2
        assert ("diajukan" in lists[1]) == (language == "id")
        assert book["Data"]["A2"].number_format == "@"
        assert (
            book["Data"].column_dimensions["A"].number_format == "@" or book["Data"]["A2"].value == "3273014501900001"
        )
        assert [row[0].value for row in book[EXPLANATION_SHEET[language]].iter_rows()][1:] == [
            getattr(COLUMNS[name], f"title_{language}") for name in ("nik", "akad", "status", "loan_amount")
        ]

    @pytest.mark.parametrize("name", [name for name, spec in COLUMNS.items() if spec.choices])
    def test_what_a_list_offers_is_read(self, name):
        spec = COLUMNS[name]
        for language in ("id", "en"):
            source = csv_file(f"{name};nama", *(f"{word};x" for word in spec.words(language)))
            _, chunk = read_one(source, wanted=[name])
            assert chunk.columns[name].values == list(spec.choices)

    def test_the_reader_knows_the_sheet_that_explains(self):
        assert {sheet.casefold() for sheet in EXPLANATION_SHEET.values()} == EXPLANATION_SHEETS

    def test_it_is_written_to_a_path_too(self, tmp_path):
        path = tmp_path / "template.xlsx"
        write_template(path, SCORING_COLUMNS)

        assert open_table(path).kind == "xlsx"
