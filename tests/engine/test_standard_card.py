"""The bank's card in force, number by number."""

from dataclasses import dataclass
from decimal import Decimal

import pytest

from scoring.engine import ANNUAL_1, RESCALED_1, STANDARD_1, Scorecard, recommendation
from tests.engine.samples import ANNUAL, STANDARD, facts_of, score_one

NAMES = ("monthly_income", "assets_value", "loan_amount", "tenor_months")


@dataclass(frozen=True)
class Golden:
    """One row of the table in docs/scorecard.md."""

    facts: tuple[int, int, int, int]
    points: tuple[int, int, int]
    raw_and_score: tuple[int, int]
    risk: tuple[str, float]
    shown: tuple[float | None, float]

    def row(self):
        income, assets, amount, tenor = self.facts
        return score_one(monthly_income=income, assets_value=assets, loan_amount=amount, tenor_months=tenor)


GOLDEN = [
    Golden((5_000_000, 20_000_000, 10_000_000, 12), (150, 100, 50), (600, 600), ("medium", 0.15), (0.19, 958_333.33)),
    Golden((10_000_000, 5_000_000, 50_000_000, 24), (150, -50, 20), (420, 420), ("high", 0.40), (0.24, 2_395_833.33)),
    Golden((2_000_000, 0, 10_000_000, 6), (-150, -50, 50), (150, 300), ("high", 0.40), (0.96, 1_916_666.67)),
    Golden((0, 20_000_000, 10_000_000, 12), (-200, 100, 50), (250, 300), ("high", 0.40), (None, 958_333.33)),
    Golden((10_000_000, 10**9, 100_000_000, 60), (150, 100, -50), (500, 500), ("high", 0.40), (0.19, 1_916_666.67)),
]


@pytest.mark.parametrize("golden", GOLDEN)
class TestGoldenVectors:
    def test_earn_the_points_and_the_score(self, golden):
        row = golden.row()

        assert tuple(row.points.values()) == golden.points
        assert (row.raw_score, row.credit_score) == golden.raw_and_score

    def test_are_given_the_segment_and_the_probability(self, golden):
        row = golden.row()

        assert (row.segment, row.default_probability) == golden.risk

    def test_show_the_ratio_and_the_installment(self, golden):
        row = golden.row()

        dsr = None if row.dsr is None else round(row.dsr, 2)
        assert (dsr, round(row.monthly_installment, 2)) == golden.shown


class TestAcceptanceSpreadsheet:
    def test_two_of_its_three_rows_are_high_risk(self):
        outcomes = STANDARD.score(facts_of(*(dict(zip(NAMES, golden.facts, strict=True)) for golden in GOLDEN[:3])))

        assert outcomes.segment_counts() == {"low": 0, "medium": 1, "high": 2}
        assert outcomes.segments.tolist() == ["medium", "high", "high"]


class TestThresholds:
    @pytest.mark.parametrize(("income", "points"), [("61621047", 100), ("61621048", 150), ("61621049", 150)])
    def test_a_dsr_of_exactly_thirty_percent_is_healthy(self, income, points):
        row = score_one(loan_amount=192_900_672, tenor_months=12, monthly_income=int(income))

        assert row.points["dsr"] == points

    @pytest.mark.parametrize(
        ("income", "at", "below"), [(5_750_000, 150, 100), (4_312_500, 100, 0), (3_450_000, 0, -150)]
    )
    def test_one_sen_of_income_less_than_the_cut_off_earns_the_worse_points(self, income, at, below):
        amount = 18_000_000  # over 12 months: 1,725,000 a month

        assert score_one(loan_amount=amount, monthly_income=income).points["dsr"] == at
        assert score_one(loan_amount=amount, monthly_income=Decimal(income) - Decimal("0.01")).points["dsr"] == below

    @pytest.mark.parametrize(
        ("assets", "points"), [(11_999_999.99, 50), (12_000_000, 100), (7_999_999.99, -50), (8_000_000, 50), (0, -50)]
    )
    def test_assets_at_the_cut_off_earn_the_better_points(self, assets, points):
        assert score_one(assets_value=assets).points["acr"] == points

    @pytest.mark.parametrize(
        ("tenor", "points"), [(1, 50), (12, 50), (13, 20), (24, 20), (25, -20), (36, -20), (37, -50), (360, -50)]
    )
    def test_a_tenor_at_the_cut_off_earns_the_better_points(self, tenor, points):
        assert score_one(tenor_months=tenor).points["tenor"] == points

    def test_a_ratio_shown_as_the_cut_off_may_lie_above_it(self):
        row = score_one(loan_amount=24_000_000, monthly_income=5_680_415)

        assert recommendation(segment=row.segment, dsr=row.dsr) == "Segment HIGH - DSR: 0.4"
        assert row.bins["dsr"] == "≤ 0.50"


class TestDrafts:
    def test_the_rescaled_card_stretches_the_same_bins(self):
        row = score_one(Scorecard.from_dict(RESCALED_1))

        assert row.points == {"dsr": 137, "acr": 92, "tenor": 46}
        assert (row.credit_score, row.segment, row.default_probability) == (850, "low", 0.01)

    def test_the_annual_card_charges_the_margin_for_every_year(self):
        row = score_one(ANNUAL, tenor_months=24)

        assert row.monthly_installment == pytest.approx(10_000_000 * 1.30 / 24)

    @pytest.mark.parametrize("written", [STANDARD_1, RESCALED_1, ANNUAL_1])
    def test_each_can_be_built_and_names_its_version(self, written):
        assert Scorecard.from_dict(written).version == written["version"]
