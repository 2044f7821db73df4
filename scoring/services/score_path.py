"""File to file on the command line: the input's columns with the outcome beside them, streamed."""

import os
from abc import ABC, abstractmethod
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext as _

from bprs.errors import DomainError
from bprs.spreadsheets import (
    FileWarning,
    Limits,
    RejectedWriter,
    RowAccount,
    TableReading,
    TableWriter,
    open_table,
    open_writer,
)
from bprs.spreadsheets.amounts import Locale
from bprs.spreadsheets.cells import Cells, is_blank
from bprs.spreadsheets.rejected import Language
from bprs.spreadsheets.text_cells import TextCells
from bprs.spreadsheets.writing import FileFormat
from scoring.engine import RAW_FACTS, FactKind, Scorecard
from scoring.engine.arrays import IntColumn
from scoring.services.applications import ScoredChunk, read_applications, score_chunks
from scoring.services.outgoing import rounded, taken

GIGABYTE = 1024**3
# The operator's own machine and file: what protects a shared server would only be in the way.
LOCAL_LIMITS = Limits(max_bytes=64 * GIGABYTE, max_inflated_bytes=8 * GIGABYTE, max_rows=1_000_000_000)
SUFFIXES = (".csv", ".xlsx", ".parquet")
ROWS_AT_ONCE = 20_000
MONEY_TYPE = pa.decimal128(17, 2)


class OutputRefused(DomainError):
    code = "output_refused"


@dataclass(slots=True, kw_only=True)
class FileSummary:
    """What became of the rows, how many landed in each segment, and what to look at in the file as a whole."""

    warnings: tuple[FileWarning, ...] = ()
    account: RowAccount = field(default_factory=RowAccount)
    segments: Counter[str] = field(default_factory=Counter)
    rejected_path: Path | None = None


def score_path(  # noqa: PLR0913 one parameter per choice the operator has
    *,
    source: Path,
    output: Path,
    card: Scorecard,
    rejected: Path | None = None,
    sheet: str | None = None,
    locale: Locale = "id",
    mapping: Mapping[str, str] = MappingProxyType({}),
    on_progress: Callable[[int], None] | None = None,
) -> FileSummary:
    """
    Score a CSV or XLSX file into a CSV, XLSX or Parquet file, by the suffix of `output`. Memory stays flat.

    Rejected rows go, with their reasons, to `rejected` or else beside the output. A file appears whole or not at all.

    :param mapping: what columns are read as, by their titles, where the operator says so
    :raises SpreadsheetRefused: if the input cannot be read
    :raises UnknownColumn: if the mapping does not fit the file or the card
    :raises OutputRefused: if the output would overwrite the input or has another suffix
    """
    rejected = rejected or output.with_name(f"{output.stem}.rejected.xlsx")
    _refuse_bad_targets(source, output, rejected)
    reading = read_applications(
        source,
        card=card,
        limits=LOCAL_LIMITS,
        filename=source.name,
        locale=locale,
        sheet=sheet,
        mapping=mapping,
        opener=open_table,
    )
    summary = FileSummary(warnings=reading.warnings)
    with _whole_or_not(output) as part, _whole_or_not(rejected) as rejected_part:
        with (
            _sink(part, output.suffix.lower(), reading, card) as sink,
            RejectedWriter(rejected_part, reading, language=_language(), translate=gettext) as rejects,
            _written_behind(sink) as write,
        ):
            for chunk in score_chunks(reading, card, size=ROWS_AT_ONCE):
                write(chunk)
                rejects.write(chunk.parsed)
                summary.account += chunk.parsed.account
                summary.segments.update(chunk.outcomes.segment_counts())
                if on_progress:
                    on_progress(summary.account.rows_read)
        if not summary.account.rejected:
            rejected_part.unlink()
    if summary.account.rejected:
        summary.rejected_path = rejected
    else:
        rejected.unlink(missing_ok=True)  # of an earlier run into the same output: it would mislead
    return summary


class _Sink(ABC):
    """Where scored rows go: the cells as they came (what was scored as numbers), then the outcome."""

    def __init__(self, reading: TableReading, card: Scorecard) -> None:
        self.reading = reading
        self.read_as = {place: name for name, place in reading.match.columns.items()}
        self.names = [each.name for each in card.characteristics]

    @property
    def outcome_headers(self) -> list[str]:
        points = (f"points_{name}" for name in self.names)
        return [
            "row_number",
            "credit_score",
            "raw_score",
            "default_probability",
            "segment",
            "dsr",
            "monthly_installment",
            *points,
        ]

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
        known = _decimals(values) if kind is FactKind.MONEY else pa.array(values)
        return known if missing is None else pc.if_else(pa.array(missing), pa.scalar(None, known.type), known)

    def __enter__(self) -> "_Sink":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @abstractmethod
    def write(self, chunk: ScoredChunk) -> None: ...

    @abstractmethod
    def close(self) -> None: ...


class _SheetSink(_Sink):
    """CSV or XLSX."""

    def __init__(self, path: Path, suffix: str, reading: TableReading, card: Scorecard) -> None:
        super().__init__(reading, card)
        headers = [*reading.table.headers, *self.outcome_headers]
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


class _ParquetSink(_Sink):
    """Typed columns: money as decimal(17, 2), months and points as integers, and as text what was not read."""

    def __init__(self, path: Path, reading: TableReading, card: Scorecard) -> None:
        super().__init__(reading, card)
        given = [self._type(place) for place in range(len(reading.table.headers))]
        counts = [pa.int64(), pa.int32(), pa.int32()]
        outcome = [*counts, pa.float64(), pa.string(), pa.float64(), pa.float64(), *[pa.int32()] * len(self.names)]
        names = [*reading.table.headers, *self.outcome_headers]
        self._schema = pa.schema(list(zip(names, [*given, *outcome], strict=True)))
        self._writer = pq.ParquetWriter(path, self._schema)

    def write(self, chunk: ScoredChunk) -> None:
        given = [self._array(chunk, place) for place in range(len(self.reading.table.headers))]
        columns = [*given, *self.outcome_columns(chunk)]
        typed = [column.cast(kind) for column, kind in zip(columns, self._schema.types, strict=True)]
        self._writer.write_table(pa.table(typed, schema=self._schema))

    def close(self) -> None:
        self._writer.close()

    def _type(self, place: int) -> pa.DataType:
        kind = RAW_FACTS.get(self.read_as.get(place, ""), FactKind.CATEGORY)
        return {FactKind.MONEY: MONEY_TYPE, FactKind.WHOLE: pa.int64(), FactKind.CATEGORY: pa.string()}[kind]

    def _array(self, chunk: ScoredChunk, place: int) -> pa.Array:
        numbers = self.number(chunk, place)
        return _texts(taken(chunk.parsed.source.columns[place], chunk.rows)) if numbers is None else numbers


def _sink(path: Path, suffix: str, reading: TableReading, card: Scorecard) -> _Sink:
    return _ParquetSink(path, reading, card) if suffix == ".parquet" else _SheetSink(path, suffix, reading, card)


@contextmanager
def _written_behind(sink: _Sink) -> Iterator[Callable[[ScoredChunk], None]]:
    """Write while the next chunk is read: never more than one waits, and a fault in writing is raised here."""
    with ThreadPoolExecutor(max_workers=1) as writer:
        waiting: deque[Future[None]] = deque()

        def write(chunk: ScoredChunk) -> None:
            waiting.append(writer.submit(sink.write, chunk))
            if len(waiting) > 1:
                waiting.popleft().result()

        yield write
        for written in waiting:
            written.result()


def _refuse_bad_targets(source: Path, output: Path, rejected: Path) -> None:
    if output.suffix.lower() not in SUFFIXES:
        raise OutputRefused(_("The output ends in .csv, .xlsx or .parquet."))
    if rejected.suffix.lower() != ".xlsx":
        raise OutputRefused(_("The file of rejected rows ends in .xlsx."))
    if len({path.resolve() for path in (source, output, rejected)}) < len((source, output, rejected)):
        raise OutputRefused(_("The input, the output and the file of rejected rows must be different files."))


@contextmanager
def _whole_or_not(path: Path) -> Iterator[Path]:
    """Write beside the target and put it in place at the end, if it is still there then."""
    part = path.with_name(f".{path.stem}.{os.getpid()}.part{path.suffix}")
    try:
        yield part
        if part.exists():
            part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _language() -> Language:
    return "en" if (get_language() or "id").startswith("en") else "id"


def _texts(cells: Cells) -> pa.StringArray:
    """The cells as text; nothing for a blank."""
    if isinstance(cells, TextCells):
        return pc.if_else(pa.array(cells.blank()), pa.scalar(None, pa.string()), cells.arrow)
    return pa.array([None if is_blank(cell) else str(cell) for cell in cells], pa.string())


def _decimals(sen: IntColumn) -> pa.Array:
    """Lay out int64 as 128-bit integers, which is what a decimal(17, 2) column is: nothing is converted one by one."""
    words = np.stack([sen, sen >> 63], axis=1)
    return pa.Decimal128Array.from_buffers(MONEY_TYPE, len(sen), [None, pa.py_buffer(words.tobytes())])
