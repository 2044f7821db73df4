"""Columns written in one piece are the lines that the csv module writes row by row."""

import io
from datetime import date, datetime
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bprs.spreadsheets import CsvWriter
from bprs.spreadsheets.text_cells import TextCells

texts = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=6),
    st.sampled_from(["=1+1", "+62", "-", "@x", "\ttab", "\r", "a,b", 'say "hi"', "two\nlines", "\uff1d1", "0012", ""]),
)
values = st.one_of(
    texts,
    st.none(),
    st.booleans(),
    st.integers(-(10**17), 10**17),
    st.floats(allow_nan=False, allow_infinity=False),
    st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=0, max_value=10**15),
    st.just(date(2026, 1, 31)),
    st.just(datetime(2026, 1, 31, 8, 30)),  # noqa: DTZ001 workbooks know no time zones
)


def written(columns, *, by_row, delimiter=","):
    file = io.BytesIO()
    with CsvWriter(file, ["a", "b"], delimiter=delimiter) as writer:
        if by_row:
            writer.write_rows(zip(*columns, strict=True))
        else:
            writer.write_columns(columns)
    return file.getvalue().decode("utf-8-sig")


class TestColumnsAndRowsAreWrittenAlike:
    @settings(deadline=None)
    @given(st.lists(st.tuples(values, values), max_size=8), st.sampled_from([",", ";"]))
    def test_whatever_the_values_are(self, rows, delimiter):
        columns = [[row[0] for row in rows], [row[1] for row in rows]]

        assert written(columns, by_row=False, delimiter=delimiter) == written(columns, by_row=True, delimiter=delimiter)

    @settings(deadline=None)
    @given(st.lists(texts, min_size=1, max_size=8))
    def test_texts_of_a_csv_too(self, cells):
        arrow = pa.array(cells, pa.string())

        assert written([TextCells(arrow), arrow], by_row=False) == written([cells, cells], by_row=True)


class TestNumbers:
    @pytest.mark.parametrize(
        ("column", "lines"),
        [
            (pa.array([0, 12, None]), ["0", "12", ""]),
            (pa.array([0.15, 0.191667, None]), ["0.15", "0.191667", ""]),
            (pa.array([12345678901.25, 1e14, None]), ["12345678901.25", "100000000000000.0", ""]),
            (pa.array([Decimal("5000000.00"), Decimal("10.50"), None], pa.decimal128(17, 2)), ["5000000", "10.5", ""]),
            (pa.array(["high", "low", "high"]).dictionary_encode(), ["high", "low", "high"]),
        ],
    )
    def test_they_stay_numbers(self, column, lines):
        assert written([column, column], by_row=False).splitlines()[1:] == [f"{each},{each}" for each in lines]

    @pytest.mark.parametrize(
        ("cells", "are_whole"),
        [
            (["0", "12"], True),
            (["012"], False),
            (["1.5"], False),
            (["", "1"], False),
            (["-1"], False),
            (["\u0665"], False),
        ],
    )
    def test_digits_that_would_be_written_the_same_are_known(self, cells, are_whole):
        assert TextCells(pa.array(cells)).are_whole_numbers() == are_whole
