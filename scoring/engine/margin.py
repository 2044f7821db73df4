"""How the margin turns a financing amount into monthly installments, as exact fractions."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Final

from scoring.engine.errors import ScorecardError

MONTHS_PER_YEAR: Final = 12
HIGHEST_RATE: Final = 10
MOST_DECIMALS: Final = 6


class MarginMethod(StrEnum):
    """
    How the margin rate is charged.

    - once: debt = P (1 + r), whatever the tenor
    - flat per annum: debt = P (1 + r n / 12)
    - annuity: installment = P i / (1 - (1 + i)^-n), with i = r / 12
    """

    ONCE = "once"
    FLAT_PER_ANNUM = "flat_per_annum"
    ANNUITY = "annuity"


@dataclass(frozen=True, slots=True, kw_only=True)
class Margin:
    """A method and its rate; a rate of 0.15 is fifteen percent (a year, unless charged once)."""

    method: MarginMethod
    rate: Decimal

    def __post_init__(self) -> None:
        exponent = self.rate.as_tuple().exponent
        if not isinstance(exponent, int) or exponent < -MOST_DECIMALS or not 0 <= self.rate <= HIGHEST_RATE:
            raise ScorecardError("margin_rate_unusable", {"rate": self.rate})

    def debt_ratio(self, tenor_months: int) -> tuple[int, int]:
        """
        Return total debt over amount as an exact numerator and denominator.

        They are not in lowest terms: reducing the powers of an annuity would cost more than it saves.
        """
        rate = Fraction(self.rate)
        match self.method:
            case MarginMethod.ONCE:
                return (1 + rate).as_integer_ratio()
            case MarginMethod.FLAT_PER_ANNUM:
                return (1 + rate * tenor_months / MONTHS_PER_YEAR).as_integer_ratio()
            case MarginMethod.ANNUITY:
                return _annuity_debt_ratio(rate / MONTHS_PER_YEAR, tenor_months)


def _annuity_debt_ratio(monthly_rate: Fraction, tenor_months: int) -> tuple[int, int]:
    """With i = s/t and g = (t+s)^n: n i / (1 - (1+i)^-n) = n s g / (t (g - t^n)). Without a rate: 1."""
    part, whole = monthly_rate.as_integer_ratio()
    if part == 0:
        return 1, 1
    grown = (whole + part) ** tenor_months
    return tenor_months * part * grown, whole * (grown - whole**tenor_months)
