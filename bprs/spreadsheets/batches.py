"""Rows of a sheet as columns, kept in batches until they are asked for in chunks of any size."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from bprs.spreadsheets.cells import Cell, Cells
from bprs.spreadsheets.number_cells import NumberCells


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Some rows as columns in the order of the header; `surplus` has the cells beyond it, by row of the batch."""

    columns: list[Cells]
    surplus: dict[int, list[Cell]]

    def __len__(self) -> int:
        return len(self.columns[0])

    def part(self, start: int, stop: int) -> "Batch":
        surplus = {row - start: cells for row, cells in self.surplus.items() if start <= row < stop}
        return Batch(columns=[cells[start:stop] for cells in self.columns], surplus=surplus)


def compact(cells: list[Cell]) -> Cells:
    """The same cells; numbers alone take 8 bytes each."""
    return NumberCells(np.array(cells, dtype=np.float64)) if set(map(type, cells)) == {float} else cells


def rebatched(batches: Sequence[Batch], size: int) -> Iterator[Batch]:
    """The same rows, `size` in every batch but the last."""
    held: list[Batch] = []
    missing = size
    for batch in batches:
        start = 0
        while len(batch) - start >= missing:
            held.append(batch.part(start, start + missing))
            start += missing
            yield _joined(held)
            held, missing = [], size
        if start < len(batch):
            held.append(batch.part(start, len(batch)))
            missing -= len(batch) - start
    if held:
        yield _joined(held)


def _joined(parts: list[Batch]) -> Batch:
    if len(parts) == 1:
        return parts[0]
    starts = np.cumsum([0, *map(len, parts)]).tolist()
    surplus = {
        start + row: cells for start, part in zip(starts, parts, strict=False) for row, cells in part.surplus.items()
    }
    columns = [_joined_cells([part.columns[place] for part in parts]) for place in range(len(parts[0].columns))]
    return Batch(columns=columns, surplus=surplus)


def _joined_cells(parts: list[Cells]) -> Cells:
    numbers = [part.numbers for part in parts if isinstance(part, NumberCells)]
    if len(numbers) == len(parts):
        return NumberCells(np.concatenate(numbers))
    return [cell for part in parts for cell in part]
