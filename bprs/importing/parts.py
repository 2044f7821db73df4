"""Which rows of a sheet are written together: decided once, kept with the batch, the same after any crash."""

import zlib
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

Parts = npt.NDArray[np.uint32]


def parts_of(row_count: int, groups: Mapping[int, str], *, size: int) -> Parts:
    """
    The part of each row, in the order of the rows; those of one group stand in one part, whatever its size.

    :param groups: row -> what it must be written together with; rows without one go along with their neighbours
    """
    part_of_group: dict[str, int] = {}
    parts = np.zeros(row_count, dtype=np.uint32)
    current, filled = 0, 0
    for row in range(row_count):
        group = groups.get(row)
        if filled >= size:
            current, filled = current + 1, 0
        part = current if group is None else part_of_group.setdefault(group, current)
        parts[row] = part
        filled += part == current
    return parts


def rows_of(parts: Parts) -> Sequence[npt.NDArray[np.intp]]:
    """The rows of each part."""
    if not len(parts):
        return []
    order = np.argsort(parts, kind="stable")
    return np.split(order, np.searchsorted(parts[order], np.arange(1, int(parts.max()) + 1)))


def packed(parts: Parts) -> bytes:
    return zlib.compress(parts.tobytes())


def unpacked(data: bytes) -> Parts:
    return np.frombuffer(zlib.decompress(data), dtype=np.uint32)
