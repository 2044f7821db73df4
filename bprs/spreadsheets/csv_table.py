"""CSV: checked once from end to end, then read in chunks with flat memory."""

import csv
from collections.abc import Iterator
from itertools import chain, islice

from bprs.spreadsheets.cells import Cell
from bprs.spreadsheets.contents import Source
from bprs.spreadsheets.csv_dialect import csv_refusal, find_dialect, records_of, text_of
from bprs.spreadsheets.limits import Limits
from bprs.spreadsheets.refusals import FileWarning, SpreadsheetRefused
from bprs.spreadsheets.tables import CHUNK_ROWS, Chunk, Table, chunk_of_columns, chunk_of_rows

MOST_CELLS_IN_A_ROW = 16_384


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
        self.warnings = (FileWarning(code="read_as_cp1252"),) if self._dialect.encoding == "cp1252" else ()
        self._check(limits)

    def chunks(self, size: int = CHUNK_ROWS) -> Iterator[Chunk]:
        return self._chunks_of_records(size) if self._dialect.has_quotes else self._chunks_of_lines(size)

    def _chunks_of_records(self, size: int) -> Iterator[Chunk]:
        with records_of(self._source, self._dialect) as records:
            rows = islice(records, self.header_row_number, None)
            start = 0
            while batch := list(islice(rows, size)):
                yield chunk_of_rows(batch, table=self, start=start)
                start += len(batch)

    def _chunks_of_lines(self, size: int) -> Iterator[Chunk]:
        with text_of(self._source, self._dialect, newline=None) as text:
            lines = islice(text, self.header_row_number, None)
            start = 0
            while batch := list(islice(lines, size)):
                yield self._chunk_of_lines(batch, start)
                start += len(batch)

    def _chunk_of_lines(self, lines: list[str], start: int) -> Chunk:
        """Without quotes, even lines are cut into columns in one go."""
        delimiter, width = self._dialect.delimiter, len(self.headers)
        if {line.count(delimiter) for line in lines} != {width - 1}:
            return chunk_of_rows(self._cut(lines), table=self, start=start)
        cells: list[Cell] = [*"".join(lines).removesuffix("\n").replace("\n", delimiter).split(delimiter)]
        return chunk_of_columns([cells[place::width] for place in range(width)], {}, table=self, start=start)

    def _cut(self, lines: list[str]) -> list[list[str]]:
        return [line.removesuffix("\n").split(self._dialect.delimiter) for line in lines]

    def _check(self, limits: Limits) -> None:
        """Read to the end once: quotes close, cells and rows stay within the limits."""
        if len(self.headers) > limits.max_columns:
            raise SpreadsheetRefused("too_many_columns", limit=limits.max_columns)
        rows = self._check_records(limits) if self._dialect.has_quotes else self._check_lines(limits)
        if rows - self.header_row_number > limits.max_rows:
            raise SpreadsheetRefused("too_many_rows", limit=limits.max_rows)

    def _check_lines(self, limits: Limits) -> int:
        count = 0
        with text_of(self._source, self._dialect, newline=None) as text:
            while batch := list(islice(text, CHUNK_ROWS)):
                if max(map(len, batch)) > limits.max_cell_chars:
                    _check_cells(self._cut(batch), count, limits)
                count += len(batch)
        return count

    def _check_records(self, limits: Limits) -> int:
        count = 0
        with records_of(self._source, self._dialect) as records:
            while batch := _next_batch(records, count, limits):
                _check_cells(batch, count, limits)
                count += len(batch)
        return count


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
