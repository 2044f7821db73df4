"""
The truth behind the demo bank: who will stop paying, and when it shows.

Lifetime probability of default = logistic(
    INTERCEPT + DSR_WEIGHT x (DSR - 0.30) - ACR_WEIGHT x ln(ACR) + TENOR_WEIGHT x (tenor / 12 - 1)
    - QUALITY_WEIGHT x quality + the akad's own effect)
with DSR capped at 1.2 and ACR kept within 0.1..10. The first three are what a scorecard sees; quality it does not,
so no card can be perfect. Officers see a little of it: they turn down by what is on paper and by that glimpse.
docs/flow.md tells the story; analyses may check themselves against these numbers.
"""

import numpy as np

from scoring.demo.draws import Floats, Ints, logistic

INTERCEPT = -2.3
DSR_WEIGHT = 4.5
ACR_WEIGHT = 0.75
TENOR_WEIGHT = 0.30
QUALITY_WEIGHT = 0.6
AKAD_EFFECT = {"musyarakah": 0.25, "mudharabah": 0.45, "qardh": 0.2, "multijasa": 0.1, "ijarah": -0.1}
MARGIN = 0.15  # charged once, as the bank's standard card has it
HIGHEST_DSR = 1.2
ACR_RANGE = (0.1, 10.0)

# Kolektibilitas by days past due, as credit reporting counts it: 0, up to 90, 120, 180, and beyond.
COLLECTIBILITY_FROM_DAYS = (1, 91, 121, 181)
NON_PERFORMING_FROM = 3


def debt_service_ratio(*, amount: Ints, tenor: Ints, income: Ints) -> Floats:
    """Monthly installment over income, in plain doubles; no income counts as the highest."""
    installment = amount * (1 + MARGIN) / tenor
    ratio = np.divide(installment, income, out=np.full(len(income), HIGHEST_DSR), where=income > 0)
    capped: Floats = np.minimum(ratio, HIGHEST_DSR)
    return capped


def asset_coverage_ratio(*, amount: Ints, assets: Ints) -> Floats:
    covered: Floats = np.clip(assets / amount, *ACR_RANGE)
    return covered


def default_probability(*, dsr: Floats, acr: Floats, tenor: Ints, quality: Floats, akad_effect: Floats) -> Floats:
    """Return the lifetime probability of default of the formula above."""
    return logistic(
        INTERCEPT
        + DSR_WEIGHT * (dsr - 0.30)
        - ACR_WEIGHT * np.log(acr)
        + TENOR_WEIGHT * (tenor / 12 - 1)
        - QUALITY_WEIGHT * quality
        + akad_effect
    )


def rejection_probability(*, dsr: Floats, acr: Floats, glimpse: Floats) -> Floats:
    """Return how likely an officer turns the application down."""
    return logistic(-1.7 + 5.0 * (dsr - 0.35) - 0.5 * np.log(acr) - 0.5 * glimpse)


def collectibility_of(days_past_due: Ints) -> Ints:
    """Grade 1 to 5."""
    grade: Ints = 1 + np.searchsorted(COLLECTIBILITY_FROM_DAYS, days_past_due, side="right").astype(np.int64)
    return grade
