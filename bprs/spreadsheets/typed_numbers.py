"""Columns of numbers that a file keeps as numbers, in sen: exact, and without an object for each cell."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from bprs.spreadsheets.amounts import MAX_DIGITS, SEN
from bprs.spreadsheets.number_cells import NumberCells
from bprs.spreadsheets.typed_cells import TypedCells

Integers = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
RUPIAH = pa.decimal128(MAX_DIGITS + 2, 2)


def float_cells(cells: TypedCells) -> NumberCells | None:
    """The same cells as doubles; None if they are no floats."""
    if not pa.types.is_floating(cells.arrow.type):
        return None
    doubles = pc.fill_null(cells.arrow.cast(pa.float64()), 0.0)
    return NumberCells(doubles.to_numpy(zero_copy_only=False))


def exact_sen(cells: TypedCells) -> tuple[Integers, Mask]:
    """The sen of the cells that are amounts a column may hold, and which cells are not. Of what is null, any."""
    if pa.types.is_integer(cells.arrow.type):
        return _of_integers(cells.arrow)
    if pa.types.is_decimal(cells.arrow.type):
        return _of_decimals(cells.arrow)
    return np.zeros(len(cells), dtype=np.int64), np.ones(len(cells), dtype=bool)


def decimal_sen(exact: pa.Array) -> Integers:
    """The sen of a decimal(17, 2) column: the low half of each 128-bit integer."""
    low_words = np.frombuffer(exact.buffers()[1], dtype=np.int64)[::2]
    return low_words[exact.offset : exact.offset + len(exact)].copy()


def _of_integers(array: pa.Array) -> tuple[Integers, Mask]:
    numbers = (pc.fill_null(array, 0) if array.null_count else array).to_numpy(zero_copy_only=False)
    fine = (numbers >= 0) & (numbers < 10**MAX_DIGITS) if numbers.dtype.itemsize > 4 else numbers >= 0  # noqa: PLR2004
    if fine.all():
        return numbers.astype(np.int64) * SEN, ~fine
    return np.where(fine, numbers, 0).astype(np.int64) * SEN, ~fine


def _of_decimals(array: pa.Array) -> tuple[Integers, Mask]:
    """All at once if every one of them is an amount, else none: the others are looked at one by one."""
    try:
        sen = decimal_sen(pc.fill_null(array.cast(RUPIAH), 0))
    except pa.ArrowInvalid:
        return np.zeros(len(array), dtype=np.int64), np.ones(len(array), dtype=bool)
    fine = sen >= 0
    return np.where(fine, sen, 0), ~fine
