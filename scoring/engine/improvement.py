"""What an application has where a characteristic looks, exactly, and the nearest bin that would give it more points."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache
from typing import Any, TypeAlias

from scoring.engine.arithmetic import RATIOS, Ratio
from scoring.engine.bins import Bin, MissingBin, NumericBin
from scoring.engine.characteristic import Characteristic
from scoring.engine.counting import occurring_bins
from scoring.engine.intervals import Interval
from scoring.engine.margin import Margin
from scoring.engine.scorecard import Scorecard
from scoring.engine.vocabulary import RAW_FACTS, FactKind

Value: TypeAlias = Fraction | str | None


class Fault(StrEnum):
    """Why there are not more points."""

    TOO_HIGH = "too_high"
    TOO_LOW = "too_low"
    OTHER_WORD = "other_word"
    UNKNOWN = "unknown"
    NO_VALUE = "no_value"
    NOTHING_BETTER = "nothing_better"  # that can occur


@dataclass(frozen=True, slots=True, kw_only=True)
class Better:
    """
    The nearest bin that gives more, and how much more.

    `stretch` is where a number gains that much or more, from the end that is nearest; None for words.
    """

    bin: Bin
    points_gained: int
    stretch: Interval | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """
    One characteristic of one application.

    - `value`: rupiah, months, a plain ratio or a word; None if it is not known or, of a ratio, if there is none
    - `unknown`: the raw facts it rests on that nobody knew, whatever the card made of that
    """

    characteristic: Characteristic
    bin: Bin
    value: Value
    unknown: tuple[str, ...]
    better: Better | None

    @property
    def fault(self) -> Fault | None:
        """None if no bin of the card gives more."""
        if self.bin.points == self.characteristic.highest_points:
            return None
        if self.better is None:
            return Fault.NOTHING_BETTER
        if self.unknown:
            return Fault.UNKNOWN
        return self._fault_of_value(self.better)

    def _fault_of_value(self, better: Better) -> Fault:
        if isinstance(self.value, str):
            return Fault.OTHER_WORD
        if self.value is None or better.stretch is None:
            return Fault.NO_VALUE
        return Fault.TOO_LOW if _distance(better.stretch, self.value)[1] else Fault.TOO_HIGH


def remark(card: Scorecard, name: str, *, bin_label: str, facts: Mapping[str, Any]) -> Remark:
    """
    Say what the characteristic of this name saw.

    :param bin_label: of the bin the application fell into
    :param facts: raw facts as scores keep them: rupiah as decimal text, months, words, None for what is not known
    """
    characteristic = next(each for each in card.characteristics if each.name == name)
    bin_ = next(each for each in characteristic.bins if each.label == bin_label)
    inputs = (characteristic.fact,) if characteristic.fact in RAW_FACTS else RATIOS[characteristic.fact].inputs
    value = None if isinstance(bin_, MissingBin) else _value(card, characteristic.fact, facts)
    return Remark(
        characteristic=characteristic,
        bin=bin_,
        value=value,
        unknown=tuple(fact for fact in inputs if facts.get(fact) is None),
        better=_better(characteristic, bin_, value, _possible(card.margin, characteristic)),
    )


def _value(card: Scorecard, fact: str, facts: Mapping[str, Any]) -> Value:
    """What is not known counts as zero here: the card has judged the row, and has no bin for it."""
    if RAW_FACTS.get(fact) is FactKind.CATEGORY:
        return str(facts[fact])
    return _known(fact, facts) if fact in RAW_FACTS else _ratio(card, RATIOS[fact], facts)


def _ratio(card: Scorecard, ratio: Ratio, facts: Mapping[str, Any]) -> Fraction | None:
    top, bottom = _known(ratio.top, facts), Fraction(1) if ratio.bottom is None else _known(ratio.bottom, facts)
    if not bottom:
        return None
    if not ratio.bears_margin:
        return top / bottom
    tenor = int(facts["tenor_months"])
    numerator, denominator = card.margin.debt_ratio(tenor)
    return top / bottom * Fraction(numerator, denominator * tenor)


def _known(fact: str, facts: Mapping[str, Any]) -> Fraction:
    return Fraction(facts.get(fact) or 0)


@lru_cache(maxsize=1_000)
def _possible(margin: Margin, characteristic: Characteristic) -> tuple[Bin, ...]:
    """The bins some application can fall into."""
    return occurring_bins(characteristic, margin)


def _better(characteristic: Characteristic, now: Bin, value: Value, possible: Sequence[Bin]) -> Better | None:
    """Nearest for a number; of words, and where there is no value, the bin that gives most. Unknown is no offer."""
    offers = [each for each in possible if each.points > now.points and not isinstance(each, MissingBin)]
    if not characteristic.is_categorical:
        offers = [each for each in offers if isinstance(each, NumericBin)]
    if not offers:
        return None
    if isinstance(value, Fraction):
        bin_ = min(offers, key=lambda each: (_distance(_interval(each), value)[0], -each.points))
    else:
        bin_ = max(offers, key=lambda each: each.points)
    stretch = _stretch(characteristic, bin_, value, possible) if isinstance(bin_, NumericBin) else None
    return Better(bin=bin_, points_gained=bin_.points - now.points, stretch=stretch)


def _interval(bin_: Bin) -> Interval:
    if not isinstance(bin_, NumericBin):
        raise TypeError("only bins of numbers lie somewhere")
    return Interval.of(bin_)


def _distance(interval: Interval, value: Fraction) -> tuple[Fraction, bool]:
    """How far the interval is from a value outside it, and whether it lies above."""
    if interval.upper is None or (interval.lower is not None and value <= interval.lower):
        return (interval.lower or Fraction(0)) - value, True
    return value - interval.upper, False


def _stretch(characteristic: Characteristic, bin_: NumericBin, value: Value, possible: Sequence[Bin]) -> Interval:
    """From the near end of the bin as far away as no fewer points are given; both ways where there is no value."""
    bins = characteristic.numeric_bins
    first = last = bins.index(bin_)
    is_good = [each not in possible or each.points >= bin_.points for each in bins]
    lies_above = isinstance(value, Fraction) and _distance(Interval.of(bin_), value)[1]
    while (lies_above or value is None) and last + 1 < len(bins) and is_good[last + 1]:
        last += 1
    while not lies_above and first and is_good[first - 1]:
        first -= 1
    return Interval(
        lower=Interval.of(bins[first]).lower,
        lower_included=bins[first].lower_included,
        upper=Interval.of(bins[last]).upper,
        upper_included=bins[last].upper_included,
    )
