"""Columns become the lines of a CSV in one piece, as the csv module would write them row by row."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

from bprs.spreadsheets.cells import DANGEROUS
from bprs.spreadsheets.safe_values import Value, safe_value
from bprs.spreadsheets.text_cells import TextCells

LINE_END = "\r\n"
WRITTEN_OUT = 10_000_000_000  # from here on Arrow writes floats with an exponent
_FORMULA_LIKE = "^[" + "".join(f"\\x{{{ord(each):x}}}" for each in DANGEROUS) + "]"


def csv_lines(columns: Sequence[Iterable[Value]], delimiter: str) -> bytes:
    """The lines of a table of two or more columns, in UTF-8."""
    texts = [_texts(column, delimiter) for column in columns]
    ends = pa.nulls(len(texts[0]), pa.string()).fill_null(LINE_END)
    *first, last = [text.fill_null("") if text.null_count else text for text in texts]
    lines = pc.binary_join_element_wise(*first, pc.binary_join_element_wise(last, ends, ""), delimiter)
    return lines.buffers()[2].to_pybytes() if len(lines) else b""


def _texts(column: Iterable[Value], delimiter: str) -> pa.StringArray:
    """The cells of a column as they stand between delimiters; null where nothing is written."""
    array = column.arrow if isinstance(column, TextCells) else column
    if not isinstance(array, pa.Array):
        return _quoted(pa.array([_text(value) for value in column], pa.string()), delimiter)
    if pa.types.is_dictionary(array.type):
        return _texts(array.dictionary, delimiter).take(array.indices)
    return _quoted(_safe(array), delimiter) if pa.types.is_string(array.type) else _number_texts(array)


def _number_texts(numbers: pa.Array) -> pa.StringArray:
    if pa.types.is_decimal(numbers.type):
        return pc.ascii_rtrim(pc.ascii_rtrim(numbers.cast(pa.string()), "0"), ".")
    if pa.types.is_floating(numbers.type) and pc.any(pc.greater_equal(pc.abs(numbers), WRITTEN_OUT)).as_py():
        return pa.array([None if number is None else repr(number) for number in numbers.to_pylist()], pa.string())
    return numbers.cast(pa.string())


def _text(value: Value) -> str:
    value = safe_value(value)
    if isinstance(value, Decimal):
        return format(value, "f")
    return "" if value is None else str(value)


def _safe(texts: pa.StringArray) -> pa.StringArray:
    dangerous = pc.match_substring_regex(texts, _FORMULA_LIKE)
    if not pc.any(dangerous).as_py():
        return texts
    return pc.if_else(dangerous, pc.binary_join_element_wise("'", texts, ""), texts)


def _quoted(texts: pa.StringArray, delimiter: str) -> pa.StringArray:
    marks = f'{delimiter}"\r\n'
    if not TextCells(texts).holds_any(marks.encode()):
        return texts
    special = pc.match_substring_regex(texts, f"[{marks}]")
    doubled = pc.replace_substring(texts, '"', '""')
    return pc.if_else(special, pc.binary_join_element_wise('"', doubled, '"', ""), texts)
