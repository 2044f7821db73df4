"""Names, identifiers, NIK and choices: what stays text."""

import re
import unicodedata
from datetime import date, datetime, time, timedelta

from bprs.spreadsheets.cells import Broken, Cell, cleaned, error_code, is_blank, is_not_available
from bprs.spreadsheets.column_spec import ColumnSpec, fold
from bprs.spreadsheets.refusals import CellRefusal, shown

LONGEST_EXACT_NUMBER = 10**15
NIK_DIGITS = 16
WOMEN_DAYS = 40
PROVINCE_RANGES = ((11, 19), (21, 21), (31, 36), (51, 53), (61, 65), (71, 76), (81, 82), (91, 97))
PROVINCES = frozenset(str(code) for first, last in PROVINCE_RANGES for code in range(first, last + 1))

_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\ufffe\uffff]")
_EXPONENT = re.compile(r"[0-9]+(?:[.,][0-9]+)?[eE]\+?[0-9]+")


def parse_name(cell: Cell) -> str | CellRefusal | None:
    """A name or any other text, on one line; `Null`, `Nan` and `NA` are names."""
    if is_blank(cell):
        return None
    if isinstance(cell, str):
        return _text(cell)
    if isinstance(cell, (int, float)) and not isinstance(cell, bool):
        return str(int(cell)) if float(cell).is_integer() and abs(cell) < LONGEST_EXACT_NUMBER else str(cell)
    return _not_a_text_cell(cell)


def _text(raw: str) -> str | CellRefusal | None:
    text = cleaned(raw)
    if _CONTROL.search(text):
        return CellRefusal(code="control_character")
    if code := error_code(text):
        return CellRefusal(code=code)
    return (
        unicodedata.normalize("NFC", text if text.isascii() and text.isprintable() else " ".join(text.split())) or None
    )


def _not_a_text_cell(cell: Cell) -> CellRefusal:
    match cell:
        case Broken():
            return CellRefusal(code=cell.value)
        case date() | datetime() | time() | timedelta():
            return CellRefusal(code="date_in_text")
        case _:
            return CellRefusal(code="boolean_in_cell")


def parse_identifier(cell: Cell) -> str | CellRefusal | None:
    """A number or code that is text: no digit of it is ever lost or added."""
    if isinstance(cell, (int, float)) and not isinstance(cell, bool):
        return _identifier_number(cell)
    text = parse_name(cell)
    if not isinstance(text, str) or is_not_available(text):
        return text if isinstance(text, CellRefusal) else None
    if _EXPONENT.fullmatch(text):
        return CellRefusal(code="exponent_in_identifier", params={"value": shown(text)})
    return text[1:] if text.startswith("'") and text[1:].isalnum() else text


def _identifier_number(number: float) -> str | CellRefusal:
    if not float(number).is_integer():
        return CellRefusal(code="fraction_in_identifier", params={"value": shown(number)})
    if abs(number) >= LONGEST_EXACT_NUMBER:
        return CellRefusal(code="digits_lost")
    return str(int(number))


def parse_nik(cell: Cell) -> str | CellRefusal | None:
    """A NIK: 16 digits with a real day (women + 40) and month of birth."""
    text = parse_identifier(cell)
    if not isinstance(text, str):
        return text
    if len(text) != NIK_DIGITS or not (text.isascii() and text.isdigit()):
        return CellRefusal(code="nik_not_16_digits")
    return text if nik_birth_dates(text) else CellRefusal(code="nik_not_a_date")


def nik_birth_dates(nik: str) -> tuple[date, ...]:
    """The dates of birth a NIK can mean: its year has two digits."""
    day, month, year = int(nik[6:8]), int(nik[8:10]), int(nik[10:12])
    day -= WOMEN_DAYS if day > WOMEN_DAYS else 0
    return tuple(found for century in (1900, 2000) if (found := _real_date(century + year, month, day)))


def _real_date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def parse_choice(cell: Cell, spec: ColumnSpec) -> str | CellRefusal | None:
    """The stored word of a choice, by its own name or an alias."""
    text = parse_name(cell)
    if not isinstance(text, str) or is_not_available(text):
        return text if isinstance(text, CellRefusal) else None
    if not spec.choices:
        return text
    key = fold(text)
    for word, aliases in spec.choices.items():
        if key in (fold(word), *map(fold, aliases)):
            return word
    return CellRefusal(code="not_a_choice", params={"value": shown(text), "choices": ", ".join(spec.choices)})
