"""A quick look over the XML of a sheet: how far its cells reach, and which of them have no value."""

import re

import numpy as np
import numpy.typing as npt

MAX_COLUMNS_OF_A_SHEET = 16_384

_CELL = re.compile(rb"""<(?:\w+:)?c\s(?:[^>]*?\s)?r\s*=\s*["']([A-Za-z]{1,3})([0-9]{1,7})["'](?:[^>]*[^/>])?>""")
_ANY_CELL = re.compile(rb"<(?:\w+:)?c(?:\s(?:[^>]*[^/>])?)?>")
_ROW = re.compile(rb"<(?:\w+:)?row[\s>/]")
_ROW_NUMBER = re.compile(rb"""<(?:\w+:)?row\s(?:[^>]*?\s)?r\s*=\s*["']([0-9]{1,9})["']""")
_ERROR = re.compile(rb"""<(?:\w+:)?c\s([^>]*\bt\s*=\s*["']e["'][^>]*)>""")
_FORMULA = re.compile(
    rb"""<(?:\w+:)?c\s([^>]*)>\s*<(?:\w+:)?f(?:\s[^>]*)?(?:/>|>[^<]*</(?:\w+:)?f>)\s*(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</|</(?:\w+:)?c>)"""
)
_TEXT_RESULT = re.compile(rb"""\bt\s*=\s*["']str["']""")
_REFERENCE = re.compile(rb"""\br\s*=\s*["']([A-Za-z]{1,3})([0-9]{1,7})["']""")
_STRING_END = re.compile(rb"</(?:\w+:)?si>")
_STRING_CELL = re.compile(rb"""\bt\s*=\s*["']s["']""")
_STRING_USE = re.compile(rb"""\bt\s*=\s*["']s["'][^<]*<(?:\w+:)?v>\s*([0-9]{1,9})\s*<""")

Positions = npt.NDArray[np.int64]


def column_index(letters: bytes) -> int:
    """A is 0, Z is 25, AA is 26."""
    index = 0
    for letter in letters.upper():
        index = index * 26 + letter - 64
    return index - 1


class Survey:
    """Adds up, block by block, what one XML part of a workbook holds."""

    def __init__(self) -> None:
        self.cells = 0
        self.rows = 0
        self.width = 0
        self._errors: list[Positions] = []
        self._uncalculated: list[Positions] = []
        self._string_lengths: list[Positions] = []
        self._string_uses: list[Positions] = []
        self._unclear_uses = 0
        self.has_inline_text = False

    def add(self, block: bytes) -> None:
        if b"si>" in block:
            self._add_strings(block)
        if b"<c" in block or b":c" in block:
            self._add_cells(block)

    def _add_cells(self, block: bytes) -> None:
        found = _CELL.findall(block)
        self.cells += len(found)
        if found:
            letters, digits = zip(*found, strict=True)
            self.width = max(self.width, *(column_index(each) + 1 for each in set(letters)))
            self.rows = max(self.rows, *map(int, digits))
        if block.count(b"<c") + block.count(b":c") > len(found):
            self._add_unnamed_cells(block, len(found))
        self.has_inline_text = self.has_inline_text or b"inlineStr" in block or bool(_TEXT_RESULT.search(block))
        self._add_broken(block)
        self._add_uses(block)

    def _add_unnamed_cells(self, block: bytes, named: int) -> None:
        """Cells may leave out their address; then they follow one another."""
        unnamed = len(_ANY_CELL.findall(block)) - named
        if unnamed <= 0:
            return
        self.cells += unnamed
        rows = _ROW.split(block)
        self.rows = max(self.rows, *map(int, _ROW_NUMBER.findall(block)), 0) + len(rows)
        self.width = max(self.width, *(len(_ANY_CELL.findall(row)) for row in rows))

    def _add_broken(self, block: bytes) -> None:
        if b'"e"' in block or b"'e'" in block:
            self._errors.append(_positions(_ERROR.findall(block)))
        if b"<f" in block or b":f" in block:
            attributes = [each for each in _FORMULA.findall(block) if not _TEXT_RESULT.search(each)]
            self._uncalculated.append(_positions(attributes))

    def _add_strings(self, block: bytes) -> None:
        self._string_lengths.append(np.array([len(each) for each in _STRING_END.split(block)[:-1]], dtype=np.int64))

    def _add_uses(self, block: bytes) -> None:
        if b'"s"' in block or b"'s'" in block:
            uses = _STRING_USE.findall(block)
            self._string_uses.append(np.array(list(map(int, uses)), dtype=np.int64))
            self._unclear_uses += len(_STRING_CELL.findall(block)) - len(uses)

    @property
    def errors(self) -> Positions:
        return joined(self._errors)

    @property
    def uncalculated(self) -> Positions:
        return joined(self._uncalculated)

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


def joined(arrays: list[Positions]) -> Positions:
    return np.concatenate(arrays) if arrays else np.empty(0, dtype=np.int64)


def _positions(attributes: list[bytes]) -> Positions:
    """Row and column of cells as one sortable number each."""
    found = (_REFERENCE.search(each) for each in attributes)
    return np.array([position(int(ref[2]) - 1, column_index(ref[1])) for ref in found if ref], dtype=np.int64)


def position(row: int, column: int) -> int:
    return row * MAX_COLUMNS_OF_A_SHEET + column
