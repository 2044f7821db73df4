import io

import pytest

from bprs.spreadsheets import Limits, SpreadsheetRefused, open_table
from tests.spreadsheets.files import GOOD, HEADER, codes, csv_file, read_one, refusal, scoring_csv

PLAIN = [HEADER, GOOD]


def first_row(source, **options):
    _, chunk = read_one(source, **options)
    return [int(column.values[0]) for column in chunk.columns.values()]


class TestEncodings:
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
    def test_each_is_read_alike(self, encoding):
        source = csv_file("nama;gaji;aset;plafon;tenor", "José;5000000;20000000;10000000;12", encoding=encoding)

        reading, chunk = read_one(source, wanted=["full_name", "monthly_income"])

        assert chunk.columns["full_name"].values == ["José"]
        assert [warning.code for warning in reading.warnings] == (["read_as_cp1252"] if encoding == "cp1252" else [])

    def test_bytes_that_are_no_text_are_refused(self):
        assert refusal(io.BytesIO(b"nama,gaji\n\xe9 \x81,5\n")) == "unknown_encoding"

    def test_a_broken_utf16_file_is_refused(self):
        assert refusal(io.BytesIO(csv_file(*PLAIN, encoding="utf-16").getvalue()[:-1])) == "unknown_encoding"

    def test_nul_bytes_are_refused(self):
        assert refusal(io.BytesIO(b"nama,gaji\nA\x00B,5\n")) == "binary_content"


class TestDelimiters:
    @pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
    def test_each_is_found(self, delimiter):
        source = csv_file(*(line.replace(",", delimiter) for line in PLAIN))

        assert first_row(source) == [500_000_000, 2_000_000_000, 1_000_000_000, 12]

    def test_semicolons_between_decimal_commas(self):
        source = csv_file(HEADER.replace(",", ";"), "1,5;2,5;3,5;12")

        assert first_row(source) == [150, 250, 350, 12]

    def test_a_sep_line_is_honoured_and_not_counted_as_a_row(self):
        source = csv_file("sep=|", HEADER.replace(",", "|"), GOOD.replace(",", "|"))

        reading, chunk = read_one(source)

        assert reading.table.headers == tuple(HEADER.split(","))
        assert chunk.row_numbers.tolist() == [2]

    def test_unknown_headers_are_cut_evenly(self):
        assert open_table(csv_file("alfa;beta;gama", "1,5;2;3", "2,5;3;4")).headers == ("alfa", "beta", "gama")

    @pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
    def test_lines_end_in_any_way(self, ending):
        assert first_row(csv_file(*PLAIN, ending=ending)) == [500_000_000, 2_000_000_000, 1_000_000_000, 12]


class TestHeaders:
    def test_a_title_above_is_normal(self):
        reading, chunk = read_one(csv_file("Data pembiayaan 2026,,,", "", *PLAIN))

        assert reading.table.header_row_number == 3
        assert chunk.row_numbers.tolist() == [4]

    def test_it_may_stand_in_the_tenth_row(self):
        assert open_table(csv_file(*["judul"] * 9, *PLAIN)).header_row_number == 10

    def test_it_may_not_stand_in_the_eleventh(self):
        assert refusal(csv_file(*["judul"] * 10, *PLAIN)) == "no_header"

    def test_a_file_of_numbers_only_has_none(self):
        assert refusal(csv_file(GOOD, GOOD)) == "no_header"

    def test_a_single_known_column_is_enough(self):
        assert open_table(csv_file("nik", "3273010501900001")).headers == ("nik",)

    def test_they_are_kept_as_written(self):
        assert open_table(csv_file("Penghasilan (Rp),ASET", "1,2")).headers == ("Penghasilan (Rp)", "ASET")


class TestRows:
    def test_quoted_newlines_stay_in_their_cell_and_rows_are_counted_as_excel_does(self):
        source = csv_file("nama,gaji", '"Siti\nAminah",5', "", "Budi,x")

        _, chunk = read_one(source, wanted=["full_name", "monthly_income"])

        assert chunk.columns["full_name"].values[0] == "Siti Aminah"
        assert [error.row_number for error in chunk.errors] == [4]

    def test_quoted_delimiters_and_doubled_quotes_stay_in_their_cell(self):
        _, chunk = read_one(csv_file("nama,gaji", '"Siti, ""S.E.""",5'), wanted=["full_name"])

        assert chunk.columns["full_name"].values == ['Siti, "S.E."']

    @pytest.mark.parametrize("quote", ["", '"'])
    def test_a_surplus_comma_rejects_its_row_and_shifts_nothing(self, quote):
        source = scoring_csv("5,000,000,20000000,10000000,12", f"{quote}5000000{quote},20000000,10000000,12")

        _, chunk = read_one(source)

        assert [(error.row_number, error.code) for error in chunk.errors] == [(2, "too_many_cells")]
        assert chunk.accepted.tolist() == [False, True]

    @pytest.mark.parametrize("quote", ["", '"'])
    def test_commas_at_the_end_of_a_row_do_no_harm(self, quote):
        assert codes(scoring_csv(f"{quote}5000000{quote},20000000,10000000,12,, ")) == []

    def test_a_short_row_ends_in_blanks(self):
        assert codes(scoring_csv(GOOD, "5000000,20000000")) == ["missing", "missing"]

    def test_a_cell_under_no_header_is_beyond_the_table(self):
        assert codes(csv_file(HEADER + ",,", GOOD + ",,x")) == ["too_many_cells"]

    @pytest.mark.parametrize(("text", "row"), [('"5,1,1,1', 2), ('5"x",1,1,1\n"6"x,1,1,1', 3)])
    def test_broken_quotes_are_refused_near_their_row(self, text, row):
        with pytest.raises(SpreadsheetRefused, match=f"near row {row}") as caught:
            open_table(scoring_csv(*text.split("\n")))

        assert caught.value.code == "broken_quotes"

    def test_lines_and_records_read_alike(self):
        lines = [GOOD, "", "1,2", "1,2,3,4,5", " 7 ,8.5,9,10", ",,,", "\u00a0,,,", "x,1,1,1"]
        plain, quoted = scoring_csv(*lines), scoring_csv(*lines, '"1",1,1,1')

        _, by_line = read_one(plain)
        _, by_record = read_one(quoted)

        assert by_line.errors == by_record.errors
        assert by_line.blank.tolist() == by_record.blank.tolist()[:-1]


class TestChunks:
    def test_they_can_be_asked_for_again_and_side_by_side(self):
        table = open_table(scoring_csv(*[GOOD] * 5))

        one, other = table.chunks(2), table.chunks(3)

        assert [len(next(one)), len(next(other)), len(next(one)), len(next(other)), len(next(one))] == [2, 3, 2, 2, 1]
        assert [chunk.start for chunk in table.chunks(2)] == [0, 2, 4]

    def test_the_file_stays_open(self):
        source = scoring_csv(GOOD)

        list(open_table(source).chunks())

        assert not source.closed

    def test_a_path_reads_like_a_file(self, tmp_path):
        path = tmp_path / "data.csv"
        path.write_bytes(scoring_csv(GOOD).getvalue())

        assert first_row(path) == first_row(scoring_csv(GOOD))


class TestLimits:
    @pytest.mark.parametrize("quote", ["", '"'])
    def test_rows_are_counted(self, quote):
        rows = [f"{quote}5{quote},1,1,1"] * 3

        assert refusal(scoring_csv(*rows), limits=Limits(max_rows=3)) == "accepted"
        assert refusal(scoring_csv(*rows), limits=Limits(max_rows=2)) == "too_many_rows"

    def test_columns_are_counted(self):
        assert refusal(scoring_csv(GOOD), limits=Limits(max_columns=4)) == "accepted"
        assert refusal(scoring_csv(GOOD), limits=Limits(max_columns=3)) == "too_many_columns"

    @pytest.mark.parametrize("quote", ["", '"'])
    def test_characters_of_a_cell_are_counted(self, quote):
        limits = Limits(max_cell_chars=50)

        assert refusal(scoring_csv(f"{quote}{'5' * 50}{quote},1,1,1"), limits=limits) == "accepted"
        assert refusal(scoring_csv(f"{quote}{'5' * 51}{quote},1,1,1"), limits=limits) == "cell_too_long"

    @pytest.mark.parametrize("quote", ["", '"'])
    def test_an_endless_cell_is_refused(self, quote):
        assert refusal(scoring_csv(quote + "5" * 200_000 + quote)) == "cell_too_long"

    def test_bytes_are_counted(self):
        assert refusal(scoring_csv(GOOD), limits=Limits(max_bytes=10)) == "file_too_large"

    def test_limits_are_positive(self):
        with pytest.raises(ValueError, match="max_rows"):
            Limits(max_rows=0)
