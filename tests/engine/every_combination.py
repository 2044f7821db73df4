"""
Which combinations of bins can occur, and what they come to, worked out one by one with exact intervals for every tenor.

For a given tenor the installment is the amount times a constant, so every condition is an interval on the amount.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor
from typing import Final

from scoring.engine.bins import Bin, MissingBin, NoValueBin, NumericBin, OtherBin, ValuesBin
from scoring.engine.characteristic import Characteristic
from scoring.engine.intervals import NOT_NEGATIVE, POSITIVE, Interval
from scoring.engine.margin import Margin
from scoring.engine.scorecard import Scorecard
from scoring.engine.vocabulary import LIMITS, LONGEST_TENOR, DerivedFact, scale_of

NOTHING: Final = Interval(lower=Fraction(0), upper=Fraction(0))
ANYTHING: Final = Interval()
INSTALLMENT: Final = DerivedFact.MONTHLY_INSTALLMENT.value
DSR: Final = DerivedFact.DEBT_SERVICE_RATIO.value
ACR: Final = DerivedFact.ASSET_COVERAGE_RATIO.value

Combination = tuple[int, ...]
Chosen = Sequence[tuple[Characteristic, Bin]]


def every_combination(card: Scorecard) -> list[tuple[Combination, int]]:
    """List the combinations that can occur, and the raw score of each."""
    occurrence = Occurrence(margin=card.margin)
    return [
        (begun, card.base_points + sum(bin_.points for _, bin_ in _bins_of(card, begun)))
        for begun in _extended(card, occurrence, ())
    ]


def _extended(card: Scorecard, occurrence: "Occurrence", begun: Combination) -> Iterator[Combination]:
    """Extend a combination bin by bin, giving up as soon as it has become impossible."""
    if not occurrence.is_possible(_bins_of(card, begun)):
        return
    if len(begun) == len(card.characteristics):
        yield begun
        return
    for index in range(len(card.characteristics[len(begun)].bins)):
        yield from _extended(card, occurrence, (*begun, index))


def _bins_of(card: Scorecard, combination: Combination) -> list[tuple[Characteristic, Bin]]:
    return [(each, each.bins[index]) for each, index in zip(card.characteristics, combination, strict=False)]


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
    return {name: _in_whole_units(name, each) if name in LIMITS else each for name, each in conditions.items()}


def _in_whole_units(name: str, interval: Interval) -> Interval:
    """Sen and months come whole: above 12 is from 13."""
    assert interval.lower is not None
    assert interval.upper is not None
    scale = scale_of(name)
    lower, upper = interval.lower * scale, interval.upper * scale
    return Interval(
        lower=Fraction(ceil(lower) if interval.lower_included else floor(lower) + 1, scale),
        lower_included=True,
        upper=Fraction(floor(upper) if interval.upper_included else ceil(upper) - 1, scale),
        upper_included=True,
    )


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
