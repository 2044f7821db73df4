"""The sentences that say why a score is what it is, with the applicant's own figures."""

from decimal import Decimal

import pytest
from django.utils import translation

from scoring.engine import Scorecard, contributions, remark
from scoring.reasons import fact_text, reason_sentence, strength_sentence
from tests.engine.samples import STANDARD, applicant, card_with, facts_of, numeric

BY_INSTALLMENT = numeric(
    "monthly_installment",
    {"label": "low", "below": "1000000", "points": 5},
    {"label": "high", "at_least": "1000000", "points": 0},
)


def said(name, card: Scorecard = STANDARD, **changes):
    facts = applicant(**changes)
    numbers = {
        name: Decimal(value) if isinstance(value, str) and value[0].isdigit() else value
        for name, value in facts.items()
    }
    row = card.score(facts_of(numbers), assume_zero_for=("monthly_income", "assets_value")).row(0)
    (given,) = [each for each in contributions(card, row) if each.name == name]
    seen = remark(card, name, bin_label=given.bin_label, facts=facts)
    with translation.override("en"):
        return reason_sentence(seen) if given.lost else strength_sentence(seen)


@pytest.mark.parametrize(
    ("name", "changes", "sentence"),
    [
        # 10,000,000 x 1.15 / 12 / 2,395,833.33 = 0.400000000556: no fewer digits say that it is more than 0.40.
        ("dsr", {"monthly_income": "2395833.33"}, "Installment 40.0000001% of income; at most 40% adds 100 points."),
        ("dsr", {"monthly_income": 2_366_864}, "Installment 40.49% of income; at most 40% adds 100 points."),
        ("dsr", {"monthly_income": 0}, "No income. Installment at most 30% of income adds 350 points."),
        ("dsr", {"monthly_income": None}, "Monthly income unknown. Installment at most 30% of income adds 350 points."),
        ("dsr", {}, "Installment 19.17% of income: the most points there are."),
        (
            "acr",
            {"assets_value": 7_999_999},
            "Assets 0.7999999 times the financing; at least 0.8 times adds 100 points.",
        ),
        ("acr", {"assets_value": 9_000_000}, "Assets 0.9 times the financing; at least 1.2 times adds 50 points."),
        ("acr", {}, "Assets 2 times the financing: the most points there are."),
        ("tenor", {"tenor_months": 48}, "Tenor 48 months; at most 36 months adds 30 points."),
    ],
)
def test_the_banks_card(name, changes, sentence):
    assert said(name, **changes) == sentence


class TestAnyCard:
    def test_an_end_that_does_not_belong_is_not_said_to(self):
        card = card_with(BY_INSTALLMENT)

        # 1.15 x 10,434,782.61 / 12 = 1,000,000.0001: to the sen it would be the end itself, which it may be here.
        assert said("monthly_installment", card, loan_amount="10434782.61") == (
            "Installment Rp1.000.000 a month; below Rp1.000.000 adds 5 points."
        )
        # 999,999.9992 is less; rounded to the sen it would not be.
        assert said("monthly_installment", card, loan_amount="10434782.60") == (
            "Installment Rp999.999,99 a month: the most points there are."
        )

    def test_months_are_whole(self):
        bins = (
            {"label": "a", "below": "6", "points": 0},
            {"label": "b", "at_least": "6", "below": "12", "points": 1},
            {"label": "c", "at_least": "12", "points": 0},
        )
        card = card_with(numeric("tenor_months", *bins))

        assert said("tenor_months", card) == "Tenor 12 months; at least 6 months and at most 11 months adds 1 point."

    def test_money(self):
        bins = (
            {"label": "little", "at_most": "7500000.50", "points": 0},
            {"label": "much", "above": "7500000.50", "points": 20},
        )
        card = card_with(numeric("monthly_income", *bins))

        assert said("monthly_income", card) == "Monthly income Rp5.000.000; above Rp7.500.000,50 adds 20 points."
        assert said("monthly_income", card, monthly_income=8_000_000) == (
            "Monthly income Rp8.000.000: the most points there are."
        )

    def test_words_are_those_people_use(self):
        akad = {"name": "akad", "label": "Akad", "fact": "akad"}
        bins = [
            {"label": "lease", "values": ["ijarah", "multijasa"], "points": 10},
            {"label": "other", "other": True, "points": 0},
        ]
        card = card_with({**akad, "bins": bins})
        turned = card_with({**akad, "bins": [{**bins[0], "points": 0}, {**bins[1], "points": 10}]})

        assert said("akad", card, akad="murabahah") == "Akad Murabahah; Ijarah, Multijasa adds 10 points."
        assert said("akad", turned, akad="ijarah") == "Akad Ijarah; any other than Ijarah, Multijasa adds 10 points."

    def test_the_best_that_nobody_can_be(self):
        bins = ({"label": "never", "below": "1", "points": 9}, {"label": "any", "at_least": "1", "points": 0})

        assert said("tenor_months", card_with(numeric("tenor_months", *bins))) == (
            "Tenor 12 months; nothing that can occur gives more points."
        )


def test_numbers_are_written_as_the_reader_does():
    with translation.override("id"):
        facts = applicant(monthly_income=2_366_864)
        row = STANDARD.score(facts_of(facts)).row(0)
        seen = remark(STANDARD, "dsr", bin_label=row.bins["dsr"], facts=facts)

        assert "40,49%" in reason_sentence(seen)


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("monthly_income", "5000000.50", "Rp5.000.000,50"),
        ("monthly_income", None, "unknown"),
        ("tenor_months", 12, "12 months"),
        ("akad", "ijarah", "Ijarah"),
        ("purpose", "something else", "something else"),
    ],
)
def test_facts_are_shown_as_people_write_them(name, value, text):
    with translation.override("en"):
        assert fact_text(name, value) == text
