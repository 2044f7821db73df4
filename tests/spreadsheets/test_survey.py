"""Rows of plain cells are surveyed by their shape; the survey must say the same."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bprs.spreadsheets.refusals import SpreadsheetRefused
from bprs.spreadsheets.xlsx_survey import Survey

cells = st.tuples(
    st.sampled_from(["A", "B", "D", "AB", "XFD"]),
    st.one_of(st.integers(1, 1_048_576), st.sampled_from([9_999_999, 12_345_678])),
    st.sampled_from(["", ' s="3"', ' t="s"', ' s="1" t="b"', ' t="e"', ' t="str"', ' t="n"']),
    st.sampled_from(
        ["><v>12.5</v></c>", "><v>1E-3</v></c>", "/>", "></c>", "><f>1+1</f><v>2</v></c>", "><v>7</v></c>"]
    ),
)
plain_cells = cells.filter(lambda cell: cell[2] not in (' t="e"', ' t="str"') and "<f>" not in cell[3])
rows = st.sampled_from([cells, plain_cells]).flatmap(
    lambda kind: st.lists(st.tuples(st.integers(1, 9), st.lists(kind, max_size=4)), max_size=6)
)

around = st.lists(
    st.sampled_from(
        [
            b'<dimension ref="A1:D9"/>',
            b'<cols><col min="1" max="4"/></cols>',
            b'<pageMargins left="0.7"/>',
            b'<c r="C77"><v>1</v></c>',
            b'<x:c r="C78"/>',
            b'<c a="<sheetData>" r="D79"/>',
            b'<c a="</sheetData>" r="D80"><v>1</v></c>',
            b"<sheetData>",
            b"</sheetData>",
            b"<!-- <sheetData> -->",
        ]
    ),
    max_size=4,
).map(b"".join)


def xml(rows, tag="c"):
    return "".join(
        f'<row r="{number}" spans="1:4">'
        + "".join(f'<{tag} r="{column}{row}"{kind}{rest}' for column, row, kind, rest in cells)
        + "</row>"
        for number, cells in rows
    ).encode()


def in_their_own(rows):
    """Every cell with the address of the row that it is written in."""
    return [(number, [(column, number, *rest) for column, _, *rest in cells]) for number, cells in rows]


def surveyed(block):
    survey = Survey()
    try:
        survey.add(block)
    except SpreadsheetRefused as refused:
        return refused.code
    lengths = survey.shown_bytes(survey.string_lengths)
    return survey.cells, survey.rows, survey.width, survey.errors.tolist(), survey.uncalculated.tolist(), lengths


class TestPlainRows:
    @settings(deadline=None, max_examples=300)
    @given(rows, st.booleans())
    def test_the_survey_is_the_same_by_shape_and_by_cell(self, rows, is_tidy):
        plain = xml(in_their_own(rows) if is_tidy else rows)
        by_cell = re.sub(rb"<row r=", b"<row  r=", plain)  # a second space, and rows are plain no more

        assert surveyed(plain) == surveyed(by_cell)

    @settings(deadline=None, max_examples=300)
    @given(around, rows, around)
    def test_what_stands_around_the_rows_is_seen_too(self, before, rows, after):
        plain = before + b"<sheetData>" + xml(in_their_own(rows)) + b"</sheetData>" + after
        by_cell = re.sub(rb"<row r=", b"<row  r=", plain)

        assert surveyed(plain) == surveyed(by_cell)

    @pytest.mark.parametrize(
        "block",
        [
            b'<row r="1"><c r="A1"><v>1</v></c></row><row r="2"><c r="A2"><v>1</v></c><c r="B99"><v>1</v></c></row>',
            b'<row r="1"><c r="A1"><v>1</v></c></row><c r="A99"><v>1</v></c>',
            b'<row r="1"><c r="A1"><v>1</v></c></row><row r="2"><c r="A99"><v>1</v></c>',
            b'<row r="1"><c r="A1"><v>1</v></c></row><row r="99"></row>',
        ],
    )
    def test_a_cell_that_stands_apart_is_seen(self, block):
        assert surveyed(block) == surveyed(block.replace(b"<row r", b"<row  r"))

    @pytest.mark.parametrize(
        "block", [b'<row r="1"><c r="A"><v>1</v></c></row>', b'<row r="1"><c r="1"><v>1</v></c></row>']
    )
    def test_cells_with_half_an_address_are_left_to_the_closer_look(self, block):
        assert surveyed(block) == surveyed(block.replace(b"<row r", b"<row  r"))
