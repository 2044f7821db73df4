"""What is taken for its own value is what reading it cell by cell would give."""

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bprs.spreadsheets import COLUMNS, parse_identifier, parse_name, parse_nik
from bprs.spreadsheets.plain_texts import plain_texts

READERS: dict[str, Any] = {
    "full_name": parse_name,
    "address": parse_name,
    "loan_number": parse_identifier,
    "nik": parse_nik,
}
CELLS = st.one_of(
    st.text(max_size=20),
    st.text(alphabet="0123456789eE+.,'- #/Na", max_size=8),
    st.from_regex(r"[0-9]{16}", fullmatch=True),
    st.none(),
    st.integers(),
)


@pytest.mark.parametrize("name", READERS)
@given(cells=st.lists(CELLS, max_size=8))
@example(cells=["n/a", "#N/A", "1e5", "1,5E+10", "'0812", "-", " a", "a ", "kosong", "1\x7f", "3273013002900001", "0"])
@example(cells=["3273014101900001", "3273016902900001", "3273010000900001", "3273012813900001", "3273014001900001"])
def test_a_plain_text_is_read_as_itself(name, cells):
    plain = plain_texts(COLUMNS[name], cells)

    for cell, is_plain in zip(cells, plain.tolist(), strict=True):
        assert not is_plain or READERS[name](cell) == cell


def test_most_texts_are_plain():
    assert plain_texts(COLUMNS["full_name"], ["Siti Aminah", "H. Abdul (alm.)"]).all()
    assert plain_texts(COLUMNS["nik"], ["3273014501900001", "3273010501900001"]).all()
    assert plain_texts(COLUMNS["loan_number"], ["PB-1", "0812"]).all()


def test_one_that_is_too_long_is_not():
    assert plain_texts(COLUMNS["loan_number"], ["1" * 30, "1" * 31]).tolist() == [True, False]
