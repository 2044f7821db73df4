"""Why a row was not scored: a field and a stable code, kept in columns as one small number."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

import numpy as np

from scoring.engine.arrays import CodeColumn
from scoring.engine.vocabulary import LONGEST_TENOR, RAW_FACTS


class RefusalCode(StrEnum):
    """
    What is wrong with a value. The order is the precedence within one field.

    A later code may be found on the stand-in value that an earlier one left behind, so the earlier one wins.
    """

    MISSING = "missing"
    NOT_A_NUMBER = "not_a_number"
    NOT_TEXT = "not_text"
    TOO_MANY_DECIMALS = "too_many_decimals"
    NOT_WHOLE = "not_whole"
    TOO_LARGE = "too_large"
    NEGATIVE = "negative"
    NOT_POSITIVE = "not_positive"
    OUT_OF_RANGE = "out_of_range"
    NOT_LISTED = "not_listed"


REFUSAL_MESSAGES: Final[Mapping[RefusalCode, str]] = MappingProxyType(
    {
        RefusalCode.MISSING: "%(field)s is missing.",
        RefusalCode.NOT_A_NUMBER: "%(field)s is not a number.",
        RefusalCode.NOT_TEXT: "%(field)s is not text.",
        RefusalCode.TOO_MANY_DECIMALS: "%(field)s has more than 2 decimals.",
        RefusalCode.NOT_WHOLE: "%(field)s is not a whole number.",
        RefusalCode.TOO_LARGE: "%(field)s must be below 1,000,000,000,000,000.",
        RefusalCode.NEGATIVE: "%(field)s is negative.",
        RefusalCode.NOT_POSITIVE: "%(field)s must be more than zero.",
        RefusalCode.OUT_OF_RANGE: f"%(field)s must be between 1 and {LONGEST_TENOR}.",
        RefusalCode.NOT_LISTED: "%(field)s is not one of the values the scorecard knows.",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """The field that kept a row from being scored, and why."""

    field: str
    code: RefusalCode

    @property
    def params(self) -> dict[str, str]:
        """What fills the message, for whoever translates it."""
        return {"field": self.field}

    def __str__(self) -> str:
        return REFUSAL_MESSAGES[self.code] % self.params


NOT_REFUSED: Final = 0
REFUSALS: Final[tuple[Refusal | None, ...]] = (
    None,
    *(Refusal(field=field, code=code) for field in RAW_FACTS for code in RefusalCode),
)
_INDEX: Final = {refusal: index for index, refusal in enumerate(REFUSALS)}


def refusal_index(field: str, code: RefusalCode) -> int:
    """Say which entry of `REFUSALS` this is."""
    return _INDEX[Refusal(field=field, code=code)]


def first_refusals(left: CodeColumn, right: CodeColumn) -> CodeColumn:
    """
    Keep, row by row, the refusal that comes first: by field, then by code.

    `NOT_REFUSED` is 0; one below it wraps round to 255 and so loses against every refusal.
    """
    one = np.uint8(1)
    first: CodeColumn = np.minimum(left - one, right - one) + one
    return first
