"""
Numbers as people and files hand them over, turned into whole sen or months, with a code for each that is none.

Nothing here raises because of a value: an unusable one becomes a stand-in and the code that says why.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Context, Decimal, DecimalException, Inexact, InvalidOperation
from itertools import repeat
from typing import Any, Final

import numpy as np

from scoring.engine.arrays import AnyColumn, FloatColumn, IntColumn, Mask, ObjectColumn
from scoring.engine.refusals import RefusalCode

Values = Sequence[object] | AnyColumn

INT64_MAX: Final = 2**63 - 1
FAR_TOO_LARGE: Final = 10**16  # one more digit than any amount may have; times 100 it still fits 64 bits
SHORTEST_TEXT_DECIDES: Final = 2.0**43  # from here up the doubles near x.xx grow too coarse for plain arithmetic
EXACT: Final = Context(prec=40, traps=[Inexact, InvalidOperation])
QUIET: Final = Context(prec=40, traps=[])
EXPONENT_OF_SCALE: Final = {1: Decimal(1), 100: Decimal("0.01")}
INEXACT_CODE: Final = {1: RefusalCode.NOT_WHOLE, 100: RefusalCode.TOO_MANY_DECIMALS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """Whole numbers of one column, and for each code the mask of the rows it refuses (only codes that occur)."""

    values: IntColumn
    refused: dict[RefusalCode, Mask]


def parse_numbers(values: Values, *, scale: int) -> Parsed:
    """
    Turn a column of numbers into int64 units of 1/scale.

    :param values: numpy integers or floats, or any sequence of int, float, Decimal, numpy scalars and None
    :param scale: 100 for rupiah kept as sen, 1 for whole numbers
    """
    if isinstance(values, np.ndarray):
        return _parse_array(values, scale)
    return _parse_objects(list(values), scale)


def parse_words(values: Values) -> tuple[ObjectColumn, dict[RefusalCode, Mask]]:
    """Turn a column of categories into an object array of str; None and blank text are missing."""
    words = list(values)
    column = np.empty(len(words), dtype=np.object_)
    column[:] = [word if isinstance(word, str) else "" for word in words]
    missing = np.fromiter((word is None or word == "" for word in words), np.bool_, len(words))
    not_text = ~missing & np.fromiter((not isinstance(word, str) for word in words), np.bool_, len(words))
    return column, _present({RefusalCode.MISSING: missing, RefusalCode.NOT_TEXT: not_text})


def _parse_array(values: AnyColumn, scale: int) -> Parsed:
    if values.ndim != 1:
        raise ValueError("A column has one dimension.")
    if values.dtype.kind in "iu":
        return Parsed(values=_scaled_integers(values, scale), refused={})
    if values.dtype.kind == "f":
        return _parse_floats(values.astype(np.float64), scale)
    if values.dtype.kind == "O":
        return _parse_objects(values.tolist(), scale)
    return _nothing_but(RefusalCode.NOT_A_NUMBER, len(values))


def _parse_objects(values: list[Any], scale: int) -> Parsed:
    """Take the shortest way the types in the list allow."""
    kinds = set(map(type, values))
    if type(None) in kinds:
        return _parse_with_gaps(values, scale)
    if kinds in ({int}, {float}):
        return _parse_plain(values, scale)
    return _parse_exact_numbers(values, scale) if kinds <= {int, Decimal} else _parse_one_by_one(values, scale)


def _parse_with_gaps(values: list[Any], scale: int) -> Parsed:
    missing = np.fromiter((value is None for value in values), np.bool_, len(values))
    filler = 0.0 if any(type(value) is float for value in values) else 0
    parsed = _parse_objects([filler if value is None else value for value in values], scale)
    return Parsed(values=parsed.values, refused={RefusalCode.MISSING: missing, **parsed.refused})


def _parse_plain(values: list[int] | list[float], scale: int) -> Parsed:
    try:
        return _parse_array(np.array(values, dtype=np.int64 if type(values[0]) is int else np.float64), scale)
    except OverflowError:
        return _parse_one_by_one(values, scale)


def _parse_exact_numbers(values: list[Any], scale: int) -> Parsed:
    """Take ints and Decimals of ordinary size as a column; leave anything odd to the slow way."""
    try:
        if not values or not (min(values) > -FAR_TOO_LARGE and max(values) < FAR_TOO_LARGE):
            return _parse_one_by_one(values, scale)
        scaled = list(map(EXACT.multiply, values, repeat(scale)))
        units = list(map(int, scaled))
    except (DecimalException, ValueError):
        return _parse_one_by_one(values, scale)
    inexact = np.fromiter(map(Decimal.__ne__, scaled, units), np.bool_, len(units))
    return Parsed(values=np.array(units, dtype=np.int64), refused=_present({INEXACT_CODE[scale]: inexact}))


def _scaled_integers(values: AnyColumn, scale: int) -> IntColumn:
    """Scale, letting what is far too large stay too large instead of wrapping round."""
    bound = INT64_MAX // scale
    if values.dtype.kind == "u":
        return np.minimum(values, np.uint64(bound)).astype(np.int64) * scale
    units: IntColumn = np.clip(values.astype(np.int64), -bound, bound) * scale
    return units


def _parse_floats(values: FloatColumn, scale: int) -> Parsed:
    """
    Read each double as the shortest decimal that means it, as `repr` writes it.

    Below 2^43 the nearest sen is found by plain arithmetic and proved by dividing back: `sen / 100` is correctly
    rounded, so it equals the double exactly if the double means that many sen. Above, `repr` decides.
    """
    finite = np.isfinite(values)
    bounded = np.clip(np.where(finite, values, 0.0), -FAR_TOO_LARGE, FAR_TOO_LARGE)
    floor = np.floor(bounded)
    units = floor.astype(np.int64) * scale + np.rint((bounded - floor) * scale).astype(np.int64)
    inexact = (units / scale != bounded) & (bounded != floor)
    for row in np.flatnonzero((bounded != floor) & (np.abs(bounded) >= SHORTEST_TEXT_DECIDES)):
        units[row], code = _units_of(float(bounded[row]), scale)
        inexact[row] = code is not None
    return Parsed(values=units, refused=_present({RefusalCode.NOT_A_NUMBER: ~finite, INEXACT_CODE[scale]: inexact}))


def _parse_one_by_one(values: list[Any], scale: int) -> Parsed:
    units = np.zeros(len(values), dtype=np.int64)
    refused: dict[RefusalCode, Mask] = {}
    for row, value in enumerate(values):
        units[row], code = _units_of(value, scale)
        if code is not None:
            refused.setdefault(code, np.zeros(len(values), np.bool_))[row] = True
    return Parsed(values=units, refused=refused)


def _units_of(value: object, scale: int) -> tuple[int, RefusalCode | None]:
    """Read one value exactly; 0 stands in for a refused one."""
    number = _decimal_of(value)
    if number is None or not number.is_finite():
        return 0, RefusalCode.NOT_A_NUMBER
    if number.copy_abs() >= FAR_TOO_LARGE:
        return int(Decimal(INT64_MAX).copy_sign(number)), None
    rounded = QUIET.quantize(number, EXPONENT_OF_SCALE[scale])
    if rounded != number:
        return 0, INEXACT_CODE[scale]
    return int(QUIET.multiply(rounded, Decimal(scale))), None


def _decimal_of(value: object) -> Decimal | None:
    if isinstance(value, bool | np.bool_):
        return None
    if isinstance(value, int | np.integer):
        return Decimal(int(value))
    if isinstance(value, float | np.floating):
        return Decimal(repr(float(value)))
    return value if isinstance(value, Decimal) else None


def _nothing_but(code: RefusalCode, length: int) -> Parsed:
    return Parsed(values=np.zeros(length, np.int64), refused={code: np.ones(length, np.bool_)})


def _present(refused: dict[RefusalCode, Mask]) -> dict[RefusalCode, Mask]:
    return {code: mask for code, mask in refused.items() if mask.any()}
