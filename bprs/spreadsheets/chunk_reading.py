"""Read one chunk: its columns into values, its rows into accepted, rejected and blank."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from bprs.spreadsheets.amounts import NumberStyle
from bprs.spreadsheets.cells import Cells
from bprs.spreadsheets.column_spec import NUMBERS, ColumnSpec
from bprs.spreadsheets.matching import ColumnMatch
from bprs.spreadsheets.number_cells import NumberCells
from bprs.spreadsheets.parsing import Mask, ParsedColumn, parse_column
from bprs.spreadsheets.refusals import MESSAGES, Params
from bprs.spreadsheets.row_shapes import SUSPICIOUS, likely_shape, unmistakable_shape
from bprs.spreadsheets.tables import Chunk
from bprs.spreadsheets.text_cells import TextCells
from bprs.spreadsheets.texts import nik_birth_dates
from bprs.spreadsheets.typed_cells import TypedCells

Fault = tuple[str, str, Params]


@dataclass(frozen=True, slots=True, kw_only=True)
class RowError:
    """Why a row is rejected: where, a stable code, and the English template with its params."""

    row_index: int
    row_number: int
    column: str
    field: str
    code: str
    params: Params

    @property
    def message(self) -> str:
        return MESSAGES[self.code]

    @property
    def sentence(self) -> str:
        return self.message % self.params


@dataclass(frozen=True, slots=True, kw_only=True)
class RowAccount:
    """Where the rows went. An account that does not add up cannot be made."""

    rows_read: int = 0
    accepted: int = 0
    rejected: int = 0
    blank: int = 0

    def __post_init__(self) -> None:
        if self.rows_read != self.accepted + self.rejected + self.blank:
            raise ValueError(f"rows do not add up: {self}")

    def __add__(self, other: "RowAccount") -> "RowAccount":
        return RowAccount(
            rows_read=self.rows_read + other.rows_read,
            accepted=self.accepted + other.accepted,
            rejected=self.rejected + other.rejected,
            blank=self.blank + other.blank,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedChunk:
    """
    One chunk, read. `columns` hold every row of the chunk; `accepted`, `rejected` and `blank` are masks over them.

    `row_indexes` count data rows from zero; `row_numbers` are the spreadsheet program's; `source` has the original cells.
    """

    row_indexes: npt.NDArray[np.int64]
    row_numbers: npt.NDArray[np.int64]
    columns: Mapping[str, ParsedColumn]
    accepted: Mask
    rejected: Mask
    blank: Mask
    errors: tuple[RowError, ...]
    warnings: tuple[RowError, ...]
    account: RowAccount
    source: Chunk


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingPlan:
    """What is read, and how: the same for every chunk of a table."""

    match: ColumnMatch
    specs: tuple[ColumnSpec, ...]
    required: frozenset[str]
    style: NumberStyle


def read_chunk(chunk: Chunk, plan: ReadingPlan) -> ParsedChunk:
    """Read the columns of a chunk and account for each of its rows."""
    columns = {
        spec.name: parse_column(spec, chunk.columns[plan.match.columns[spec.name]], plan.style) for spec in plan.specs
    }
    faults = _faults(chunk, plan, columns)
    rejected = np.zeros(len(chunk), dtype=bool)
    rejected[list(faults)] = True
    accepted = ~rejected & ~chunk.blank
    return ParsedChunk(
        row_indexes=np.arange(chunk.start, chunk.start + len(chunk)),
        row_numbers=np.arange(chunk.row_numbers.start, chunk.row_numbers.stop),
        columns=columns,
        accepted=accepted,
        rejected=rejected,
        blank=chunk.blank,
        errors=tuple(_row_error(chunk, plan, row, fault) for row in sorted(faults) for fault in faults[row]),
        warnings=tuple(_row_error(chunk, plan, row, fault) for row, fault in _warnings(columns) if accepted[row]),
        account=RowAccount(
            rows_read=len(chunk),
            accepted=int(accepted.sum()),
            rejected=int(rejected.sum()),
            blank=int(chunk.blank.sum()),
        ),
        source=chunk,
    )


def _faults(chunk: Chunk, plan: ReadingPlan, columns: Mapping[str, ParsedColumn]) -> dict[int, list[Fault]]:
    """What is wrong, by row; a row that is no data at all is named once instead of cell by cell."""
    faults: dict[int, list[Fault]] = {}
    for name, column in columns.items():
        for row, code, params in column.errors:
            faults.setdefault(row, []).append((name, code, params))
        if name in plan.required:
            for row in np.flatnonzero(column.missing & ~chunk.blank).tolist():
                faults.setdefault(row, []).append((name, "missing", {}))
    for row in list(faults):
        if shape := likely_shape(chunk.row(row)):
            faults[row] = [("", shape, {})]
    faults |= {row: [("", "too_many_cells", {})] for row in chunk.surplus}
    return faults | {row: [("", shape, {})] for row, shape in _no_data(chunk, plan)}


def _no_data(chunk: Chunk, plan: ReadingPlan) -> Iterator[tuple[int, str]]:
    """Rows whose numbers may all be readable and that are no data all the same. Only texts can tell."""
    numbers = {plan.match.columns[spec.name] for spec in plan.specs if spec.kind in NUMBERS}
    suspects: set[int] = set()
    for index, cells in enumerate(chunk.columns):
        if index not in numbers and not isinstance(cells, (NumberCells, TypedCells)):
            suspicious = pc.match_substring_regex(_texts(cells), SUSPICIOUS)
            suspects.update(pc.indices_nonzero(suspicious).to_pylist())
    for row in sorted(suspects):
        if shape := unmistakable_shape(chunk.row(row)):
            yield row, shape


def _texts(cells: Cells) -> pa.StringArray:
    """The cells that are texts; null where they are not."""
    if isinstance(cells, TextCells):
        return cells.arrow
    return pa.array([cell if type(cell) is str else None for cell in cells], pa.string())


def _row_error(chunk: Chunk, plan: ReadingPlan, row: int, fault: Fault) -> RowError:
    name, code, params = fault
    return RowError(
        row_index=chunk.start + row,
        row_number=chunk.row_numbers[row],
        column=plan.match.header_of(name) if name else "",
        field=name,
        code=code,
        params=params,
    )


def _warnings(columns: Mapping[str, ParsedColumn]) -> Iterator[tuple[int, Fault]]:
    for name, column in columns.items():
        yield from ((row, (name, code, params)) for row, code, params in column.warnings)
    if "nik" in columns and "birth_date" in columns:
        pairs = zip(columns["nik"].values, columns["birth_date"].values, strict=True)
        for row, (nik, born) in enumerate(pairs):
            if nik and born and born not in nik_birth_dates(nik):
                yield row, ("nik", "nik_birth_date_differs", {})
