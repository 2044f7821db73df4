"""What to offer: the part of the loan's page that answers as the sliders move."""

import re
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils.translation import override

from scoring.admin.what_if import TermsForm, what_if_panel
from scoring.models import Score
from scoring.paper.terms_map import ranges_of
from tests.admin_client import logged_in, page_of
from tests.engine.samples import numeric, written_card
from tests.factories import make_branch, make_card_in_force, make_customer, make_loan, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _card():
    make_card_in_force()


@pytest.fixture
def weak(branch):
    """The second row of the bank's acceptance spreadsheet: 150 - 50 + 20 points, 420."""
    customer = make_customer(branch=branch, monthly_income=Decimal(10_000_000), assets_value=Decimal(5_000_000))
    return make_loan(customer=customer, principal_amount=Decimal(50_000_000), tenor_months=24)


def url(loan) -> str:
    return reverse("admin:loans_loan_what_if", args=[loan.pk])


def panel(loan, **terms):
    with override("id"):
        return what_if_panel(loan, TermsForm(terms))


class TestThePanel:
    def test_answers_for_the_loan_as_it_is_stored(self, weak):
        shown = panel(weak)

        assert (shown.score.credit_score, shown.score.segment, shown.dsr) == (420, "high", "23,96%")
        assert (shown.wanted, shown.is_reached) == ("medium", False)
        assert (shown.largest_amount, shown.tenors) == ("Rp4.166.000", "")
        steps = [[(step.value, step.before) for step in offer.steps] for offer in shown.offers]
        assert steps == [[("Rp4.166.000", "Rp50.000.000")], [("Rp60.000.000", "Rp5.000.000")]]

    def test_answers_for_what_the_sliders_say(self, weak):
        shown = panel(weak, assets_value="60000000", tenor_months="20")

        assert (shown.score.credit_score, shown.is_reached, shown.tenors) == (570, False, "")
        assert shown.wanted == "low"
        assert panel(weak, assets_value="60000000", segment="medium").tenors == "20-24"

    @pytest.mark.parametrize("given", ["", "x", "-1", "1e5", "99999999999999999999"])
    def test_keeps_what_is_stored_where_a_slider_says_nothing_usable(self, weak, given):
        assert panel(weak, loan_amount=given, tenor_months=given).score.credit_score == 420

    def test_counts_what_nobody_knows_as_the_score_did(self, branch):
        unknown = {"label": "unknown", "missing": True, "points": 10}
        little = {"label": "little", "at_most": "4000000", "points": 0}
        more = {"label": "more", "above": "4000000", "points": 60}
        make_card_in_force(
            written_card(characteristics=[numeric("monthly_income", little, more, unknown)], base_points=500)
        )
        loan = make_loan(customer=make_customer(branch=branch, monthly_income=None))

        shown = panel(loan, monthly_income="0")

        assert shown.score.credit_score == 510
        assert [(step.value, step.before) for offer in shown.offers for step in offer.steps] == [
            ("Rp4.001.000", "belum diketahui")
        ]

    def test_marks_the_loan_and_what_is_tried_on_the_map(self, weak):
        as_stored, tried = panel(weak).map, panel(weak, loan_amount="25000000", tenor_months="12").map

        assert (as_stored.lines, as_stored.columns, as_stored.chosen) == (40, 60, None)
        assert (as_stored.stored.x, as_stored.terms.amounts[::-1][as_stored.stored.y]) == (23, 50_000_000)
        assert tried.stored == as_stored.stored
        assert (tried.chosen.x, tried.terms.amounts[::-1][tried.chosen.y]) == (11, 25_000_000)

    def test_draws_every_cell_of_the_map_once(self, weak):
        shown = panel(weak).map

        drawn = [
            (int(x) + step, int(y))
            for area in shown.areas
            for x, y, width in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\3z", area.outline)
            for step in range(int(width))
        ]
        assert sorted(drawn) == [(x, y) for x in range(shown.columns) for y in range(shown.lines)]
        assert {area.segment for area in shown.areas} == {"high", "medium"}

    def test_draws_a_cell_in_the_colour_of_its_segment(self, weak):
        """2,500,000 in one month: 2,875,000 of 10,000,000, covered twice by the assets: 300 + 150 + 100 + 50, medium."""
        shown = panel(weak).map
        (medium,) = [area for area in shown.areas if area.segment == "medium"]

        assert shown.terms.amounts[0] == 2_500_000
        assert re.search(rf"M0 {shown.lines - 1}h\d+v1", medium.outline)

    def test_has_sliders_that_can_stand_where_the_loan_does(self, branch):
        customer = make_customer(branch=branch, monthly_income=Decimal(4_567_891), assets_value=None)
        sliders = panel(make_loan(customer=customer, principal_amount=Decimal(12_345_000), tenor_months=90)).sliders

        for slider in sliders:
            assert slider.lowest <= slider.value <= slider.highest
            assert (slider.value - slider.lowest) % slider.step == 0
        assert [slider.step for slider in sliders] == [5_000, 1, 1, 5_000]


class TestTheDoor:
    def test_shows_it_on_the_page_of_a_scored_loan(self, officer, weak):
        client = logged_in(officer)
        client.post(reverse("admin:loans_loan_score", args=[weak.pk]))

        assert f'hx-get="{url(weak)}"' in page_of(client, reverse("admin:loans_loan_change", args=[weak.pk]))

    def test_answers_the_sliders_alone_once_they_are_there(self, officer, weak):
        client = logged_in(officer)

        whole = page_of(client, url(weak))
        answer = client.get(url(weak), {"tenor_months": "12"}, headers={"HX-Target": "what-if-answer"}).content.decode()

        assert 'type="range"' in whole
        assert "bprs-map__mark" in whole
        assert 'type="range"' not in answer
        assert "bprs-map__mark--chosen" in answer

    def test_stores_nothing(self, officer, weak):
        page_of(logged_in(officer), url(weak) + "?loan_amount=1000000")

        weak.refresh_from_db()
        assert (weak.principal_amount, Score.objects.count()) == (50_000_000, 0)

    def test_says_why_it_cannot_answer(self, officer, branch):
        draft = make_loan(branch=branch, status="draft", principal_amount=None)

        assert "missing" in page_of(logged_in(officer), url(draft)).lower()

    def test_is_closed_to_other_branches_and_to_strangers(self, officer, weak):
        elsewhere = make_user(is_staff=True, group="Account officer", branches=[make_branch()])

        assert logged_in(elsewhere).get(url(weak)).status_code == 404
        assert logged_in(make_user(is_staff=True)).get(url(weak)).status_code == 403


@pytest.mark.parametrize(
    ("numbers", "written"), [([], ""), ([7], "7"), ([11, 12, 14, 15, 16, 20], "11-12, 14-16, 20"), ([1, 2], "1-2")]
)
def test_ranges_are_written_short(numbers, written):
    assert ranges_of(numbers) == written
