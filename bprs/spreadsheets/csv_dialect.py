"""How a CSV file is written: its encoding, its delimiter, and where its header stands."""

import codecs
import csv
import io
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice

from bprs.spreadsheets.cells import INVISIBLE
from bprs.spreadsheets.contents import Source, open_bytes
from bprs.spreadsheets.headers import HEADER_ROWS, Header, find_header
from bprs.spreadsheets.limits import MEGABYTE, Limits
from bprs.spreadsheets.refusals import SpreadsheetRefused

DELIMITERS = (",", ";", "\t", "|")
SAMPLE_ROWS = 50
MARKS = ('"', ".", ",")
UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """
    How the text is written. `skipped_lines` is 1 when a `sep=` line stands first, which programs do not show.

    Without quotes anywhere in the file, every line is one row.
    """

    encoding: str
    marks: frozenset[str]
    delimiter: str = ","
    skipped_lines: int = 0

    @property
    def has_quotes(self) -> bool:
        return '"' in self.marks

    @property
    def may_group_digits(self) -> bool:
        """Whether any cell may hold a point or a comma."""
        is_cut_at_commas = self.delimiter == "," and not self.has_quotes
        return "." in self.marks or ("," in self.marks and not is_cut_at_commas)


@contextmanager
def text_of(source: Source, dialect: Dialect) -> Iterator[io.TextIOWrapper]:
    """The text after the `sep=` line, if there is one."""
    with open_bytes(source) as file, io.TextIOWrapper(file, dialect.encoding, newline="") as text:
        for _ in range(dialect.skipped_lines):
            text.readline()
        yield text


@contextmanager
def records_of(source: Source, dialect: Dialect) -> Iterator[Iterator[list[str]]]:
    """The rows of the text, quoted newlines and all."""
    with text_of(source, dialect) as text:
        yield csv.reader(text, delimiter=dialect.delimiter, strict=True)


def csv_refusal(error: csv.Error, row_number: int, limits: Limits) -> SpreadsheetRefused:
    """Why the csv module gave up."""
    if "field larger" in str(error):
        return SpreadsheetRefused("cell_too_long", row_number=row_number, limit=limits.max_cell_chars)
    return SpreadsheetRefused("broken_quotes", row_number=row_number)


def find_dialect(source: Source, limits: Limits) -> tuple[Dialect, Header]:
    """
    Find out how the file is written, and its header.

    :raises SpreadsheetRefused: if it is no text, is empty, or has no header
    """
    plain = find_encoding(source)
    with text_of(source, plain) as text:
        delimiter = _declared_delimiter(text.readline(1_000))
    if delimiter:
        dialect = replace(plain, delimiter=delimiter, skipped_lines=1)
        return dialect, find_header(_sample(source, dialect, limits))
    return _likeliest(source, [replace(plain, delimiter=each) for each in DELIMITERS], limits)


def _declared_delimiter(line: str) -> str:
    text = line.strip("\r\n").removeprefix('"').removesuffix('"')
    separator = text[len("sep=") :]
    return separator if text.lower().startswith("sep=") and separator in DELIMITERS else ""


def _likeliest(source: Source, dialects: list[Dialect], limits: Limits) -> tuple[Dialect, Header]:
    """The delimiter under which the header names most known columns, else the one that gives the most even rows."""
    found: list[tuple[tuple[int, int, int], Dialect, Header]] = []
    refusals: list[SpreadsheetRefused] = []
    for dialect in dialects:
        try:
            sample = _sample(source, dialect, limits)
            header = find_header(sample)
        except SpreadsheetRefused as refusal:
            refusals.append(refusal)
        else:
            found.append(((header.known, *_evenness(sample)), dialect, header))
    if not found:  # quotes that do not close hide the header from the right delimiter
        raise next((each for each in refusals if each.code == "broken_quotes"), refusals[0])
    _, dialect, header = max(found, key=lambda each: each[0])
    return dialect, header


def _evenness(sample: list[list[str]]) -> tuple[int, int]:
    widths = Counter(len(row) for row in sample if len(row) > 1)
    return max(((count, width) for width, count in widths.items()), default=(0, 0))


def _sample(source: Source, dialect: Dialect, limits: Limits) -> list[list[str]]:
    rows: list[list[str]] = []
    try:
        with records_of(source, dialect) as records:
            rows.extend(islice(records, SAMPLE_ROWS))
    except csv.Error as error:
        raise csv_refusal(error, len(rows) + 1, limits) from error
    if not any(cell.strip(INVISIBLE) for row in rows for cell in row):
        raise SpreadsheetRefused("empty_file" if len(rows) < SAMPLE_ROWS else "no_header", rows=HEADER_ROWS)
    return rows


def find_encoding(source: Source) -> Dialect:
    """
    UTF-16 by its mark, UTF-8 if every byte of the file says so, else Windows-1252.

    :raises SpreadsheetRefused: if the bytes are no text
    """
    with open_bytes(source) as file:
        head = file.read(4)
    if head.startswith(UTF16):
        return Dialect(encoding="utf-16", marks=_marks_in(source, "utf-16"))
    try:
        return Dialect(encoding="utf-8-sig", marks=_marks_in(source, "utf-8"))
    except UnicodeDecodeError:
        return Dialect(encoding="cp1252", marks=_marks_in(source, "cp1252"))


def _marks_in(source: Source, encoding: str) -> frozenset[str]:
    """Decode the whole file; says which of the marks that matter are in it."""
    decoder = codecs.getincrementaldecoder(encoding)()
    marks: set[str] = set()
    try:
        with open_bytes(source) as file:
            while block := file.read(MEGABYTE):
                text = decoder.decode(block)
                marks.update(mark for mark in MARKS if mark in text)
                if "\x00" in text:
                    raise SpreadsheetRefused("binary_content")
            decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        if encoding == "utf-8":
            raise
        raise SpreadsheetRefused("unknown_encoding") from error
    return frozenset(marks)
