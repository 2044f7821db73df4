"""The facts a scorecard may speak about, and the values each of them may have."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

SEN_PER_RUPIAH: Final = 100
TOO_MUCH_SEN: Final = 10**15 * SEN_PER_RUPIAH  # amounts stay below Rp 10^15
LONGEST_TENOR: Final = 360  # months


class FactKind(StrEnum):
    """How a raw fact is counted: rupiah kept as whole sen, whole numbers, or one word out of a list."""

    MONEY = "money"
    WHOLE = "whole"
    CATEGORY = "category"


class DerivedFact(StrEnum):
    """What the engine computes from the raw facts, in exact arithmetic at every cut-off."""

    MONTHLY_INSTALLMENT = "monthly_installment"
    DEBT_SERVICE_RATIO = "debt_service_ratio"
    ASSET_COVERAGE_RATIO = "asset_coverage_ratio"


RAW_FACTS: Final[Mapping[str, FactKind]] = MappingProxyType(
    {
        "monthly_income": FactKind.MONEY,
        "assets_value": FactKind.MONEY,
        "loan_amount": FactKind.MONEY,
        "tenor_months": FactKind.WHOLE,
        "akad": FactKind.CATEGORY,
        "purpose": FactKind.CATEGORY,
    }
)
NUMERIC_FACTS: Final = tuple(name for name, kind in RAW_FACTS.items() if kind is not FactKind.CATEGORY)
CATEGORY_FACTS: Final = tuple(name for name, kind in RAW_FACTS.items() if kind is FactKind.CATEGORY)
MAY_HAVE_NO_VALUE: Final = frozenset({DerivedFact.DEBT_SERVICE_RATIO.value})  # an income of zero carries no ratio
ALWAYS_NEEDED: Final = frozenset({"loan_amount", "tenor_months"})  # the installment is always an outcome
MAY_BE_ASSUMED_ZERO: Final = frozenset({"monthly_income", "assets_value"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The whole numbers a raw fact may have, both ends included: sen for money, months for the tenor."""

    lowest: int
    highest: int


LIMITS: Final[Mapping[str, Limits]] = MappingProxyType(
    {
        "monthly_income": Limits(lowest=0, highest=TOO_MUCH_SEN - 1),
        "assets_value": Limits(lowest=0, highest=TOO_MUCH_SEN - 1),
        "loan_amount": Limits(lowest=1, highest=TOO_MUCH_SEN - 1),
        "tenor_months": Limits(lowest=1, highest=LONGEST_TENOR),
    }
)


def scale_of(fact: str) -> int:
    """Say how many stored units make one unit people write: 100 sen a rupiah, 1 month a month."""
    return SEN_PER_RUPIAH if RAW_FACTS[fact] is FactKind.MONEY else 1
