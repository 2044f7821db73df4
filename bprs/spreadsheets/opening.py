"""Open whatever was brought, if it is a table."""

from pathlib import Path

from bprs.spreadsheets.contents import FileKind, Source, recognise
from bprs.spreadsheets.csv_table import CsvTable
from bprs.spreadsheets.limits import Limits
from bprs.spreadsheets.refusals import FileWarning, SpreadsheetRefused
from bprs.spreadsheets.tables import Table
from bprs.spreadsheets.xlsx_table import open_workbook_table

EXTENSIONS: dict[str, FileKind] = {".csv": "csv", ".txt": "csv", ".tsv": "csv", ".xlsx": "xlsx"}
NO_TEXT = ("unknown_encoding", "binary_content")
DEFAULT_LIMITS = Limits()
ROWS_AT_FIRST = 200


def open_table(
    source: Source, *, filename: str = "", sheet: str | None = None, limits: Limits = DEFAULT_LIMITS
) -> Table:
    """
    Open a CSV or XLSX file by its content and find its header. A file object stays open and must be seekable.

    :raises SpreadsheetRefused: if it is anything else, hostile, or beyond the limits; reading refuses nothing more
    """
    if recognise(source, limits) == "xlsx":
        return looked_over(open_workbook_table(source, sheet=sheet, limits=limits), source, filename)
    return looked_over(_open_text(source, limits, _name_of(source, filename)), source, filename)


def _open_text(source: Source, limits: Limits, name: str) -> Table:
    try:
        return CsvTable(source, limits=limits)
    except SpreadsheetRefused as refused:
        if refused.code in NO_TEXT and EXTENSIONS.get(Path(name).suffix.lower()) == "xlsx":
            raise SpreadsheetRefused("broken_workbook") from refused
        raise


def _name_of(source: Source, filename: str) -> str:
    return filename or (source.name if isinstance(source, Path) else "")


def looked_over(table: Table, source: Source, filename: str) -> Table:
    """
    The table, with what is odd about its name and its header added to its warnings.

    :raises SpreadsheetRefused: if there is nothing under the header
    """
    if all(chunk.blank.all() for chunk in table.chunks(ROWS_AT_FIRST)):
        raise SpreadsheetRefused("empty_file")
    table.warnings += _name_warnings(table.kind, _name_of(source, filename))
    if "" in table.headers:
        table.warnings += (FileWarning(code="column_without_header"),)
    return table


def _name_warnings(kind: str, filename: str) -> tuple[FileWarning, ...]:
    warnings = []
    if EXTENSIONS.get(Path(filename).suffix.lower(), kind) != kind:
        warnings.append(FileWarning(code="extension_differs", params={"filename": filename, "kind": kind.upper()}))
    return tuple(warnings)
