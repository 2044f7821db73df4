"""One sheet of a workbook: unpacked under count, then read by calamine, with what calamine leaves out put back."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, cast

import numpy as np

from bprs.spreadsheets.batches import Batch, compact
from bprs.spreadsheets.cells import Broken, Cell
from bprs.spreadsheets.headers import HEADER_ROWS, find_header
from bprs.spreadsheets.limits import Limits
from bprs.spreadsheets.refusals import SpreadsheetRefused
from bprs.spreadsheets.tables import CHUNK_ROWS, columns_of_rows
from bprs.spreadsheets.xlsx_archive import Unpacked
from bprs.spreadsheets.xlsx_survey import MAX_COLUMNS_OF_A_SHEET, Survey, position
from bprs.spreadsheets.xlsx_workbook import open_workbook

Row = list[Cell]


class XlsxSheet:
    """
    The header of a sheet, and once its rows in batches; `merged_cells` are the first under the header, such as A3:A5, or "".

    :raises SpreadsheetRefused: on construction and from `batches`
    """

    def __init__(self, parts: Unpacked, *, sheet: str | None, limits: Limits) -> None:
        with open_workbook(parts, limits) as workbook:
            self.name = workbook.choose(sheet)
            self._sheet = workbook.load(self.name)
            survey = workbook.surveys[self.name]
            self._broken = _Broken(survey)
            self._has_no_long_text = workbook.has_no_long_text(self.name)
        self._limits = limits
        self._first_column = (self._sheet.start or (0, 0))[1]
        header = find_header(list(islice(self._rows(), HEADER_ROWS)))
        self.headers = header.names
        self.header_row_number = header.index + 1
        self.merged_cells = survey.merged_under(self.header_row_number)
        self._check_size()

    @property
    def head(self) -> dict[str, Any]:
        """Which sheet this is and what was found at its top, as JSON takes it."""
        return {
            "sheet": self.name,
            "headers": self.headers,
            "header_row_number": self.header_row_number,
            "merged_cells": self.merged_cells,
        }

    def batches(self) -> Iterator[Batch]:
        """The rows under the header; of the rows above it only the length of their texts matters."""
        rows, width = self._rows(), len(self.headers)
        self._check_texts(list(islice(rows, self.header_row_number)), 1)
        number = self.header_row_number + 1
        while batch := list(islice(rows, CHUNK_ROWS)):
            columns, surplus = columns_of_rows(batch, width)
            compacted = [compact(cells) for cells in columns]
            if any(isinstance(cells, list) for cells in [*compacted, *surplus.values()]):
                self._check_texts(batch, number)
            yield Batch(columns=compacted, surplus=surplus)
            number += len(batch)

    def _check_size(self) -> None:
        if len(self.headers) > self._limits.max_columns:
            raise SpreadsheetRefused("too_many_columns", limit=self._limits.max_columns)
        height = max((self._sheet.end or (-1, 0))[0] + 1, self._broken.height)
        if height - self.header_row_number > self._limits.max_rows:
            raise SpreadsheetRefused("too_many_rows", limit=self._limits.max_rows)

    def _check_texts(self, rows: Iterable[Row], first_number: int) -> None:
        if self._has_no_long_text:
            return
        longest = self._limits.max_cell_chars
        for number, row in enumerate(rows, start=first_number):
            if any(type(cell) is str and len(cell) > longest for cell in row):
                raise SpreadsheetRefused("cell_too_long", row_number=number, limit=longest)

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
