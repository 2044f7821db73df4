"""What a row is that is no row of data: totals, a note, the template's example."""

import re
from collections.abc import Sequence

from bprs.spreadsheets.cells import Cell, cleaned, is_blank
from bprs.spreadsheets.column_spec import EXAMPLE_NAMES

_TOTAL = r"(?:grand\s*total|sub\s*total|total|jumlah|rata-?\s?rata|average|sum)"
_ONLY_TOTAL = re.compile(rf"{_TOTAL}(?:\s+{_TOTAL})?\s*[:.]?", re.IGNORECASE)
_BEGINS_WITH_TOTAL = re.compile(rf"{_TOTAL}\b", re.IGNORECASE)
_BEGINS_WITH_NOTE = re.compile(r"\W*(?:catatan|keterangan|ket|notes?|n\.?b)\b", re.IGNORECASE)
SUSPICIOUS = rf"(?i)^\W*{_TOTAL}|{re.escape(EXAMPLE_NAMES['id'])}|{re.escape(EXAMPLE_NAMES['en'])}"


def unmistakable_shape(cells: Sequence[Cell]) -> str:
    """The code of a row that is surely no data, even if every number in it can be read; else empty."""
    texts = [cleaned(cell) for cell in cells if isinstance(cell, str) and not is_blank(cell)]
    if any(text in EXAMPLE_NAMES.values() for text in texts):
        return "looks_like_example"
    return "looks_like_total" if texts and _ONLY_TOTAL.fullmatch(texts[0]) else ""


def likely_shape(cells: Sequence[Cell]) -> str:
    """The code that names a row which is refused anyway; empty if it looks like data."""
    filled = [cell for cell in cells if not is_blank(cell)]
    texts = [cleaned(cell) for cell in filled if isinstance(cell, str)]
    if any(_BEGINS_WITH_TOTAL.match(text) for text in texts):
        return "looks_like_total"
    return "looks_like_note" if len(texts) == len(filled) < len(cells) and _is_note(texts) else ""


def _is_note(texts: Sequence[str]) -> bool:
    """A text alone in its row, or texts of which the first says so."""
    is_alone = len(texts) == 1 and any(map(str.isalpha, texts[0]))
    return is_alone or bool(texts and _BEGINS_WITH_NOTE.match(texts[0]))
