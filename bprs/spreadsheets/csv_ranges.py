"""Parts of a large CSV file: cut between lines, each read without the others."""

import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

from bprs.spreadsheets.csv_lines import line_ends
from bprs.spreadsheets.csv_table import CsvLayout, CsvTable

OF_ONE_BYTE = ("utf-8-sig", "cp1252")  # encodings in which the byte of a line feed is nothing else


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvRange:
    """Whole lines from one byte to before another; `first_row` is the index of the first among the data rows."""

    start: int
    end: int
    first_row: int
    rows: int


def cut_into_ranges(table: CsvTable, path: Path, *, size: int) -> list[CsvRange]:
    """Cut the rows of a file into ranges of about so many bytes; none if it cannot be cut without reading it row by row."""
    layout = table.layout
    if not table.is_line_a_row or layout.dialect.encoding not in OF_ONE_BYTE:
        return []
    above = layout.dialect.skipped_lines + layout.header_row_number
    try:
        cuts = list(_cuts(path, above, size))
    except _NoCut:
        return []
    ranges = [
        CsvRange(start=start, end=end, first_row=line - above, rows=next_line - line)
        for (start, line), (end, next_line) in pairwise(cuts)
    ]
    return [each for each in ranges if each.rows]


class _NoCut(ValueError):
    """Carriage returns alone end lines, too, or the header is longer than a range."""


def _cuts(path: Path, above: int, size: int) -> Iterator[tuple[int, int]]:
    """Where lines begin, and how many there are before: after the header, and about every so many bytes, to the end."""
    offset = lines = 0
    is_ended = True
    with path.open("rb") as file:
        while block := file.read(size):
            block += file.read(1) if block.endswith(b"\r") else b""
            ends = line_ends(block)
            if block.count(b"\r") != block.count(b"\r\n") or (not offset and len(ends) < above):
                raise _NoCut
            if not offset:
                yield int(ends[above - 1]) + 1, above
            lines += len(ends)
            if len(block) >= size and len(ends) and lines > above:
                yield offset + int(ends[-1]) + 1, lines
            offset += len(block)
            is_ended = block.endswith(b"\n")
    yield offset, lines if is_ended else lines + 1


class CsvPart(CsvTable):
    """A range of a file that was found to be in order as a whole."""

    def __init__(self, path: Path, *, layout: CsvLayout, part: CsvRange) -> None:
        self._source = FileRange(path, part.start, part.end)
        self._dialect = replace(layout.dialect, skipped_lines=0)
        self.headers = layout.headers
        self.header_row_number = layout.header_row_number
        self.may_group_digits = layout.dialect.may_group_digits
        self.warnings = ()
        self.first_row = part.first_row
        self._is_line_a_row = True

    @property
    def _lines_above(self) -> int:
        return 0


class FileRange:
    """Some bytes of a file, as a file: each read opens it anew, so that nothing is left open."""

    def __init__(self, path: Path, start: int, end: int) -> None:
        self._path, self._start, self._size = path, start, end - start
        self._position = 0

    def read(self, size: int = -1, /) -> bytes:
        left = self._size - self._position
        with self._path.open("rb") as file:
            file.seek(self._start + self._position)
            data = file.read(left if size < 0 else min(size, left))
        self._position += len(data)
        return data

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        self._position = max(0, offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence])
        return self._position

    def tell(self) -> int:
        return self._position
