"""A table as it stands in a file: its header, and its rows in chunks."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from bprs.spreadsheets.cells import INVISIBLE, Cell, Cells, is_blank
from bprs.spreadsheets.number_cells import NumberCells
from bprs.spreadsheets.refusals import FileWarning
from bprs.spreadsheets.remarks import is_remark
from bprs.spreadsheets.text_cells import TextCells
from bprs.spreadsheets.typed_cells import TypedCells

CHUNK_ROWS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """
    Some rows of a table, as columns of typed cells in the order of the header.

    `start` is the 0-based index of the first data row; `row_numbers` are the spreadsheet program's; `surplus`
    has the cells that stand beyond the header, by row of the chunk. The columns of remarks that an earlier reading
    wrote are empty; what they say is in `remarks`, by their place in the header.
    """

    start: int
    row_numbers: range
    columns: list[Cells]
    blank: npt.NDArray[np.bool_]
    surplus: dict[int, list[Cell]]
    remarks: Mapping[int, Cells] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.row_numbers)

    def row(self, index: int) -> list[Cell]:
        """The original cells of one row, but no remarks."""
        return [column[index] for column in self.columns]

    def original_row(self, index: int) -> list[Cell]:
        """All cells of one row as they came."""
        kept = [self.remarks.get(place, column)[index] for place, column in enumerate(self.columns)]
        return [*kept, *self.surplus.get(index, ())]


class Table(ABC):
    """
    A table in a file. `chunks` can be asked for again and again.

    `may_group_digits` is False where certainly no cell holds a number such as 5.000 or 5,000. `first_row` is the index
    of the first data row: more than 0 where only a part of a file is read.
    """

    kind: Literal["csv", "xlsx", "parquet"]
    headers: tuple[str, ...]
    header_row_number: int
    sheet: str | None
    warnings: tuple[FileWarning, ...]
    may_group_digits = True
    first_row = 0

    def may_group_digits_at(self, place: int) -> bool:
        """As `may_group_digits`, for the column at this place."""
        return self.may_group_digits

    def type_of(self, place: int) -> pa.DataType:
        """What the file keeps in the column at this place: text, unless it says otherwise."""
        return pa.string()

    @abstractmethod
    def chunks(self, size: int = CHUNK_ROWS) -> Iterator[Chunk]:
        """The data rows, from the row under the header to the last."""


def chunk_of_rows(rows: Sequence[Sequence[Cell]], *, table: Table, start: int) -> Chunk:
    """Turn rows into columns as wide as the header; short rows end in blanks, of long rows the rest is kept apart."""
    columns, surplus = columns_of_rows(rows, len(table.headers))
    return chunk_of_columns(columns, surplus, table=table, start=start)


def columns_of_rows(rows: Sequence[Sequence[Cell]], width: int) -> tuple[list[list[Cell]], dict[int, list[Cell]]]:
    """The rows as so many columns, and by row what shows beyond them."""
    surplus: dict[int, list[Cell]] = {}
    if any(length != width for length in set(map(len, rows))):
        surplus = {index: list(row[width:]) for index, row in enumerate(rows) if not all(map(is_blank, row[width:]))}
        rows = [_fitted(row, width) for row in rows]
    return [list(column) for column in zip(*rows, strict=True)], surplus


def chunk_of_columns(columns: Sequence[Cells], surplus: dict[int, list[Cell]], *, table: Table, start: int) -> Chunk:
    """Number the rows, empty the columns of remarks that an earlier reading wrote, and find the blank rows."""
    rows, first_row_number = len(columns[0]), table.header_row_number + 1 + start
    remarks = {place: columns[place] for place, header in enumerate(table.headers) if is_remark(header)}
    emptied = [""] * rows
    kept = [emptied if place in remarks else cells for place, cells in enumerate(columns)]
    blank = blank_rows(kept, rows)
    blank[list(surplus)] = False
    return Chunk(
        start=start,
        row_numbers=range(first_row_number, first_row_number + rows),
        columns=kept,
        blank=blank,
        surplus=surplus,
        remarks=remarks,
    )


def _fitted(row: Sequence[Cell], width: int) -> Sequence[Cell]:
    return row[:width] if len(row) >= width else [*row, *[""] * (width - len(row))]


def blank_rows(columns: Sequence[Cells], rows: int) -> npt.NDArray[np.bool_]:
    """Which rows have no cell with anything in it."""
    blank = np.zeros(rows, dtype=bool)
    suspects = np.arange(rows)
    for cells in columns:
        suspects = _blank_among(cells, suspects)
    blank[suspects] = True
    return blank


def _blank_among(cells: Cells, rows: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    if isinstance(cells, NumberCells) or not len(rows):
        return rows[:0]
    if isinstance(cells, TextCells):
        return rows[cells.blank()[rows]]
    if isinstance(cells, TypedCells):
        return rows[cells.nulls()[rows]]
    return np.array([row for row in rows.tolist() if _is_blank(cells[row])], dtype=np.intp)


def _is_blank(cell: Cell) -> bool:
    """As `is_blank`, but most cells are seen not to be by their first character."""
    return cell is None or (type(cell) is str and cell[:1] in _BLANK_STARTS and is_blank(cell))


_BLANK_STARTS = frozenset(["", *INVISIBLE])
