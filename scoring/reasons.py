"""Why a score is what it is, in sentences with the applicant's own figures."""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor
from typing import Any

from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from bprs.display import percentage, rupiah
from loans.models import Akad, Purpose, Segment
from scoring.engine import RAW_FACTS, DerivedFact, FactKind, Interval, NumericBin, OtherBin, Remark, ValuesBin
from scoring.messages import FACT_LABELS
from scoring.models import Score

WORDS = {"akad": Akad, "purpose": Purpose}
UNKNOWN = _("unknown")
DECIMALS, MOST_DECIMALS = 2, 12
DSR, ACR = DerivedFact.DEBT_SERVICE_RATIO.value, DerivedFact.ASSET_COVERAGE_RATIO.value
FIGURES: Mapping[str, str | Promise] = {
    DSR: _("Installment %(figure)s of income"),
    ACR: _("Assets %(figure)s the financing"),
    DerivedFact.MONTHLY_INSTALLMENT.value: _("Installment %(figure)s a month"),
}


def reason_sentence(remark: Remark) -> str:
    """What the applicant has, and the nearest that would give more: «Tenor 36 months; at most 24 months adds 40 points.»"""
    better = remark.better
    if better is None:
        return gettext("%(figure)s; nothing that can occur gives more points.") % {"figure": _figure(remark)}
    fact = remark.characteristic.fact
    wanted = _range(fact, better.stretch) if better.stretch else _words(remark)
    if remark.value is None or remark.unknown:
        return f"{_figure(remark)}. {_gain(_named(fact, wanted), better.points_gained)}."
    return f"{_figure(remark)}; {_gain(wanted, better.points_gained)}."


def applicant_sentence(remark: Remark) -> str:
    """The same for the applicant, who knows no points: «Tenor 36 months; at most 24 months would speak for you.»"""
    better = remark.better
    if better is None:
        return f"{_figure(remark)}."
    fact = remark.characteristic.fact
    wanted = _range(fact, better.stretch) if better.stretch else _words(remark)
    if remark.value is None or remark.unknown:
        wanted = _named(fact, wanted)
    return gettext("%(figure)s; %(wanted)s would speak for the application.") % {
        "figure": _figure(remark),
        "wanted": wanted,
    }


def _gain(wanted: str, points: int) -> str:
    gain = ngettext("%(wanted)s adds %(points)d point", "%(wanted)s adds %(points)d points", points)
    return gain % {"wanted": wanted, "points": points}


def strength_sentence(remark: Remark) -> str:
    """«Assets 2 times the financing: the most points there are.»"""
    return gettext("%(figure)s: the most points there are.") % {"figure": _figure(remark)}


def in_words(score: Score) -> str:
    """What the recommendation says to programs."""
    named = {"segment": Segment(score.segment).label, "dsr": dsr_text(score)}
    if score.debt_service_ratio is None:
        return gettext("%(segment)s; there is no income to hold the installment against.") % named
    return gettext("%(segment)s; the installment takes %(dsr)s of the income.") % named


def dsr_text(score: Score) -> str:
    return gettext("n/a") if score.debt_service_ratio is None else percentage(score.debt_service_ratio)


def fact_text(name: str, value: Any) -> str:
    """A raw fact as scores keep it."""
    if value is None:
        return str(UNKNOWN)
    if RAW_FACTS[name] is FactKind.CATEGORY:
        return _word(name, value)
    return _number(name, Fraction(value))


def _figure(remark: Remark) -> str:
    """What the applicant has. A number is rounded, but never into a bin it is not in."""
    fact, value = remark.characteristic.fact, remark.value
    if remark.unknown:
        names = ", ".join(str(FACT_LABELS[name]) for name in remark.unknown)
        return gettext("%(facts)s unknown") % {"facts": names}
    if value is None:
        return gettext("No income")
    if isinstance(value, str):
        return _named(fact, _word(fact, value))
    bounds = Interval.of(remark.bin) if isinstance(remark.bin, NumericBin) else Interval()
    return _named(fact, _number(fact, _rounded(value, fact, bounds)))


def _named(fact: str, figure: str) -> str:
    return str(FIGURES[fact]) % {"figure": figure} if fact in FIGURES else f"{FACT_LABELS[fact]} {figure}"


def _rounded(value: Fraction, fact: str, bounds: Interval) -> Fraction:
    """As few decimals as it takes to stay within the bounds; amounts have sen and no less."""
    first = DECIMALS + 2 if fact == DSR else DECIMALS  # two of a percentage
    for decimals in range(first, (MOST_DECIMALS if fact in (DSR, ACR) else first) + 1):
        rounded = Fraction(round(value, decimals))
        if rounded in bounds:
            return rounded
    scale = 10**decimals
    return Fraction(
        floor(value * scale) if Fraction(floor(value * scale), scale) in bounds else ceil(value * scale), scale
    )


def _number(fact: str, number: Fraction) -> str:
    """A number of this fact with its unit and no needless zeros."""
    if fact == DSR:
        return percentage(_decimal(number), max(_places(number) - 2, 0))
    if fact == ACR:
        return gettext("%(number)s times") % {"number": number_format(_decimal(number), _places(number))}
    if fact == "tenor_months":
        return ngettext("%(count)d month", "%(count)d months", int(number)) % {"count": int(number)}
    return rupiah(_decimal(number))


def _decimal(number: Fraction) -> Decimal:
    return Decimal(int(number * 10**MOST_DECIMALS)).scaleb(-MOST_DECIMALS)


def _places(number: Fraction) -> int:
    """How many decimals it has."""
    return next((places for places in range(MOST_DECIMALS) if 10**places % number.denominator == 0), MOST_DECIMALS)


def _range(fact: str, stretch: Interval) -> str:
    """«at most 40%», «above 12 months», «at least 0.8 times and below 1.2 times»."""
    if fact == "tenor_months":
        stretch = _of_whole_numbers(stretch)
    if stretch.lower is not None and stretch.lower == stretch.upper:
        return _number(fact, stretch.lower)
    ends = []
    if stretch.lower is not None:
        lower = gettext("at least %(figure)s") if stretch.lower_included else gettext("above %(figure)s")
        ends.append(lower % {"figure": _number(fact, stretch.lower)})
    if stretch.upper is not None:
        upper = gettext("at most %(figure)s") if stretch.upper_included else gettext("below %(figure)s")
        ends.append(upper % {"figure": _number(fact, stretch.upper)})
    return gettext(" and ").join(ends) or gettext("any other value")


def _of_whole_numbers(stretch: Interval) -> Interval:
    """The same months with both ends included."""
    lower = (
        None if stretch.lower is None else ceil(stretch.lower) + (stretch.lower % 1 == 0 and not stretch.lower_included)
    )
    upper = (
        None
        if stretch.upper is None
        else floor(stretch.upper) - (stretch.upper % 1 == 0 and not stretch.upper_included)
    )
    return Interval(
        lower=None if lower is None else Fraction(lower),
        lower_included=True,
        upper=None if upper is None else Fraction(upper),
        upper_included=True,
    )


def _words(remark: Remark) -> str:
    """The words of the better bin, or what it is not."""
    if remark.better is None:
        return ""
    fact, bin_ = remark.characteristic.fact, remark.better.bin
    if isinstance(bin_, OtherBin):
        listed = ", ".join(_word(fact, word) for word in remark.characteristic.listed_values)
        return gettext("any other than %(words)s") % {"words": listed}
    return ", ".join(_word(fact, word) for word in bin_.values) if isinstance(bin_, ValuesBin) else ""


def _word(fact: str, word: str) -> str:
    choices = WORDS[fact]
    return str(choices(word).label) if word in choices.values else word
