"""
A quick look over the XML of a workbook part: how far its cells reach, which of them have no value, how long its texts are.

Every pattern takes time in proportion to the bytes it looks at, whatever the bytes are.
"""

import re
from collections import Counter

import numpy as np
import numpy.typing as npt

from bprs.spreadsheets.refusals import SpreadsheetRefused

MAX_COLUMNS_OF_A_SHEET = 16_384

_PREFIX = rb"(?:[\w.\-\x80-\xff]+:)?"
_CELL = re.compile(rb"<" + _PREFIX + rb"c(?:\s([^<>]*))?>")
_ADDRESS = re.compile(rb"""(?:^|[\s<])r\s*=(?:\s*["']\s*([A-Za-z]{0,3})([0-9]{1,7})\s*["'])?""")
_ROW = re.compile(rb"<" + _PREFIX + rb"row[\s>/]")
_ROW_NUMBER = re.compile(rb"<" + _PREFIX + rb"""row\s(?:[^<>]*?\s)?r\s*=\s*["']([0-9]{1,10})["']""")
_FORMULA = re.compile(
    rb"<P:c\s([^<>]*)>\s*<P:f(?:\s[^<>]*)?(?:/>|>[^<]*</P:f\s*>)\s*(?:<P:v\s*/>|<P:v>\s*</|</P:c\s*>)".replace(
        b"P:", _PREFIX
    )
)
_IS_ERROR = re.compile(rb"""\bt\s*=\s*["']e["']""")
_IS_TEXT = re.compile(rb"""\bt\s*=\s*["']str["']""")
_IS_SHARED = re.compile(rb"""\bt\s*=\s*["']s["']""")
_STRING = re.compile(rb"<" + _PREFIX + rb"si[\s>/]")
_STRING_USE = re.compile(rb"""\bt\s*=\s*["']s["'][^<>]{0,100}>\s*<P:v>\s*([0-9]{1,9})\s*<""".replace(b"P:", _PREFIX))
_PLAIN_USE = re.compile(rb't="s"><v>([0-9]{1,9})</v>')
_MERGED = re.compile(
    rb"<"
    + _PREFIX
    + rb"""mergeCell\s[^<>]*?\bref\s*=\s*["']([A-Za-z]{1,3})([0-9]{1,7}):([A-Za-z]{1,3})([0-9]{1,7})["']"""
)
_INLINE = (b"inlineStr", b'"str"', b"'str'")
_NOT_MARKS = bytes(set(range(256)) - set(b"<>\"'"))

_DIGITS = b"0123456789"
_MOST_SHAPES = 1_000
_PLAIN_ROW = re.compile(
    rb'<row(?: [\w:]+="[^"<>]*")*>'
    rb'(?:<c r="[A-Z]{1,3}"(?: s="")?(?: t="[bns]")?(?:/>|>(?:<v>[-+.E]*</v>)?</c>))*|'
)
_PLAIN_COLUMN = re.compile(rb'<c r="([A-Z]+)"(?:[^>]*[^/>])?>')
_PLAIN_ROW_NUMBER = re.compile(rb'[A-Z]([0-9]{1,7})"(?:[^<>]*[^/<>])?>')

_OWN_ROW = re.compile(
    rb'<row r="([0-9]{1,7})"[^<>]*+>(?:<c r="[A-Z]{1,3}\1"[^<>]*+>(?:(?:<v>[^<]*+</v>)?+</c>)?+)++</row>'
)

Positions = npt.NDArray[np.int64]


def column_index(letters: bytes) -> int:
    """A is 0, Z is 25, AA is 26."""
    index = 0
    for letter in letters.upper():
        index = index * 26 + letter - 64
    return index - 1


def position(row: int, column: int) -> int:
    """The place of a cell as one sortable number."""
    return row * MAX_COLUMNS_OF_A_SHEET + column


class Survey:
    """Adds up, block by block, what one XML part of a workbook holds."""

    def __init__(self) -> None:
        self.cells = 0
        self.rows = 0
        self.width = 0
        self.has_inline_text = False
        self._merged: list[tuple[int, bytes]] = []
        self._is_odd = False
        self._errors: list[Positions] = []
        self._uncalculated: list[Positions] = []
        self._string_lengths: list[Positions] = []
        self._string_uses: list[Positions] = []
        self._unclear_uses = 0

    def add(self, block: bytes) -> None:
        """
        Look at the next block, which ends where a tag ends.

        :raises SpreadsheetRefused: if a cell has an address that no sheet has
        """
        if b"si" in block:
            self._add_strings(block)
        if b"mergeCell" in block:
            self._add_merged(block)
        has_cells = b"<c" in block or b":c" in block
        if has_cells and self._add_plain_cells(_without_what_stands_around(block)):
            return
        self._is_odd = self._is_odd or _has_odd_tags(block)
        if has_cells:
            self._add_cells(block)

    def _add_plain_cells(self, block: bytes) -> bool:
        """
        Add rows of numbers, truths and shared strings alone, as spreadsheet programs write them; says if they were.

        Without their digits such rows are alike, so that few have to be looked at. None of their tags is odd.
        """
        shapes = Counter(block.translate(None, _DIGITS).split(b"</row>"))
        if len(shapes) > _MOST_SHAPES or not all(map(_PLAIN_ROW.fullmatch, shapes)):
            return False
        columns = {shape: _PLAIN_COLUMN.findall(shape) for shape in shapes}
        cells = sum(len(columns[shape]) * count for shape, count in shapes.items())
        has_empty_rows = not all(columns[shape] for shape in shapes if b"<row" in shape)
        numbers = None if has_empty_rows else _own_rows(block, count=shapes.total() - 1)
        if numbers is None:
            numbers = _PLAIN_ROW_NUMBER.findall(block)
            if len(numbers) != cells:
                return False
        self.cells += cells
        self.width = max([self.width, *(column_index(each) + 1 for found in columns.values() for each in found)])
        self.rows = max([self.rows, *map(int, set(numbers))])
        if uses := sum(shape.count(b't="s"') * count for shape, count in shapes.items()):
            self._note_uses(_PLAIN_USE.findall(block), uses)
        return True

    def _add_cells(self, block: bytes) -> None:
        attributes = [each for each in _CELL.findall(block) if not each.endswith(b"/")]
        named = self._reach(b"<".join(attributes))
        if self._is_odd:
            self._reach(block)
        self.cells += len(attributes)
        if len(attributes) > named:
            self._add_unnamed_cells(block)
        self.has_inline_text = self.has_inline_text or any(each in block for each in _INLINE)
        self._add_broken(block, attributes)
        self._add_uses(block)

    def _reach(self, tags: bytes) -> int:
        """Note how far the addresses reach; returns how many there are."""
        found = _ADDRESS.findall(tags)
        if not found:
            return 0
        letters, digits = zip(*found, strict=True)
        if b"" in digits:
            raise SpreadsheetRefused("broken_workbook")
        self.width = max(self.width, *(column_index(each) + 1 for each in set(letters)))
        self.rows = max(self.rows, *map(int, digits))
        return len(found)

    def _add_unnamed_cells(self, block: bytes) -> None:
        """Cells may leave out their address; then they follow one another."""
        rows = _ROW.split(block)
        self.rows = max(self.rows, *map(int, _ROW_NUMBER.findall(block)), 0) + len(rows)
        self.width += max(len(_CELL.findall(row)) for row in rows)

    def _add_broken(self, block: bytes, attributes: list[bytes]) -> None:
        if b'"e"' in block or b"'e'" in block:
            self._errors.append(_positions([each for each in attributes if _IS_ERROR.search(each)]))
        if b"<f" in block or b":f" in block:
            uncalculated = [each for each in _FORMULA.findall(block) if not _IS_TEXT.search(each)]
            self._uncalculated.append(_positions(uncalculated))

    def _add_strings(self, block: bytes) -> None:
        before, *strings = _STRING.split(block)
        if self._string_lengths:
            self._string_lengths[-1][-1] += len(before)
        if strings:
            self._string_lengths.append(np.array([len(each) for each in strings], dtype=np.int64))

    def _add_merged(self, block: bytes) -> None:
        """Note the cells that are merged over more than one row."""
        for left, top, right, bottom in _MERGED.findall(block):
            if int(top) < int(bottom):
                self._merged.append((int(top), b"%s%s:%s%s" % (left, top, right, bottom)))

    def _add_uses(self, block: bytes) -> None:
        if b'"s"' in block or b"'s'" in block:
            self._note_uses(_STRING_USE.findall(block), len(_IS_SHARED.findall(block)))

    def _note_uses(self, uses: list[bytes], count: int) -> None:
        """Of so many uses of shared strings, those whose string is known."""
        self._string_uses.append(np.array(list(map(int, uses)), dtype=np.int64))
        self._unclear_uses += count - len(uses)

    @property
    def errors(self) -> Positions:
        return joined(self._errors)

    @property
    def uncalculated(self) -> Positions:
        return joined(self._uncalculated)

    def merged_under(self, row_number: int) -> str:
        """The first cells below this row that are merged over more than one, such as A3:A5; "" if there are none."""
        return min((each for each in self._merged if each[0] > row_number), default=(0, b""))[1].decode()

    @property
    def string_lengths(self) -> Positions:
        """The bytes of each shared string, markup included."""
        return joined(self._string_lengths)

    def shown_bytes(self, string_lengths: Positions) -> int:
        """How much text the cells of this sheet show, once every shared string stands in its cells."""
        if not len(string_lengths):
            return 0
        uses = np.clip(joined(self._string_uses), 0, len(string_lengths) - 1)
        return int(string_lengths[uses].sum()) + self._unclear_uses * int(string_lengths.max())


def _without_what_stands_around(block: bytes) -> bytes:
    """What stands between the ends of the sheet's data, if around it there are only plain tags and no cells; else all of it."""
    before, _, rest = block.rpartition(b"<sheetData>")
    data, _, after = rest.partition(b"</sheetData>")
    around = before + after
    return block if _has_odd_tags(around) or _CELL.search(around) else data


def _has_odd_tags(block: bytes) -> bool:
    """
    Whether an attribute contains quotes or angle brackets, so that patterns could misjudge where its tag ends.

    Of plain tags only their brackets remain once pairs of quotes are gone.
    """
    marks = block.translate(None, _NOT_MARKS).replace(b'""', b"").replace(b"''", b"")
    return b'<"' in marks or b"<'" in marks


def _own_rows(block: bytes, *, count: int) -> list[bytes] | None:
    """The rows, so many, that the cells stand in, where every cell has the address of the row that it is written in; else None."""
    rows = _OWN_ROW.findall(block)
    is_all = len(rows) == count and block.rfind(b"<c ") < block.rfind(b"</row>")
    return rows if is_all else None


def joined(arrays: list[Positions]) -> Positions:
    """One array of them all."""
    return np.concatenate(arrays) if arrays else np.empty(0, dtype=np.int64)


def _positions(attributes: list[bytes]) -> Positions:
    """The places of cells by their attributes; a cell without an address has none."""
    found = (_ADDRESS.search(each) for each in attributes)
    return np.array([position(int(ref[2]) - 1, column_index(ref[1])) for ref in found if ref], dtype=np.int64)
