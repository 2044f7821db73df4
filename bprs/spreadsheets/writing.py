"""Write tables that are safe to open: text stays text, numbers stay numbers, nothing becomes a formula."""

import csv
import io
import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import zip_longest
from pathlib import Path
from typing import BinaryIO, Literal

import pyarrow as pa
import xlsxwriter
from xlsxwriter.exceptions import FileCreateError
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from bprs.spreadsheets.aside import new_folder
from bprs.spreadsheets.csv_texts import csv_lines
from bprs.spreadsheets.refusals import SpreadsheetRefused
from bprs.spreadsheets.safe_values import Value, safe_text, safe_value

Target = Path | BinaryIO
FileFormat = Literal["xlsx", "csv"]
SHEET_ROWS = 1_048_576
LONGEST_CELL = 32_767
NUMBER_FORMATS: dict[str, str] = {
    "money": "#,##0.00",
    "whole": "0",
    "number": "General",
    "date": "yyyy-mm-dd",
    "text": "@",
    "datetime": "yyyy-mm-dd hh:mm:ss",
    "time": "[hh]:mm:ss",
}
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


class TableWriter(ABC):
    """
    Writes one table, row after row, with flat memory. Close it, or use it as a context manager.

    `kinds` (money, whole, number, date, any, else text) say how columns are shown; money is rupiah, not sen.
    """

    def __init__(self, headers: Sequence[str], kinds: Sequence[str] = ()) -> None:
        self._kinds = [*kinds, *["text"] * (len(headers) - len(kinds))]
        self._write([safe_text(header) for header in headers])

    def write_rows(self, rows: Iterable[Sequence[Value]]) -> None:
        """Append rows of values, in the order of the headers."""
        for row in rows:
            self._write([safe_value(value) for value in row])

    def write_columns(self, columns: Sequence[Iterable[Value]]) -> None:
        """Append rows given as columns of equal length, Arrow's among them."""
        self.write_rows(zip(*map(_values, columns), strict=True))

    @abstractmethod
    def _write(self, row: Sequence[Value]) -> None: ...

    @abstractmethod
    def close(self) -> None:
        """Finish the file. A file object that was passed in stays open."""

    def __enter__(self) -> "TableWriter":
        return self

    def __exit__(self, fault: type[BaseException] | None, *_: object) -> None:
        if fault is None:
            self.close()
        else:
            self.discard()

    def discard(self) -> None:
        """Let go of a file that is not to be finished."""
        self.close()


class CsvWriter(TableWriter):
    """UTF-8 with BOM, so that Excel reads names right."""

    def __init__(
        self, target: Target, headers: Sequence[str], kinds: Sequence[str] = (), *, delimiter: str = ","
    ) -> None:
        self._target = target
        file = target.open("wb") if isinstance(target, Path) else target
        self._text = io.TextIOWrapper(file, "utf-8-sig", newline="")
        self._delimiter = delimiter
        self._csv = csv.writer(self._text, delimiter=delimiter)
        super().__init__(headers, kinds)

    def _write(self, row: Sequence[Value]) -> None:
        self._csv.writerow([format(value, "f") if isinstance(value, Decimal) else value for value in row])

    def write_columns(self, columns: Sequence[Iterable[Value]]) -> None:
        """Append rows given as columns of equal length, in one piece."""
        if len(columns) == 1:  # a blank cell that is a whole line needs quotes
            return super().write_columns(columns)
        self._text.flush()
        self._text.buffer.write(csv_lines(columns, self._delimiter))
        return None

    def close(self) -> None:
        self._text.flush()
        if isinstance(self._target, Path):
            self._text.close()
        else:
            self._text.detach()


class XlsxWriter(TableWriter):
    """
    One sheet, streamed.

    :raises SpreadsheetRefused: for more rows than a sheet holds
    """

    def __init__(
        self, target: Target, headers: Sequence[str], kinds: Sequence[str] = (), *, sheet: str = "Data"
    ) -> None:
        file = str(target) if isinstance(target, Path) else target
        self._aside = new_folder()
        options = {"constant_memory": True, "tmpdir": self._aside.name, "default_date_format": NUMBER_FORMATS["date"]}
        self._book = xlsxwriter.Workbook(file, options)
        self._sheet = self._book.add_worksheet(sheet)
        self._formats = {kind: self._book.add_format({"num_format": code}) for kind, code in NUMBER_FORMATS.items()}
        self._row = 0
        self._set_columns(headers, kinds)
        super().__init__(headers, kinds)

    def _set_columns(self, headers: Sequence[str], kinds: Sequence[str]) -> None:
        self._sheet.freeze_panes(1, 0)
        for column, header in enumerate(headers):
            kind = kinds[column] if column < len(kinds) else "text"
            self._sheet.set_column(column, column, max(12, min(len(header) + 2, 60)), self._format(kind))

    def _format(self, kind: str, value: Value = None) -> Format:
        shown_as = _kind_of(value) if kind == "any" else kind
        return self._formats.get(shown_as, self._formats["text"])

    def _write(self, row: Sequence[Value]) -> None:
        if self._row >= SHEET_ROWS:
            raise SpreadsheetRefused("too_many_rows_to_write", limit=SHEET_ROWS - 1)
        for column, (kind, value) in enumerate(zip_longest(self._kinds, row, fillvalue="")):
            write_cell(self._sheet, self._row, column, value, self._format(kind, value))
        self._row += 1

    def close(self) -> None:
        try:
            self._book.close()
        except FileCreateError as error:  # wraps what the system said, such as that the disk is full
            raise error.args[0] from error
        finally:
            self.discard()

    def discard(self) -> None:
        """Finishing a large one takes as long as writing it: whoever cancels does not wait for that."""
        self._sheet.row_data_fh.close()  # left open, and on the disk, where that is full
        self._aside.cleanup()


def write_cell(sheet: Worksheet, row: int, column: int, value: Value, style: Format) -> None:
    """Write a value as what it is; text is never looked at for formulas, links or numbers."""
    match value:
        case None | "":
            sheet.write_blank(row, column, None, style)
        case bool():
            sheet.write_boolean(row, column, value, style)
        case int() | float() | Decimal():
            sheet.write_number(row, column, value, style)
        case date() | time() | timedelta():
            sheet.write_datetime(row, column, value, style)
        case _:
            sheet.write_string(row, column, _NOT_XML.sub("", str(value))[:LONGEST_CELL], style)


_KINDS: tuple[tuple[tuple[type, ...], str], ...] = (
    ((int, float, Decimal), "number"),
    ((datetime,), "datetime"),
    ((date,), "date"),
    ((time, timedelta), "time"),
)


def _kind_of(value: Value) -> str:
    return next((kind for types, kind in _KINDS if isinstance(value, types)), "text")


def _values(column: Iterable[Value]) -> Iterable[Value]:
    return column.to_pylist() if isinstance(column, pa.Array) else column


def open_writer(
    target: Target, headers: Sequence[str], kinds: Sequence[str] = (), *, file_format: FileFormat = "xlsx"
) -> TableWriter:
    """A writer of XLSX or CSV."""
    return XlsxWriter(target, headers, kinds) if file_format == "xlsx" else CsvWriter(target, headers, kinds)


def write_xlsx(
    target: Target, headers: Sequence[str], rows: Iterable[Sequence[Value]], kinds: Sequence[str] = ()
) -> None:
    """Write a whole table as XLSX."""
    with XlsxWriter(target, headers, kinds) as writer:
        writer.write_rows(rows)


def write_csv(
    target: Target, headers: Sequence[str], rows: Iterable[Sequence[Value]], kinds: Sequence[str] = ()
) -> None:
    """Write a whole table as CSV."""
    with CsvWriter(target, headers, kinds) as writer:
        writer.write_rows(rows)
