"""CSV: found out, checked once from end to end, then read in chunks with flat memory."""

import codecs
import csv
import io
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, islice

from bprs.spreadsheets.cells import INVISIBLE
from bprs.spreadsheets.contents import Source, open_bytes
from bprs.spreadsheets.headers import HEADER_ROWS, Header, find_header
from bprs.spreadsheets.limits import MEGABYTE, Limits
from bprs.spreadsheets.refusals import FileWarning, SpreadsheetRefused
from bprs.spreadsheets.tables import CHUNK_ROWS, Chunk, Table, chunk_of

DELIMITERS = (",", ";", "\t", "|")
SAMPLE_ROWS = 50
UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How the text is written; `skipped_lines` is 1 when a `sep=` line stands first, which programs do not show."""

    encoding: str
    delimiter: str
    skipped_lines: int


class CsvTable(Table):
    """
    A table in a text file.

    :raises SpreadsheetRefused: on construction, so that reading the chunks refuses nothing more
    """

    kind = "csv"
    sheet = None

    def __init__(self, source: Source, *, limits: Limits) -> None:
        self._source = source
        encoding = find_encoding(source)
        self._dialect, header = _find_dialect(source, encoding, limits)
        self.headers = header.names
        self.header_row_number = header.index + 1
        self.warnings = (FileWarning(code="read_as_cp1252"),) if encoding == "cp1252" else ()
        self._check(limits)

    def chunks(self, size: int = CHUNK_ROWS) -> Iterator[Chunk]:
        with _records(self._source, self._dialect) as records:
            rows = islice(records, self.header_row_number, None)
            start = 0
            while batch := list(islice(rows, size)):
                yield chunk_of(batch, table=self, start=start)
                start += len(batch)

    def _check(self, limits: Limits) -> None:
        """Read to the end once: quotes close, cells and rows stay within the limits."""
        if len(self.headers) > limits.max_columns:
            raise SpreadsheetRefused("too_many_columns", limit=limits.max_columns)
        count = 0
        with _records(self._source, self._dialect) as records:
            while batch := _next_batch(records, count, limits):
                _check_cells(batch, count, limits)
                count += len(batch)
                if count - self.header_row_number > limits.max_rows:
                    raise SpreadsheetRefused("too_many_rows", limit=limits.max_rows)


def _next_batch(records: Iterator[list[str]], count: int, limits: Limits) -> list[list[str]]:
    batch: list[list[str]] = []
    try:
        batch.extend(islice(records, CHUNK_ROWS))
    except csv.Error as error:
        raise _csv_refusal(error, count + len(batch) + 1, limits) from error
    return batch


def _csv_refusal(error: csv.Error, row_number: int, limits: Limits) -> SpreadsheetRefused:
    if "field larger" in str(error):
        return SpreadsheetRefused("cell_too_long", row_number=row_number, limit=limits.max_cell_chars)
    return SpreadsheetRefused("broken_quotes", row_number=row_number)


def _check_cells(batch: list[list[str]], count: int, limits: Limits) -> None:
    if max(map(len, chain.from_iterable(batch)), default=0) <= limits.max_cell_chars:
        return
    row = next(index for index, record in enumerate(batch) if max(map(len, record), default=0) > limits.max_cell_chars)
    raise SpreadsheetRefused("cell_too_long", row_number=count + row + 1, limit=limits.max_cell_chars)


def find_encoding(source: Source) -> str:
    """
    UTF-16 by its mark, UTF-8 if every byte of the file says so, else Windows-1252.

    :raises SpreadsheetRefused: if the bytes are no text
    """
    with open_bytes(source) as file:
        head = file.read(4)
    if head.startswith(UTF16):
        _check_text(source, "utf-16")
        return "utf-16"
    try:
        _check_text(source, "utf-8")
    except UnicodeDecodeError:
        _check_text(source, "cp1252")
        return "cp1252"
    return "utf-8-sig"


def _check_text(source: Source, encoding: str) -> None:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        with open_bytes(source) as file:
            while block := file.read(MEGABYTE):
                _refuse_binary(decoder.decode(block))
            decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        if encoding == "utf-8":
            raise
        raise SpreadsheetRefused("unknown_encoding") from error


def _refuse_binary(text: str) -> None:
    if "\x00" in text:
        raise SpreadsheetRefused("binary_content")


@contextmanager
def _records(source: Source, dialect: Dialect) -> Iterator[Iterator[list[str]]]:
    with open_bytes(source) as file, io.TextIOWrapper(file, dialect.encoding, newline="") as text:
        for _ in range(dialect.skipped_lines):
            text.readline()
        yield csv.reader(text, delimiter=dialect.delimiter, strict=True)


def _find_dialect(source: Source, encoding: str, limits: Limits) -> tuple[Dialect, Header]:
    with open_bytes(source) as file, io.TextIOWrapper(file, encoding, newline="") as text:
        first = text.readline(1_000)
    declared = _declared_delimiter(first)
    if declared:
        dialect = Dialect(encoding=encoding, delimiter=declared, skipped_lines=1)
        return dialect, find_header(_sample(source, dialect, limits))
    return _likeliest(source, encoding, limits)


def _declared_delimiter(line: str) -> str:
    text = line.strip("\r\n").removeprefix('"').removesuffix('"')
    separator = text[len("sep=") :]
    return separator if text.lower().startswith("sep=") and separator in DELIMITERS else ""


def _likeliest(source: Source, encoding: str, limits: Limits) -> tuple[Dialect, Header]:
    """The delimiter under which the header names most known columns, else the one that gives the most even rows."""
    best: tuple[tuple[int, int, int], Dialect, Header] | None = None
    refusal: SpreadsheetRefused | None = None
    for delimiter in DELIMITERS:
        dialect = Dialect(encoding=encoding, delimiter=delimiter, skipped_lines=0)
        try:
            sample = _sample(source, dialect, limits)
            header = find_header(sample)
        except SpreadsheetRefused as error:
            refusal = refusal or error
            continue
        merit = (header.known, *_evenness(sample))
        if best is None or merit > best[0]:
            best = (merit, dialect, header)
    if best is None:
        raise refusal or SpreadsheetRefused("no_header", rows=HEADER_ROWS)
    return best[1], best[2]


def _evenness(sample: list[list[str]]) -> tuple[int, int]:
    widths = Counter(len(row) for row in sample if len(row) > 1)
    return max(((count, width) for width, count in widths.items()), default=(0, 0))


def _sample(source: Source, dialect: Dialect, limits: Limits) -> list[list[str]]:
    rows: list[list[str]] = []
    try:
        with _records(source, dialect) as records:
            rows.extend(islice(records, SAMPLE_ROWS))
    except csv.Error as error:
        raise _csv_refusal(error, len(rows) + 1, limits) from error
    if not any(cell.strip(INVISIBLE) for row in rows for cell in row):
        raise SpreadsheetRefused("empty_file")
    return rows
