"""Cards other than the bank's: any fact, any order of bins, words, either end included."""

import pytest

from scoring.engine import Scorecard
from tests.engine.samples import applicant, card_with, facts_of, numeric, refused, score_one

AKAD = {
    "name": "akad",
    "label": "Akad",
    "fact": "akad",
    "bins": [
        {"label": "partnership", "values": ["mudharabah", "musyarakah"], "points": -10},
        {"label": "sale", "values": ["murabahah"], "points": 30},
        {"label": "other", "other": True, "points": 7},
    ],
}


class TestWords:
    @pytest.mark.parametrize(
        ("akad", "points"), [("murabahah", 30), ("musyarakah", -10), ("qardh", 7), ("Murabahah", 7), ("murabahah ", 7)]
    )
    def test_are_matched_as_written(self, akad, points):
        assert score_one(card_with(AKAD), akad=akad).points["akad"] == points

    def test_that_are_missing_refuse_the_row(self):
        row = score_one(card_with(AKAD), akad=None)

        assert row.refusal == refused("akad", "missing")

    def test_do_not_matter_to_a_card_that_does_not_ask(self):
        assert score_one(akad=None).refusal is None

    def test_that_are_unlisted_refuse_the_row_where_the_card_says_so(self):
        strict = {**AKAD, "bins": AKAD["bins"][:2], "unlisted": "refuse"}

        outcomes = card_with(strict).score(facts_of(applicant(akad="qardh"), applicant(akad="murabahah")))

        assert outcomes.refusal(0) == refused("akad", "not_listed")
        assert outcomes.row(0).points == {"akad": 0}
        assert outcomes.row(1).points == {"akad": 30}

    def test_an_earlier_refusal_of_the_row_stands(self):
        strict = {**AKAD, "bins": AKAD["bins"][:2], "unlisted": "refuse"}

        row = score_one(card_with(strict), akad="qardh", loan_amount=0)

        assert row.refusal == refused("loan_amount", "not_positive")

    def test_two_characteristics_may_ask_for_the_same_word(self):
        row = score_one(card_with(AKAD, {**AKAD, "name": "again"}), akad="murabahah")

        assert row.points == {"akad": 30, "again": 30}


class TestNumbers:
    @pytest.mark.parametrize(("income", "points"), [("4999999.99", 0), ("5000000", 20), ("5000000.01", 20)])
    def test_the_lower_end_may_be_the_included_one(self, income, points):
        card = card_with(
            numeric(
                "monthly_income",
                {"label": "ample", "at_least": "5000000", "points": 20},
                {"label": "scarce", "below": "5000000", "points": 0},
            )
        )

        assert score_one(card, monthly_income=float(income)).points["monthly_income"] == points

    @pytest.mark.parametrize(("amount", "points"), [(1.0, 1), (1.01, 2), (1.02, 2)])
    def test_a_cut_off_between_two_sen_parts_them(self, amount, points):
        card = card_with(
            numeric(
                "loan_amount",
                {"label": "low", "at_most": "1.005", "points": 1},
                {"label": "high", "above": "1.005", "points": 2},
            )
        )

        assert score_one(card, loan_amount=amount).points["loan_amount"] == points

    def test_a_bin_may_cover_every_number(self):
        card = card_with(
            numeric(
                "asset_coverage_ratio",
                {"label": "≥ 0", "at_least": "0", "points": 3},
                {"label": "< 0", "below": "0", "points": 0},
            )
        )

        assert score_one(card, assets_value=0).points["asset_coverage_ratio"] == 3

    def test_bins_keep_the_order_of_the_card(self):
        outcomes = card_with(
            numeric(
                "tenor_months",
                {"label": "middle", "above": "12", "at_most": "24", "points": 2},
                {"label": "long", "above": "24", "points": 3},
                {"label": "short", "at_most": "12", "points": 1},
            )
        ).score(facts_of(*(applicant(tenor_months=tenor) for tenor in (6, 18, 30))))

        assert outcomes.bins["tenor_months"].tolist() == [2, 0, 1]
        assert outcomes.points["tenor_months"].tolist() == [1, 2, 3]

    def test_a_score_above_the_range_is_clamped_and_its_raw_score_kept(self):
        row = score_one(Scorecard.from_dict({**card_with(AKAD).to_dict(), "base_points": 900}), akad="murabahah")

        assert (row.raw_score, row.credit_score, row.segment) == (930, 850, "low")

    def test_a_hundred_characteristics_are_as_good_as_three(self):
        bins = ({"label": "short", "at_most": "12", "points": 2}, {"label": "long", "above": "12", "points": 1})
        card = card_with(*(numeric("tenor_months", *bins, name=f"t{n}") for n in range(100)))

        assert score_one(card).raw_score == 300 + 200
