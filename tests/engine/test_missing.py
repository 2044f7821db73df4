"""A card may say what an unknown fact earns; a card that does not refuses the row, as ever."""

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.engine import RESCALED_1, Facts, Reach, Scorecard, contributions, lint, reasons, recommendation
from tests.engine.reference import reference
from tests.engine.samples import STANDARD, applicant, card_with, facts_of, numeric, refused, score_one, written_card

GAPS = ("monthly_income", "assets_value")
CUT_OFFS = {
    "monthly_income": "4000000",
    "debt_service_ratio": "0.30",
    "assets_value": "0",
    "asset_coverage_ratio": "0.8",
    "tenor_months": "12",
}


def characteristic(fact, *, missing=None, name=None):
    """A fact cut in two; `missing` gives the points of its bin for missing, None leaves it out."""
    bins = [
        {"label": "low", "at_most": CUT_OFFS[fact], "points": 10},
        {"label": "high", "above": CUT_OFFS[fact], "points": 20},
    ]
    if fact == "debt_service_ratio":
        bins.insert(0, {"label": "none", "no_value": True, "points": -90})
    if missing is not None:
        bins.insert(1, {"label": "unknown", "missing": True, "points": missing})
    return numeric(fact, *bins, name=name)


def akad(*extra, **changes):
    listed = {"label": "sale", "values": ["murabahah"], "points": 5}
    return {"name": "akad", "label": "Akad", "fact": "akad", "bins": [listed, *extra], **changes}


UNKNOWN = {"label": "unknown", "missing": True, "points": -5}
OTHER = {"label": "other", "other": True, "points": 1}
DSR = characteristic("debt_service_ratio", missing=-7)
ACR = characteristic("asset_coverage_ratio", missing=-3)
INCOME = characteristic("monthly_income", missing=-1)
ASSETS = characteristic("assets_value", missing=-2)
TENOR = characteristic("tenor_months")


class TestUnknownFacts:
    def test_fall_into_the_bin_of_every_characteristic_that_rests_on_them(self):
        row = score_one(card_with(DSR, INCOME, TENOR), monthly_income=None)

        assert row.refusal is None
        assert row.points == {"debt_service_ratio": -7, "monthly_income": -1, "tenor_months": 10}
        assert (row.bins["debt_service_ratio"], row.bins["monthly_income"]) == ("unknown", "unknown")
        assert row.raw_score == 300 - 7 - 1 + 10

    def test_leave_the_ratios_made_from_them_unknown(self):
        card = card_with(DSR, ACR)

        without_income, without_assets = score_one(card, monthly_income=None), score_one(card, assets_value=None)

        assert (without_income.dsr, without_income.asset_coverage_ratio) == (None, 2.0)
        assert without_assets.dsr == pytest.approx(0.19, abs=0.01)
        assert without_assets.asset_coverage_ratio is None
        assert without_income.monthly_installment == without_assets.monthly_installment == pytest.approx(958_333.33)

    def test_are_not_an_income_of_zero(self):
        outcomes = card_with(DSR).score(facts_of(applicant(monthly_income=0), applicant(monthly_income=None)))

        assert [outcomes.row(row).bins["debt_service_ratio"] for row in (0, 1)] == ["none", "unknown"]

    def test_may_be_a_column_that_is_not_given(self):
        facts = Facts.from_values(loan_amount=[10_000_000], tenor_months=[12], monthly_income=[5_000_000])

        assert card_with(ACR).score(facts).row(0).points == {"asset_coverage_ratio": -3}

    def test_may_stand_on_anything(self):
        """What stands in a column where its value is missing is never looked at."""
        stand_ins = np.array([0, -5, 2**63 - 1, 500_000_000], dtype=np.int64)
        ones = np.full(4, 10**9, dtype=np.int64)
        facts = Facts.from_sen(
            monthly_income=stand_ins,
            assets_value=stand_ins,
            loan_amount=ones,
            tenor_months=np.full(4, 12),
            akad=np.array(["murabahah", None, "", "qardh"], dtype=object),
            missing=dict.fromkeys((*GAPS, "akad"), np.ones(4, np.bool_)),
        )

        outcomes = card_with(DSR, ACR, akad(UNKNOWN, unlisted="refuse")).score(facts)

        assert not outcomes.refused.any()
        assert set(outcomes.raw_score.tolist()) == {300 - 7 - 3 - 5}

    def test_do_not_excuse_another_fault_of_the_row(self):
        card = card_with(DSR, ACR)

        row = score_one(card, monthly_income=None, loan_amount=0)

        assert row.refusal == refused("loan_amount", "not_positive")
        assert (row.credit_score, set(row.bins.values())) == (0, {""})

    @pytest.mark.parametrize("value", [-1, float("nan"), "much", 10**15])
    def test_are_not_values_that_are_wrong(self, value):
        assert score_one(card_with(DSR), monthly_income=value).refusal is not None

    def test_are_found_in_every_block(self):
        length = 70_000
        facts = Facts.from_sen(
            monthly_income=np.full(length, 500_000_000),
            assets_value=np.zeros(length, np.int64),
            loan_amount=np.full(length, 10**9),
            tenor_months=np.full(length, 12),
            missing={"monthly_income": np.arange(length) % 7 == 0},
        )

        outcomes = card_with(DSR).score(facts)

        assert np.flatnonzero(outcomes.points["debt_service_ratio"] == -7).tolist() == list(range(0, length, 7))
        assert np.array_equal(np.isnan(outcomes.dsr), facts.missing["monthly_income"])

    def test_lose_points_like_any_other_bin(self):
        card = card_with(DSR, TENOR)
        row = score_one(card, monthly_income=None)

        worst = reasons(contributions(card, row))[0]

        assert (worst.name, worst.bin_label, worst.lost) == ("debt_service_ratio", "unknown", 27)
        assert recommendation(segment=row.segment, dsr=row.dsr) == "Segment HIGH - DSR: n/a"


class TestRefused:
    def test_as_missing_if_one_characteristic_does_not_say(self):
        card = card_with(DSR, characteristic("monthly_income"))

        assert score_one(card, monthly_income=None).refusal == refused("monthly_income", "missing")

    def test_as_missing_if_only_another_fact_has_a_bin_for_it(self):
        card = card_with(DSR, characteristic("asset_coverage_ratio"))

        assert score_one(card, assets_value=None).refusal == refused("assets_value", "missing")

    def test_as_missing_if_no_characteristic_asks_for_the_fact(self):
        assert score_one(card_with(DSR), assets_value=None).refusal == refused("assets_value", "missing")

    @pytest.mark.parametrize("name", ["loan_amount", "tenor_months"])
    def test_as_missing_for_what_is_always_needed(self, name):
        assert score_one(card_with(DSR, ACR), **{name: None}).refusal == refused(name, "missing")


class TestWords:
    def test_that_are_unknown_have_a_bin_of_their_own(self):
        card = card_with(akad(UNKNOWN, OTHER))
        words = (None, "", "qardh", "murabahah")

        outcomes = card.score(facts_of(*(applicant(akad=word) for word in words)))

        assert outcomes.points["akad"].tolist() == [-5, -5, 1, 5]

    def test_that_are_unknown_are_not_unlisted(self):
        card = card_with(akad(UNKNOWN, unlisted="refuse"))

        outcomes = card.score(facts_of(applicant(akad=None), applicant(akad="qardh")))

        assert outcomes.row(0).bins == {"akad": "unknown"}
        assert outcomes.refusal(1) == refused("akad", "not_listed")

    def test_may_be_a_column_that_is_not_given(self):
        assert score_one(card_with(akad(OTHER, UNKNOWN))).points == {"akad": -5}

    def test_refuse_the_row_if_another_characteristic_needs_them(self):
        card = card_with(akad(OTHER, UNKNOWN), akad(OTHER, name="again"))

        assert score_one(card, akad=None).refusal == refused("akad", "missing")


class TestStoredCustomersWithGaps:
    def test_get_the_bin_for_missing_and_are_complete(self):
        outcomes = card_with(DSR, ACR).score(
            facts_of(applicant(monthly_income=None), applicant()), assume_zero_for=GAPS
        )

        row = outcomes.row(0)
        assert (row.bins["debt_service_ratio"], row.dsr, row.incomplete) == ("unknown", None, ())

    def test_are_taken_as_zero_where_the_card_does_not_say(self):
        card = card_with(DSR, characteristic("asset_coverage_ratio"))

        row = card.score(facts_of(applicant(monthly_income=None, assets_value=None)), assume_zero_for=GAPS).row(0)

        assert row.bins == {"debt_service_ratio": "unknown", "asset_coverage_ratio": "low"}
        assert row.incomplete == ("assets_value",)
        assert row.asset_coverage_ratio == 0.0

    def test_are_taken_as_zero_throughout_where_one_characteristic_does_not_say(self):
        card = card_with(DSR, characteristic("monthly_income"))

        row = card.score(facts_of(applicant(monthly_income=None)), assume_zero_for=GAPS).row(0)

        assert row.bins == {"debt_service_ratio": "none", "monthly_income": "low"}
        assert row.incomplete == ("monthly_income",)

    def test_may_only_lack_income_or_assets(self):
        with pytest.raises(ValueError, match="may be taken as zero"):
            card_with(akad(OTHER, UNKNOWN)).score(facts_of(applicant()), assume_zero_for=("akad",))


facts_asked = st.lists(st.sampled_from(sorted(CUT_OFFS)), min_size=1, max_size=5)
amounts = st.one_of(st.none(), st.just(0), st.integers(0, 10**9), st.integers(0, 40).map(lambda n: n * 10**8))


@st.composite
def cards(draw):
    """Any facts, some twice, each with a bin for missing or without."""
    chosen = []
    for place, fact in enumerate(draw(facts_asked)):
        points = draw(st.one_of(st.none(), st.integers(-9, -1))) if fact != "tenor_months" else None
        chosen.append(characteristic(fact, missing=points, name=f"c{place}"))
    return written_card(characteristics=chosen, base_points=draw(st.sampled_from([300, 540, 700])))


rows = st.tuples(amounts, amounts, st.integers(1, 10**10), st.integers(1, 360))


def exactly(sen):
    return None if sen is None else Fraction(sen, 100)


def expected(written, row):
    income, assets, amount, tenor = row
    return reference(written, income=exactly(income), assets=exactly(assets), amount=exactly(amount), tenor=tenor)


def scored(written, drawn, **how):
    income, assets, amount, tenor = zip(*drawn, strict=True)
    columns = {"monthly_income": income, "assets_value": assets, "loan_amount": amount}
    facts = Facts.from_sen(
        **{name: np.array([sen or 0 for sen in column], dtype=np.int64) for name, column in columns.items()},
        tenor_months=np.array(tenor),
        missing={name: np.array([sen is None for sen in columns[name]]) for name in GAPS},
    )
    return Scorecard.from_dict(written).score(facts, **how)


@settings(max_examples=300, deadline=None)
@given(cards(), st.lists(rows, min_size=1, max_size=6))
def test_every_row_equals_the_rules_in_fractions(written, drawn):
    outcomes = scored(written, drawn)

    for place, row in enumerate(drawn):
        outcome, truth = outcomes.row(place), expected(written, row)
        if truth is None:
            assert (outcome.refusal.field in GAPS, outcome.refusal.code) == (True, "missing")
            continue
        assert outcome.refusal is None
        assert (outcome.points, outcome.raw_score) == (truth.points, truth.raw_score)
        assert (outcome.segment, outcome.default_probability) == (truth.segment, truth.default_probability)
        assert outcome.dsr == (None if truth.dsr is None else pytest.approx(float(truth.dsr), rel=1e-15))
        assert outcome.asset_coverage_ratio == (
            None if truth.acr is None else pytest.approx(float(truth.acr), rel=1e-15)
        )
        assert outcome.incomplete == ()


@settings(max_examples=150, deadline=None)
@given(cards(), rows)
def test_zero_is_assumed_only_where_a_row_would_be_refused(written, row):
    """The bins for missing win; what they leave open is scored as if it were zero, and said."""
    income, assets, *rest = row
    answered = [expected(written, (None, 0, *rest)) is not None, expected(written, (0, None, *rest)) is not None]
    filled = [sen if sen is not None or says else 0 for sen, says in zip((income, assets), answered, strict=True)]

    outcome = scored(written, [row], assume_zero_for=GAPS).row(0)

    truth = expected(written, (*filled, *rest))
    assert (outcome.refusal, outcome.points) == (None, truth.points)
    assert list(outcome.incomplete) == [
        name for name, given_, used in zip(GAPS, row, filled, strict=False) if given_ != used
    ]


class TestReach:
    def test_counts_a_bin_for_missing_as_a_combination(self):
        assert Reach.of(card_with(DSR, TENOR)).combinations == 8  # 4 bins by 2
        assert Reach.of(card_with(akad(OTHER, UNKNOWN), TENOR)).combinations == 6

    def test_unknown_income_is_unknown_for_every_characteristic(self):
        reach = Reach.of(card_with(DSR, INCOME))

        assert reach.combinations == 6  # none and low; low or high ratio with low or high income; both unknown
        assert 300 - 7 - 1 in reach.raw_scores

    def test_unknown_income_says_nothing_of_assets(self):
        assert Reach.of(card_with(INCOME, ASSETS)).combinations == 9

    def test_unknown_words_are_unknown_for_every_characteristic(self):
        card = card_with(akad(OTHER, UNKNOWN), akad(OTHER, UNKNOWN, name="again"))

        assert Reach.of(card).combinations == 3

    def test_a_bin_that_another_characteristic_makes_useless_is_said(self):
        card = card_with(DSR, characteristic("monthly_income"))

        assert "debt_service_ratio: no application can fall into “unknown”." in map(str, lint(card))

    def test_a_bin_that_always_ends_worst_is_named(self):
        worst = {**DSR, "bins": [{**bin_, "points": -500 if "missing" in bin_ else 0} for bin_ in DSR["bins"]]}
        card = card_with(worst, base_points=700)

        assert "debt_service_ratio “unknown”: always high, however good the rest." in map(str, lint(card))

    @pytest.mark.parametrize("shared", [(DSR, INCOME, ACR, ASSETS), (DSR, ACR, TENOR), (INCOME, akad(OTHER, UNKNOWN))])
    def test_agrees_with_what_happens(self, shared):
        card = card_with(*shared)
        incomes, assets = [None, 0, 10**6, 39 * 10**5, 41 * 10**5, 10**8], [None, 0, 1, 10**7, 10**9]
        rows = [
            applicant(monthly_income=income, assets_value=value, loan_amount=amount, tenor_months=tenor, akad=word)
            for income, value, amount, tenor, word in product(
                incomes, assets, [10**6, 10**7, 10**9], [6, 24], [None, "murabahah", "qardh"]
            )
        ]

        outcomes = card.score(facts_of(*rows))

        seen = {row for row in zip(*(column.tolist() for column in outcomes.bins.values()), strict=True) if row[0] >= 0}
        assert len(seen) == Reach.of(card).combinations


class TestCardsWithoutSuchBins:
    @pytest.mark.parametrize("name", GAPS)
    def test_refuse_as_ever(self, name):
        for card in (STANDARD, Scorecard.from_dict(RESCALED_1)):
            assert score_one(card, **{name: None}).refusal == refused(name, "missing")
