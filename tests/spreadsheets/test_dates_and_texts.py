from datetime import date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bprs.spreadsheets import (
    COLUMNS,
    CellRefusal,
    decide_number_style,
    parse_choice,
    parse_column,
    parse_date,
    parse_identifier,
    parse_name,
    parse_nik,
)
from bprs.spreadsheets.cells import Broken

STYLE = decide_number_style([])


def outcome(result):
    return result.code if isinstance(result, CellRefusal) else result


class TestDates:
    @pytest.mark.parametrize(
        "cell",
        [
            "1990-12-31",
            "31/12/1990",
            "31-12-1990",
            date(1990, 12, 31),
            datetime(1990, 12, 31, 8),  # noqa: DTZ001 workbooks know no time zones
            "1990-12-31 00:00:00",
        ],
    )
    def test_iso_day_first_and_date_cells_are_read(self, cell):
        assert parse_date(cell) == date(1990, 12, 31)

    def test_the_day_comes_first(self):
        assert parse_date("1/2/2026") == date(2026, 2, 1)

    @pytest.mark.parametrize(
        ("cell", "code"),
        [
            ("12/31/1990", "month_first"),
            ("31/02/1990", "not_a_date"),
            ("31/12/90", "not_a_date"),
            ("31.12.1990", "not_a_date"),
            ("31/12-1990", "not_a_date"),
            ("1990/12/31", "not_a_date"),
            ("31 Desember 1990", "not_a_date"),
            ("1990-12-31 08:00", "not_a_date"),
            ("0001-01-01", "out_of_range"),
            (33_238.0, "number_in_date"),
            (True, "boolean_in_cell"),
            (time(8), "time_in_date"),
            (Broken.ERROR, "error_cell"),
            ("#N/A", "error_cell"),
        ],
    )
    def test_anything_else_is_refused_by_name(self, cell, code):
        assert outcome(parse_date(cell)) == code

    @pytest.mark.parametrize("cell", ["", None, "-", "n/a"])
    def test_blank_is_missing(self, cell):
        assert parse_date(cell) is None

    @given(st.dates(date(1900, 1, 1), date(2199, 12, 31)))
    def test_what_is_written_out_is_read_back(self, day):
        assert parse_date(day.isoformat()) == parse_date(f"{day.day}/{day.month}/{day.year}") == day


class TestNames:
    @pytest.mark.parametrize("name", ["Null", "Nan", "NA", "None", "-", "O'Neill", "José"])
    def test_names_are_names(self, name):
        assert parse_name(name) == name

    def test_space_around_and_line_breaks_within_go(self):
        assert parse_name("  Siti\n Aminah\u00a0") == "Siti Aminah"

    @pytest.mark.parametrize(
        ("cell", "code"),
        [
            (True, "boolean_in_cell"),
            (date(2026, 1, 1), "date_in_text"),
            ("a\x01b", "control_character"),
            (Broken.ERROR, "error_cell"),
        ],
    )
    def test_what_is_no_text_is_refused_by_name(self, cell, code):
        assert outcome(parse_name(cell)) == code

    def test_a_name_longer_than_its_column_is_refused(self):
        column = parse_column(COLUMNS["full_name"], ["x" * 200, "x" * 201], STYLE)

        assert column.errors == [(1, "too_long", {"limit": 200})]


class TestIdentifiers:
    @pytest.mark.parametrize(
        ("cell", "text"), [("0012", "0012"), ("  A-7 ", "A-7"), (12.0, "12"), ("'0812", "0812"), ("'+62812", "+62812")]
    )
    def test_they_stay_text(self, cell, text):
        assert parse_identifier(cell) == text

    @pytest.mark.parametrize(
        ("cell", "code"),
        [
            (9_171_011_201_850_003.0, "digits_lost"),
            (1.5, "fraction_in_identifier"),
            ("9,17101E+15", "exponent_in_identifier"),
            (True, "boolean_in_cell"),
        ],
    )
    def test_damaged_ones_are_refused_by_name(self, cell, code):
        assert outcome(parse_identifier(cell)) == code

    def test_a_number_cell_warns_that_zeros_may_be_lost(self):
        column = parse_column(COLUMNS["phone"], ["0812", 812.0], STYLE)

        assert column.values == ["0812", "812"]
        assert [(index, code) for index, code, _ in column.warnings] == [(1, "identifier_was_number")]


class TestNik:
    @pytest.mark.parametrize("nik", ["3273010501900001", "3273014501900001", "3273012902000001"])
    def test_a_man_a_woman_and_a_leap_day(self, nik):
        assert parse_nik(nik) == nik

    @pytest.mark.parametrize(
        ("cell", "code"),
        [
            (9_171_011_201_850_003.0, "digits_lost"),
            (9_171_011_201_850_003, "digits_lost"),
            ("327301050190001", "nik_not_16_digits"),
            ("32730105019000011", "nik_not_16_digits"),
            ("327301050190000A", "nik_not_16_digits"),
            ("\u0663273010501900001", "nik_not_16_digits"),
            ("3273013201900001", "nik_not_a_date"),
            ("3273010013900001", "nik_not_a_date"),
            ("3273017202900001", "nik_not_a_date"),
            ("3273010513900001", "nik_not_a_date"),
            ("3273012902010001", "nik_not_a_date"),
        ],
    )
    def test_anything_else_is_refused_by_name(self, cell, code):
        assert outcome(parse_nik(cell)) == code

    def test_an_unknown_province_is_a_warning(self):
        column = parse_column(COLUMNS["nik"], ["2073010501900001", "9573010501900001"], STYLE)

        assert column.values == ["2073010501900001", "9573010501900001"]
        assert [(index, code) for index, code, _ in column.warnings] == [(0, "nik_unknown_province")]


class TestChoices:
    @pytest.mark.parametrize(
        ("column", "cell", "word"),
        [
            ("akad", "Murabahah", "murabahah"),
            ("akad", "QARDHUL HASAN", "qardh"),
            ("purpose", "Modal Kerja", "working_capital"),
            ("status", "hapus-buku", "written_off"),
            ("collectibility", 3.0, "3"),
            ("collectibility", "Kol. 2", "2"),
            ("collectibility", "Lancar", "1"),
        ],
    )
    def test_they_are_known_by_name_and_alias(self, column, cell, word):
        assert parse_choice(cell, COLUMNS[column]) == word

    def test_an_unknown_word_is_refused_with_the_list(self):
        refused = parse_choice("riba", COLUMNS["akad"])

        assert isinstance(refused, CellRefusal)
        assert refused.code == "not_a_choice"
        assert "murabahah" in refused.sentence

    @pytest.mark.parametrize("name", [name for name, spec in COLUMNS.items() if spec.choices])
    def test_no_word_means_two_choices(self, name):
        words = [word.casefold() for each, aliases in COLUMNS[name].choices.items() for word in (each, *aliases)]

        assert len(words) == len(set(words))
