"""How the margin is charged, by hand."""

from decimal import Decimal
from fractions import Fraction

import pytest

from scoring.engine import Margin, MarginMethod
from tests.engine.samples import score_one, with_margin


def ratio(method, rate, tenor):
    return Fraction(*Margin(method=method, rate=Decimal(rate)).debt_ratio(tenor))


class TestMargin:
    @pytest.mark.parametrize("tenor", [1, 12, 360])
    def test_charged_once_ignores_the_tenor(self, tenor):
        assert ratio(MarginMethod.ONCE, "0.15", tenor) == Fraction("1.15")

    @pytest.mark.parametrize(("tenor", "debt"), [(6, "1.075"), (12, "1.15"), (24, "1.30"), (1, "1.0125")])
    def test_flat_per_annum_grows_with_the_tenor(self, tenor, debt):
        assert ratio(MarginMethod.FLAT_PER_ANNUM, "0.15", tenor) == Fraction(debt)

    def test_an_annuity_of_one_month_is_one_months_margin(self):
        assert ratio(MarginMethod.ANNUITY, "0.12", 1) == Fraction("1.01")

    def test_an_annuity_of_two_months_by_hand(self):
        assert ratio(MarginMethod.ANNUITY, "0.12", 2) == 2 * Fraction("1.01") ** 2 / (1 + Fraction("1.01"))

    @pytest.mark.parametrize("method", list(MarginMethod))
    def test_without_a_rate_the_debt_is_the_amount(self, method):
        assert ratio(method, "0", 24) == 1

    def test_the_methods_order_the_installments_as_they_should(self):
        methods = (MarginMethod.ONCE, MarginMethod.ANNUITY, MarginMethod.FLAT_PER_ANNUM)

        once, annuity, flat = (ratio(method, "0.15", 60) for method in methods)

        assert once < annuity < flat

    def test_a_long_annuity_at_an_awkward_rate_stays_finite(self):
        row = score_one(with_margin("annuity", "9.999999"), tenor_months=360)

        assert row.monthly_installment == pytest.approx(10_000_000 * 9.999999 / 12)
