"""Values as they may be written: text never becomes a formula, and no digit of a number is lost."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal

from bprs.spreadsheets.cells import DANGEROUS

Value = object
EXACT_DIGITS = 15


def safe_text(text: str) -> str:
    """The text, with an apostrophe in front if a spreadsheet program could take it for a formula."""
    return f"'{text}" if text.startswith(DANGEROUS) else text


def safe_value(value: Value) -> Value:
    """Numbers as numbers, numpy's too; text made safe; long numbers that a double cannot hold as text."""
    if isinstance(value, str):
        return safe_text(value)
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, (int, Decimal)) and not isinstance(value, bool) and not _is_exact(value):
        return str(value)
    if isinstance(value, (type(None), int, float, Decimal, date, datetime, time, timedelta)):
        return value
    return safe_text(str(value))


def _is_exact(number: int | Decimal) -> bool:
    digits = str(abs(number)).replace(".", "").strip("0")
    return len(digits) <= EXACT_DIGITS
