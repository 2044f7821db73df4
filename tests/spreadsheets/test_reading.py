import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bprs.spreadsheets import (
    COLUMNS,
    MESSAGES,
    SCORING_COLUMNS,
    RowAccount,
    SpreadsheetRefused,
    open_table,
    parse_table,
    read_table,
)
from tests.spreadsheets.files import GOOD, codes, csv_file, read_one, scoring_csv, scoring_xlsx

NAMED = ["full_name", *SCORING_COLUMNS]
NAMED_HEADER = "nama,gaji,aset,plafon,tenor"


class TestRowAccount:
    def test_every_row_is_accepted_rejected_or_blank(self):
        reading, chunk = read_one(scoring_csv(GOOD, "", "x,1,1,1", GOOD, ",,,"))

        assert reading.account == RowAccount(rows_read=5, accepted=2, rejected=1, blank=2)
        assert chunk.accepted.tolist() == [True, False, False, True, False]
        assert chunk.row_indexes.tolist() == [0, 1, 2, 3, 4]
        assert chunk.row_numbers.tolist() == [2, 3, 4, 5, 6]

    def test_an_account_that_does_not_add_up_cannot_be_made(self):
        with pytest.raises(ValueError, match="do not add up"):
            RowAccount(rows_read=3, accepted=1, rejected=1, blank=0)

    @pytest.mark.parametrize(
        "file",
        [scoring_csv(), scoring_csv(*[",,,"] * 500), scoring_xlsx(), scoring_xlsx(["", None, " ", None])],
        ids=["csv", "csv of blanks", "workbook", "workbook of blanks"],
    )
    def test_a_table_without_rows_is_refused_as_empty(self, file):
        with pytest.raises(SpreadsheetRefused) as caught:
            open_table(file)

        assert caught.value.code == "empty_file"

    def test_a_single_row_after_many_blank_ones_is_read(self):
        reading = read_table(scoring_csv(*[",,,"] * 500, GOOD), wanted=SCORING_COLUMNS)

        assert len(list(reading)) == 1
        assert reading.account == RowAccount(rows_read=501, accepted=1, rejected=0, blank=500)

    def test_the_last_row_of_many_chunks_is_there(self):
        reading = read_table(scoring_csv(*[GOOD] * 20_001), wanted=SCORING_COLUMNS)

        chunks = list(reading)

        assert [len(chunk.row_numbers) for chunk in chunks] == [10_000, 10_000, 1]
        assert (chunks[-1].row_indexes[-1], chunks[-1].row_numbers[-1]) == (20_000, 20_002)
        assert reading.account.accepted == 20_001

    def test_it_can_be_read_again(self):
        reading = read_table(scoring_csv(GOOD, "x,1,1,1"), wanted=SCORING_COLUMNS)

        first, second = [[chunk.errors for chunk in reading] for _ in range(2)]

        assert first == second
        assert reading.account.rows_read == 2

    cells = st.sampled_from(["5", "", " ", "x", "5.000", "Total", "-", "12.5", "1,000", "\u00a0", '"', "0"])

    @settings(max_examples=100, deadline=None)
    @given(st.lists(st.lists(cells, max_size=6), max_size=12))
    def test_whatever_the_rows_hold(self, rows):
        quoted = [";".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows]
        reading = read_table(csv_file("gaji;aset;plafon;tenor", "1;1;1;1", *quoted), wanted=SCORING_COLUMNS)

        chunks = list(reading)
        named = {error.row_index for chunk in chunks for error in chunk.errors}

        assert reading.account.rows_read == 1 + len(rows)
        assert len(named) == reading.account.rejected


class TestRowErrors:
    def test_they_say_where_and_what(self):
        _, chunk = read_one(csv_file("Data 2026", "Gaji (Rp),aset,plafon,tenor", GOOD, "5 juta,1,1,1"))

        (error,) = chunk.errors
        assert (error.row_index, error.row_number, error.column, error.field) == (1, 4, "Gaji (Rp)", "monthly_income")
        assert error.code == "word_in_number"
        assert error.message % error.params == error.sentence
        assert error.sentence.startswith("5 juta contains words.")

    @pytest.mark.parametrize("code", MESSAGES)
    def test_every_code_has_a_sentence_with_a_full_stop(self, code):
        assert MESSAGES[code].endswith((".", "?"))

    def test_blank_and_not_available_are_missing_where_a_number_is_required(self):
        assert codes(scoring_csv(",1,1,1", "n/a,1,1,1", "-,1,1,1")) == ["missing"] * 3

    def test_and_are_nothing_where_it_is_not(self):
        _, chunk = read_one(scoring_csv(",1,1,1", "n/a,1,1,1"), required=["loan_amount"])

        assert chunk.columns["monthly_income"].missing.tolist() == [True, True]
        assert chunk.accepted.all()

    def test_an_optional_cell_that_cannot_be_read_still_rejects_its_row(self):
        assert codes(scoring_csv("NaN,1,1,1"), required=["loan_amount"]) == ["not_a_number"]

    def test_every_wrong_cell_of_a_row_is_told(self):
        assert codes(scoring_csv("x,-1,0,12.5")) == ["not_a_number", "negative", "not_positive", "not_whole"]


class TestRowsThatAreNoData:
    @pytest.mark.parametrize(
        "label", ["Total", "TOTAL", "Jumlah", "Grand Total:", "Jumlah total", "Sub Total", "Rata-rata"]
    )
    def test_totals_are_rejected_even_if_every_number_can_be_read(self, label):
        assert codes(csv_file(NAMED_HEADER, f"{label},10,10,10,36"), wanted=NAMED) == ["looks_like_total"]

    def test_totals_under_a_column_nobody_asked_for_too(self):
        assert codes(csv_file("No,gaji,aset,plafon,tenor", "1,1,1,1,1", "Total,10,10,10,36")) == ["looks_like_total"]

    def test_totals_that_lack_numbers_are_named_as_such(self):
        assert codes(csv_file(NAMED_HEADER, "Total 25 nasabah,10,10,10,"), wanted=NAMED) == ["looks_like_total"]

    def test_notes_under_the_table_are_named_as_such(self):
        assert codes(csv_file(NAMED_HEADER, "Dicetak oleh Siti,,,,"), wanted=NAMED) == ["looks_like_note"]
        assert codes(scoring_csv("* angka sementara,,,")) == ["looks_like_note"]

    @pytest.mark.parametrize("name", ["Null", "Nan", "NA", "Totalia", "Jumlahwati"])
    def test_names_are_names(self, name):
        _, chunk = read_one(csv_file(NAMED_HEADER, f"{name},10,10,10,36"), wanted=NAMED)

        assert chunk.accepted.all()
        assert chunk.columns["full_name"].values == [name]

    def test_a_lonely_wrong_number_is_no_note(self):
        assert codes(scoring_csv("12.5.0,,,")) == ["misplaced_separator", "missing", "missing", "missing"]


class TestNumberStyle:
    def test_one_cell_decides_for_the_whole_file_and_every_column(self):
        source = csv_file("gaji;aset;plafon;tenor", "5,000;1;1;12", *["1;1;1;12"] * 10_000, "1;1;5,000,000;12")

        first = next(iter(read_table(source, wanted=SCORING_COLUMNS)))

        assert first.columns["monthly_income"].values[0] == 500_000

    def test_it_is_echoed(self):
        reading, _ = read_one(csv_file("gaji;aset;plafon;tenor", "5.000;1;1;12"))

        assert [warning.code for warning in reading.warnings] == ["numbers_by_locale"]

    def test_the_declared_locale_decides_where_no_cell_does(self):
        assert codes(csv_file("gaji;aset;plafon;tenor", "5,000;1;1;12"), locale="en") == []
        assert codes(csv_file("gaji;aset;plafon;tenor", "5,000;1;1;12")) == ["too_many_decimals"]


class TestWarnings:
    def test_a_nik_that_differs_from_the_birth_date(self):
        source = csv_file(
            "nik,birth_date",
            "3273014501900001,1990-01-05",
            "3273010501900001,1990-01-06",
            "3273010501000001,2000-01-05",
        )

        _, chunk = read_one(source, wanted=["nik", "birth_date"])

        assert chunk.accepted.all()
        assert [(warning.row_number, warning.code) for warning in chunk.warnings] == [(3, "nik_birth_date_differs")]

    def test_a_column_without_header(self):
        reading, _ = read_one(csv_file("gaji,,aset,plafon,tenor", "1,x,1,1,12"))

        assert [warning.code for warning in reading.warnings] == ["column_without_header"]


class TestDoors:
    def test_names_and_specs_are_wanted_alike(self):
        by_name, _ = read_one(scoring_csv(GOOD))
        by_spec, _ = read_one(scoring_csv(GOOD), wanted=[COLUMNS[name] for name in SCORING_COLUMNS])

        assert by_name.account == by_spec.account

    def test_a_table_that_is_open_is_read_with_a_mapping(self):
        table = open_table(csv_file("A,aset,plafon,tenor", GOOD))

        reading = parse_table(table, wanted=SCORING_COLUMNS, mapping={"A": "monthly_income"})

        assert sum(chunk.account.accepted for chunk in reading) == 1

    def test_missing_columns_are_refused_before_any_row(self):
        with pytest.raises(SpreadsheetRefused, match=r"The table lacks tenor_months\. Found: gaji, aset, plafon\."):
            read_table(csv_file("gaji,aset,plafon", "1,1,1"), wanted=SCORING_COLUMNS)

    def test_refusals_carry_code_params_and_template(self):
        with pytest.raises(SpreadsheetRefused) as caught:
            open_table(io.BytesIO(b""))

        assert (caught.value.code, caught.value.params, caught.value.status) == ("empty_file", {}, 422)
        assert caught.value.template % caught.value.params == str(caught.value) == "The file is empty."

    def test_the_bank_s_acceptance_rows(self):
        rows = [
            [5_000_000, 20_000_000, 10_000_000, 12],
            [10_000_000, 5_000_000, 50_000_000, 24],
            [2_000_000, 0, 10_000_000, 6],
        ]
        _, chunk = read_one(scoring_xlsx(*rows))

        assert [[int(column.values[row]) for column in chunk.columns.values()] for row in range(3)] == [
            [income * 100, assets * 100, amount * 100, tenor] for income, assets, amount, tenor in rows
        ]
