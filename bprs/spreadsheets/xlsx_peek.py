"""A glance at the head of a large workbook, in milliseconds. It proves nothing: what it doubts is to be read."""

import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import cast
from xml.etree import ElementTree as ET

from bprs.spreadsheets.cells import is_blank
from bprs.spreadsheets.contents import Source, open_bytes
from bprs.spreadsheets.headers import HEADER_ROWS, find_header
from bprs.spreadsheets.limits import MEGABYTE
from bprs.spreadsheets.refusals import BETWEEN_SHEETS, SpreadsheetRefused
from bprs.spreadsheets.xlsx_archive import DECLARATIONS, RELATIONSHIPS, UNREADABLE, WORKBOOK
from bprs.spreadsheets.xlsx_workbook import EXPLANATION_SHEETS, part_names_of_sheets

STRINGS = "xl/sharedstrings.xml"
STEP = 16 * 1024
COLUMN = re.compile(r"[A-Z]+")
Row = list[str]


def is_doubtful(source: Source, *, sheet: str | None, check: Callable[[Sequence[str]], object]) -> bool:
    """
    Whether a workbook does not look as if it could be read.

    :param check: raises SpreadsheetRefused if a header will not do
    :raises SpreadsheetRefused: if several sheets have content and none was asked for, which needs no second look
    """
    try:
        with open_bytes(source) as file, zipfile.ZipFile(file) as archive:
            heads = _Peek(archive).heads(sheet)
    except (*UNREADABLE, ET.ParseError, SpreadsheetRefused, LookupError):
        return True
    if len(heads) > 1:
        raise SpreadsheetRefused("several_sheets", sheets=BETWEEN_SHEETS.join(heads))
    return not any(_will_do(rows, check) for rows in heads.values())


def _will_do(rows: list[Row], check: Callable[[Sequence[str]], object]) -> bool:
    try:
        check(find_header(rows).names)
    except SpreadsheetRefused:
        return False
    return True


class _Peek:
    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._names = {name.lower(): name for name in archive.namelist()}
        self._strings: list[str] = []
        self._more_strings: Iterator[ET.Element] | None = None

    def heads(self, sheet: str | None) -> dict[str, list[Row]]:
        """The first rows of each sheet that may be meant and has any, by its name."""
        parts = part_names_of_sheets({name: self._start_of(name) for name in (WORKBOOK, RELATIONSHIPS)})
        if sheet is not None:
            return {sheet: self._rows(parts[sheet])}
        visible = [name for name in self._visible() if name in parts]
        tables = [name for name in visible if name.casefold() not in EXPLANATION_SHEETS] or visible
        heads = {name: self._rows(parts[name]) for name in tables}
        return {name: rows for name, rows in heads.items() if any(not is_blank(cell) for row in rows for cell in row)}

    def _visible(self) -> list[str]:
        sheets = _elements(self._start_of(WORKBOOK), "sheet")
        return [each.get("name", "") for each in sheets if each.get("state", "visible") == "visible"]

    def _rows(self, name: str) -> list[Row]:
        rows = []
        for row in _elements(self._start_of(name), "row"):
            rows.append(self._cells(row))
            if len(rows) == HEADER_ROWS:
                break
        return rows

    def _cells(self, row: ET.Element) -> Row:
        cells: Row = []
        for cell in row:
            place = _place(cell.get("r", "")) if cell.get("r") else len(cells)
            cells.extend([""] * (place - len(cells)))
            cells.append(self._text(cell))
        return cells

    def _text(self, cell: ET.Element) -> str:
        value = next((each.text or "" for each in cell if _tag(each) == "v"), "")
        if cell.get("t") == "s":
            return self._shared(int(value))
        return _text_of(cell) if cell.get("t") == "inlineStr" else value

    def _shared(self, index: int) -> str:
        if self._more_strings is None:
            self._more_strings = _elements(self._start_of(STRINGS), "si")
        self._strings += map(_text_of, islice(self._more_strings, max(index + 1 - len(self._strings), 0)))
        return self._strings[index]

    def _start_of(self, name: str) -> bytes:
        with self._archive.open(self._names[name]) as part:
            content = part.read(MEGABYTE)
        if DECLARATIONS.search(content):
            raise SpreadsheetRefused("dtd_not_accepted")
        return content


def _elements(content: bytes, tag: str) -> Iterator[ET.Element]:
    """Those that are whole, in a part that may be cut off anywhere."""
    parser: ET.XMLPullParser[ET.Element] = ET.XMLPullParser(["end"])
    for start in range(0, len(content), STEP):
        parser.feed(content[start : start + STEP])
        for _, element in cast("Iterator[tuple[str, ET.Element]]", parser.read_events()):
            if _tag(element) == tag:
                yield element


def _text_of(element: ET.Element) -> str:
    """Without how it is read aloud, which East Asian programs write beside it."""
    runs = [each for each in element.iter() if _tag(each) == "t"]
    aloud = [each for phonetic in element.iter() if _tag(phonetic) == "rPh" for each in phonetic]
    return "".join(run.text or "" for run in runs if run not in aloud)


def _place(reference: str) -> int:
    letters = COLUMN.match(reference)
    place = 0
    for letter in letters[0] if letters else "":
        place = place * 26 + ord(letter) - ord("A") + 1
    return place - 1


def _tag(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]
