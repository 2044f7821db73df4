"""What a cell can hold, and when it is blank."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum


class Broken(Enum):
    """A cell of a workbook that has no value to read; the value is the code of its refusal."""

    ERROR = "error_cell"
    UNCALCULATED = "formula_without_value"

    def __str__(self) -> str:
        return "#ERROR!" if self is Broken.ERROR else "#UNCALCULATED!"


Cell = str | int | float | Decimal | bool | date | datetime | time | timedelta | Broken | None
Cells = Sequence[Cell]  # a column of them

INVISIBLE = " \t\r\n\v\f\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u200b\u202f\u205f\u2060\u3000\ufeff"
ERROR_TEXTS = frozenset(
    [
        "#N/A",
        "#REF!",
        "#VALUE!",
        "#DIV/0!",
        "#NAME?",
        "#NUM!",
        "#NULL!",
        "#SPILL!",
        "#CALC!",
        "#GETTING_DATA",
        str(Broken.ERROR),
    ]
)
NOT_AVAILABLE = frozenset(
    ["-", "--", "—", "n/a", "na", "n.a", "n.a.", "nil", "none", "null", "tidak ada", "tdk ada", "kosong", "?"]
)
DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001 full-width on purpose


def is_blank(cell: Cell) -> bool:
    """Nothing a reader can see."""
    return cell is None or (isinstance(cell, str) and not cell.strip(INVISIBLE))


def error_code(text: str) -> str:
    """The code of a text that stands where a cell had no value to read; empty for any other text."""
    written = text.upper()
    if written == str(Broken.UNCALCULATED):
        return Broken.UNCALCULATED.value
    return Broken.ERROR.value if written in ERROR_TEXTS else ""


def restored(text: str) -> str:
    """The text without the apostrophe that `safe_text` put in front."""
    return text[1:] if text[:1] == "'" and text[1:].startswith(DANGEROUS) else text


def cleaned(text: str) -> str:
    """The text without invisible characters around it and without a neutralising apostrophe."""
    return restored(text.strip(INVISIBLE)).strip(INVISIBLE)


def is_not_available(text: str) -> bool:
    """Text that people write where a number is not known."""
    return text.casefold() in NOT_AVAILABLE
