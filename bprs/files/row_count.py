"""Are there more rows in it than we answer at once? Counted on the bytes, long before anything is parsed."""

import re
import zipfile
from collections.abc import Iterator
from typing import IO

CHUNK = 256 * 1024
XLSX_MAGIC = b"PK"
LARGEST_XML = 64 * 1024 * 1024
_WORKSHEET = re.compile(r"xl/worksheets/[^/]+\.xml", re.IGNORECASE)
_ROW = re.compile(rb"<(?:\w+:)?row[\s>]")
_LONGEST_MARK = 32


def has_more_rows_than(content: IO[bytes], limit: int) -> bool:
    """
    Say whether a CSV or XLSX file holds more than about `limit` rows; the header and titles above it count as rows.

    What is no such file, or is broken, has none: whoever reads it says what is wrong. Costs bounded time and memory.
    """
    content.seek(0)
    is_workbook = content.read(len(XLSX_MAGIC)) == XLSX_MAGIC
    content.seek(0)
    marks = _marks_of_workbook(content) if is_workbook else _marks_of_text(content)
    found = 0
    for count in marks:
        found += count
        if found > limit + 1:
            return True
    return False


def _marks_of_text(content: IO[bytes]) -> Iterator[int]:
    while chunk := content.read(CHUNK):
        yield chunk.count(b"\n") or chunk.count(b"\r")


def _marks_of_workbook(content: IO[bytes]) -> Iterator[int]:
    try:
        with zipfile.ZipFile(content) as archive:
            for name in filter(_WORKSHEET.fullmatch, archive.namelist()):
                yield from _marks_of_sheet(archive, name)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError, ValueError):
        return


def _marks_of_sheet(archive: zipfile.ZipFile, name: str) -> Iterator[int]:
    """Counts in chunks that overlap by less than a mark; a sheet that grows too far counts as endless."""
    tail, size = b"", 0
    with archive.open(name) as sheet:
        while chunk := sheet.read(CHUNK):
            size += len(chunk)
            text = tail + chunk
            ends = [match.end() for match in _ROW.finditer(text)]
            tail = text[max(ends[-1] if ends else 0, len(text) - _LONGEST_MARK) :]
            yield len(ends) if size <= LARGEST_XML else 2**31
