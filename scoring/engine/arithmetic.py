"""
Installment, debt service ratio and asset coverage ratio: fast in doubles, exact at every cut-off.

The bound. With u = 2^-53, a double operation is off by a factor of at most (1 + d), |d| <= u. An amount of S sen
becomes rupiah in two of them (S to a double: exact up to 2^53, beyond it rounds; then S / 100). The installment
takes the debt ratio (1), the product (1) and the quotient by the tenor (1); the debt service ratio divides that by
an income (2 + 1). Eight in all, so the double differs from the exact value by less than 9u of it; the asset
coverage ratio needs five. Every cut-off c is therefore guarded by the interval c (1 - 16u) .. c (1 + 16u), its ends
rounded outwards. A double outside it lies on the same side of c as the exact value. For a double inside it, and only
then, integers decide: top / bottom > p / q is top q > bottom p, in whole sen, without any rounding.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import inf, nextafter
from types import MappingProxyType
from typing import Final, Self

import numpy as np

from scoring.engine.arrays import FloatColumn, IntColumn, Mask, ObjectColumn, SmallColumn
from scoring.engine.margin import Margin
from scoring.engine.vocabulary import LONGEST_TENOR, SEN_PER_RUPIAH, DerivedFact

GUARD: Final = Fraction(16, 2**53)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """How a derived fact is made: `top` over `bottom`, both sen; with the margin, times debt ratio over tenor."""

    top: str
    bottom: str | None = None  # None: one rupiah
    bears_margin: bool = False

    @property
    def inputs(self) -> tuple[str, ...]:
        """The raw facts without which it cannot be computed."""
        names = (self.top, self.bottom, "tenor_months" if self.bears_margin else None)
        return tuple(name for name in names if name is not None)


RATIOS: Final[Mapping[str, Ratio]] = MappingProxyType(
    {
        DerivedFact.MONTHLY_INSTALLMENT.value: Ratio(top="loan_amount", bears_margin=True),
        DerivedFact.DEBT_SERVICE_RATIO.value: Ratio(top="loan_amount", bottom="monthly_income", bears_margin=True),
        DerivedFact.ASSET_COVERAGE_RATIO.value: Ratio(top="assets_value", bottom="loan_amount"),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CutOff:
    """Where one bin ends and the next begins; `opens_upper` if the value itself belongs to the upper one."""

    value: Decimal
    opens_upper: bool

    def as_integer(self, scale: int) -> int:
        """Return the largest whole number of 1/scale that still lies below this cut-off."""
        scaled = Fraction(self.value) * scale
        return (
            -(-scaled.numerator // scaled.denominator) - 1
            if self.opens_upper
            else scaled.numerator // scaled.denominator
        )

    @property
    def guards(self) -> tuple[float, float]:
        """Return the doubles between which integers decide."""
        exact = Fraction(self.value)
        margin = abs(exact) * GUARD
        return nextafter(float(exact - margin), -inf), nextafter(float(exact + margin), inf)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DebtRatios:
    """Total debt over amount by tenor, entries 0 to 360: as doubles, and as the integers they come from."""

    doubles: FloatColumn
    numerators: ObjectColumn
    denominators: ObjectColumn

    @classmethod
    def of(cls, margin: Margin) -> Self:
        ratios = [(0, 1), *(margin.debt_ratio(tenor) for tenor in range(1, LONGEST_TENOR + 1))]
        return cls(
            doubles=np.array([top / bottom for top, bottom in ratios]),
            numerators=np.array([top for top, _ in ratios], dtype=np.object_),
            denominators=np.array([bottom for _, bottom in ratios], dtype=np.object_),
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Derived:
    """The derived facts of a block of rows as doubles: rupiah and plain ratios. NaN where there is none."""

    monthly_installment: FloatColumn
    debt_service_ratio: FloatColumn
    asset_coverage_ratio: FloatColumn


def derive(columns: Mapping[str, IntColumn], debt_ratios: DebtRatios, out: Derived) -> None:
    """
    Fill `out` from valid columns: installment = amount x debt ratio / tenor; DSR = installment / income; ACR = assets / amount.

    The order of operations is the bank's own, so that shown figures agree with its earlier program. Called with
    numpy's warnings about division by zero off: an income of zero gives infinity here, and NaN in the end.
    """
    amount = columns["loan_amount"] / SEN_PER_RUPIAH
    tenor, income = columns["tenor_months"], columns["monthly_income"]
    debt = debt_ratios.doubles.take(tenor, mode="clip")
    np.multiply(amount, debt, out=debt)
    np.divide(debt, tenor, out=out.monthly_installment)
    np.divide(out.monthly_installment, income / SEN_PER_RUPIAH, out=out.debt_service_ratio)
    np.putmask(out.debt_service_ratio, income == 0, np.nan)
    np.divide(columns["assets_value"] / SEN_PER_RUPIAH, amount, out=out.asset_coverage_ratio)


def forget(derived: Mapping[str, FloatColumn], gaps: Mapping[str, Mask]) -> None:
    """Put NaN where a derived fact was computed from a stand-in for what is not known."""
    for fact, ratio in RATIOS.items():
        for name in gaps.keys() & ratio.inputs:
            np.putmask(derived[fact], gaps[name], np.nan)


def count_above(values: FloatColumn | IntColumn, thresholds: Sequence[float]) -> SmallColumn:
    """Count for each value the thresholds it is above. NaN is above none."""
    count = np.zeros(len(values), dtype=np.int8)
    above = np.empty(len(values), dtype=np.bool_)
    for threshold in thresholds:
        np.greater(values, threshold, out=above)
        np.add(count, above.view(np.int8), out=count)
    return count


def count_above_exactly(
    ratio: Ratio, cut_offs: Sequence[CutOff], columns: Mapping[str, IntColumn], debt_ratios: DebtRatios, rows: Mask
) -> SmallColumn:
    """Count for each of the marked rows the cut-offs it is above, in integers of any size."""
    top = columns[ratio.top][rows].astype(np.object_)
    bottom: ObjectColumn | int = (
        SEN_PER_RUPIAH if ratio.bottom is None else columns[ratio.bottom][rows].astype(np.object_)
    )
    if ratio.bears_margin:
        tenor = columns["tenor_months"][rows]
        top = top * debt_ratios.numerators[tenor]
        bottom = bottom * debt_ratios.denominators[tenor] * tenor.astype(np.object_)
    count = np.zeros(len(top), dtype=np.int8)
    for cut_off in cut_offs:
        p, q = cut_off.value.as_integer_ratio()
        count += np.greater_equal(top * q, bottom * p) if cut_off.opens_upper else np.greater(top * q, bottom * p)
    return count
