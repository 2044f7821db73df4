"""Two cards over the same applications: worked by hand, and adding up whatever the parts."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.engine import RESCALED_1, STANDARD_1, Book, Comparison, Facts, Scorecard, Scores, compare

STANDARD, RESCALED = Scorecard.from_dict(STANDARD_1), Scorecard.from_dict(RESCALED_1)
LOW, MEDIUM, HIGH, NONE = range(4)
# The golden vectors; by hand: standard-1 scores 600, 420, 300, 300, 500 and none,
# rescaled-1 575 + 137 + 92 + 46 = 850, 575 + 137 - 46 + 18 = 684, 575 - 138 - 46 + 46 = 437, 575 - 183 + 92 + 46 = 530,
# 575 + 137 + 92 - 46 = 758.
ROWS = [
    (5_000_000, 20_000_000, 10_000_000, 12),
    (10_000_000, 5_000_000, 50_000_000, 24),
    (2_000_000, 0, 10_000_000, 6),
    (0, 20_000_000, 10_000_000, 12),
    (10_000_000, 1_000_000_000, 100_000_000, 60),
    (5_000_000, 20_000_000, None, 12),
]
DEFAULTS = [False, False, True, False, True, False]
KNOWN = [True, True, True, False, True, False]
BRANCHES = ["Solo", "Solo", "Solo", "Tegal", "Tegal", "Tegal"]


def comparison_of(rows: slice | list[int] = slice(None), *, before: Scorecard = STANDARD, after: Scorecard = RESCALED):
    picked = np.arange(len(ROWS))[rows]
    columns = dict(
        zip(
            ("monthly_income", "assets_value", "loan_amount", "tenor_months"),
            zip(*(ROWS[row] for row in picked), strict=True),
            strict=True,
        )
    )
    facts = Facts.from_values(**columns)
    names = sorted({BRANCHES[row] for row in picked})
    codes = np.array([names.index(BRANCHES[row]) for row in picked], dtype=np.intp)
    book = Book(
        keys=picked.astype(np.int64),
        amounts=np.array([(ROWS[row][2] or 0) * 100 for row in picked], dtype=np.int64),
        is_known=np.array([KNOWN[row] for row in picked]),
        is_default=np.array([DEFAULTS[row] for row in picked]),
        groups={"branch": (codes, names)},
    )
    return compare(before=before.score(facts), after=after.score(facts), book=book)


class TestCompare:
    def test_puts_every_application_in_the_cell_of_its_two_segments(self):
        total = comparison_of().total

        #      low medium high none
        assert total.cells["count"] == (
            (0, 0, 0, 0),
            (1, 0, 0, 0),
            (1, 1, 2, 0),
            (0, 0, 0, 1),
        )
        assert total.cells["amount"][MEDIUM][LOW] == 10_000_000_00
        assert total.cells["amount"][HIGH] == (100_000_000_00, 50_000_000_00, 20_000_000_00, 0)

    def test_says_who_swaps_and_how_their_financing_went(self):
        comparison = comparison_of()
        before, after = comparison.before, comparison.after

        swapped_in = {"before": before.worst, "after": after.accepted}
        assert comparison.total.sum("count", **swapped_in) == 2
        assert comparison.total.sum("amount", **swapped_in) == 150_000_000_00
        assert comparison.total.sum("known", **swapped_in) == 2
        assert comparison.total.sum("defaulted", **swapped_in) == 1
        assert comparison.total.sum("defaulted_amount", **swapped_in) == 100_000_000_00
        assert comparison.total.sum("count", before=before.accepted, after=after.worst) == 0

    def test_expects_the_loss_of_every_amount_at_its_probability(self):
        comparison = comparison_of()

        # 0.15 x 10 million and 0.40 x 170 million; 0.01 x 10, 0.05 x 50, 0.40 x 20 and 0.01 x 100 million
        assert comparison.total.sum("expected_before") == pytest.approx(69_500_000_00)
        assert comparison.total.sum("expected_after") == pytest.approx(11_600_000_00)

    def test_adds_up_the_scores_of_whom_it_scored(self):
        comparison = comparison_of()

        assert comparison.total.sum("score_before") == 600 + 420 + 300 + 300 + 500
        assert comparison.total.sum("score_after") == 850 + 684 + 437 + 530 + 758
        assert comparison.before.scores.counts == {300: (2, 1, 1), 420: (1, 1, 0), 500: (1, 1, 1), 600: (1, 1, 0)}

    def test_counts_what_was_not_scored_on_each_side_with_its_reason(self):
        comparison = comparison_of()

        assert comparison.before.refusals == comparison.after.refusals == {"loan_amount missing": 1}
        assert comparison.total.sum("count", before=comparison.before.not_scored) == 1

    def test_does_the_same_for_every_group(self):
        branches = comparison_of().groups["branch"]

        assert {name: tally.sum("count") for name, tally in branches.items()} == {"Solo": 3, "Tegal": 3}
        assert branches["Tegal"].cells["count"][HIGH] == (1, 0, 1, 0)

    def test_names_the_greatest_movers_with_the_points_of_both_cards(self):
        movers = comparison_of().movers

        assert [(mover.key, mover.change) for mover in movers] == [(1, 264), (4, 258), (0, 250), (3, 230), (2, 137)]
        first = movers[0]
        assert (first.before.segment, first.after.segment, first.amount) == ("high", "medium", 50_000_000_00)
        assert first.before.points == {"dsr": 150, "acr": -50, "tenor": 20}
        assert first.after.points == {"dsr": 137, "acr": -46, "tenor": 18}

    def test_has_no_movers_where_both_cards_agree(self):
        assert comparison_of(before=STANDARD, after=STANDARD).movers == ()

    def test_names_the_greater_amount_first_among_equal_changes(self):
        rows = Facts.from_values(
            monthly_income=[5_000_000] * 3,
            assets_value=[80_000_000] * 3,
            loan_amount=[1_000_000, 3_000_000, 2_000_000],
            tenor_months=[12] * 3,
        )
        nothing = np.zeros(3, np.bool_)
        book = Book(
            keys=np.array([7, 8, 9]),
            amounts=np.array([1, 3, 2], dtype=np.int64),
            is_known=nothing,
            is_default=nothing,
            groups={},
        )
        movers = compare(before=STANDARD.score(rows), after=RESCALED.score(rows), book=book).movers

        assert [mover.key for mover in movers] == [8, 9, 7]

    def test_keeps_sums_exact_beyond_what_doubles_can(self):
        rows = Facts.from_values(
            monthly_income=[1] * 3, assets_value=[1] * 3, loan_amount=[1] * 3, tenor_months=[1] * 3
        )
        largest = 10**17 - 1
        book = Book(
            keys=np.arange(3),
            amounts=np.full(3, largest, dtype=np.int64),
            is_known=np.ones(3, np.bool_),
            is_default=np.zeros(3, np.bool_),
            groups={},
        )
        total = compare(before=STANDARD.score(rows), after=RESCALED.score(rows), book=book).total

        assert total.sum("amount") == total.sum("known_amount") == 3 * largest


class TestComparison:
    @settings(max_examples=40)
    @given(cut=st.integers(1, len(ROWS) - 1))
    def test_adds_up_to_the_same_whatever_the_parts(self, cut):
        whole, parts = comparison_of(), comparison_of(slice(0, cut)) + comparison_of(slice(cut, None))

        assert parts.movers == whole.movers
        assert (parts.before, parts.after) == (whole.before, whole.after)
        for name in ("count", "amount", "known", "defaulted_amount", "score_after"):
            assert parts.total.cells[name] == whole.total.cells[name]
            assert parts.groups["branch"]["Solo"].cells[name] == whole.groups["branch"]["Solo"].cells[name]

    def test_comes_back_from_json_as_it_was(self):
        comparison = comparison_of()

        assert Comparison.from_dict(json.loads(json.dumps(comparison.to_dict()))) == comparison

    def test_keeps_no_more_than_fifty_movers(self):
        comparison = comparison_of()
        many = replace(comparison, movers=comparison.movers * 9)

        assert len((many + many).movers) == 50


class TestGini:
    def test_is_one_where_every_default_scores_below_every_other(self):
        assert Scores(counts={300: (2, 2, 2), 600: (3, 3, 0)}).gini() == 1

    def test_is_nothing_where_all_have_one_score(self):
        assert Scores(counts={300: (4, 4, 2)}).gini() == 0

    def test_counts_the_pairs_that_are_in_order(self):
        # Two defaults (300, 500) and two others (420, 600): of four pairs three are in order, so 2 x 3/4 - 1.
        scores = Scores(counts={300: (2, 1, 1), 420: (1, 1, 0), 500: (1, 1, 1), 600: (1, 1, 0)})
        assert scores.gini() == 0.5

    def test_is_none_without_a_default(self):
        assert Scores(counts={300: (4, 4, 0)}).gini() is None
