"""Parquet: columns with their types, in row groups of which any may be read alone, with flat memory."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from bprs.spreadsheets.cells import Cells
from bprs.spreadsheets.limits import MEGABYTE
from bprs.spreadsheets.refusals import SpreadsheetRefused
from bprs.spreadsheets.tables import CHUNK_ROWS, Chunk, Table, chunk_of_columns
from bprs.spreadsheets.text_cells import TextCells
from bprs.spreadsheets.typed_cells import TypedCells


class ParquetTable(Table):
    """
    The whole of a Parquet file, or some of its row groups. Its first row has the number 1: no header stands above it.

    :raises SpreadsheetRefused: on construction, if it is no Parquet file
    :raises OSError: if it is damaged further down, only when that is read
    """

    kind = "parquet"
    sheet = None
    header_row_number = 0
    warnings = ()

    def __init__(self, path: Path, *, row_groups: Sequence[int] | None = None, first_row: int = 0) -> None:
        self._path = path
        self._row_groups = None if row_groups is None else list(row_groups)
        self.first_row = first_row
        with opened(path) as file:
            schema = file.schema_arrow
        self.headers = tuple(schema.names)
        self._types = list(schema.types)

    def may_group_digits_at(self, place: int) -> bool:
        return _is_text(self._types[place])

    def type_of(self, place: int) -> pa.DataType:
        return pa.string() if _is_text(self._types[place]) else self._types[place]

    def chunks(self, size: int = CHUNK_ROWS) -> Iterator[Chunk]:
        start = self.first_row
        with opened(self._path) as file:
            for batch in file.iter_batches(size, row_groups=self._row_groups, use_threads=False):
                if len(batch):
                    yield chunk_of_columns([_cells(column) for column in batch.columns], {}, table=self, start=start)
                    start += len(batch)


def opened(path: Path) -> pq.ParquetFile:
    """
    A Parquet file, to be read piece by piece.

    :raises SpreadsheetRefused: if it is none
    """
    try:
        return pq.ParquetFile(path, pre_buffer=False, buffer_size=MEGABYTE)
    except pa.ArrowInvalid as error:
        raise SpreadsheetRefused("broken_parquet") from error


def _is_text(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        return _is_text(kind.value_type)
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _cells(column: pa.Array) -> Cells:
    if not _is_text(column.type):
        return TypedCells(column)
    texts = column.cast(pa.string())
    return TextCells(texts.fill_null("") if texts.null_count else texts)
