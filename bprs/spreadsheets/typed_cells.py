"""A column of cells that a file keeps with their type, as Parquet does: in one piece, nothing converted until it is asked for."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, overload

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from bprs.spreadsheets.cells import Cell

PLAIN = (str, int, float, Decimal, date, datetime, time, timedelta)  # bool is an int


class TypedCells(Sequence[Cell]):
    """Asked one by one, the cells are plain values, and None where there is none; `arrow` has them in one piece."""

    __slots__ = ("arrow",)

    def __init__(self, arrow: pa.Array) -> None:
        self.arrow = arrow

    def __len__(self) -> int:
        return len(self.arrow)

    @overload
    def __getitem__(self, index: int) -> Cell: ...
    @overload
    def __getitem__(self, index: slice) -> "TypedCells": ...
    def __getitem__(self, index: int | slice) -> "Cell | TypedCells":
        if isinstance(index, slice):
            return TypedCells(self.arrow[index])
        return _cell(self.arrow[index].as_py())

    def __iter__(self) -> Iterator[Cell]:
        return map(_cell, self.arrow.to_pylist())

    def nulls(self) -> npt.NDArray[np.bool_]:
        """Which cells have no value."""
        if not self.arrow.null_count:
            return np.zeros(len(self), dtype=bool)
        return np.asarray(self.arrow.is_null(), dtype=bool)


def _cell(value: Any) -> Cell:
    """A list or a structure is shown as it is written."""
    return value if value is None or isinstance(value, PLAIN) else str(value)
