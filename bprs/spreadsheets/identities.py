"""Columns that say who somebody is, and what is left of them for who did not bring the file."""

from collections.abc import Collection, Iterable, Iterator, Sequence

from bprs.spreadsheets.cells import Cell, is_blank
from bprs.spreadsheets.columns import field_of

IDENTITIES = ("nik", "phone")
LONG_ENOUGH_TO_MASK = 9


def identity_places(headers: Sequence[str]) -> Collection[int]:
    """Where the NIKs and phone numbers stand, by the aliases of their headers."""
    return [place for place, header in enumerate(headers) if field_of(header) in IDENTITIES]


def masked(text: str) -> str:
    """Enough to tell two apart: 0812••••••89. Of a short one nothing is left."""
    if len(text) < LONG_ENOUGH_TO_MASK:
        return "•" * len(text)
    return f"{text[:4]}{'•' * (len(text) - 6)}{text[-2:]}"


def masked_cell(cell: Cell) -> Cell:
    if is_blank(cell):
        return cell
    return masked(str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell))


def masked_cells(cells: Iterable[Cell]) -> Iterator[Cell]:
    return map(masked_cell, cells)
