"""Dates: ISO, or the day first, or a real date cell; never the month first."""

import re
from datetime import date, datetime

from bprs.spreadsheets.cells import Broken, Cell, cleaned, error_code, is_blank, is_not_available
from bprs.spreadsheets.refusals import CellRefusal, shown

EARLIEST, LATEST = date(1900, 1, 1), date(2199, 12, 31)

_ISO = re.compile(r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})(?:[T ]00:00(?::00(?:\.0+)?)?)?")
_DAY_FIRST = re.compile(r"(?P<day>[0-9]{1,2})(?P<mark>[/-])(?P<month>[0-9]{1,2})(?P=mark)(?P<year>[0-9]{4})")


def parse_date(cell: Cell) -> date | CellRefusal | None:
    """The date of a cell; None for a blank or an NA-like text."""
    if is_blank(cell):
        return None
    if isinstance(cell, str):
        return parse_date_text(cell)
    if isinstance(cell, date):
        return _in_range(cell.date() if isinstance(cell, datetime) else cell)
    return _not_a_date_cell(cell)


def parse_date_text(text: str) -> date | CellRefusal | None:
    """Read a date as text, or say what is wrong with it."""
    text = cleaned(text)
    if not text or is_not_available(text):
        return None
    match = _ISO.fullmatch(text) or _DAY_FIRST.fullmatch(text)
    if match is None:
        return CellRefusal(code=error_code(text) or "not_a_date", params={"value": shown(text)})
    return _dated(match, text)


def _dated(match: re.Match[str], text: str) -> date | CellRefusal:
    year, month, day = int(match["year"]), int(match["month"]), int(match["day"])
    try:
        return _in_range(date(year, month, day))
    except ValueError:
        month_first = match.re is _DAY_FIRST and month > 12 >= day  # noqa: PLR2004 months of a year
        return CellRefusal(code="month_first" if month_first else "not_a_date", params={"value": shown(text)})


def _in_range(day: date) -> date | CellRefusal:
    if EARLIEST <= day <= LATEST:
        return day
    limits = {"minimum": EARLIEST.isoformat(), "maximum": LATEST.isoformat()}
    return CellRefusal(code="out_of_range", params={"value": day.isoformat(), **limits})


def _not_a_date_cell(cell: Cell) -> CellRefusal:
    match cell:
        case Broken():
            code = cell.value
        case bool():
            code = "boolean_in_cell"
        case int() | float():
            code = "number_in_date"
        case _:
            code = "time_in_date"
    return CellRefusal(code=code)
