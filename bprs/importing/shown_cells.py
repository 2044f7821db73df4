"""A cell as the pages quote it."""

import re
from datetime import date, datetime
from math import isfinite

from django.utils.formats import localize, number_format

from bprs.spreadsheets import Cell

SAMPLE_LENGTH = 40
NIK_DIGITS = re.compile(r"\d{12,}")


def shown_cell(cell: Cell) -> str:
    """A cell as the file has it, short; whoever's number it may be is not spelled out."""
    if isinstance(cell, datetime | date):
        text = str(localize(cell.date() if isinstance(cell, datetime) else cell))
    elif isinstance(cell, float) and isfinite(cell):
        text = str(int(cell)) if cell.is_integer() else number_format(cell)
    else:
        text = str(cell)
    text = NIK_DIGITS.sub(lambda digits: _masked(digits.group()), " ".join(text.split()))
    return text if len(text) <= SAMPLE_LENGTH else f"{text[:SAMPLE_LENGTH]}…"


def _masked(digits: str) -> str:
    return f"{digits[:4]}{'•' * (len(digits) - 8)}{digits[-4:]}"
