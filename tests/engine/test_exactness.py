"""Every row equals the same rules worked in fractions, above all beside the cut-offs."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from scoring.engine import Facts, Scorecard
from tests.engine.reference import installment_of, reference
from tests.engine.samples import numeric, with_margin, written_card

METHODS = ["once", "flat_per_annum", "annuity"]
MOST_SEN = 10**17 - 1
CARDS = {(method, rate): with_margin(method, rate) for method in METHODS for rate in ("0.15", "0.1575", "0")}

money = st.one_of(
    st.integers(0, MOST_SEN),
    st.integers(0, 10**6),
    st.integers(0, 4000).map(lambda n: n * 25_000_000),
    st.just(MOST_SEN),
)
tenors = st.integers(1, 360)
margins = st.sampled_from(sorted(CARDS))
nudges = st.integers(-2, 2)


def within(sen):
    return min(max(sen, 0), MOST_SEN)


@st.composite
def beside_a_dsr_cut_off(draw):
    """An income that puts the ratio on a cut-off as closely as whole sen allow, or one or two sen off."""
    method, rate = draw(margins)
    amount, tenor = max(draw(money), 1), draw(tenors)
    cut_off = Fraction(draw(st.sampled_from(["0.30", "0.40", "0.50"])))
    installment = installment_of({"method": method, "rate": rate}, Fraction(amount), tenor)
    income = within(round(installment / cut_off) + draw(nudges))
    return (method, rate), (income, draw(money), amount, tenor)


@st.composite
def beside_an_acr_cut_off(draw):
    amount = max(draw(money), 1)
    assets = within(round(amount * Fraction(draw(st.sampled_from(["0.8", "1.2"])))) + draw(nudges))
    return draw(margins), (draw(money), assets, amount, draw(tenors))


@st.composite
def exactly_on_a_dsr_cut_off(draw):
    """With a margin of 15 % charged once, 6 k n of amount on 23 k of income is a ratio of exactly 0.30."""
    factor, tenor = draw(st.integers(1, 10**12)), draw(tenors)
    part = draw(st.sampled_from([6, 8, 10]))
    return ("once", "0.15"), (23 * factor, draw(money), part * factor * tenor, tenor)


anywhere = st.tuples(margins, st.tuples(money, money, money.map(lambda sen: max(sen, 1)), tenors))
rows = st.one_of(anywhere, beside_a_dsr_cut_off(), beside_an_acr_cut_off(), exactly_on_a_dsr_cut_off())


def score_sen(card, application):
    income, assets, amount, tenor = (np.array([value], dtype=np.int64) for value in application)
    return card.score(
        Facts.from_sen(monthly_income=income, assets_value=assets, loan_amount=amount, tenor_months=tenor)
    )


def expected(card, application):
    income, assets, amount, tenor = application
    return reference(
        card.to_dict(),
        income=Fraction(income, 100),
        assets=Fraction(assets, 100),
        amount=Fraction(amount, 100),
        tenor=tenor,
    )


@settings(max_examples=600, deadline=None)
@given(rows)
@example((("once", "0.15"), (6_162_104_800, 0, 19_290_067_200, 12)))
def test_every_row_equals_the_rules_in_fractions(row):
    margin, application = row
    card = CARDS[margin]

    outcome = score_sen(card, application).row(0)

    truth = expected(card, application)
    assert outcome.refusal is None
    assert outcome.points == truth.points
    assert (outcome.raw_score, outcome.credit_score) == (truth.raw_score, truth.credit_score)
    assert (outcome.segment, outcome.default_probability) == (truth.segment, truth.default_probability)


@settings(max_examples=300, deadline=None)
@given(anywhere)
def test_shown_figures_are_the_exact_ones_to_the_last_digits(row):
    margin, application = row

    outcome = score_sen(CARDS[margin], application).row(0)

    truth = expected(CARDS[margin], application)
    assert outcome.monthly_installment == pytest.approx(float(truth.installment), rel=1e-15)
    assert outcome.asset_coverage_ratio == pytest.approx(float(truth.acr), rel=1e-15)
    assert (outcome.dsr is None) == (truth.dsr is None)
    assert outcome.dsr is None or outcome.dsr == pytest.approx(float(truth.dsr), rel=1e-15)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("on_top", [-1, 0, 1])
def test_an_installment_is_cut_exactly_too(method, on_top):
    """At 1,000,000 a month, one sen of amount decides, whatever the method."""
    cut = numeric(
        "monthly_installment",
        {"label": "light", "below": "1000000", "points": 10},
        {"label": "heavy", "at_least": "1000000", "points": 0},
    )
    card = Scorecard.from_dict(written_card(margin={"method": method, "rate": "0.15"}, characteristics=[cut]))
    share = installment_of({"method": method, "rate": "0.15"}, Fraction(1), 24)
    amount = round(100_000_000 / share) + on_top

    points = score_sen(card, (0, 0, amount, 24)).row(0).points

    assert points == expected(card, (0, 0, amount, 24)).points


@pytest.mark.parametrize(("income", "points"), [(22_999_999, 100), (23_000_000, 150), (23_000_001, 150)])
def test_a_whole_column_on_the_cut_off_is_decided_exactly(income, points):
    tenor = np.arange(1, 361)
    facts = Facts.from_sen(
        monthly_income=np.full(360, income, dtype=np.int64),
        assets_value=np.zeros(360, dtype=np.int64),
        loan_amount=6_000_000 * tenor,
        tenor_months=tenor,
    )

    assert set(CARDS["once", "0.15"].score(facts).points["dsr"].tolist()) == {points}
