"""Whole columns of cells become values; only the cells that are not plain are looked at one by one."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from bprs.spreadsheets.amounts import (
    MAX_DIGITS,
    SEN,
    TOO_MANY_SEN,
    NumberStyle,
    bare_cell,
    decimals,
    grouped,
    money_cell,
    parse_money,
    parse_whole,
)
from bprs.spreadsheets.cells import Cell, Cells
from bprs.spreadsheets.column_spec import NUMBERS, ColumnSpec
from bprs.spreadsheets.dates import parse_date
from bprs.spreadsheets.number_cells import NumberCells
from bprs.spreadsheets.plain_texts import plain_texts
from bprs.spreadsheets.refusals import CellRefusal, Params
from bprs.spreadsheets.text_cells import TextCells
from bprs.spreadsheets.texts import PROVINCES, parse_choice, parse_identifier, parse_name, parse_nik
from bprs.spreadsheets.typed_cells import TypedCells
from bprs.spreadsheets.typed_numbers import RUPIAH, decimal_sen, exact_sen, float_cells

Integers = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Found = tuple[int, str, Params]
SPACES = " \t\n\f\r\u00a0"
BEFORE_DIGITS, BEHIND_DIGITS = f"RPIDrpid.{SPACES}", f",-{SPACES}"  # all that the pattern of a cell allows there
PLAIN_DIGITS = rf"[0-9]{{1,{MAX_DIGITS}}}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedColumn:
    """
    The values of a column, one per cell: int64 sen (money), int64 (whole), else a list with None for what is missing.

    A refused or missing number is 0 in `values`; `missing` and `errors` say which (index in the chunk, code, params).
    """

    values: Any
    missing: Mask
    errors: list[Found]
    warnings: list[Found]


def parse_column(spec: ColumnSpec, cells: Cells, style: NumberStyle) -> ParsedColumn:
    """Read every cell of a column by the kind of the column."""
    return _parse_numbers(spec, cells, style) if spec.kind in NUMBERS else _parse_objects(spec, cells)


def _parse_numbers(spec: ColumnSpec, cells: Cells, style: NumberStyle) -> ParsedColumn:
    values, pending = _fast_sen(cells, style, _cell_pattern(spec, style))
    missing = cells.nulls() if isinstance(cells, TypedCells) else np.zeros(len(cells), dtype=bool)
    errors: list[Found] = []
    if spec.kind == "whole":
        pending |= values % SEN != 0
        values = values // SEN
    parse = parse_money if spec.kind == "money" else parse_whole
    read = _remembering(lambda cell: parse(cell, style))
    for index in np.flatnonzero(pending & ~missing).tolist():
        result = read(cells[index])
        values[index] = result if isinstance(result, int) else 0
        missing[index] = result is None
        if isinstance(result, CellRefusal):
            errors.append((index, result.code, result.params))
    errors += _outside(spec, cells, values, missing, {index for index, _, _ in errors})
    return ParsedColumn(values=values, missing=missing, errors=sorted(errors, key=_index), warnings=[])


def _index(found: Found) -> int:
    return found[0]


def _fast_sen(cells: Cells, style: NumberStyle, pattern: str) -> tuple[Integers, Mask]:
    """The sen of the cells that are plain, and which cells are not."""
    pieced = _in_one_piece(cells)
    if isinstance(pieced, TextCells):
        return _fast_text_sen(pieced, style, pattern)
    if isinstance(pieced, NumberCells):
        return _fast_number_sen(pieced.numbers)
    if isinstance(pieced, TypedCells):
        return exact_sen(pieced)
    return _fast_mixed_sen(cells, style, pattern)


def _in_one_piece(cells: Cells) -> Cells:
    if isinstance(cells, (TextCells, NumberCells)):
        return cells
    if isinstance(cells, TypedCells):
        return float_cells(cells) or cells
    kinds = set(map(type, cells))
    if kinds == {str}:
        return TextCells(pa.array(cells, pa.string()))
    return NumberCells(np.array(cells, dtype=np.float64)) if kinds <= {int, float} else cells


def _fast_mixed_sen(cells: Cells, style: NumberStyle, pattern: str) -> tuple[Integers, Mask]:
    values, pending = np.zeros(len(cells), dtype=np.int64), np.ones(len(cells), dtype=bool)
    kinds = [type(cell) for cell in cells]
    for wanted in ({str}, {int, float}):
        where = np.array([kind in wanted for kind in kinds], dtype=bool)
        if where.any():
            part = [cells[index] for index in np.flatnonzero(where).tolist()]
            values[where], pending[where] = _fast_sen(part, style, pattern)
    return values, pending


def _fast_number_sen(numbers: npt.NDArray[np.float64]) -> tuple[Integers, Mask]:
    fine = (numbers >= 0) & (numbers < 10**MAX_DIGITS)
    safe = np.where(fine, numbers, 0.0)
    whole = np.floor(safe)
    hundredths = (safe - whole) * SEN
    rounded = np.rint(hundredths)
    noise = SEN * np.maximum(1e-9, 16 * np.spacing(safe))
    fine &= np.abs(hundredths - rounded) <= noise
    return np.where(fine, whole.astype(np.int64) * SEN + rounded.astype(np.int64), 0), ~fine


def _fast_text_sen(cells: TextCells, style: NumberStyle, pattern: str) -> tuple[Integers, Mask]:
    """Plain digits are numbers at once; only the other texts meet the pattern."""
    plain = np.asarray(pc.ascii_is_decimal(cells.arrow)) & (cells.lengths() <= MAX_DIGITS)
    if plain.all():
        return _whole_sen(cells.arrow), ~plain
    values, pending = _whole_sen(pc.if_else(pa.array(plain), cells.arrow, "0")), ~plain
    values[pending], pending[pending] = _written_sen(cells.arrow.filter(pa.array(pending)), style, pattern)
    return values, pending


def _whole_sen(texts: pa.StringArray) -> Integers:
    whole: Integers = texts.cast(pa.int64()).to_numpy(zero_copy_only=False)
    return whole * SEN


def _written_sen(texts: pa.StringArray, style: NumberStyle, pattern: str) -> tuple[Integers, Mask]:
    """The sen of amounts with separators, decimals or Rp."""
    fine = pc.match_substring_regex(texts, pattern)
    texts = pc.if_else(fine, texts, "0")
    texts = pc.utf8_rtrim(pc.utf8_ltrim(texts, BEFORE_DIGITS), BEHIND_DIGITS)
    texts = pc.replace_substring(texts, style.group, "") if style.group else texts
    return decimal_sen(pc.replace_substring(texts, ",", ".").cast(RUPIAH)), ~np.asarray(fine)


def _cell_pattern(spec: ColumnSpec, style: NumberStyle) -> str:
    return money_cell(_well_formed(style)) if spec.kind == "money" else bare_cell(_well_formed(style))


def _well_formed(style: NumberStyle) -> str:
    """Digits with or without decimals, and groups in the style of the file."""
    forms = [rf"{PLAIN_DIGITS}(?:{decimals(style.group or ',')})?"]
    if style.group:
        forms.append(grouped(style.group, groups="{1,4}", ending=rf"(?:{decimals(style.group)})?"))
    return "|".join(forms)


def _outside(spec: ColumnSpec, cells: Cells, values: Integers, missing: Mask, refused: set[int]) -> list[Found]:
    """The cells that are numbers, but not numbers this column may hold."""
    low, high = _bounds(spec)
    suspects = np.flatnonzero(((values < low) | (values > high)) & ~missing).tolist()
    return [(index, *_outside_refusal(spec, int(values[index]))) for index in suspects if index not in refused]


def _bounds(spec: ColumnSpec) -> tuple[int, int]:
    if spec.kind == "money":
        return (1 if spec.is_positive else 0), TOO_MANY_SEN - 1
    return spec.minimum or 0, 10**MAX_DIGITS - 1 if spec.maximum is None else spec.maximum


def _outside_refusal(spec: ColumnSpec, value: int) -> tuple[str, Params]:
    if spec.kind == "money":
        return "not_positive", {}
    low, high = _bounds(spec)
    return "out_of_range", {"value": value, "minimum": low, "maximum": high}


def _parse_objects(spec: ColumnSpec, cells: Cells) -> ParsedColumn:
    """Take the plain texts as they are and read each other cell once: dates, branches and choices repeat."""
    read = _remembering(_reader(spec))
    values: list[Any] = list(cells)
    errors: list[Found] = []
    for index in np.flatnonzero(~plain_texts(spec, cells)).tolist():
        values[index] = value = read(values[index])
        if isinstance(value, CellRefusal):
            errors.append((index, value.code, value.params))
            values[index] = None
        elif spec.max_length and value is not None and len(value) > spec.max_length:
            errors.append((index, "too_long", {"limit": spec.max_length}))
            values[index] = None
    return ParsedColumn(
        values=values, missing=_missing(values, errors), errors=errors, warnings=_warnings(spec, cells, values)
    )


def _missing(values: list[Any], errors: list[Found]) -> Mask:
    missing = np.array([value is None for value in values], dtype=bool)
    missing[[index for index, _, _ in errors]] = False
    return missing


def _reader(spec: ColumnSpec) -> Callable[[Cell], str | date | CellRefusal | None]:
    if spec.kind == "choice":
        return lambda cell: parse_choice(cell, spec)
    readers: dict[str, Callable[[Cell], str | date | CellRefusal | None]] = {
        "date": parse_date,
        "identifier": parse_identifier,
        "nik": parse_nik,
        "name": parse_name,
        "text": parse_name,
    }
    return readers[spec.kind]


class _Memory(dict[tuple[type, Cell], Any]):
    def __init__(self, read: Callable[[Cell], Any]) -> None:
        super().__init__()
        self._read = read

    def __missing__(self, key: tuple[type, Cell]) -> Any:
        self[key] = result = self._read(key[1])
        return result


def _remembering(read: Callable[[Cell], Any]) -> Callable[[Cell], Any]:
    memory = _Memory(read)
    return lambda cell: memory[(type(cell), cell)]


def _warnings(spec: ColumnSpec, cells: Cells, values: list[Any]) -> list[Found]:
    found: list[Found] = []
    if spec.kind in ("identifier", "nik"):
        numbers = (
            index for index, cell in enumerate(cells) if type(cell) in (int, float) and values[index] is not None
        )
        found += [(index, "identifier_was_number", {}) for index in numbers]
    if spec.kind == "nik":
        unknown = (index for index, value in enumerate(values) if value and value[:2] not in PROVINCES)
        found += [(index, "nik_unknown_province", {}) for index in unknown]
    return found
