"""XLSX: a sheet that was read, kept as columns."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bprs.spreadsheets.batches import Batch, rebatched
from bprs.spreadsheets.contents import Source
from bprs.spreadsheets.limits import Limits
from bprs.spreadsheets.tables import CHUNK_ROWS, Chunk, Table, chunk_of_columns
from bprs.spreadsheets.xlsx_archive import unpacked
from bprs.spreadsheets.xlsx_sheet import XlsxSheet


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetHead:
    """Which sheet was read, and its header."""

    sheet: str
    headers: tuple[str, ...]
    header_row_number: int


class XlsxTable(Table):
    """A table in a workbook; reading its chunks refuses nothing more."""

    kind = "xlsx"

    def __init__(self, head: SheetHead, batches: Iterable[Batch]) -> None:
        self.sheet = head.sheet
        self.headers = head.headers
        self.header_row_number = head.header_row_number
        self.warnings = ()
        self._batches = list(batches)

    def chunks(self, size: int = CHUNK_ROWS) -> Iterator[Chunk]:
        start = 0
        for batch in rebatched(self._batches, size):
            yield chunk_of_columns(batch.columns, batch.surplus, table=self, start=start)
            start += len(batch)


def open_workbook_table(source: Source, *, sheet: str | None, limits: Limits) -> XlsxTable:
    """
    Read a sheet of a workbook whole.

    :raises SpreadsheetRefused: if it is damaged, hostile, or beyond the limits
    """
    with unpacked(source, limits) as parts:
        found = XlsxSheet(parts, sheet=sheet, limits=limits)
        head = SheetHead(sheet=found.name, headers=found.headers, header_row_number=found.header_row_number)
        return XlsxTable(head, found.batches())
