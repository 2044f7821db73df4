"""Amounts of money and whole numbers, as people write them and as workbooks store them."""

import math
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc

from bprs.spreadsheets.cells import Broken, Cell, cleaned, error_code, is_blank, is_not_available
from bprs.spreadsheets.number_cells import NumberCells
from bprs.spreadsheets.refusals import CellRefusal, FileWarning, shown
from bprs.spreadsheets.text_cells import TextCells
from bprs.spreadsheets.typed_cells import TypedCells

Mark = Literal[".", ","]
Locale = Literal["id", "en"]
Reason = Literal["numbers_by_cells", "numbers_by_locale", "numbers_as_before", "numbers_in_conflict"]

SEPARATORS = b".,"
SEN = 100
MAX_DIGITS = 15
TOO_MANY_SEN = SEN * 10**MAX_DIGITS
GROUP_BY_LOCALE: dict[Locale, Mark] = {"id": ".", "en": ","}

SPACE = r"[\s\x{A0}]*"
CURRENCY = r"(?:(?:rp\.?|idr)[\s\x{A0}]*)?"


def other(mark: Mark) -> Mark:
    return "," if mark == "." else "."


def grouped(group: Mark, *, groups: str, ending: str = "") -> str:
    """The pattern of digits in `groups` groups of three, and what may follow."""
    return rf"[1-9][0-9]{{0,2}}(?:[{group}][0-9]{{3}}){groups}{ending}"


def decimals(group: Mark) -> str:
    return rf"[{other(group)}][0-9]{{1,2}}"


def unambiguous(group: Mark) -> str:
    """What can only be written by someone who groups with `group`."""
    return "|".join(
        [
            grouped(group, groups="{2,}", ending=rf"(?:{decimals(group)})?"),
            grouped(group, groups="", ending=decimals(group)),
            rf"[0-9]+{decimals(group)}",
        ]
    )


def money_cell(pattern: str) -> str:
    return rf"(?i)^{SPACE}{CURRENCY}(?:{pattern})(?:,-)?{SPACE}$"


def bare_cell(pattern: str) -> str:
    return rf"^{SPACE}(?:{pattern}){SPACE}$"


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberStyle:
    """How `5.000` is read in this file, and why. Without a group mark such cells are refused."""

    group: Mark | None
    reason: Reason
    example: str = ""

    @property
    def warning(self) -> FileWarning | None:
        """What the preview echoes; nothing if no cell of the file is ambiguous."""
        if not self.example:
            return None
        result = parse_money(self.example, self)
        reading = f"{result // SEN}" if isinstance(result, int) else "refused"
        return FileWarning(code=self.reason, params={"example": shown(self.example), "reading": reading})


class StyleEvidence:
    """Collects, chunk by chunk, how the cells of a file write numbers; `origin` is how the file did that they came from."""

    def __init__(self, origin: Collection[Mark] = ()) -> None:
        self._origin = frozenset(origin)
        self._seen: set[Mark] = set()
        self._examples: dict[Mark, str] = {}

    def add(self, cells: Iterable[Cell]) -> None:
        if isinstance(cells, (NumberCells, TypedCells)):
            return
        if isinstance(cells, TextCells):
            if cells.holds_any(SEPARATORS):
                self._add(cells.arrow)
        elif texts := [cell for cell in cells if type(cell) is str]:
            self._add(pa.array(texts, pa.string()))

    def _add(self, texts: pa.StringArray) -> None:
        separated = texts.filter(pc.match_substring_regex(texts, r"[0-9][.,][0-9]"))
        if not len(separated):
            return
        for group in GROUP_BY_LOCALE.values():
            if group not in self._seen and _first_match(separated, unambiguous(group)):
                self._seen.add(group)
            if not self._examples.get(group):
                self._examples[group] = _first_match(separated, grouped(group, groups=""))

    def decide(self, locale: Locale = "id") -> NumberStyle:
        known = self._seen | self._origin
        if len(known) > 1:
            return NumberStyle(
                group=None, reason="numbers_in_conflict", example=self._example(*GROUP_BY_LOCALE.values())
            )
        group = next(iter(known), GROUP_BY_LOCALE[locale])
        return NumberStyle(group=group, reason=self._reason(), example=self._example(group, other(group)))

    def _reason(self) -> Reason:
        if self._seen:
            return "numbers_by_cells"
        return "numbers_as_before" if self._origin else "numbers_by_locale"

    def _example(self, *marks: Mark) -> str:
        return next((found for mark in marks if (found := self._examples.get(mark, ""))), "")


def decide_number_style(cells: Iterable[Cell], locale: Locale = "id") -> NumberStyle:
    """Decide once for a file, by its unambiguous cells, else by the declared locale."""
    evidence = StyleEvidence()
    evidence.add(cells)
    return evidence.decide(locale)


def _first_match(texts: pa.StringArray, pattern: str) -> str:
    found = pc.index(pc.match_substring_regex(texts, money_cell(pattern)), value=True).as_py()
    return "" if found < 0 else str(texts[found].as_py())


def parse_money(cell: Cell, style: NumberStyle) -> int | CellRefusal | None:
    """The amount in sen (hundredths of a rupiah); None for a blank or an NA-like text."""
    if is_blank(cell):
        return None
    if isinstance(cell, str):
        return parse_amount_text(cell, style)
    if isinstance(cell, (int, float, Decimal)) and not isinstance(cell, bool):
        return parse_amount_number(cell)
    return not_a_number_cell(cell)


def parse_whole(cell: Cell, style: NumberStyle) -> int | CellRefusal | None:
    """A whole number: 12 and 12.0, not 12.5, not an amount with Rp."""
    if isinstance(cell, str) and _MONEY_ONLY.search(cell):
        return CellRefusal(code="not_whole", params={"value": shown(cell)})
    sen = parse_money(cell, style)
    if not isinstance(sen, int):
        return _as_not_whole(sen, cell)
    whole, rest = divmod(sen, SEN)
    return CellRefusal(code="not_whole", params={"value": shown(cell)}) if rest else whole


def _as_not_whole(result: CellRefusal | None, cell: Cell) -> CellRefusal | None:
    if result is not None and result.code == "too_many_decimals":
        return CellRefusal(code="not_whole", params={"value": shown(cell)})
    return result


def not_a_number_cell(cell: Cell) -> CellRefusal:
    """Why a cell that is neither text nor a number is refused where a number belongs."""
    match cell:
        case Broken():
            return CellRefusal(code=cell.value)
        case bool():
            return CellRefusal(code="boolean_in_cell")
        case date() | datetime() | time() | timedelta():
            return CellRefusal(code="date_in_number")
        case _:
            return CellRefusal(code="not_a_number", params={"value": shown(cell)})


def parse_amount_number(number: float | Decimal) -> int | CellRefusal:
    """The exact value of a numeric cell in sen; only the noise of floating point is rounded away."""
    code = _number_fault(number)
    if code:
        return CellRefusal(code=code, params={"value": shown(number)})
    whole = math.floor(number)
    return whole * SEN + round((number - whole) * SEN)


def _number_fault(number: float | Decimal) -> str:
    """The code of what is wrong with a number; empty if nothing is."""
    if not math.isfinite(number):
        return "not_a_number"
    if not 0 <= number < 10**MAX_DIGITS:
        return "negative" if number < 0 else "too_large"
    hundredths = (number - math.floor(number)) * SEN
    is_exact = abs(float(hundredths) - round(hundredths)) <= SEN * float_noise(number)
    return "" if is_exact else "too_many_decimals"


def float_noise(number: float | Decimal) -> float:
    """How far sums and products in a spreadsheet may drift: a few units in the last place; decimals do not."""
    return 0.0 if isinstance(number, Decimal) else max(1e-9, 16 * math.ulp(number))


_MONEY_ONLY = re.compile(r"^\W*(?:rp|idr)|,-\s*$", re.IGNORECASE)
_AMOUNT = re.compile(r"(?:(?:rp\.?|idr)\s*)?(?P<body>[0-9][0-9.,]*?)(?P<dash>,-)?", re.IGNORECASE)
_PLAIN = re.compile(r"(?P<whole>[0-9]+)(?:[.,](?P<decimals>[0-9]{1,2}))?")
_GROUPED = re.compile(
    r"(?P<whole>[1-9][0-9]{0,2}(?:(?P<mark>[.,])[0-9]{3})(?:(?P=mark)[0-9]{3})*)(?:(?!(?P=mark))[.,](?P<decimals>[0-9]{1,2}))?"
)


def parse_amount_text(text: str, style: NumberStyle) -> int | CellRefusal | None:
    """Read an amount by the grammar, or say what is wrong with it."""
    text = cleaned(text)
    if not text or is_not_available(text):
        return None
    match = _AMOUNT.fullmatch(text)
    if match is None:
        return CellRefusal(code=_fault(text), params={"value": shown(text)})
    number = _PLAIN.fullmatch(match["body"]) or _GROUPED.fullmatch(match["body"])
    code = _refused_form(match, number, style)
    if number is None or code:
        return CellRefusal(code=code, params={"value": shown(text)})
    return _sen(number)


def _refused_form(amount: re.Match[str], number: re.Match[str] | None, style: NumberStyle) -> str:
    """The code of what is wrong with digits and separators; empty if nothing is."""
    if number is None:
        return _separator_fault(amount["body"])
    if number["decimals"] and amount["dash"]:
        return "misplaced_separator"
    mark = number.groupdict().get("mark")
    if mark and not number["decimals"] and amount["body"].count(mark) == 1 and mark != style.group:
        return "too_many_decimals" if style.group else "ambiguous_number"
    return "too_large" if len(_digits(number["whole"])) > MAX_DIGITS else ""


def _digits(text: str) -> str:
    return text.replace(".", "").replace(",", "").lstrip("0")


def _sen(number: re.Match[str]) -> int:
    return int(_digits(number["whole"]) or "0") * SEN + int((number["decimals"] or "0").ljust(2, "0"))


def _separator_fault(body: str) -> str:
    if "." in body and "," in body:
        return "mixed_separators"
    _, _, behind = body.partition("." if "." in body else ",")
    return "too_many_decimals" if behind.isdigit() else "misplaced_separator"


_FAULTS = (
    ("other_digits", re.compile(r".*(?![0-9])\d.*", re.DOTALL)),
    (
        "negative",
        re.compile(
            r"(?:rp\.?|idr)?\s*[-\u2212]\s*(?:rp\.?|idr)?\s*[0-9].*|.*[0-9]\s*[-\u2212]$", re.IGNORECASE | re.DOTALL
        ),
    ),
    ("sign_in_number", re.compile(r"(?:rp\.?|idr)?\s*[+(]\s*(?:rp\.?|idr)?\s*[0-9].*", re.IGNORECASE | re.DOTALL)),
    ("percent_in_number", re.compile(r"[0-9.,\s]+%")),
    ("exponent_in_number", re.compile(r"[0-9.,]+e[+-]?[0-9]+", re.IGNORECASE)),
    ("misplaced_separator", re.compile(r"(?:(?:rp\.?|idr)\s*)?[0-9.,\s']*[0-9][0-9.,\s']*(?:,-)?", re.IGNORECASE)),
    ("word_in_number", re.compile(r"(?=.*[0-9]).*[^\W\d_].*", re.DOTALL)),
)


def _fault(text: str) -> str:
    """The code that names what is wrong with a text that is no amount."""
    return error_code(text) or next((code for code, pattern in _FAULTS if pattern.fullmatch(text)), "not_a_number")
