"""How much a file may cost before it is refused."""

from dataclasses import dataclass

MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """
    Safe defaults; `max_cells` bounds the area between the outermost cells of a sheet, which is laid out in memory.

    `max_seconds` and `max_memory` hold for a workbook that is read in a process of its own.
    """

    max_bytes: int = 25 * MEGABYTE
    max_inflated_bytes: int = 500 * MEGABYTE
    max_ratio: int = 200
    max_rows: int = 1_048_576
    max_columns: int = 64
    max_cell_chars: int = 2_000
    max_cells: int = 16_000_000
    max_seconds: int = 60
    max_memory: int = 2_048 * MEGABYTE

    def __post_init__(self) -> None:
        for name in self.__slots__:
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1")
