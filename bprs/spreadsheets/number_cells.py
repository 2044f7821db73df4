"""A column of cells that are all numbers, as a workbook has them: 8 bytes each."""

from collections.abc import Iterator, Sequence
from typing import overload

import numpy as np
import numpy.typing as npt


class NumberCells(Sequence[float]):
    """Asked one by one, the cells are plain floats; `numbers` has them in one piece."""

    __slots__ = ("numbers",)

    def __init__(self, numbers: npt.NDArray[np.float64]) -> None:
        self.numbers = numbers

    def __len__(self) -> int:
        return len(self.numbers)

    @overload
    def __getitem__(self, index: int) -> float: ...
    @overload
    def __getitem__(self, index: slice) -> "NumberCells": ...
    def __getitem__(self, index: int | slice) -> "float | NumberCells":
        return NumberCells(self.numbers[index]) if isinstance(index, slice) else float(self.numbers[index])

    def __iter__(self) -> Iterator[float]:
        return iter(self.numbers.tolist())
