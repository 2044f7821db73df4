"""Texts that are what they say: nothing to clean, nothing to refuse. A whole column of them is seen at once."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from bprs.spreadsheets.cells import Cells
from bprs.spreadsheets.column_spec import ColumnSpec
from bprs.spreadsheets.text_cells import TextCells

# Printable ASCII from a letter or digit to the last visible character: no space to strip, no apostrophe, no #N/A.
_PLAIN = r"^[A-Za-z0-9](?:[ -~]*[!-~])?$"
_HAS_A_DIGIT = r"[0-9]"  # «n/a», «kosong» and their like have none
_EXPONENT = r"^[0-9.,]+[eE]\+?[0-9]+$"
# A day that every month has, of a man or a woman.
_NIK = r"^[0-9]{6}(?:[04][1-9]|[15][0-9]|[26][0-8])(?:0[1-9]|1[0-2])[0-9]{6}$"


def plain_texts(spec: ColumnSpec, cells: Cells) -> npt.NDArray[np.bool_]:
    """Which cells of a column of names, texts, identifiers or NIKs are their own value."""
    texts = _texts(cells)
    match spec.kind:
        case "name" | "text":
            plain = pc.match_substring_regex(texts, _PLAIN)
        case "identifier":
            plain = pc.match_substring_regex(texts, _PLAIN)
            plain = pc.and_(plain, pc.match_substring_regex(texts, _HAS_A_DIGIT))
            plain = pc.and_not(plain, pc.match_substring_regex(texts, _EXPONENT))
        case "nik":
            plain = pc.match_substring_regex(texts, _NIK)
        case _:
            return np.zeros(len(cells), dtype=bool)
    if spec.max_length:
        plain = pc.and_(plain, pc.less_equal(pc.binary_length(texts), spec.max_length))
    return np.asarray(pc.fill_null(plain, False), dtype=bool)  # noqa: FBT003 the library's signature


def _texts(cells: Cells) -> pa.StringArray:
    if isinstance(cells, TextCells):
        return cells.arrow
    return pa.array([cell if type(cell) is str else None for cell in cells], pa.string())
