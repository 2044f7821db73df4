"""What the lint says of the bank's cards, number by number, and of cards that share facts."""

import numpy as np
import pytest

from scoring.engine import (
    ANNUAL_1,
    FINDING_MESSAGES,
    RESCALED_1,
    STANDARD_1,
    Facts,
    Level,
    Reach,
    Scorecard,
    Terms,
    examine,
    lint,
)
from tests.engine.samples import STANDARD, card_with, numeric, with_margin, written_card


def messages(card):
    return [str(finding) for finding in lint(card)]


def codes(card):
    return [finding.code for finding in lint(card)]


DSR = STANDARD_1["characteristics"][0]
LONG = numeric(
    "tenor_months", {"label": "short", "at_most": "12", "points": 1}, {"label": "long", "above": "12", "points": 0}
)


class TestTheCardInForce:
    def test_everything_it_can_never_do(self):
        assert messages(STANDARD) == [
            "The highest score is 600; nothing reaches the 850 where the range ends.",
            "The segment low is never assigned.",
            "The probability of default 0.01 is never assigned.",
            "The probability of default 0.05 is never assigned.",
            "26 of 60 combinations fall below 300 and are clamped together.",
            "Debt service ratio “no income”, > 0.40: always high, however good the rest.",
            "Asset coverage ratio < 0.8: always high, however good the rest.",
            "Tenor > 24: always high, however good the rest.",
            "60 combinations of bins can occur; their raw scores run from 0 to 600.",
            "Combinations by segment: low 0, medium 4, high 56.",
        ]

    def test_is_legal_all_the_same(self):
        assert Level.BLOCKING not in {finding.level for finding in lint(STANDARD)}

    def test_its_sixty_combinations_all_occur_among_real_applications(self):
        random = np.random.default_rng(3)
        income, assets = random.integers(0, 40, 40_000), random.integers(0, 40, 40_000)
        facts = Facts.from_sen(
            monthly_income=income * 10**8,
            assets_value=assets * 10**9,
            loan_amount=random.integers(1, 20, 40_000) * 10**9,
            tenor_months=random.integers(1, 61, 40_000),
        )

        outcomes = STANDARD.score(facts)

        assert len({*zip(*(column.tolist() for column in outcomes.bins.values()), strict=True)}) == 60
        assert (outcomes.raw_score.min(), outcomes.raw_score.max()) == (0, 600)


@pytest.mark.parametrize("written", [RESCALED_1, ANNUAL_1])
class TestTheDrafts:
    def test_every_segment_and_every_probability_occurs(self, written):
        reach = Reach.of(Scorecard.from_dict(written))

        assert (reach.combinations, reach.segments) == (60, {"low": 16, "medium": 18, "high": 26})
        assert all(count for _, count in reach.probabilities)

    def test_nothing_is_clamped(self, written):
        reach = Reach.of(Scorecard.from_dict(written))

        assert (reach.clamped_below, reach.clamped_above, reach.lowest_raw, reach.highest_raw) == (0, 0, 300, 850)

    def test_only_an_applicant_without_income_is_always_high(self, written):
        assert messages(written)[0] == "Debt service ratio “no income”: always high, however good the rest."


class TestCardsThatShareFacts:
    def test_no_income_and_a_good_ratio_never_meet(self):
        income = numeric(
            "monthly_income",
            {"label": "none", "at_most": "0", "points": 0},
            {"label": "some", "above": "0", "points": 1},
        )

        assert Reach.of(card_with(DSR, income)).combinations == 5  # of 10

    def test_the_same_fact_twice_is_one_choice(self):
        assert Reach.of(card_with(LONG, {**LONG, "name": "again"})).combinations == 2  # of 4

    def test_two_ratios_of_one_fact_agree_on_having_no_value(self):
        assert Reach.of(card_with(DSR, {**DSR, "name": "again"})).combinations == 5  # of 25

    def test_a_large_amount_over_a_short_tenor_has_no_small_installment(self):
        amount = numeric(
            "loan_amount",
            {"label": "small", "at_most": "12000000", "points": 0},
            {"label": "large", "above": "12000000", "points": 1},
        )
        installment = numeric(
            "monthly_installment",
            {"label": "light", "at_most": "1150000", "points": 1},
            {"label": "heavy", "above": "1150000", "points": 0},
        )
        short = numeric(
            "tenor_months",
            {"label": "≤ 12", "at_most": "12", "points": 1},
            {"label": "> 12", "above": "12", "points": 0},
        )
        card = card_with(amount, installment, short)

        reach = Reach.of(card)

        assert reach.combinations == 6  # of 8: large, light and short never meet; nor small, heavy and long
        assert "bin_never" not in codes(card)

    def test_assets_amount_and_coverage_are_tied_together(self):
        assets = numeric(
            "assets_value", {"label": "none", "at_most": "0", "points": 0}, {"label": "some", "above": "0", "points": 1}
        )
        coverage = numeric(
            "asset_coverage_ratio",
            {"label": "none", "at_most": "0", "points": 0},
            {"label": "some", "above": "0", "points": 1},
        )

        assert Reach.of(card_with(assets, coverage)).combinations == 2  # of 4

    def test_words_of_two_characteristics_must_agree(self):
        def akad(name, *words):
            listed = [{"label": word, "values": [word], "points": 0} for word in words]
            return {
                "name": name,
                "label": name,
                "fact": "akad",
                "bins": [*listed, {"label": "other", "other": True, "points": 1}],
            }

        assert Reach.of(card_with(akad("one", "a", "b"), akad("two", "b", "c"))).combinations == 4  # a-, bb, -c, --

    @pytest.mark.parametrize("method", ["once", "flat_per_annum", "annuity"])
    def test_nothing_that_happens_was_called_impossible(self, method):
        cut = numeric(
            "monthly_installment",
            {"label": "light", "at_most": "900000", "points": 0},
            {"label": "heavy", "above": "900000", "points": 1},
        )
        income = numeric(
            "monthly_income",
            {"label": "low", "below": "3000000", "points": 0},
            {"label": "high", "at_least": "3000000", "points": 1},
        )
        card = card_with(DSR, cut, income, LONG, margin=with_margin(method).to_dict()["margin"])
        random = np.random.default_rng(5)
        facts = Facts.from_sen(
            monthly_income=random.integers(0, 60, 20_000) * 10**7,
            assets_value=np.zeros(20_000, dtype=np.int64),
            loan_amount=random.integers(1, 400, 20_000) * 10**7,
            tenor_months=random.integers(1, 61, 20_000),
        )

        outcomes = card.score(facts)

        seen = len({*zip(*(column.tolist() for column in outcomes.bins.values()), strict=True)})
        assert seen == Reach.of(card).combinations


class TestFindings:
    def test_a_card_that_cannot_be_built_is_blocked(self):
        (finding,) = lint(written_card(base_points="many"))

        assert (finding.level, finding.code) == (Level.BLOCKING, "not_whole")
        assert str(finding) == "The base points must be a whole number between -100000 and 100000."

    def test_a_bin_outside_the_valid_input_is_never_used(self):
        never = {"label": "for life", "above": "360", "points": 9}
        card = card_with(numeric("tenor_months", {"label": "ordinary", "at_most": "360", "points": 1}, never))

        assert "tenor_months: no application can fall into “for life”." in messages(card)

    def test_a_score_above_the_range_is_said(self):
        card = card_with(LONG, base_points=850)

        assert "1 of 2 combinations rise above 850 and are clamped together." in messages(card)
        assert "The lowest score is 850; nothing falls to the 300 where the range begins." in messages(card)

    def test_a_probability_that_rises_with_the_score_is_said(self):
        bands = [{"at_least": 500, "probability": "0.5"}, {"at_least": 300, "probability": "0.1"}]

        assert "A higher score has a higher probability of default: 0.5 from 500, 0.1 below." in messages(
            written_card(pd_bands=bands)
        )

    def test_a_stretch_between_two_ends_is_named_by_both(self):
        card = card_with(
            numeric(
                "tenor_months",
                {"label": "a", "below": "12", "points": 400},
                {"label": "b", "at_least": "12", "at_most": "24", "points": 0},
                {"label": "c", "above": "24", "points": 400},
            )
        )

        assert "tenor_months ≥ 12 … ≤ 24: always high, however good the rest." in messages(card)

    def test_every_finding_has_a_test(self):
        assert set(FINDING_MESSAGES) == {
            "combinations",
            "not_enumerated",
            "segment_counts",
            "highest_score",
            "lowest_score",
            "segment_never",
            "probability_never",
            "clamped_below",
            "clamped_above",
            "always_worst",
            "bin_never",
            "probability_rises",
            "decides_alone",
            "against_direction",
            "never_together",
            "missing_unanswered",
            "nothing_scored",
            "segment_unknown",
            "word_refused",
            "word_unknown",
        }


def finding(code, card, **terms):
    """The one finding of this code, as its level, sentence and places."""
    (found,) = [each for each in examine(card, Terms(**terms)).findings if each.code == code]
    return found.level, str(found), found.paths


def akad(*words, **changes):
    bins = [{"label": word, "values": [word], "points": 0} for word in words]
    return {"name": "akad", "label": "Akad", "fact": "akad", "bins": bins, **changes}


class TestOneCharacteristicDecidingAlone:
    """Medium begins at 550. The tenor gives 0 or 1."""

    def card(self, bad, good):
        income = numeric(
            "monthly_income",
            {"label": "low", "below": "3000000", "points": bad},
            {"label": "high", "at_least": "3000000", "points": good},
        )
        return card_with(income, LONG, base_points=400)

    def test_is_said_once_its_bins_end_apart_whatever_the_rest(self):
        assert finding("decides_alone", self.card(148, 150)) == (
            Level.WARNING,
            "monthly_income can decide alone: whatever the rest, “low” ends in high at best and “high” in medium at worst.",
            ("characteristics.0.bins.0", "characteristics.0.bins.1"),
        )

    @pytest.mark.parametrize(("bad", "good"), [(149, 150), (148, 149)])
    def test_is_not_said_while_the_rest_can_close_the_gap(self, bad, good):
        assert "decides_alone" not in codes(self.card(bad, good))


class TestDirection:
    def card(self, direction, *points):
        ends = [{"at_most": "12"}, {"above": "12", "at_most": "24"}, {"above": "24"}]
        labels = ("short", "middle", "long")
        bins = [{"label": label, **end, "points": each} for label, end, each in zip(labels, ends, points, strict=True)]
        return card_with({**numeric("tenor_months", *bins), **direction})

    def test_points_against_it_are_said(self):
        assert finding("against_direction", self.card({"direction": "lower_is_better"}, 10, 20, 5)) == (
            Level.WARNING,
            "tenor_months: “short” should earn at least as much as “middle”, and earns 10 instead of 20.",
            ("characteristics.0.bins.1.points", "characteristics.0.bins.0.points"),
        )

    @pytest.mark.parametrize(
        ("direction", "points", "count"),
        [
            ("higher_is_better", (1, 2, 3), 0),
            ("higher_is_better", (1, 1, 1), 0),
            ("higher_is_better", (3, 2, 1), 2),
            ("lower_is_better", (3, 2, 2), 0),
            ("lower_is_better", (3, 2, 4), 1),
        ],
    )
    def test_equal_points_and_points_along_it_are_not(self, direction, points, count):
        assert codes(self.card({"direction": direction}, *points)).count("against_direction") == count

    def test_none_is_declared_and_nothing_said(self):
        assert "against_direction" not in codes(self.card({}, 3, 9, 1))


class TestWhatNeverMeets:
    def test_is_said_of_two_characteristics_with_an_example(self):
        income = numeric(
            "monthly_income",
            {"label": "none", "at_most": "0", "points": 0},
            {"label": "some", "above": "0", "points": 1},
        )

        assert finding("never_together", card_with(DSR, income)) == (
            Level.INFO,
            "Debt service ratio and monthly_income rest on the same facts: 5 of their 10 pairs of bins never meet, "
            "such as “no income” with “some”.",
            ("characteristics.0", "characteristics.1"),
        )

    def test_is_not_said_where_all_meet(self):
        assert "never_together" not in codes(STANDARD)  # they share the tenor and the amount, and yet exclude nothing


class TestWhatOthersMustUnderstand:
    def test_a_missing_value_answered_by_half_of_the_card_is_blocking(self):
        unknown = {"label": "unknown", "missing": True, "points": -9}
        income = numeric(
            "monthly_income",
            {"label": "low", "below": "3000000", "points": 0},
            {"label": "high", "at_least": "3000000", "points": 1},
        )

        assert finding("missing_unanswered", card_with({**DSR, "bins": [*DSR["bins"], unknown]}, income)) == (
            Level.BLOCKING,
            "Debt service ratio says what an unknown monthly_income earns, but monthly_income does not, so such an "
            "application would be refused. Give each of them a bin for missing, or none.",
            ("characteristics.1.bins",),
        )

    def test_a_card_that_refuses_every_word_scores_nothing(self):
        card = card_with(akad("a", unlisted="refuse"), akad("b", unlisted="refuse", name="again"))

        assert finding("nothing_scored", card) == (
            Level.BLOCKING,
            "No application can be scored: every akad is refused.",
            ("characteristics.0", "characteristics.1"),
        )
        assert examine(card).reach is None

    def test_a_segment_that_nobody_knows_is_blocking(self):
        assert finding("segment_unknown", STANDARD, segments=("low", "high")) == (
            Level.BLOCKING,
            "The segment medium is unknown; the segments are low, high.",
            ("segment_bands.1.segment",),
        )

    def test_words_of_the_bank_without_a_bin_are_named(self):
        card = card_with(akad("murabahah", unlisted="refuse"))

        assert finding("word_refused", card, words={"akad": ("murabahah", "ijarah", "qardh")}) == (
            Level.WARNING,
            "Akad has no bin for ijarah, qardh: such applications would be refused.",
            ("characteristics.0.bins",),
        )

    def test_a_misspelt_word_is_named(self):
        other = {"label": "other", "other": True, "points": 0}
        card = card_with({**akad("murabaha"), "bins": [*akad("murabaha")["bins"], other]})

        assert finding("word_unknown", card, words={"akad": ("murabahah",)}) == (
            Level.WARNING,
            "Akad lists murabaha, which no application can have.",
            ("characteristics.0.bins",),
        )
        assert "word_refused" not in codes(card)
