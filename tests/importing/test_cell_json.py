"""Cells kept as JSON come back as what they were."""

import json
from datetime import date, datetime, time, timedelta
from decimal import Decimal

import pytest

from bprs.importing.cell_json import from_json, to_json
from bprs.spreadsheets.cells import Broken


@pytest.mark.parametrize(
    "cell",
    [
        None, "", "teks", "Siti\x00", "\\x00", "a\ud800b", 5, 1.5, float("inf"), True, Decimal("1.50"),
        date(2026, 1, 2), datetime(2026, 1, 2, 3, 4, 5), time(3, 4), timedelta(seconds=1.5), Broken.ERROR,  # noqa: DTZ001 as workbooks have them
    ],
)  # fmt: skip
def test_any_cell_comes_back(cell):
    written = json.dumps(to_json(cell))

    assert "\\u0000" not in written
    assert from_json(json.loads(written)) == cell
    assert type(from_json(json.loads(written))) is type(cell)
