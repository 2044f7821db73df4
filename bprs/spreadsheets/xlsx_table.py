"""XLSX: unpacked under count, then read by calamine, with what calamine leaves out put back."""

from collections.abc import Iterator
from itertools import islice
from typing import cast

import numpy as np

from bprs.spreadsheets.cells import Broken, Cell
from bprs.spreadsheets.contents import Source
from bprs.spreadsheets.headers import HEADER_ROWS, find_header
from bprs.spreadsheets.limits import Limits
from bprs.spreadsheets.refusals import FileWarning, SpreadsheetRefused
from bprs.spreadsheets.tables import CHUNK_ROWS, Chunk, Table, chunk_of_rows
from bprs.spreadsheets.xlsx_archive import Unpacked, unpacked
from bprs.spreadsheets.xlsx_survey import MAX_COLUMNS_OF_A_SHEET, Survey, position
from bprs.spreadsheets.xlsx_workbook import open_workbook

Row = list[Cell]


class XlsxTable(Table):
    """
    A table in a workbook.

    :raises SpreadsheetRefused: on construction, so that reading the chunks refuses nothing more
    """

    kind = "xlsx"

    def __init__(self, source: Source, *, sheet: str | None, limits: Limits) -> None:
        with unpacked(source, limits) as parts:
            self._read(parts, sheet, limits)

    def _read(self, parts: Unpacked, wanted: str | None, limits: Limits) -> None:
        with open_workbook(parts, limits) as workbook:
            self.sheet = workbook.choose(wanted)
            self._sheet = workbook.load(self.sheet)
            self._broken = _Broken(workbook.surveys[self.sheet])
            self._has_no_long_text = workbook.has_no_long_text(self.sheet)
        self._first_column = (self._sheet.start or (0, 0))[1]
        self._find_header()
        self._check(limits)

    def _find_header(self) -> None:
        header = find_header(list(islice(self._rows(), HEADER_ROWS)))
        self.headers = header.names
        self.header_row_number = header.index + 1
        self.warnings: tuple[FileWarning, ...] = ()

    def _check(self, limits: Limits) -> None:
        if len(self.headers) > limits.max_columns:
            raise SpreadsheetRefused("too_many_columns", limit=limits.max_columns)
        if max((self._sheet.end or (-1, 0))[0] + 1, self._broken.height) - self.header_row_number > limits.max_rows:
            raise SpreadsheetRefused("too_many_rows", limit=limits.max_rows)
        if self._has_no_long_text:
            return
        for number, row in enumerate(self._sheet.iter_rows(), start=1):
            if any(type(cell) is str and len(cell) > limits.max_cell_chars for cell in row):
                raise SpreadsheetRefused("cell_too_long", row_number=number, limit=limits.max_cell_chars)

    def chunks(self, size: int = CHUNK_ROWS) -> Iterator[Chunk]:
        rows = islice(self._rows(), self.header_row_number, None)
        start = 0
        while batch := list(islice(rows, size)):
            yield chunk_of_rows(batch, table=self, start=start)
            start += len(batch)

    def _rows(self) -> Iterator[Row]:
        """Every row of the sheet from its first, from column A on."""
        if not self._first_column and not self._broken.height:
            yield from cast("Iterator[Row]", self._sheet.iter_rows())
            return
        margin: Row = [""] * self._first_column
        height = 0
        for row in self._sheet.iter_rows():
            yield self._mended(height, [*margin, *row])
            height += 1
        for index in range(height, self._broken.height):
            yield self._mended(index, [])

    def _mended(self, index: int, cells: Row) -> Row:
        for column, broken in self._broken.in_row(index):
            cells.extend([""] * (column + 1 - len(cells)))
            cells[column] = broken
        return cells


class _Broken:
    """The cells that show an error or were never calculated: calamine reads both as empty."""

    def __init__(self, survey: Survey) -> None:
        self._kinds = ((Broken.ERROR, np.sort(survey.errors)), (Broken.UNCALCULATED, np.sort(survey.uncalculated)))
        last = max((int(positions[-1]) for _, positions in self._kinds if len(positions)), default=-1)
        self.height = last // MAX_COLUMNS_OF_A_SHEET + 1

    def in_row(self, row: int) -> Iterator[tuple[int, Broken]]:
        if row >= self.height:
            return
        bounds = (position(row, 0), position(row + 1, 0))
        for kind, positions in self._kinds:
            first, last = np.searchsorted(positions, bounds)
            for found in positions[first:last].tolist():
                yield found % MAX_COLUMNS_OF_A_SHEET, kind
