"""One row, none and many go the same way: what a row comes to does not depend on its neighbours."""

import numpy as np
import pytest

from scoring.engine import Facts
from scoring.engine.score import ROWS_PER_BLOCK
from tests.engine.samples import STANDARD, applicant, facts_of

COLUMNS = ("credit_score", "raw_score", "monthly_installment", "dsr", "asset_coverage_ratio", "default_probability")


def random_facts(length, *, seed=7):
    """Ordinary applications with a few refused, missing and exactly-on-a-cut-off ones among them."""
    random = np.random.default_rng(seed)
    amount = random.integers(-1, 400, length) * 25_000_000
    return Facts.from_sen(
        monthly_income=random.integers(0, 200, length) * 5_750_000,
        assets_value=np.where(
            random.random(length) < 0.1, amount // 10 * 12, random.integers(0, 800, length) * 25_000_000
        ),
        loan_amount=amount,
        tenor_months=random.integers(0, 61, length),
        missing={"assets_value": random.random(length) < 0.02},
    )


def assert_same(left, right):
    for name in (*COLUMNS, "segment", "refusal_index"):
        np.testing.assert_array_equal(getattr(left, name), getattr(right, name), err_msg=name)
    for name in left.points:
        np.testing.assert_array_equal(left.points[name], right.points[name])
        np.testing.assert_array_equal(left.bins[name], right.bins[name])


class TestScoringColumns:
    def test_a_column_equals_its_rows_one_by_one(self):
        facts = random_facts(500)

        together = STANDARD.score(facts)

        for row in range(len(facts)):
            assert_same(STANDARD.score(facts.take(slice(row, row + 1))), together.take(slice(row, row + 1)))

    def test_the_order_of_the_rows_does_not_matter(self):
        facts = random_facts(2_000)
        shuffled = np.random.default_rng(1).permutation(len(facts))

        assert_same(STANDARD.score(facts.take(shuffled)), STANDARD.score(facts).take(shuffled))

    @pytest.mark.parametrize("length", [ROWS_PER_BLOCK - 1, ROWS_PER_BLOCK, ROWS_PER_BLOCK + 1, 2 * ROWS_PER_BLOCK + 7])
    def test_the_edges_of_the_blocks_leave_no_trace(self, length):
        facts = random_facts(length)
        cut = length // 3

        whole = STANDARD.score(facts)

        assert len(whole) == length
        assert_same(STANDARD.score(facts.take(slice(0, cut))), whole.take(slice(0, cut)))
        assert_same(STANDARD.score(facts.take(slice(cut, None))), whole.take(slice(cut, None)))

    def test_an_empty_column_gives_empty_outcomes(self):
        outcomes = STANDARD.score(random_facts(0))

        assert len(outcomes) == 0
        assert outcomes.segments.tolist() == []
        assert outcomes.segment_counts() == {"low": 0, "medium": 0, "high": 0}
        assert outcomes.refusal_counts() == {}

    def test_empty_lists_are_columns_too(self):
        facts = Facts.from_values(monthly_income=[], assets_value=[], loan_amount=[], tenor_months=[])

        assert len(STANDARD.score(facts)) == 0

    def test_scoring_leaves_the_facts_as_they_were(self):
        facts = random_facts(300)
        before = {name: column.copy() for name, column in facts.columns.items()}

        STANDARD.score(facts, assume_zero_for=("assets_value",))

        for name, column in before.items():
            np.testing.assert_array_equal(facts.columns[name], column)

    def test_read_only_columns_of_any_stride_will_do(self):
        facts = random_facts(1_000)
        every_other = facts.take(slice(None, None, 2))
        for column in facts.columns.values():
            column.setflags(write=False)

        assert_same(STANDARD.score(every_other), STANDARD.score(facts).take(slice(None, None, 2)))

    def test_columns_have_small_types(self):
        outcomes = STANDARD.score(facts_of(applicant()))

        assert {outcomes.credit_score.dtype, outcomes.points["dsr"].dtype} == {np.dtype("int32")}
        assert {outcomes.segment.dtype, outcomes.bins["dsr"].dtype} == {np.dtype("int8")}
        assert outcomes.refusal_index.dtype == np.uint8
        assert outcomes.default_probability.dtype == np.float64
