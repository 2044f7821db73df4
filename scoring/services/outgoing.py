"""Cells and figures on their way into a file, the same at every door."""

import pyarrow as pa
import pyarrow.compute as pc

from bprs.spreadsheets.cells import Cells
from bprs.spreadsheets.text_cells import TextCells
from bprs.spreadsheets.typed_cells import TypedCells
from scoring.services.records import Rows

DECIMALS_SHOWN = 6


def rounded(column: pa.Array) -> pa.Array:
    return pc.round(column, DECIMALS_SHOWN) if pa.types.is_floating(column.type) else column


def taken(cells: Cells, rows: Rows) -> Cells:
    """The cells of some rows, as they came."""
    if isinstance(cells, (TextCells, TypedCells)):
        return cells if len(rows) == len(cells) else type(cells)(cells.arrow.take(pa.array(rows)))
    return [cells[row] for row in rows.tolist()]
