"""A column of cells that are all text, kept in one piece: a million cells cost no million objects."""

from collections.abc import Iterator, Sequence
from typing import overload

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from bprs.spreadsheets.cells import INVISIBLE, is_blank

ZERO = ord("0")
_STARTS_OF_BLANKS = np.zeros(256, dtype=bool)
_STARTS_OF_BLANKS[[each.encode()[0] for each in INVISIBLE]] = True


class TextCells(Sequence[str]):
    """Asked one by one, the cells are plain strings; `arrow` has them in one piece."""

    __slots__ = ("arrow",)

    def __init__(self, arrow: pa.StringArray) -> None:
        self.arrow = arrow

    def __len__(self) -> int:
        return len(self.arrow)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> "TextCells": ...
    def __getitem__(self, index: int | slice) -> "str | TextCells":
        if isinstance(index, slice):
            return TextCells(self.arrow[index])
        return str(self.arrow[index].as_py())

    def __iter__(self) -> Iterator[str]:
        return iter(self.arrow.to_pylist())

    def __repr__(self) -> str:
        return f"TextCells({self.arrow.to_pylist()!r})"

    def lengths(self) -> npt.NDArray[np.int32]:
        """The bytes of each cell."""
        return np.diff(self._offsets())

    def are_whole_numbers(self) -> bool:
        """Whether every cell is a whole number as it would be written again: digits, no zeros in front."""
        zeros_in_front = (self._first_bytes() == ZERO) & (self.lengths() > 1)
        return bool(pc.all(pc.ascii_is_decimal(self.arrow)).as_py()) and not zeros_in_front.any()

    def blank(self) -> npt.NDArray[np.bool_]:
        """Which cells show nothing."""
        blank = self._maybe_blank()
        suspects = np.flatnonzero(blank)
        blank[suspects] = [is_blank(self[index]) for index in suspects.tolist()]
        return blank

    def _maybe_blank(self) -> npt.NDArray[np.bool_]:
        """Which cells are empty or begin like a blank: every other cell shows something."""
        maybe: npt.NDArray[np.bool_] = (self.lengths() == 0) | _STARTS_OF_BLANKS[self._first_bytes()]
        return maybe

    def _first_bytes(self) -> npt.NDArray[np.uint8]:
        """The first byte of each cell; of an empty one, any."""
        content = np.frombuffer(self.arrow.buffers()[2] or b"", dtype=np.uint8)
        if not len(content):
            return np.zeros(len(self), dtype=np.uint8)
        return content[np.minimum(self._offsets()[:-1], len(content) - 1)]

    def holds_any(self, marks: bytes) -> bool:
        """Whether one of these ASCII characters may occur in a cell; that none does is certain."""
        content = (self.arrow.buffers()[2] or pa.py_buffer(b"")).to_pybytes()
        return any(bytes([mark]) in content for mark in marks)

    def _offsets(self) -> npt.NDArray[np.int32]:
        first = self.arrow.offset
        return np.frombuffer(self.arrow.buffers()[1], dtype=np.int32)[first : first + len(self) + 1]
