"""Look through the inputs before anything is scored: what cannot be read is refused now, and the rest is cut into parts."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
from django.utils.translation import gettext as _

from bprs.errors import DomainError
from bprs.spreadsheets import FileWarning, SpreadsheetRefused, TableReading, open_table
from bprs.spreadsheets.csv_ranges import cut_into_ranges
from bprs.spreadsheets.csv_table import CsvTable
from bprs.spreadsheets.parquet_table import ParquetTable, opened
from bprs.spreadsheets.tables import Table
from bprs.wording import sentence_of
from scoring.engine import Scorecard
from scoring.services.applications import UnknownColumn, applications_in
from scoring.services.portfolio_files.inputs import NothingToScore
from scoring.services.portfolio_files.plan import (
    FORMAT,
    LIMITS,
    Asked,
    LookedThrough,
    Part,
    Piece,
    Plan,
    RowGroups,
    WholeFile,
)
from scoring.services.sinks import outcome_types, parquet_schema

BYTES_A_ROW = 32  # of CSV, about


class InputRefused(DomainError):
    """One of the files; the sentence names it."""

    code = "input_refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """A plan, and what there is to look at in the files."""

    plan: Plan
    warnings: tuple[tuple[Path, FileWarning], ...]


def survey(asked: Asked, card: Scorecard, *, part_rows: int) -> Survey:
    """
    Plan the work, in parts of about so many rows; a row group of Parquet is never divided. Of Parquet only the footer is
    read, and columns of text that hold numbers; CSV is read from end to end.

    :raises InputRefused: if a file cannot be read, lacks a column, or has other columns than the first
    :raises NothingToScore: if there is no row in any of them
    :raises OSError: if a file cannot be read at all
    """
    surveyed = [_InputSurvey.of(Path(each.path), asked, card, part_rows) for each in asked.inputs]
    _refuse_different([Path(each.path) for each in asked.inputs], [each.schema for each in surveyed])
    parts = tuple(
        Part(input=index, piece=piece, rows=rows) for index, each in enumerate(surveyed) for piece, rows in each.pieces
    )
    if not parts:
        raise NothingToScore(_("There is no row in any of these files."))
    return Survey(
        plan=Plan(
            format=FORMAT, asked=asked, looked_through=tuple(each.looked_through for each in surveyed), parts=parts
        ),
        warnings=tuple((each.path, warning) for each in surveyed for warning in each.warnings),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _InputSurvey:
    path: Path
    looked_through: LookedThrough
    schema: pa.Schema
    pieces: tuple[tuple[Piece, int | None], ...]
    warnings: tuple[FileWarning, ...]

    @classmethod
    def of(cls, path: Path, asked: Asked, card: Scorecard, part_rows: int) -> "_InputSurvey":
        try:
            table = _open(path)
            reading = applications_in(table, card=card, locale=asked.locale, mapping=asked.mapping)
        except (SpreadsheetRefused, UnknownColumn) as refusal:
            raise InputRefused(f"{path}: {sentence_of(refusal)}") from refusal
        _refuse_taken_names(path, reading, card)
        return cls(
            path=path,
            looked_through=LookedThrough(
                group=reading.style.group, layout=table.layout if isinstance(table, CsvTable) else None
            ),
            schema=parquet_schema(reading, card),
            pieces=tuple(_pieces(table, path, part_rows)),
            warnings=reading.warnings,
        )


def _open(path: Path) -> Table:
    if path.suffix.lower() == ".parquet":
        return ParquetTable(path)
    table = open_table(path, filename=path.name, limits=LIMITS)
    if not isinstance(table, CsvTable):
        raise InputRefused(_("%(path)s is a workbook: score it alone, or save it as CSV.") % {"path": path})
    return table


def _pieces(table: Table, path: Path, part_rows: int) -> Iterator[tuple[Piece, int | None]]:
    if isinstance(table, CsvTable):
        ranges = cut_into_ranges(table, path, size=part_rows * BYTES_A_ROW)
        yield from ((each, each.rows) for each in ranges)
        if not ranges:
            yield WholeFile(), None
    else:
        yield from _row_groups(path, part_rows)


def _row_groups(path: Path, part_rows: int) -> Iterator[tuple[Piece, int]]:
    """Row groups one by one if they are large; small ones together."""
    with opened(path) as file:
        counts = [file.metadata.row_group(index).num_rows for index in range(file.metadata.num_row_groups)]
    taken: list[int] = []
    first_row = rows = 0
    for index, count in enumerate(counts):
        if taken and rows + count > part_rows:
            yield RowGroups(numbers=tuple(taken), first_row=first_row), rows
            taken, first_row, rows = [], first_row + rows, 0
        taken.append(index)
        rows += count
    if rows:
        yield RowGroups(numbers=tuple(taken), first_row=first_row), rows


def _refuse_taken_names(path: Path, reading: TableReading, card: Scorecard) -> None:
    taken = [header for header in reading.table.headers if header in outcome_types(card)]
    if taken:
        raise InputRefused(
            _("%(path)s has a column «%(column)s» already, which the outcome is to have. Rename it.")
            % {"path": path, "column": taken[0]}
        )


def _refuse_different(paths: Sequence[Path], schemas: Sequence[pa.Schema]) -> None:
    """One table comes out, so that its parts have the same columns."""
    for path, schema in zip(paths, schemas, strict=True):
        if not schema.equals(schemas[0]):
            raise InputRefused(
                _("%(path)s has other columns than %(first)s. Score them into folders of their own.")
                % {"path": path, "first": paths[0]}
            )
