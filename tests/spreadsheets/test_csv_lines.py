"""Lines without quotes are cut in bulk; that must not be seen in what comes out."""

import csv
import io
import tracemalloc
from datetime import date

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bprs.spreadsheets import SCORING_COLUMNS, SpreadsheetRefused, open_table, read_table
from bprs.spreadsheets.csv_dialect import Dialect
from bprs.spreadsheets.csv_lines import line_blocks, pieces_of_lines
from bprs.spreadsheets.text_cells import TextCells

FIELDS = ["full_name", "monthly_income", "tenor_months"]
HEADER = "full_name;monthly_income;tenor_months;catatan"
odd_cells = st.one_of(
    st.sampled_from(["", " ", "\u00a0", "\ufeff", "5000000", "5.000", "5,000", "Rp 5.000.000,-", "12", "12.0", "12.5"]),
    st.sampled_from(
        ["0" * 16, "9" * 15, "9" * 16, "-5", "+5", "0x1F", "1e3", "NaN", "n/a", "Total", "'=1", "=1", "\u0665"]
    ),
    st.text(st.characters(exclude_characters='";\r\n\x00', exclude_categories=["Cs"]), max_size=8),
)
rows_of_cells = st.lists(st.lists(odd_cells, min_size=0, max_size=6), min_size=0, max_size=12)


def file(rows, *, ending="\n", encoding="utf-8", quote=""):
    lines = [HEADER, *(";".join(f"{quote}{cell}{quote}" for cell in row) for row in rows)]
    return io.BytesIO(ending.join([*lines, ""]).encode(encoding))


def read(source, size):
    reading = read_table(source, wanted=FIELDS)
    chunks = list(reading.chunks(size))
    return {
        "account": reading.account,
        "errors": [error for chunk in chunks for error in chunk.errors],
        "warnings": [error for chunk in chunks for error in chunk.warnings],
        "cells": [chunk.source.row(row) for chunk in chunks for row in range(len(chunk.source))],
        "surplus": [cells for chunk in chunks for _, cells in sorted(chunk.source.surplus.items())],
        "values": {name: [value for chunk in chunks for value in chunk.columns[name].values] for name in FIELDS},
        "missing": {name: [gone for chunk in chunks for gone in chunk.columns[name].missing] for name in FIELDS},
    }


class TestLinesAndRecordsReadAlike:
    @settings(deadline=None)
    @given(rows_of_cells, st.sampled_from(["\n", "\r\n", "\r"]), st.integers(1, 5))
    def test_whatever_the_cells_are(self, rows, ending, size):
        by_line = read(file([["A", "1", "1", ""], *rows], ending=ending), size)
        by_record = read(file([["A", "1", "1", ""], *rows], ending=ending, quote='"'), size)

        assert by_line == by_record

    @settings(deadline=None)
    @given(rows_of_cells, st.sampled_from(["utf-8-sig", "utf-16"]))
    def test_whatever_the_encoding_is(self, rows, encoding):
        rows = [["A", "1", "1", ""], *rows]

        assert read(file(rows, encoding=encoding), 10) == read(file(rows), 10)


class TestQuotes:
    """Quotes are cut in bulk where each line is a row; the csv module is the judge."""

    def test_one_that_does_not_close_is_named_even_where_it_hides_the_header(self):
        with pytest.raises(SpreadsheetRefused, match="quotation marks"):
            open_table(io.BytesIO(f'{HEADER}\n;"\n'.encode()))

    @settings(deadline=None, max_examples=300)
    @given(
        st.lists(
            st.one_of(
                st.lists(st.sampled_from(['"', '""', ";", "a", " ", '"a"', '"a;b"', '"say ""x"""', "\n"]), max_size=9),
                st.lists(st.sampled_from(['"a"', '""', "5", '"a;b"', '"say ""x"""']), min_size=4, max_size=4).map(
                    lambda cells: [";".join(cells)]
                ),
            ),
            max_size=8,
        ),
        st.sampled_from(["\n", "\r\n"]),
        st.integers(1, 5),
    )
    def test_every_row_is_as_the_csv_module_reads_it(self, parts, ending, size):
        text = ending.join([HEADER, "Siti;1;1;a", *("".join(part) for part in parts), ""])
        try:
            expected = list(csv.reader(io.StringIO(text, newline=""), delimiter=";", strict=True))[1:]
        except csv.Error:
            with pytest.raises(SpreadsheetRefused, match="quotation marks"):
                open_table(io.BytesIO(text.encode()))
            return

        chunks = list(open_table(io.BytesIO(text.encode())).chunks(size))

        found = [[*chunk.row(row), *chunk.surplus.get(row, [])] for chunk in chunks for row in range(len(chunk))]
        assert [filled(row) for row in found] == [filled(row) for row in expected]

    def test_a_regular_file_is_cut_in_bulk(self):
        (chunk,) = open_table(file([["Siti, Aminah", "1", "2", 'x""y']], quote='"')).chunks()

        assert all(isinstance(column, TextCells) for column in chunk.columns)
        assert chunk.row(0) == ["Siti, Aminah", "1", "2", 'x"y']


def filled(row):
    """Without what shows nothing at its end: rows are made as wide as the header."""
    cells = list(row)
    while cells and not cells[-1].strip():
        cells.pop()
    return cells


class TestPieces:
    @given(st.lists(st.sampled_from(["", "a", "bc", "Siti Aminah"]), max_size=20), st.integers(0, 3), st.integers(1, 7))
    def test_they_hold_every_line_once(self, lines, skip, size):
        text = "".join(f"{line}\n" for line in lines).encode()
        blocks = [text[place : place + 3] for place in range(0, len(text), 3)]

        pieces = list(pieces_of_lines(blocks, skip=skip, size=size))

        assert b"".join(pieces) == "".join(f"{line}\n" for line in lines[skip:]).encode()
        assert all(piece.count(b"\n") == size for piece in pieces[:-1])

    @pytest.mark.parametrize("size", [1, 2, 3, 100])
    @pytest.mark.parametrize("text", [b"a\r\nb", b"a\rb", b"a\nb", b"a\r\nb\r", b"a\n\nb\r\r", b"\xef\xbb\xbfa\r\n"])
    def test_every_line_ends_in_a_line_feed_wherever_blocks_are_cut(self, text, size):
        blocks = line_blocks(io.BytesIO(text), Dialect(encoding="utf-8-sig", marks=frozenset()), size)

        assert b"".join(blocks).decode() == io.StringIO(text.decode("utf-8-sig"), newline=None).read()


class TestOddities:
    def test_a_single_column_keeps_its_blank_lines(self):
        chunks = list(open_table(io.BytesIO(b"nik\n1\n\n2\n\n")).chunks(2))

        assert [list(chunk.columns[0]) for chunk in chunks] == [["1", ""], ["2", ""]]
        assert [chunk.blank.tolist() for chunk in chunks] == [[False, True], [False, True]]

    def test_dates_and_names_keep_every_character(self):
        (chunk,) = read_table(
            io.BytesIO("nama,birth_date\n\ufeffJosé \t,31/12/1990\n".encode()), wanted=["full_name", "birth_date"]
        )

        assert chunk.source.row(0) == ["\ufeffJosé \t", "31/12/1990"]
        assert (chunk.columns["full_name"].values, chunk.columns["birth_date"].values) == (
            ["José"],
            [date(1990, 12, 31)],
        )


class TestMemory:
    def test_it_stays_flat_as_files_grow(self):
        self.peak(10)  # what is loaded with the first use counts for nothing

        assert self.peak(800_000) < self.peak(400_000) + 1024 * 1024

    def peak(self, rows: int) -> int:
        """The most that Arrow and Python held together at the end of a chunk, the file itself left out."""
        source = io.BytesIO(b"gaji,aset,plafon,tenor\n" + b"5000000,20000000,10000000,12\n" * rows)
        tracemalloc.start()
        before = pa.total_allocated_bytes()
        reading = read_table(source, wanted=SCORING_COLUMNS)
        held: int = max(pa.total_allocated_bytes() - before for _ in reading)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert reading.account.accepted == rows
        return held + peak
