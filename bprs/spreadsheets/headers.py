"""Where the header of a table stands."""

from collections.abc import Sequence
from dataclasses import dataclass

from bprs.spreadsheets.cells import Cell, is_blank
from bprs.spreadsheets.columns import field_of
from bprs.spreadsheets.refusals import SpreadsheetRefused

HEADER_ROWS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """The header as written, without what is blank at its end; `index` counts rows from zero."""

    index: int
    names: tuple[str, ...]
    known: int


def find_header(rows: Sequence[Sequence[Cell]]) -> Header:
    """
    Find the row that names most known columns, else the first row of two or more texts.

    :raises SpreadsheetRefused: if no row among the first ten can be a header
    """
    headers = [_header(index, row) for index, row in enumerate(rows[:HEADER_ROWS])]
    best = max(headers, key=lambda header: header.known, default=None)
    if best is not None and best.known:
        return best
    for header, row in zip(headers, rows, strict=False):
        if _could_be_header(row):
            return header
    raise SpreadsheetRefused("no_header", rows=HEADER_ROWS)


def _header(index: int, row: Sequence[Cell]) -> Header:
    names = ["" if is_blank(cell) else str(cell) for cell in row]
    while names and not names[-1]:
        names.pop()
    known = {field for name in names if (field := field_of(name))}
    return Header(index=index, names=tuple(names), known=len(known))


def _could_be_header(row: Sequence[Cell]) -> bool:
    filled = [cell for cell in row if not is_blank(cell)]
    return len(filled) > 1 and all(isinstance(cell, str) and any(map(str.isalpha, cell)) for cell in filled)
