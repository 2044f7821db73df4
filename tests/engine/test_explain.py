"""Reasons, strengths and the recommendation of a score."""

from dataclasses import dataclass

import numpy as np
import pytest

from scoring.engine import (
    RESCALED_1,
    Scorecard,
    contributions,
    points_lost,
    reason_order,
    reasons,
    recommendation,
    strengths,
)
from tests.engine.samples import STANDARD, applicant, card_with, facts_of, numeric, score_one

NEVER = {"label": "never", "below": "0", "points": 5}


def scored(**changes):
    return STANDARD.score(facts_of(applicant(**changes)))


def given(**changes):
    return contributions(STANDARD, score_one(**changes))


def losses(contributed):
    return [(each.name, each.lost) for each in reasons(contributed)]


@dataclass
class Stored:
    """A score as it is read back: plain mappings, keyed by characteristic."""

    points: dict[str, int]
    bins: dict[str, str]


class TestReasons:
    def test_the_greatest_loss_comes_first(self):
        assert losses(given(monthly_income=1_400_000, assets_value=0, tenor_months=24)) == [
            ("acr", 150),
            ("dsr", 50),
            ("tenor", 30),
        ]

    def test_equal_losses_keep_the_order_of_the_card(self):
        assert losses(given(monthly_income=3_450_000, loan_amount=18_000_000, assets_value=0)) == [
            ("dsr", 150),
            ("acr", 150),
        ]

    def test_a_faultless_row_has_none(self):
        assert losses(given()) == []

    def test_a_refused_row_has_nothing_to_explain(self):
        assert given(loan_amount=0) == reasons(()) == strengths(()) == ()

    def test_says_which_bin_it_was(self):
        (only,) = reasons(given(tenor_months=60))

        assert (only.label, only.bin_label, only.points) == ("Tenor", "above 36", -50)
        assert (only.max_points, only.min_points) == (50, -50)

    def test_strengths_are_the_best_bins_by_what_they_gained(self):
        assert [(each.name, each.gained) for each in strengths(given(assets_value=8_000_000))] == [
            ("dsr", 350),
            ("tenor", 100),
        ]

    def test_a_characteristic_that_cannot_lose_is_no_strength(self):
        card = card_with(numeric("tenor_months", {"label": "any", "at_least": "0", "points": 5}, NEVER))

        (only,) = contributions(card, score_one(card))

        assert (only.lost, only.gained, strengths([only])) == (0, 0, ())

    def test_a_score_that_was_kept_is_explained_like_a_fresh_one(self):
        row = score_one(tenor_months=60)
        kept = Stored(points=dict(row.points), bins=dict(row.bins))

        assert contributions(STANDARD, kept) == contributions(STANDARD, row)


class TestColumns:
    def test_agree_with_the_rows(self):
        tenors, assets = [6, 18, 30, 60], [0, 8_000_000, 12_000_000]
        outcomes = STANDARD.score(
            facts_of(
                *(applicant(tenor_months=tenor, assets_value=value) for tenor in tenors for value in assets),
                applicant(loan_amount=0),
            )
        )

        lost = points_lost(STANDARD, outcomes)
        order = reason_order(lost)

        names = [each.name for each in STANDARD.characteristics]
        for row in range(len(outcomes)):
            ranked = [(names[place], lost[row, place]) for place in order[row] if place >= 0]
            assert ranked == losses(contributions(STANDARD, outcomes.row(row)))

    def test_of_no_rows_are_empty(self):
        lost = points_lost(STANDARD, scored().take(slice(0, 0)))

        assert lost.shape == reason_order(lost).shape == (0, 3)

    def test_leave_the_outcomes_alone(self):
        outcomes = scored(tenor_months=60)
        before = outcomes.points["tenor"].copy()

        reason_order(points_lost(STANDARD, outcomes))

        np.testing.assert_array_equal(outcomes.points["tenor"], before)


class TestRecommendation:
    @pytest.mark.parametrize(
        ("changes", "line"),
        [
            ({}, "Segment MEDIUM - DSR: 0.19"),
            ({"monthly_income": 0}, "Segment HIGH - DSR: n/a"),
            ({"monthly_income": 4_791_666.67}, "Segment MEDIUM - DSR: 0.2"),
            ({"monthly_income": 958_333.33}, "Segment HIGH - DSR: 1.0"),
            ({"loan_amount": 0}, ""),
        ],
    )
    def test_reads_exactly_as_promised(self, changes, line):
        row = score_one(**changes)

        assert recommendation(segment=row.segment, dsr=row.dsr) == line

    def test_names_the_segment_of_the_card_that_scored(self):
        row = score_one(Scorecard.from_dict(RESCALED_1))

        assert recommendation(segment=row.segment, dsr=row.dsr) == "Segment LOW - DSR: 0.19"
