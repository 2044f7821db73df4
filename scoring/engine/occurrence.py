"""
Which bins of different characteristics can meet in one application.

Bins that look at the same fact, or at facts made from one another, exclude each other: no application has an
income of zero and a debt service ratio of 0.20. For a given tenor the installment is the amount times a constant k, so
every condition is an interval on the amount P: of P itself, of P k, of P k / income for some income, of
assets / P for some assets. They can meet exactly if these intervals have a number in common.

Bins for missing exclude those that know the same fact, and agree with each other.

The numbers are taken as real, not as whole sen: a combination that would need a fraction of a sen counts as possible.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from scoring.engine.bins import Bin, MissingBin, NoValueBin, NumericBin, OtherBin, ValuesBin
from scoring.engine.characteristic import Characteristic
from scoring.engine.intervals import NOT_NEGATIVE, POSITIVE, Interval
from scoring.engine.margin import Margin
from scoring.engine.vocabulary import LIMITS, LONGEST_TENOR, DerivedFact, scale_of

NOTHING: Final = Interval(lower=Fraction(0), upper=Fraction(0))
ANYTHING: Final = Interval()
INSTALLMENT: Final = DerivedFact.MONTHLY_INSTALLMENT.value
DSR: Final = DerivedFact.DEBT_SERVICE_RATIO.value
ACR: Final = DerivedFact.ASSET_COVERAGE_RATIO.value

Chosen = Sequence[tuple[Characteristic, Bin]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    """Judges combinations of bins under one margin."""

    margin: Margin

    def is_possible(self, chosen: Chosen) -> bool:
        """Say whether one application can fall into all of these bins."""
        if not _gaps_agree(chosen):
            return False
        conditions = _conditions(chosen)
        if not _words_agree(chosen) or any(condition.is_empty for condition in conditions.values()):
            return False
        income = conditions["monthly_income"]
        has_no_dsr = any(isinstance(bin_, NoValueBin) for _, bin_ in chosen)
        if has_no_dsr and (0 not in income or DSR in conditions):
            return False
        return any(self._amounts_at(tenor, conditions) for tenor in self._tenors(conditions))

    def _tenors(self, conditions: Mapping[str, Interval]) -> Iterable[int]:
        """List the tenors to try: one will do if nothing depends on the installment."""
        tenors = [tenor for tenor in range(1, LONGEST_TENOR + 1) if tenor in conditions["tenor_months"]]
        return tenors if INSTALLMENT in conditions or DSR in conditions else tenors[:1]

    def _amounts_at(self, tenor: int, conditions: Mapping[str, Interval]) -> bool:
        """Say whether any amount meets all conditions at this tenor."""
        top, bottom = self.margin.debt_ratio(tenor)
        per_installment = _exactly(Fraction(bottom * tenor, top))
        amounts = conditions["loan_amount"]
        if INSTALLMENT in conditions:
            amounts &= (conditions[INSTALLMENT] & POSITIVE) * per_installment
        if DSR in conditions:
            incomes = conditions["monthly_income"] & POSITIVE
            amounts &= _product(conditions[DSR] & POSITIVE, incomes) * per_installment
        return not (amounts & _amounts_covered(conditions)).is_empty


def _amounts_covered(conditions: Mapping[str, Interval]) -> Interval:
    """Return the amounts for which some assets give a coverage ratio as wanted."""
    assets, ratio = conditions["assets_value"], conditions.get(ACR, ANYTHING) & NOT_NEGATIVE
    if 0 in assets and 0 in ratio:
        return ANYTHING
    assets, ratio = assets & POSITIVE, ratio & POSITIVE
    return NOTHING if assets.is_empty or ratio.is_empty else assets * ratio.inverse()


def _product(one: Interval, two: Interval) -> Interval:
    return NOTHING if one.is_empty or two.is_empty else one * two


def _exactly(number: Fraction) -> Interval:
    return Interval(lower=number, lower_included=True, upper=number, upper_included=True)


def _conditions(chosen: Chosen) -> dict[str, Interval]:
    """Collect what the chosen bins ask of each fact, in rupiah, months and plain ratios."""
    conditions = {name: _within_limits(name) for name in LIMITS}
    for characteristic, bin_ in chosen:
        if isinstance(bin_, NumericBin):
            conditions[characteristic.fact] = conditions.get(characteristic.fact, ANYTHING) & Interval.of(bin_)
    return conditions


def _within_limits(name: str) -> Interval:
    limits, scale = LIMITS[name], scale_of(name)
    return Interval(
        lower=Fraction(limits.lowest, scale),
        lower_included=True,
        upper=Fraction(limits.highest, scale),
        upper_included=True,
    )


def _gaps_agree(chosen: Chosen) -> bool:
    """Say whether every bin for missing has an input that no other bin chosen needs to know."""
    known = {name for each, bin_ in chosen if not isinstance(bin_, MissingBin) for name in each.may_lack}
    return all(not known.issuperset(each.may_lack) for each, bin_ in chosen if isinstance(bin_, MissingBin))


def _words_agree(chosen: Chosen) -> bool:
    """Say whether one word of every category fact is in all the bins chosen for it."""
    facts = {characteristic.fact for characteristic, _ in chosen if characteristic.is_categorical}
    return all(_share_a_word([(each, bin_) for each, bin_ in chosen if each.fact == fact]) for fact in facts)


def _share_a_word(chosen: Chosen) -> bool:
    wanted = [set(bin_.values) for _, bin_ in chosen if isinstance(bin_, ValuesBin)]
    listed = (each.listed_values for each, bin_ in chosen if isinstance(bin_, OtherBin))
    return not wanted or bool(set.intersection(*wanted).difference(*listed))
