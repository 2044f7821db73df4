"""A spreadsheet read whole: the values of the columns a resource takes, and what is wrong with each row."""

import hashlib
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from bprs.importing.faults import MESSAGES, Fault
from bprs.spreadsheets import (
    COLUMNS,
    Chunk,
    ColumnMatch,
    NumberStyle,
    ParsedChunk,
    ParsedColumn,
    Table,
    TableReading,
    parse_table,
)
from bprs.spreadsheets.amounts import Locale
from bprs.spreadsheets.cells import Cell
from bprs.spreadsheets.tables import chunk_of_rows
from bprs.validation import latest_day
from bprs.wording import did_you_mean, warning_sentence

ROWS_NAMED = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetSource:
    """
    A table that is open, and how its ambiguous numbers are read; `digest` is the same for the same content.

    `mapping` is what someone said of its headers: header -> field, or "" for what is not read.
    """

    table: Table
    digest: str
    locale: Locale = "id"
    mapping: Mapping[str, str] = field(default_factory=dict)


class RowsTable(Table):
    """Rows that came from anywhere but a file, such as a library's dataset."""

    kind = "csv"
    sheet = None
    header_row_number = 1
    warnings = ()

    def __init__(self, headers: Sequence[str], rows: Sequence[Sequence[Cell]]) -> None:
        self.headers = tuple(headers)
        self._rows = rows

    def chunks(self, size: int = 10_000) -> Iterator[Chunk]:
        for start in range(0, len(self._rows), size):
            some = self._rows[start : start + size]
            yield chunk_of_rows(some, table=self, start=start)


def source_of_rows(headers: Sequence[str], rows: Sequence[Sequence[Cell]]) -> SheetSource:
    digest = hashlib.sha256(repr((headers, rows)).encode()).hexdigest()
    return SheetSource(table=RowsTable(headers, rows), digest=digest)


@dataclass(kw_only=True)
class Sheet:
    """
    `values` has a list per field that the file has a column for; money is Decimal, None is a blank cell.

    Rows are counted from 0 here; `row_numbers` are those the spreadsheet program shows.
    """

    headers: tuple[str, ...]
    header_of: Mapping[str, str]
    style: NumberStyle
    digest: str
    notes: list[str]
    row_numbers: list[int] = field(default_factory=list)
    values: dict[str, list[Any]] = field(default_factory=dict)
    blank: set[int] = field(default_factory=set)
    faults: dict[int, list[Fault]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.row_numbers)

    def has(self, name: str) -> bool:
        return name in self.values

    def column(self, name: str) -> list[Any]:
        """What each row says; None if it is silent or the file has no such column."""
        return self.values[name] if name in self.values else [None] * len(self)

    def good_rows(self) -> list[int]:
        """The rows that nothing speaks against so far."""
        return [row for row in range(len(self)) if row not in self.faults and row not in self.blank]

    def take(self, rows: Sequence[int]) -> "Sheet":
        """A sheet of some of the rows, all of them good."""
        if len(rows) == len(self):
            return replace(self, faults={})
        return replace(
            self,
            row_numbers=[self.row_numbers[row] for row in rows],
            values={name: [column[row] for row in rows] for name, column in self.values.items()},
            blank=set(),
            faults={},
        )

    def refuse(self, row: int, code: str, name: str = "", **params: str | float) -> None:
        fault = Fault(code=code, column=self.header_of.get(name, name), params=params)
        self.faults.setdefault(row, []).append(fault)

    def refuse_future(self, *names: str, at: datetime) -> None:
        """Refuse the rows whose date in one of these columns is not yet."""
        latest = latest_day(at)
        for name in names:
            for row, day in enumerate(self.column(name)):
                if day is not None and day > latest:
                    self.refuse(row, "in_the_future", name)


def read_sheet(source: SheetSource, *, wanted: Sequence[str], required: Collection[str]) -> Sheet:
    """
    Read the wanted columns of a table that is open.

    :raises SpreadsheetRefused: if required columns are missing or headers contradict each other
    """
    reading = parse_table(source.table, wanted=wanted, required=required, locale=source.locale, mapping=source.mapping)
    columns = reading.match.columns
    sheet = Sheet(
        headers=reading.table.headers,
        header_of={name: reading.match.header_of(name) for name in columns},
        style=reading.style,
        digest=source.digest,
        notes=[*_warnings(reading), *_left_out(reading.match)],
        values={name: [] for name in columns},
    )
    doubts: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for chunk in reading:
        _append(sheet, chunk)
        for doubt in chunk.warnings:
            doubts[doubt.column, doubt.code].append(doubt.row_number)
    sheet.notes += [_doubt(column, code, rows) for (column, code), rows in doubts.items()]
    return sheet


def original_cells(table: Table, rows: Collection[int]) -> dict[int, list[Cell]]:
    """The cells of some rows as they came, those beyond the last header too. Reads the table again."""
    wanted, found = sorted(rows), {}
    for chunk in table.chunks() if wanted else ():
        for row in wanted[bisect_left(wanted, chunk.start) : bisect_left(wanted, chunk.start + len(chunk))]:
            found[row] = chunk.original_row(row - chunk.start)
    return found


def _doubt(column: str, code: str, rows: Sequence[int]) -> str:
    """What to look at again: it refuses nothing."""
    named = ", ".join(map(str, rows[:ROWS_NAMED])) + (", …" if len(rows) > ROWS_NAMED else "")
    return _("Rows %(rows)s, %(column)s: %(sentence)s") % {
        "rows": named,
        "column": column,
        "sentence": _(MESSAGES[code]),
    }


def _append(sheet: Sheet, chunk: ParsedChunk) -> None:
    start = len(sheet)
    sheet.row_numbers.extend(chunk.row_numbers.tolist())
    for name, values in sheet.values.items():
        values.extend(_plain(name, chunk.columns[name]))
    sheet.blank.update((chunk.blank.nonzero()[0] + start).tolist())
    for error in chunk.errors:
        fault = Fault(code=error.code, column=error.column, params=error.params)
        sheet.faults.setdefault(error.row_index, []).append(fault)


def _plain(name: str, column: ParsedColumn) -> list[Any]:
    kind = COLUMNS[name].kind
    if kind not in ("money", "whole"):
        return list(column.values)
    numbers: list[Any] = column.values.tolist()
    if kind == "money":
        amounts = {sen: Decimal(sen).scaleb(-2) for sen in set(numbers)}
        numbers = [amounts[sen] for sen in numbers]
    for row in column.missing.nonzero()[0].tolist():
        numbers[row] = None
    return numbers


def _warnings(reading: TableReading) -> list[str]:
    return [warning_sentence(warning.code, warning.params) for warning in reading.warnings]


def _left_out(match: ColumnMatch) -> Iterator[str]:
    plain = [f"«{unmatched.header}»" for unmatched in match.unmatched if not unmatched.suggestions]
    yield from (did_you_mean(unmatched) for unmatched in match.unmatched if unmatched.suggestions)
    if plain:
        yield _("Columns that are not read: %(headers)s.") % {"headers": ", ".join(plain)}
