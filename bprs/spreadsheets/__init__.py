"""The spreadsheet intake: sniff a file, read it in chunks, match its columns, parse its cells, write one."""

from bprs.spreadsheets.amounts import Locale, NumberStyle, decide_number_style, parse_money, parse_whole
from bprs.spreadsheets.cells import Broken, Cell, is_blank
from bprs.spreadsheets.chunk_reading import ParsedChunk, RowAccount, RowError
from bprs.spreadsheets.column_spec import ColumnSpec, Language
from bprs.spreadsheets.columns import COLUMNS, SCORING_COLUMNS, field_of
from bprs.spreadsheets.confined import open_confined
from bprs.spreadsheets.contents import Source
from bprs.spreadsheets.dates import parse_date
from bprs.spreadsheets.limits import Limits
from bprs.spreadsheets.matching import ColumnMatch, ColumnsMissing, UnmatchedHeader, match_columns, propose_columns
from bprs.spreadsheets.opening import open_table
from bprs.spreadsheets.parsing import ParsedColumn, parse_column
from bprs.spreadsheets.reading import TableReading, parse_table, read_table
from bprs.spreadsheets.refusals import MESSAGES, CellRefusal, FileWarning, SpreadsheetRefused
from bprs.spreadsheets.rejected import RejectedRows, RejectedWriter, write_rejected
from bprs.spreadsheets.safe_values import safe_text
from bprs.spreadsheets.tables import Chunk, Table
from bprs.spreadsheets.template import write_template
from bprs.spreadsheets.texts import parse_choice, parse_identifier, parse_name, parse_nik
from bprs.spreadsheets.writing import (
    CsvWriter,
    FileFormat,
    TableWriter,
    XlsxWriter,
    open_writer,
    write_csv,
    write_xlsx,
)

__all__ = [
    "COLUMNS",
    "MESSAGES",
    "SCORING_COLUMNS",
    "Broken",
    "Cell",
    "CellRefusal",
    "Chunk",
    "ColumnMatch",
    "ColumnSpec",
    "ColumnsMissing",
    "CsvWriter",
    "FileFormat",
    "FileWarning",
    "Language",
    "Limits",
    "Locale",
    "NumberStyle",
    "ParsedChunk",
    "ParsedColumn",
    "RejectedRows",
    "RejectedWriter",
    "RowAccount",
    "RowError",
    "Source",
    "SpreadsheetRefused",
    "Table",
    "TableReading",
    "TableWriter",
    "UnmatchedHeader",
    "XlsxWriter",
    "decide_number_style",
    "field_of",
    "is_blank",
    "match_columns",
    "open_confined",
    "open_table",
    "open_writer",
    "parse_choice",
    "parse_column",
    "parse_date",
    "parse_identifier",
    "parse_money",
    "parse_name",
    "parse_nik",
    "parse_table",
    "parse_whole",
    "propose_columns",
    "read_table",
    "safe_text",
    "write_csv",
    "write_rejected",
    "write_template",
    "write_xlsx",
]
