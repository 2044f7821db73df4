import pytest
from hypothesis import given
from hypothesis import strategies as st

from bprs.spreadsheets import COLUMNS, CellRefusal, decide_number_style, parse_column, parse_money, parse_whole
from bprs.spreadsheets.cells import Broken

INDONESIAN = decide_number_style([], locale="id")
ENGLISH = decide_number_style([], locale="en")
CONFLICT = decide_number_style(["5.000.000", "5,000,000"])


def read(cell, style=INDONESIAN, parse=parse_money):
    result = parse(cell, style)
    return result.code if isinstance(result, CellRefusal) else result


class TestMoneyAsText:
    @pytest.mark.parametrize(
        "text",
        [
            "5000000",
            "5.000.000",
            "5.000.000,00",
            "5,000,000.00",
            "5,000,000",
            "Rp 5.000.000,-",
            "Rp5.000.000",
            "rp. 5.000.000",
            "IDR 5,000,000.0",
            "Rp\u00a05.000.000",
            "  5000000\t",
            "5000000,00",
            "5000000.0",
            "0005000000",
            "'5000000"[1:],
        ],
    )
    def test_five_million_is_written_in_many_ways(self, text):
        assert read(text) == 500_000_000
        assert read(text, ENGLISH) == 500_000_000

    @pytest.mark.parametrize(
        ("text", "sen"), [("12,5", 1250), ("12.5", 1250), ("0,05", 5), ("1.234,56", 123_456), ("0", 0)]
    )
    def test_up_to_two_decimals_are_read(self, text, sen):
        assert read(text) == sen

    @pytest.mark.parametrize(
        ("text", "code"),
        [
            ("-5", "negative"),
            ("Rp -5.000", "negative"),
            ("-Rp 5.000", "negative"),
            ("\u22125000", "negative"),
            ("5000-", "negative"),
            ("+5", "sign_in_number"),
            ("(5.000)", "sign_in_number"),
            ("1e6", "exponent_in_number"),
            ("1,5E+06", "exponent_in_number"),
            ("5%", "percent_in_number"),
            ("5 juta", "word_in_number"),
            ("5jt", "word_in_number"),
            ("500rb", "word_in_number"),
            ("0x10", "word_in_number"),
            ("NaN", "not_a_number"),
            ("nan", "not_a_number"),
            ("Infinity", "not_a_number"),
            ("inf", "not_a_number"),
            ("TRUE", "not_a_number"),
            ("1_000", "not_a_number"),
            ("Rp", "not_a_number"),
            ("=1+1", "not_a_number"),
            ("\u0665\u0660\u0660", "other_digits"),
            ("\uff15\uff10", "other_digits"),
            ("5\u0660", "other_digits"),
            ("5 000 000", "misplaced_separator"),
            ("5'000", "misplaced_separator"),
            ("5.00.000", "misplaced_separator"),
            ("50.000.00", "misplaced_separator"),
            ("5..000", "misplaced_separator"),
            (".5", "misplaced_separator"),
            ("5.", "misplaced_separator"),
            ("5.000,00,-", "misplaced_separator"),
            ("5.000,000", "mixed_separators"),
            ("5.000,000.00", "mixed_separators"),
            ("1.005", None),
            ("1234.567", "too_many_decimals"),
            ("0.125", "too_many_decimals"),
            ("0,125", "too_many_decimals"),
            ("1000000000000000", "too_large"),
            ("1.000.000.000.000.000", "too_large"),
            ("#N/A", "error_cell"),
            ("#DIV/0!", "error_cell"),
        ],
    )
    def test_anything_else_is_refused_by_name(self, text, code):
        assert read(text) == (code or 100_500)

    def test_the_largest_amount_has_fifteen_digits(self):
        assert read("999999999999999,99") == 99_999_999_999_999_999

    @pytest.mark.parametrize("text", ["", "   ", "-", "n/a", "NA", "null", "Tidak ada", "\u200b"])
    def test_blank_or_not_available_is_missing_and_not_zero(self, text):
        assert read(text) is None

    def test_a_neutralised_cell_is_what_it_was(self):
        assert read("'-5000") == "negative"


class TestAmbiguousNumbers:
    def test_the_declared_locale_decides_and_indonesian_is_the_default(self):
        assert read("5.000", decide_number_style(["5.000"])) == 500_000
        assert read("5,000", ENGLISH) == 500_000

    def test_it_is_never_read_as_five(self):
        assert read("5,000", INDONESIAN) == "too_many_decimals"
        assert read("5.000", ENGLISH) == "too_many_decimals"

    @pytest.mark.parametrize("cell", ["5.000.000", "1.000,50", "12,5"])
    def test_indonesian_cells_of_the_file_decide(self, cell):
        style = decide_number_style(["5.000", cell], locale="en")

        assert (style.group, style.reason) == (".", "numbers_by_cells")

    @pytest.mark.parametrize("cell", ["5,000,000", "1,000.50", "12.5", "Rp 1,000.50"])
    def test_english_cells_of_the_file_decide(self, cell):
        style = decide_number_style(["5,000", cell])

        assert (style.group, style.reason) == (",", "numbers_by_cells")

    def test_a_file_that_uses_both_gets_its_ambiguous_cells_refused(self):
        assert read("5.000", CONFLICT) == "ambiguous_number"
        assert read("5,000", CONFLICT) == "ambiguous_number"
        assert read("5.000.000", CONFLICT) == read("5,000,000", CONFLICT) == 500_000_000

    def test_numbers_of_a_workbook_are_no_evidence(self):
        assert decide_number_style([5000.5, None, True]).reason == "numbers_by_locale"

    def test_the_decision_is_echoed_with_an_example(self):
        warning = decide_number_style(["7", "5.000"]).warning

        assert warning is not None
        assert warning.sentence == "5.000 is read as 5000: no cell of the file says otherwise."

    def test_nothing_is_echoed_where_nothing_is_ambiguous(self):
        assert decide_number_style(["5.000.000", "7"]).warning is None


class TestMoneyAsNumber:
    @pytest.mark.parametrize(
        ("number", "sen"),
        [
            (5_000_000, 500_000_000),
            (5_000_000.0, 500_000_000),
            (5_000_000.000000001, 500_000_000),
            (0.1 + 0.2, 30),
            (19.99, 1_999),
            (0.0, 0),
            (999_999_999_999_999.0, 99_999_999_999_999_900),
        ],
    )
    def test_it_is_its_exact_value_without_float_noise(self, number, sen):
        assert read(number) == sen

    @pytest.mark.parametrize(
        ("cell", "code"),
        [
            (1.005, "too_many_decimals"),
            (0.001, "too_many_decimals"),
            (1_000_000_000_000.005, "too_many_decimals"),
            (-1, "negative"),
            (1e15, "too_large"),
            (float("nan"), "not_a_number"),
            (float("inf"), "not_a_number"),
            (True, "boolean_in_cell"),
            (Broken.ERROR, "error_cell"),
            (Broken.UNCALCULATED, "formula_without_value"),
        ],
    )
    def test_anything_else_is_refused_by_name(self, cell, code):
        assert read(cell) == code


class TestWholeNumbers:
    @pytest.mark.parametrize("cell", ["12", "12.0", "12,0", "12.00", 12, 12.0, " 12 "])
    def test_twelve_is_twelve(self, cell):
        assert read(cell, parse=parse_whole) == 12

    @pytest.mark.parametrize(
        ("cell", "code"),
        [
            ("12.5", "not_whole"),
            ("12,25", "not_whole"),
            (12.5, "not_whole"),
            (12.001, "not_whole"),
            ("Rp 12", "not_whole"),
            ("12,-", "not_whole"),
            ("12 bulan", "word_in_number"),
            ("twelve", "not_a_number"),
            (True, "boolean_in_cell"),
        ],
    )
    def test_anything_else_is_refused_by_name(self, cell, code):
        assert read(cell, parse=parse_whole) == code


amounts_in_sen = st.integers(min_value=0, max_value=10**17 - 1)
odd_cells = st.one_of(
    st.text(alphabet="0123456789.,-Rp IDR+e%", max_size=12),
    st.floats(),
    st.integers(-5, 10**17),
    st.booleans(),
    st.none(),
    st.sampled_from(["5.000", "5,000", "5.000.000,00", "Rp 5.000,-", " 12 ", "12.0", "\u0665"]),
)


def in_groups(sen: int, group: str) -> str:
    text = f"{sen // 100:,}.{sen % 100:02}"
    return text if group == "," else text.translate(str.maketrans(",.", ".,"))


class TestProperties:
    @given(amounts_in_sen, st.sampled_from([".", ","]), st.sampled_from(["", "Rp ", "IDR"]))
    def test_what_is_written_out_is_read_back_in_any_style(self, sen, group, currency):
        text = currency + in_groups(sen, group)

        assert all(read(text, style) == sen for style in (INDONESIAN, ENGLISH, CONFLICT))

    @given(st.integers(min_value=0, max_value=10**13))
    def test_a_numeric_cell_of_whole_sen_is_read_exactly(self, sen):
        assert read(sen / 100) == sen

    @given(st.lists(odd_cells, min_size=1, max_size=30), st.sampled_from([INDONESIAN, ENGLISH, CONFLICT]))
    def test_a_column_reads_as_its_cells_do(self, cells, style):
        column = parse_column(COLUMNS["assets_value"], cells, style)
        refused = {index: code for index, code, _ in column.errors}

        for index, cell in enumerate(cells):
            one = read(cell, style)
            assert refused.get(index) == (one if isinstance(one, str) else None)
            assert column.missing[index] == (one is None)
            assert column.values[index] == (one if isinstance(one, int) else 0)

    @given(st.lists(odd_cells, min_size=1, max_size=30))
    def test_a_column_of_whole_numbers_too(self, cells):
        column = parse_column(COLUMNS["tenor_months"], cells, INDONESIAN)
        refused = {index: code for index, code, _ in column.errors}

        for index, cell in enumerate(cells):
            one = read(cell, parse=parse_whole)
            if isinstance(one, int):
                assert refused.get(index) == (None if 1 <= one <= 360 else "out_of_range")
            else:
                assert refused.get(index) == one


class TestValueRules:
    @pytest.mark.parametrize(
        ("column", "cell", "code"),
        [
            ("monthly_income", "0", None),
            ("assets_value", "0", None),
            ("loan_amount", "0", "not_positive"),
            ("loan_amount", "0,01", None),
            ("tenor_months", "1", None),
            ("tenor_months", "360", None),
            ("tenor_months", "0", "out_of_range"),
            ("tenor_months", "361", "out_of_range"),
            ("tenor_months", -3, "negative"),
            ("days_past_due", "0", None),
        ],
    )
    def test_each_column_has_its_bounds(self, column, cell, code):
        errors = parse_column(COLUMNS[column], [cell], INDONESIAN).errors

        assert [found for _, found, _ in errors] == ([code] if code else [])
