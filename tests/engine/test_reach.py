"""What a card can reach is what trying every combination finds, and what real applications get."""

from collections import Counter
from itertools import combinations, pairwise
from time import process_time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.engine import Reach, Scorecard, examine
from tests.engine.every_combination import every_combination
from tests.engine.random_cards import CUTS, cards, small_cards
from tests.engine.samples import card_with, facts_of, numeric, with_margin, written_card


def extremes(card, found, pick):
    """The best or the worst raw score of every bin, None for one that does not occur."""
    return {
        each.name: tuple(
            pick((raw for combination, raw in found if combination[place] == index), default=None)
            for index in range(len(each.bins))
        )
        for place, each in enumerate(card.characteristics)
    }


class TestRandomCards:
    @settings(max_examples=60, deadline=None)
    @given(small_cards())
    def test_trying_every_combination_finds_the_same(self, card):
        found = every_combination(card)

        reach = Reach.of(card)

        assert reach.is_exact
        assert reach.raw_scores == Counter(raw for _, raw in found)
        assert reach.best_raw == extremes(card, found, max)
        assert reach.worst_raw == extremes(card, found, min)
        for one, two in combinations(range(len(card.characteristics)), 2):
            met = {(combination[one], combination[two]) for combination, _ in found}
            table = reach.meetings.get((card.characteristics[one].name, card.characteristics[two].name))
            assert table is None or not found or met == set(zip(*map(np.ndarray.tolist, table.nonzero()), strict=True))

    @settings(max_examples=60, deadline=None)
    @given(small_cards())
    def test_segments_and_what_is_clamped_are_counted_alike(self, card):
        raws = [raw for _, raw in every_combination(card)]
        segments = Counter(card.segment_of(min(max(raw, 300), 850)) for raw in raws)

        reach = Reach.of(card)

        assert reach.segments == {band.segment: segments[band.segment] for band in card.segment_bands}
        assert (reach.clamped_below, reach.clamped_above) == (
            sum(raw < 300 for raw in raws),
            sum(raw > 850 for raw in raws),
        )

    @settings(max_examples=25, deadline=None)
    @given(cards(), st.integers(0, 2**32 - 1))
    def test_no_application_gets_what_was_called_impossible(self, card, seed):
        random = np.random.default_rng(seed)
        rows = [
            {
                "monthly_income": int(income) * 100_000,
                "assets_value": int(assets) * 500_000,
                "loan_amount": int(amount) * 100_000,
                "tenor_months": int(tenor),
            }
            for income, assets, amount, tenor in random.integers([0, 0, 1, 1], [250, 140, 500, 80], (2_000, 4))
        ]

        outcomes, reach = card.score(facts_of(*rows)), Reach.of(card)

        assert set(outcomes.raw_score.tolist()) <= set(reach.raw_scores)
        for name, bins in outcomes.bins.items():
            for bin_, raw in set(zip(bins.tolist(), outcomes.raw_score.tolist(), strict=True)):
                worst, best = reach.worst_raw[name][bin_], reach.best_raw[name][bin_]
                assert worst is not None
                assert best is not None
                assert worst <= raw <= best


def wide(fact, name, bins, seed):
    """A characteristic of so many bins, its points without order."""
    lowest, highest = float(CUTS[fact][0]), float(CUTS[fact][-1])
    ends = [f"{lowest + (highest - lowest) * place / bins + seed / 97:.4f}" for place in range(1, bins)]
    written = [{"label": "0", "at_most": ends[0], "points": seed}]
    written += [
        {"label": str(place), "above": lower, "at_most": upper, "points": (seed * place * 37) % 101 - 50}
        for place, (lower, upper) in enumerate(pairwise(ends), start=1)
    ]
    written.append({"label": "last", "above": ends[-1], "points": -seed})
    if fact == "debt_service_ratio":
        written.append({"label": "none", "no_value": True, "points": -99})
    return numeric(fact, *written, name=name)


class TestNearlyEqualEnds:
    def test_are_told_apart_where_doubles_cannot(self):
        amount = numeric(
            "loan_amount",
            {"label": "small", "at_most": "10000000", "points": 0},
            {"label": "large", "above": "10000000", "points": 1},
        )
        installment = numeric(
            "monthly_installment",
            {"label": "light", "below": "10000000.000000000001", "points": 0},
            {"label": "heavy", "at_least": "10000000.000000000001", "points": 1},
        )
        tenor = numeric(
            "tenor_months",
            {"label": "one", "at_most": "1", "points": 0},
            {"label": "more", "above": "1", "points": 0},
        )

        reach = Reach.of(card_with(amount, installment, tenor, margin={"method": "once", "rate": "0"}))

        assert reach.raw_scores == {300: 2, 301: 1, 302: 2}  # at one month small is light and large is heavy


FIFTEEN = {
    "over all facts": [*CUTS, *CUTS, "debt_service_ratio"],
    "over incomes and assets": ["monthly_income", "debt_service_ratio", "assets_value", "asset_coverage_ratio"] * 4,
}


class TestLargeCards:
    @pytest.mark.parametrize("facts", FIFTEEN.values(), ids=FIFTEEN)
    def test_fifteen_characteristics_of_six_bins_are_counted_exactly_within_seconds(self, facts):
        margin = with_margin("annuity").to_dict()["margin"]
        parts = [wide(fact, f"c{place}", 6, place) for place, fact in enumerate(facts[:15])]
        written = written_card(characteristics=parts, margin=margin)

        began = process_time()
        reach = examine(written).reach

        assert process_time() - began < 5  # measured well below one second; see docs/benchmarks.md
        assert reach is not None
        assert reach.is_exact
        assert reach.combinations < 6**15

    def test_the_same_fact_fourteen_times_is_still_one_choice(self):
        bins = ({"label": "short", "at_most": "12", "points": 2}, {"label": "long", "above": "12", "points": 1})
        reach = Reach.of(card_with(*(numeric("tenor_months", *bins, name=f"t{n}") for n in range(14))))

        assert (reach.combinations, reach.is_exact, reach.lowest_raw, reach.highest_raw) == (2, True, 314, 328)
        assert reach.best_raw["t0"] == (328, 314)

    def test_a_card_too_large_to_count_is_estimated_from_above_and_says_so(self):
        facts = ("monthly_income", "debt_service_ratio", "assets_value", "asset_coverage_ratio")
        card = Scorecard.from_dict(
            written_card(characteristics=[wide(fact, fact, 99, place) for place, fact in enumerate(facts)])
        )

        examination = examine(card)

        assert examination.reach is not None
        assert not examination.reach.is_exact
        assert examination.reach.combinations == 99 * 100 * 99 * 99
        assert "not_enumerated" in [finding.code for finding in examination.findings]
