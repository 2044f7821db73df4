"""What an application has at each characteristic, and the nearest that would give more: by hand, and against every bin."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.engine import Fault, Interval, NumericBin, contributions, remark
from tests.engine.random_cards import cards
from tests.engine.samples import STANDARD, applicant, card_with, facts_of, numeric

MORE = {"label": "more", "above": "12"}


def kept(**changes):
    """Facts as scores keep them."""
    facts = applicant(**changes)
    return {name: f"{value:.2f}" if type(value) in (int, float) and name != "tenor_months" else value for name, value in facts.items()}  # fmt: skip


def remarks(card=STANDARD, **changes):
    row = card.score(facts_of(applicant(**changes)), assume_zero_for=("monthly_income", "assets_value")).row(0)
    facts = kept(**changes)
    return {
        each.name: remark(card, each.name, bin_label=each.bin_label, facts=facts) for each in contributions(card, row)
    }


def offered(seen):
    return seen.better.bin.label, seen.better.points_gained


def words(*bins, **changes):
    return {"name": "akad", "label": "Akad", "fact": "akad", "bins": list(bins), **changes}


class TestTheValue:
    def test_is_exact_whatever_the_doubles_say(self):
        """192,900,672 over 12 months on 61,621,048 is a DSR of exactly 0.30."""
        seen = remarks(loan_amount=192_900_672, monthly_income=61_621_048, assets_value=38_580_134)

        assert seen["dsr"].value == Fraction(3, 10)
        assert seen["acr"].value == Fraction(38_580_134, 192_900_672)
        assert seen["tenor"].value == 12

    def test_of_the_installment_carries_the_margin(self):
        bins = ({"label": "low", "at_most": "500000", "points": 5}, {"label": "high", "above": "500000", "points": 0})

        (seen,) = remarks(card_with(numeric("monthly_installment", *bins))).values()

        assert seen.value == Fraction(10_000_000 * 115, 100 * 12)

    def test_is_none_without_income(self):
        seen = remarks(monthly_income=0)["dsr"]

        assert (seen.value, seen.unknown, seen.fault) == (None, (), Fault.NO_VALUE)

    def test_is_not_known_where_zero_was_taken_for_it(self):
        seen = remarks(assets_value=None)["acr"]

        assert (seen.value, seen.unknown, seen.fault) == (0, ("assets_value",), Fault.UNKNOWN)
        assert offered(seen) == ("≥ 0.8", 100)


class TestTheNearestThatGivesMore:
    @pytest.mark.parametrize(
        ("name", "changes", "label", "gained", "fault"),
        [
            ("dsr", {"monthly_income": 1_800_000}, "≤ 0.50", 150, Fault.TOO_HIGH),
            ("dsr", {"monthly_income": 2_000_000}, "≤ 0.40", 100, Fault.TOO_HIGH),
            ("dsr", {"monthly_income": 0}, "≤ 0.30", 350, Fault.NO_VALUE),
            ("acr", {"assets_value": 7_999_999}, "≥ 0.8", 100, Fault.TOO_LOW),
            ("acr", {"assets_value": 8_000_000}, "≥ 1.2", 50, Fault.TOO_LOW),
            ("tenor", {"tenor_months": 37}, "≤ 36", 30, Fault.TOO_HIGH),
        ],
    )
    def test_on_the_banks_card(self, name, changes, label, gained, fault):
        seen = remarks(**changes)[name]

        assert (*offered(seen), seen.fault) == (label, gained, fault)

    def test_is_nothing_where_the_points_are_the_most(self):
        assert {seen.fault for seen in remarks().values()} == {None}

    def test_goes_either_way(self):
        """Between two better bins the nearer one; at the same distance the one that gives more."""
        bins = (
            {"label": "short", "at_most": "10", "points": 30},
            {"label": "middle", "above": "10", "below": "20", "points": 0},
            {"label": "long", "at_least": "20", "points": 40},
        )
        card = card_with(numeric("tenor_months", *bins))

        found = {months: offered(remarks(card, tenor_months=months)["tenor_months"]) for months in (12, 15, 18)}

        assert found == {12: ("short", 30), 15: ("long", 40), 18: ("long", 40)}

    def test_reaches_as_far_as_no_fewer_points_are_given(self):
        bins = (
            {"label": "a", "at_most": "6", "points": 10},
            {"label": "b", "above": "6", "at_most": "12", "points": 50},
            {"label": "c", "above": "12", "at_most": "24", "points": 30},
            {"label": "d", "above": "24", "points": 0},
        )
        card = card_with(numeric("tenor_months", *bins))

        better = remarks(card, tenor_months=30)["tenor_months"].better

        assert (better.bin.label, better.points_gained) == ("c", 30)
        assert better.stretch == Interval(lower=Fraction(6), upper=Fraction(24), upper_included=True)

    def test_passes_over_what_no_application_can_be(self):
        bins = (
            {"label": "never", "below": "1", "points": 90},
            {"label": "short", "at_least": "1", "at_most": "12", "points": 10},
            {**MORE, "points": 0},
        )
        card = card_with(numeric("tenor_months", *bins))

        assert offered(remarks(card, tenor_months=13)["tenor_months"]) == ("short", 10)
        assert remarks(card, tenor_months=12)["tenor_months"].fault is Fault.NOTHING_BETTER

    def test_of_words_is_the_bin_that_gives_most(self):
        card = card_with(
            words(
                {"label": "sale", "values": ["murabahah"], "points": 0},
                {"label": "lease", "values": ["ijarah"], "points": 10},
                {"label": "other", "other": True, "points": 30},
            )
        )

        seen = remarks(card, akad="murabahah")["akad"]

        assert (seen.value, *offered(seen), seen.fault) == ("murabahah", "other", 30, Fault.OTHER_WORD)

    def test_is_never_to_know_less(self):
        bins = (
            {"label": "little", "below": "9000000", "points": 0},
            {"label": "much", "at_least": "9000000", "points": 10},
            {"label": "not known", "missing": True, "points": 20},
        )
        card = card_with(numeric("monthly_income", *bins))

        assert offered(remarks(card)["monthly_income"]) == ("much", 10)
        unknown = remarks(card, monthly_income=None)["monthly_income"]
        assert (unknown.value, unknown.unknown, unknown.better) == (None, ("monthly_income",), None)


@settings(max_examples=60)
@given(
    card=cards(),
    income=st.integers(0, 30_000_000),
    assets=st.integers(0, 80_000_000),
    amount=st.integers(1, 60_000_000),
    tenor=st.integers(1, 90),
)
def test_explains_any_card(card, income, assets, amount, tenor):
    """The points shown and the base are the raw score; no better bin is nearer; its near end earns what was said."""
    asked = {"monthly_income": income, "assets_value": assets, "loan_amount": amount, "tenor_months": tenor}
    row = card.score(facts_of(asked)).row(0)
    given_points = contributions(card, row)

    assert card.base_points + sum(each.points for each in given_points) == row.raw_score
    for each, characteristic in zip(given_points, card.characteristics, strict=True):
        seen = remark(card, each.name, bin_label=each.bin_label, facts=kept(**asked))
        bins = {bin_.label: bin_ for bin_ in characteristic.bins if isinstance(bin_, NumericBin)}
        if isinstance(seen.value, Fraction):
            assert seen.value in Interval.of(bins[each.bin_label])
        if seen.better and isinstance(seen.better.bin, NumericBin) and isinstance(seen.value, Fraction):
            nearest = distance(Interval.of(seen.better.bin), seen.value)
            others = [bin_ for bin_ in bins.values() if bin_.points > each.points]
            assert all(distance(Interval.of(bin_), seen.value) >= nearest for bin_ in others)
            assert seen.better.points_gained == seen.better.bin.points - each.points > 0
            good = [bin_ for bin_ in bins.values() if inside(Interval.of(bin_), seen.better.stretch)]
            assert min(bin_.points for bin_ in good) == seen.better.bin.points


def distance(interval, value):
    below = interval.lower is not None and interval.lower >= value
    return interval.lower - value if below else value - interval.upper


def inside(interval, stretch):
    return not (interval & stretch).is_empty
