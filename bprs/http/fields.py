"""Types of the API's fields: strict where a guess would be wrong."""

import re
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

SEN = Decimal("0.01")
TOO_LARGE = Decimal(10**15)
LARGEST_ID = 2**63 - 1
NOT_SENT: Any = None  # the default of what a PATCH may leave out, whatever its type; null itself is refused
_PLAIN_DECIMAL = re.compile(r"-?[0-9]+(\.[0-9]+)?", re.ASCII)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def _as_money(value: Any) -> Decimal | None:
    if value is None:
        return None
    amount = _as_decimal(value)
    if amount.is_nan():
        raise PydanticCustomError("not_a_number", "not a number")
    if not amount.copy_abs() < TOO_LARGE:  # abs() rounds, and overflows
        raise PydanticCustomError("too_large", "too large")
    if amount != amount.quantize(SEN):
        raise PydanticCustomError("too_many_decimals", "more than two decimals")
    return amount.quantize(SEN)


def _as_decimal(value: Any) -> Decimal:
    if isinstance(value, str) and _PLAIN_DECIMAL.fullmatch(value):
        return Decimal(value)
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return Decimal(value)
    raise PydanticCustomError("not_a_number", "not a number")


def _without_control_characters(text: str) -> str:
    if _CONTROL.search(text):
        raise PydanticCustomError("control_character", "control character")
    return text


def _as_day(value: Any) -> Any:
    """Pydantic would take 0 for the first of January 1970."""
    if isinstance(value, date) or (isinstance(value, str) and _DAY.fullmatch(value)):
        return value
    raise PydanticCustomError("date_from_datetime_parsing", "not a day")


_MONEY_IN: dict[str, Any] = {
    "anyOf": [{"type": "number"}, {"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?$"}],
    "description": "Rupiah: a number or a plain decimal string, at most two decimals, below 10^15.",
    "examples": [5000000],
}
_MONEY_OUT: dict[str, Any] = {"type": "number", "description": "Rupiah, exact.", "examples": [5000000.00]}

MoneyIn = Annotated[Decimal, BeforeValidator(_as_money), WithJsonSchema(_MONEY_IN)]
MoneyOut = Annotated[Decimal, WithJsonSchema(_MONEY_OUT)]
Day = Annotated[date, BeforeValidator(_as_day)]
Secret = Annotated[str, AfterValidator(_without_control_characters)]
Text = Annotated[str, StringConstraints(strip_whitespace=True), AfterValidator(_without_control_characters)]
Whole = Annotated[int, Field(strict=True, ge=0, le=2**31 - 1)]
Id = Annotated[int, Field(strict=True, ge=1, le=LARGEST_ID)]
