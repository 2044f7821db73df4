"""What a file that somebody hands in may cost is a setting."""

import pytest

from bprs.files.limits import upload_limits
from bprs.spreadsheets import Limits


def test_the_defaults_are_those_of_the_intake():
    assert upload_limits() == Limits()


@pytest.mark.parametrize(
    ("setting", "limit"),
    [
        ("UPLOAD_MAX_BYTES", "max_bytes"),
        ("SHEET_MAX_INFLATED_BYTES", "max_inflated_bytes"),
        ("SHEET_MAX_RATIO", "max_ratio"),
        ("SHEET_MAX_ROWS", "max_rows"),
        ("SHEET_MAX_COLUMNS", "max_columns"),
        ("SHEET_MAX_CELL_CHARS", "max_cell_chars"),
        ("SHEET_MAX_CELLS", "max_cells"),
        ("SHEET_MAX_SECONDS", "max_seconds"),
        ("SHEET_MAX_MEMORY", "max_memory"),
    ],
)
def test_each_can_be_set(settings, setting, limit):
    setattr(settings, setting, 7)

    assert getattr(upload_limits(), limit) == 7


def test_a_door_may_want_fewer_rows_but_not_more(settings):
    settings.SHEET_MAX_ROWS = 100

    assert upload_limits(max_rows=10).max_rows == 10
    assert upload_limits(max_rows=1_000).max_rows == 100
