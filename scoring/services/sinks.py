"""Where scored rows are written on the command line: the cells as they came, then the outcome."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from bprs.spreadsheets import TableReading, TableWriter, open_writer
from bprs.spreadsheets.cells import Cells, is_blank
from bprs.spreadsheets.text_cells import TextCells
from bprs.spreadsheets.typed_cells import TypedCells
from bprs.spreadsheets.writing import FileFormat
from scoring.engine import RAW_FACTS, FactKind, Scorecard
from scoring.result_parts import with_few_values
from scoring.services.applications import ScoredChunk
from scoring.services.outgoing import rounded, taken
from scoring.services.result_tables import MONEY_TYPE, WORDS_TYPE, rupiah

FIGURES = {
    "row_number": pa.int64(),
    "credit_score": pa.int32(),
    "raw_score": pa.int32(),
    "default_probability": pa.float64(),
    "segment": WORDS_TYPE,
    "dsr": pa.float64(),
    "monthly_installment": pa.float64(),
}


class Writable(Protocol):
    """As much of a file as Arrow asks for."""

    def write(self, content: Any, /) -> int: ...


class Sink(ABC):
    """Where scored rows go: the cells as they came (what was scored as numbers), then the outcome."""

    def __init__(self, reading: TableReading, card: Scorecard) -> None:
        self.reading = reading
        self.read_as = {place: name for name, place in reading.match.columns.items()}
        self.names = [each.name for each in card.characteristics]
        self.outcome_types = outcome_types(card)

    def outcome_columns(self, chunk: ScoredChunk) -> list[pa.Array]:
        outcomes = chunk.outcomes
        return [
            pa.array(chunk.parsed.row_numbers[chunk.rows]),
            pa.array(outcomes.credit_score),
            pa.array(outcomes.raw_score),
            pa.array(outcomes.default_probability).dictionary_encode(),
            pa.DictionaryArray.from_arrays(outcomes.segment, list(outcomes.segment_names)),
            pa.array(outcomes.dsr, from_pandas=True),
            pa.array(np.round(outcomes.monthly_installment, 2)),
            *(pa.array(outcomes.points[name]) for name in self.names),
        ]

    def number(self, chunk: ScoredChunk, place: int) -> pa.Array | None:
        """What was scored as a number; None for any other column."""
        name = self.read_as.get(place, "")
        kind = RAW_FACTS.get(name)
        if kind not in (FactKind.MONEY, FactKind.WHOLE):
            return None
        values, missing = chunk.facts.columns[name], chunk.facts.missing.get(name)
        known = rupiah(values) if kind is FactKind.MONEY else pa.array(values)
        return known if missing is None else pc.if_else(pa.array(missing), pa.scalar(None, known.type), known)

    def __enter__(self) -> "Sink":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @abstractmethod
    def write(self, chunk: ScoredChunk) -> None: ...

    @abstractmethod
    def close(self) -> None: ...


class SheetSink(Sink):
    """CSV or XLSX."""

    def __init__(self, path: Path, suffix: str, reading: TableReading, card: Scorecard) -> None:
        super().__init__(reading, card)
        headers = [*reading.table.headers, *self.outcome_types]
        self._is_csv = suffix == ".csv"
        file_format: FileFormat = "csv" if self._is_csv else "xlsx"
        self._writer: TableWriter = open_writer(path, headers, ["any"] * len(headers), file_format=file_format)

    def write(self, chunk: ScoredChunk) -> None:
        given = [self._cells(chunk, place) for place in range(len(self.reading.table.headers))]
        outcome = [rounded(column) for column in self.outcome_columns(chunk)]
        self._writer.write_columns([*given, *outcome])

    def _cells(self, chunk: ScoredChunk, place: int) -> Iterable[object]:
        cells = chunk.parsed.source.columns[place]
        if self._is_csv and isinstance(cells, TextCells) and cells.are_whole_numbers():
            return taken(cells, chunk.rows)
        numbers = self.number(chunk, place)
        return taken(cells, chunk.rows) if numbers is None else numbers

    def close(self) -> None:
        self._writer.close()


class ParquetSink(Sink):
    """
    Typed columns: money as decimal(17, 2), months and points as integers; what was not read as in the input, which
    for CSV is text. Each chunk becomes a row group.
    """

    def __init__(self, target: Path | Writable, reading: TableReading, card: Scorecard) -> None:
        super().__init__(reading, card)
        self._schema = parquet_schema(reading, card)
        few = [*with_few_values(self._schema), "default_probability"]
        self._writer = pq.ParquetWriter(target, self._schema, use_dictionary=few, write_statistics=False)

    def write(self, chunk: ScoredChunk) -> None:
        given = [self._array(chunk, place) for place in range(len(self.reading.table.headers))]
        columns = [*given, *self.outcome_columns(chunk)]
        typed = [column.cast(kind) for column, kind in zip(columns, self._schema.types, strict=True)]
        self._writer.write_table(pa.table(typed, schema=self._schema))

    def close(self) -> None:
        self._writer.close()

    def _array(self, chunk: ScoredChunk, place: int) -> pa.Array:
        numbers = self.number(chunk, place)
        return _arrow(taken(chunk.parsed.source.columns[place], chunk.rows)) if numbers is None else numbers


def open_sink(path: Path, suffix: str, reading: TableReading, card: Scorecard) -> Sink:
    return ParquetSink(path, reading, card) if suffix == ".parquet" else SheetSink(path, suffix, reading, card)


def outcome_types(card: Scorecard) -> dict[str, pa.DataType]:
    """The columns of the outcome, and what they hold."""
    return {**FIGURES, **{f"points_{each.name}": pa.int32() for each in card.characteristics}}


def parquet_schema(reading: TableReading, card: Scorecard) -> pa.Schema:
    """The columns of the input, then those of the outcome."""
    read_as = {place: name for name, place in reading.match.columns.items()}
    given = [
        (header, _given_type(read_as.get(place, ""), reading.table.type_of(place)))
        for place, header in enumerate(reading.table.headers)
    ]
    return pa.schema([*given, *outcome_types(card).items()])


def _given_type(name: str, kept_as: pa.DataType) -> pa.DataType:
    numbers = {FactKind.MONEY: MONEY_TYPE, FactKind.WHOLE: pa.int64()}
    return numbers.get(RAW_FACTS.get(name, FactKind.CATEGORY), kept_as)


def _arrow(cells: Cells) -> pa.Array:
    """The cells as they are, or else as text; nothing for a blank."""
    if isinstance(cells, TypedCells):
        return cells.arrow
    if isinstance(cells, TextCells):
        return pc.if_else(pa.array(cells.blank()), pa.scalar(None, pa.string()), cells.arrow)
    return pa.array([None if is_blank(cell) else str(cell) for cell in cells], pa.string())
