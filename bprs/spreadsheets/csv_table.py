"""CSV: checked once from end to end, then read in chunks with flat memory."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice

import numpy as np

from bprs.spreadsheets.contents import Source
from bprs.spreadsheets.csv_dialect import Dialect, csv_refusal, find_dialect, records_of
from bprs.spreadsheets.csv_lines import (
    UnevenLines,
    are_quotes_regular,
    cut_lines,
    evened,
    line_blocks,
    line_ends,
    pieces_of_lines,
)
from bprs.spreadsheets.limits import Limits
from bprs.spreadsheets.refusals import FileWarning, SpreadsheetRefused
from bprs.spreadsheets.tables import CHUNK_ROWS, Chunk, Table, chunk_of_columns, chunk_of_rows

MOST_CELLS_IN_A_ROW = 16_384


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvLayout:
    """How a file is written, and its header: the same for every part of it."""

    dialect: Dialect
    headers: tuple[str, ...]
    header_row_number: int


class CsvTable(Table):
    """
    A table in a text file.

    :raises SpreadsheetRefused: on construction, so that reading the chunks refuses nothing more
    """

    kind = "csv"
    sheet = None

    def __init__(self, source: Source, *, limits: Limits) -> None:
        self._source = source
        self._dialect, header = find_dialect(source, limits)
        self.headers = header.names
        self.header_row_number = header.index + 1
        self.may_group_digits = self._dialect.may_group_digits
        self.warnings = (FileWarning(code="read_as_cp1252"),) if self._dialect.encoding == "cp1252" else ()
        self._is_line_a_row = self._every_line_is_a_row(limits)
        self._check(limits)

    def chunks(self, size: int = CHUNK_ROWS) -> Iterator[Chunk]:
        return self._chunks_of_lines(size) if self._is_line_a_row else self._chunks_of_records(size)

    @property
    def layout(self) -> "CsvLayout":
        """What there is to know of the file before a part of it can be read."""
        return CsvLayout(dialect=self._dialect, headers=self.headers, header_row_number=self.header_row_number)

    @property
    def is_line_a_row(self) -> bool:
        """Whether no row goes over more than one line."""
        return self._is_line_a_row

    @property
    def _lines_above(self) -> int:
        return self.header_row_number

    def _every_line_is_a_row(self, limits: Limits) -> bool:
        """Lines with quotes only if they are so short that no cell can be too long."""
        if not self._dialect.has_quotes:
            return True
        return all(
            _longest_line(text) <= limits.max_cell_chars and are_quotes_regular(text, self._dialect.delimiter)
            for text in self._pieces(skip=0, size=CHUNK_ROWS)
        )

    def _chunks_of_records(self, size: int) -> Iterator[Chunk]:
        with records_of(self._source, self._dialect) as records:
            rows = islice(records, self.header_row_number, None)
            start = 0
            while batch := list(islice(rows, size)):
                yield chunk_of_rows(batch, table=self, start=start)
                start += len(batch)

    def _chunks_of_lines(self, size: int) -> Iterator[Chunk]:
        start = self.first_row
        for text in self._pieces(skip=self._lines_above, size=size):
            chunk = self._chunk_of_lines(text, start)
            yield chunk
            start += len(chunk)

    def _pieces(self, *, skip: int, size: int) -> Iterator[bytes]:
        blocks = line_blocks(self._source, self._dialect)
        return pieces_of_lines(blocks, skip=self._dialect.skipped_lines + skip, size=size)

    def _chunk_of_lines(self, text: bytes, start: int) -> Chunk:
        """Lines of equal width are cut into columns in one go; others are made so first."""
        delimiter, width = self._dialect.delimiter, len(self.headers)
        has_quotes = b'"' in text
        try:
            columns = cut_lines(text, delimiter, width, has_quotes=has_quotes)
            return chunk_of_columns(columns, {}, table=self, start=start)
        except UnevenLines:
            if has_quotes:
                return chunk_of_rows(list(self._records(text)), table=self, start=start)
            lines, surplus = evened(text, delimiter, width)
            return chunk_of_columns(cut_lines(lines, delimiter, width), surplus, table=self, start=start)

    def _check(self, limits: Limits) -> None:
        """Read to the end once: quotes close, cells and rows stay within the limits."""
        if len(self.headers) > limits.max_columns:
            raise SpreadsheetRefused("too_many_columns", limit=limits.max_columns)
        rows = self._check_lines(limits) if self._is_line_a_row else self._check_records(limits)
        if rows - self.header_row_number > limits.max_rows:
            raise SpreadsheetRefused("too_many_rows", limit=limits.max_rows)

    def _check_lines(self, limits: Limits) -> int:
        count = 0
        for text in self._pieces(skip=0, size=CHUNK_ROWS):
            if _longest_line(text) > limits.max_cell_chars:
                _check_cells(self._cut(text), count, limits)
            count += len(line_ends(text)) + (not text.endswith(b"\n"))
        return count

    def _cut(self, text: bytes) -> list[list[str]]:
        return [line.split(self._dialect.delimiter) for line in text.decode().removesuffix("\n").split("\n")]

    def _records(self, text: bytes) -> Iterator[list[str]]:
        lines = text.decode().removesuffix("\n").split("\n")
        return csv.reader(lines, delimiter=self._dialect.delimiter, strict=True)

    def _check_records(self, limits: Limits) -> int:
        count = 0
        with records_of(self._source, self._dialect) as records:
            while batch := _next_batch(records, count, limits):
                _check_cells(batch, count, limits)
                count += len(batch)
        return count


def _longest_line(text: bytes) -> int:
    return int(np.diff(line_ends(text), prepend=-1, append=len(text)).max())


def _next_batch(records: Iterator[list[str]], count: int, limits: Limits) -> list[list[str]]:
    batch: list[list[str]] = []
    try:
        batch.extend(islice(records, CHUNK_ROWS))
    except csv.Error as error:
        raise csv_refusal(error, count + len(batch) + 1, limits) from error
    return batch


def _check_cells(batch: list[list[str]], count: int, limits: Limits) -> None:
    if max(map(len, batch)) > MOST_CELLS_IN_A_ROW:
        raise SpreadsheetRefused("too_many_columns", limit=limits.max_columns)
    if max(map(len, chain.from_iterable(batch)), default=0) <= limits.max_cell_chars:
        return
    row = next(index for index, record in enumerate(batch) if max(map(len, record), default=0) > limits.max_cell_chars)
    raise SpreadsheetRefused("cell_too_long", row_number=count + row + 1, limit=limits.max_cell_chars)
