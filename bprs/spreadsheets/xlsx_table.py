"""XLSX: a sheet that was read, kept as columns."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bprs.spreadsheets.batches import Batch, rebatched
from bprs.spreadsheets.contents import Source
from bprs.spreadsheets.limits import Limits
from bprs.spreadsheets.refusals import FileWarning
from bprs.spreadsheets.tables import CHUNK_ROWS, Chunk, Table, chunk_of_columns
from bprs.spreadsheets.xlsx_archive import unpacked
from bprs.spreadsheets.xlsx_sheet import XlsxSheet


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetHead:
    """Which sheet was read, its header, and the first cells that are merged under it: see `XlsxSheet`."""

    sheet: str
    headers: tuple[str, ...]
    header_row_number: int
    merged_cells: str

    @property
    def warnings(self) -> tuple[FileWarning, ...]:
        return (FileWarning(code="merged_cells", params={"range": self.merged_cells}),) if self.merged_cells else ()


class XlsxTable(Table):
    """A table in a workbook; reading its chunks refuses nothing more."""

    kind = "xlsx"

    def __init__(self, head: SheetHead, batches: Iterable[Batch]) -> None:
        self.sheet = head.sheet
        self.headers = head.headers
        self.header_row_number = head.header_row_number
        self.warnings = head.warnings
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
        return XlsxTable(SheetHead(**found.head), found.batches())
