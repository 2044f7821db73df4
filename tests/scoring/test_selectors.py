"""Why a kept score is what it is, in the engine's own words."""

from copy import deepcopy
from decimal import Decimal

import pytest

from loans.models import Loan
from scoring.engine.standard import STANDARD_1
from scoring.models import Score, Source
from scoring.selectors import explain
from scoring.services.score_loans import score_loans
from tests.factories import NOW, make_card_in_force, make_customer, make_loan, make_user

pytestmark = pytest.mark.django_db


def kept_score(**customer):
    make_loan(customer=make_customer(**customer))
    score_loans(loans=Loan.objects.all(), scored_by=make_user(), scored_at=NOW, source=Source.ADMIN)
    return Score.objects.select_related("run__version").get()


def that_answers_unknown_income():
    """The standard card with 10 points for an income that is not known."""
    card = deepcopy(dict(STANDARD_1))
    card["characteristics"][0]["bins"].append({"label": "not known", "missing": True, "points": 10})
    return card


class TestExplain:
    def test_names_what_was_lost_and_what_could_not_be_better(self):
        explanation = explain(kept_score(assets_value=Decimal(0)))

        assert [(each.name, each.lost) for each in explanation.reasons] == [("acr", 150)]
        assert [(each.name, each.gained) for each in explanation.strengths] == [("dsr", 350), ("tenor", 100)]

    def test_says_what_each_characteristic_could_have_given(self):
        acr = explain(kept_score(assets_value=Decimal(0))).characteristics[1]

        assert (acr.label, acr.bin_label) == ("Asset coverage ratio", "below 0.8")
        assert (acr.points, acr.min_points, acr.max_points) == (-50, -50, 100)


class TestCardThatAnswersUnknownIncome:
    def test_gives_its_points_and_takes_nothing_as_zero(self):
        make_card_in_force(that_answers_unknown_income())

        score = kept_score(monthly_income=None)

        assert (score.points["dsr"], score.bins["dsr"]) == (10, "not known")
        assert (score.facts["monthly_income"], score.incomplete) == (None, [])
        assert explain(score).recommendation == "Segment HIGH - DSR: n/a"

    def test_still_takes_unknown_assets_as_zero_and_says_so(self):
        make_card_in_force(that_answers_unknown_income())

        score = kept_score(monthly_income=None, assets_value=None)

        assert (score.bins["acr"], score.incomplete) == ("below 0.8", ["assets_value"])
