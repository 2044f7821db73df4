"""A row that cannot be scored carries its field and a code, and spoils no other row."""

from decimal import Decimal
from math import inf, isnan, nan

import numpy as np
import pytest

from scoring.engine import REFUSAL_MESSAGES, REFUSALS, Facts, RefusalCode
from scoring.engine.refusals import refusal_index
from tests.engine.samples import STANDARD, applicant, facts_of, refused, score_one

REFUSED = [
    ("monthly_income", None, "missing"),
    ("assets_value", None, "missing"),
    ("loan_amount", None, "missing"),
    ("tenor_months", None, "missing"),
    ("monthly_income", -1, "negative"),
    ("monthly_income", Decimal("-0.01"), "negative"),
    ("monthly_income", -(10**40), "negative"),
    ("assets_value", -0.01, "negative"),
    ("loan_amount", 0, "not_positive"),
    ("loan_amount", -5, "not_positive"),
    ("loan_amount", 10**15, "too_large"),
    ("loan_amount", Decimal("1E+15"), "too_large"),
    ("loan_amount", Decimal("1E+999999"), "too_large"),
    ("loan_amount", 1e300, "too_large"),
    ("loan_amount", 2**63, "too_large"),
    ("assets_value", 10**40, "too_large"),
    ("monthly_income", nan, "not_a_number"),
    ("monthly_income", inf, "not_a_number"),
    ("monthly_income", -inf, "not_a_number"),
    ("monthly_income", Decimal("NaN"), "not_a_number"),
    ("monthly_income", Decimal("sNaN"), "not_a_number"),
    ("monthly_income", Decimal("Infinity"), "not_a_number"),
    ("monthly_income", "5000000", "not_a_number"),
    ("monthly_income", True, "not_a_number"),
    ("monthly_income", 5 + 0j, "not_a_number"),
    ("loan_amount", Decimal("1.001"), "too_many_decimals"),
    ("loan_amount", Decimal("1E-999999"), "too_many_decimals"),
    ("loan_amount", Decimal("1." + "0" * 60 + "1"), "too_many_decimals"),
    ("loan_amount", 0.125, "too_many_decimals"),
    ("loan_amount", 1e-300, "too_many_decimals"),
    ("tenor_months", 12.5, "not_whole"),
    ("tenor_months", Decimal("12.9"), "not_whole"),
    ("tenor_months", 0.4, "not_whole"),
    ("tenor_months", 0, "out_of_range"),
    ("tenor_months", -12, "out_of_range"),
    ("tenor_months", 361, "out_of_range"),
    ("tenor_months", 2**64, "out_of_range"),
    ("tenor_months", nan, "not_a_number"),
    ("tenor_months", True, "not_a_number"),
]


class TestRefusals:
    @pytest.mark.parametrize(("field", "value", "code"), REFUSED)
    def test_names_the_field_and_the_code(self, field, value, code):
        row = score_one(**{field: value})

        assert row.refusal == refused(field, code)

    @pytest.mark.parametrize(("field", "value", "code"), REFUSED)
    def test_a_good_neighbour_is_still_scored(self, field, value, code):
        outcomes = STANDARD.score(facts_of(applicant(), applicant(**{field: value}), applicant()))

        assert outcomes.refused.tolist() == [False, True, False]
        assert outcomes.credit_score.tolist() == [600, 0, 600]

    def test_nothing_of_a_refused_row_looks_like_a_score(self):
        outcomes = STANDARD.score(facts_of(applicant(loan_amount=0)))
        row = outcomes.row(0)

        assert (row.credit_score, row.raw_score, set(row.points.values())) == (0, 0, {0})
        assert (row.segment, set(row.bins.values())) == ("", {""})
        assert (row.dsr, row.asset_coverage_ratio, row.monthly_installment, row.default_probability) == (None,) * 4
        assert isnan(outcomes.default_probability[0])
        assert (outcomes.segment[0], outcomes.bins["dsr"][0]) == (-1, -1)

    def test_the_first_field_speaks_for_the_row(self):
        row = score_one(tenor_months=0, loan_amount=nan, assets_value=-1)

        assert row.refusal == refused("assets_value", "negative")

    def test_a_column_that_is_not_given_is_missing(self):
        outcomes = STANDARD.score(Facts.from_values(monthly_income=[1], loan_amount=[1], tenor_months=[1]))

        assert outcomes.refusal(0) == refused("assets_value", "missing")

    def test_counts_what_was_wrong(self):
        outcomes = STANDARD.score(facts_of(applicant(), applicant(loan_amount=0), applicant(loan_amount=0)))

        assert [(str(refusal), count) for refusal, count in outcomes.refusal_counts().items()] == [
            ("loan_amount must be more than zero.", 2)
        ]

    @pytest.mark.parametrize("code", list(RefusalCode))
    def test_every_code_has_a_sentence(self, code):
        refusal = REFUSALS[refusal_index("tenor_months", code)]

        assert str(refusal) == REFUSAL_MESSAGES[code] % {"field": "tenor_months"}

    def test_extreme_integers_do_not_wrap_round(self):
        extremes = np.array([-(2**63), 2**63 - 1, 10**17, 10**17 - 1], dtype=np.int64)
        ones = np.ones(4, dtype=np.int64)
        facts = Facts.from_sen(monthly_income=extremes, assets_value=ones, loan_amount=ones, tenor_months=ones)

        outcomes = STANDARD.score(facts)

        too_large = refused("monthly_income", "too_large")
        assert [outcomes.refusal(row) for row in range(4)] == [
            refused("monthly_income", "negative"),
            too_large,
            too_large,
            None,
        ]


class TestStoredCustomersWithGaps:
    GAPS = ("monthly_income", "assets_value")

    def test_are_scored_as_with_zero_and_marked(self):
        outcomes = STANDARD.score(facts_of(applicant(monthly_income=None), applicant()), assume_zero_for=self.GAPS)

        assert outcomes.row(0).points["dsr"] == -200
        assert outcomes.row(0).incomplete == ("monthly_income",)
        assert outcomes.row(1).incomplete == ()

    def test_may_lack_a_whole_column(self):
        facts = Facts.from_values(monthly_income=[5_000_000], loan_amount=[10_000_000], tenor_months=[12])

        row = STANDARD.score(facts, assume_zero_for=self.GAPS).row(0)

        assert (row.points["acr"], row.incomplete) == (-50, ("assets_value",))

    def test_are_still_refused_for_a_value_that_is_wrong(self):
        outcomes = STANDARD.score(facts_of(applicant(monthly_income=nan)), assume_zero_for=self.GAPS)

        assert outcomes.refusal(0) == refused("monthly_income", "not_a_number")

    def test_the_amount_is_never_assumed(self):
        with pytest.raises(ValueError, match="Only assets_value and monthly_income may be taken as zero"):
            STANDARD.score(facts_of(applicant()), assume_zero_for=("loan_amount",))
