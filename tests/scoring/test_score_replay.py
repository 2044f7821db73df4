"""A score once more, beside another card and today's data: the numbers are worked by hand."""

from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from customers.models import Customer
from loans.models import Loan, Status
from scoring.models import Score, ScorecardVersion, Source
from scoring.services.score_loans import score_loans
from tests.admin_client import logged_in, page_of
from tests.api_client import ApiClient, assert_problem
from tests.factories import (
    NOW,
    make_api_key,
    make_branch,
    make_card_in_force,
    make_customer,
    make_loan,
    make_user,
    put_in_force,
)
from tests.tampering import behind_the_back

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _card():
    make_card_in_force()


@pytest.fixture
def officer(branch):
    return make_user("ani", branches=[branch], group="Account officer", is_staff=True)


@pytest.fixture
def risk():
    return make_user("rudi", group="Risk staff", is_staff=True)


@pytest.fixture
def loan(branch, officer) -> Loan:
    """The second golden vector, scored with standard-1: 150 - 50 + 20 on 300 is 420."""
    customer = make_customer(branch=branch, monthly_income=Decimal(10_000_000), assets_value=Decimal(5_000_000))
    loan = make_loan(customer=customer, principal_amount=Decimal(50_000_000), tenor_months=24)
    score_loans(loans=Loan.objects.all(), scored_by=officer, scored_at=NOW, source=Source.ADMIN)
    return loan


@pytest.fixture
def api(risk, branch):
    risk.branches.set([branch])
    return ApiClient(make_api_key(risk, last_used_at=timezone.now()))


def parts(line: Any) -> tuple[Any, ...]:
    return line["before"], line["after"], line["from_data"], line["from_card"]


def replay(api: ApiClient, loan: Loan, **query: str) -> Any:
    asked = "&".join(f"{name}={value}" for name, value in query.items())
    answer = api.get(f"/loans/{loan.pk}/replay?{asked}")
    assert answer.status_code == 200, answer.content
    return answer.json()


class TestTheSameScoreAgain:
    def test_is_to_the_digit_what_is_stored(self, api, loan):
        found = replay(api, loan, scorecard="standard-1", facts="then")

        assert (found["is_as_stored"], found["differs"]) == (True, [])
        assert found["own_then"] == found["other_today"]
        assert parts(found["split"]["score"]) == (420, 420, 0, 0)

    def test_is_told_from_one_that_was_changed(self, api, loan):
        behind_the_back("UPDATE scoring_score SET raw_score = 421, credit_score = 421")

        found = replay(api, loan)

        assert (found["is_as_stored"], found["differs"]) == (False, ["raw_score", "credit_score"])
        assert found["own_then"]["credit_score"] == 420

    def test_is_that_of_the_run_which_is_named(self, api, loan, officer):
        first = Score.objects.get()
        Customer.objects.update(assets_value=60_000_000)
        score_loans(loans=Loan.objects.all(), scored_by=officer, scored_at=NOW, source=Source.ADMIN)

        latest = replay(api, loan, scorecard="standard-1")
        named = replay(api, loan, scorecard="standard-1", run_id=str(first.run_id))

        assert (latest["own_then"]["credit_score"], named["own_then"]["credit_score"]) == (570, 420)


class TestTheSplit:
    def test_of_other_data_is_all_of_the_data(self, api, loan):
        Customer.objects.update(assets_value=60_000_000)

        found = replay(api, loan, scorecard="standard-1")

        assert parts(found["split"]["score"]) == (420, 570, 150, 0)
        assert found["changed_facts"] == [{"fact": "assets_value", "then": "5000000.00", "today": "60000000.00"}]

    def test_of_another_card_is_all_of_the_card(self, api, loan):
        """575 + 137 - 46 + 18 is 684."""
        found = replay(api, loan, scorecard="rescaled-1")

        assert parts(found["split"]["score"]) == (420, 684, 0, 264)
        assert parts(found["split"]["base"]) == (300, 575, 0, 275)
        assert found["changed_facts"] == []

    def test_of_both_is_the_mean_of_the_two_orders(self, api, loan):
        """
        Then 420 and 684, today 570 and 822. Data first: 150, then 252 of the card; card first: 264, then 138 of the data.
        """
        Customer.objects.update(assets_value=60_000_000)

        found = replay(api, loan, scorecard="rescaled-1")

        corners = [found[name]["credit_score"] for name in ("own_then", "own_today", "other_then", "other_today")]
        assert corners == [420, 570, 684, 822]
        assert parts(found["split"]["score"]) == (420, 822, 144, 258)
        by_name = {each["characteristic"]: parts(each) for each in found["split"]["characteristics"]}
        assert by_name == {"dsr": (150, 137, 0, -13), "acr": (-50, 92, 144, -2), "tenor": (20, 18, 0, -2)}
        assert parts(found["split"]["base"]) == (300, 575, 0, 275)

    def test_may_be_of_half_points(self, api, loan):
        """Over 12 months the DSR is 0.479: 0 points with either card, from 150 and 137."""
        Loan.objects.update(tenor_months=12)

        found = replay(api, loan, scorecard="rescaled-1")

        by_name = {each["characteristic"]: parts(each) for each in found["split"]["characteristics"]}
        assert by_name["dsr"] == (150, 0, -143.5, -6.5)
        assert by_name["tenor"] == (20, 46, 29, -3)

    def test_adds_up_where_a_score_is_held_to_the_range(self, api, loan):
        """Without income 300 - 200 - 50 + 20 is 70, held to 300; with rescaled-1 575 - 183 - 46 + 18 is 364."""
        Customer.objects.update(monthly_income=0)

        split = replay(api, loan, scorecard="rescaled-1")["split"]

        assert parts(split["held_to_range"]) == (0, 0, 115, -115)
        lines = [split["base"], split["held_to_range"], *split["characteristics"]]
        for column, whole in enumerate(parts(split["score"])):
            assert sum(parts(line)[column] for line in lines) == whole

    def test_is_not_made_where_a_corner_is_refused(self, api, loan):
        Loan.objects.update(tenor_months=None, status=Status.DRAFT)

        found = replay(api, loan, scorecard="rescaled-1")

        assert found["split"] is None
        assert (found["own_today"]["credit_score"], found["other_then"]["credit_score"]) == (None, 684)
        assert found["own_today"]["refusal"]


class TestWhoMay:
    def test_not_of_another_branch(self, loan):
        stranger = make_user("tono", branches=[make_branch()], group="Account officer", is_staff=True)
        key = ApiClient(make_api_key(stranger, last_used_at=timezone.now()))

        assert_problem(key.get(f"/loans/{loan.pk}/replay"), 404, "not_found")
        score = Score.objects.get()
        assert logged_in(stranger).get(f"/admin/loans/loan/{loan.pk}/scores/{score.pk}/replay/").status_code == 404

    def test_not_without_the_right_to_see_scores(self, loan, branch):
        clerk = make_user("cici", branches=[branch], permissions=["loans.view_loan"], is_staff=True)
        key = ApiClient(make_api_key(clerk, last_used_at=timezone.now()))

        assert_problem(key.get(f"/loans/{loan.pk}/replay"), 403, "not_permitted")
        score = Score.objects.get()
        assert logged_in(clerk).get(f"/admin/loans/loan/{loan.pk}/scores/{score.pk}/replay/").status_code == 403

    def test_an_officer_with_cards_that_are_or_were_in_force(self, loan, officer):
        key = ApiClient(make_api_key(officer, last_used_at=timezone.now()))

        assert_problem(key.get(f"/loans/{loan.pk}/replay?scorecard=rescaled-1"), 404, "unknown_scorecard")
        put_in_force(ScorecardVersion.objects.get(name="rescaled"), NOW)
        assert replay(key, loan, scorecard="rescaled-1")["other_then"]["credit_score"] == 684
        assert replay(key, loan, scorecard="standard-1")["other_then"]["credit_score"] == 420

    def test_nobody_with_a_card_that_is_not_finished(self, api, loan):
        draft = ScorecardVersion.objects.get(name="rescaled")
        definition = {**draft.definition, "characteristics": []}
        ScorecardVersion.objects.filter(pk=draft.pk).update(definition=definition)

        assert_problem(api.get(f"/loans/{loan.pk}/replay?scorecard=rescaled-1"), 409, "card_unfinished")

    def test_a_score_that_is_not_there(self, api, loan, branch):
        assert_problem(api.get(f"/loans/{make_loan(branch=branch).pk}/replay"), 404, "not_found")
        assert_problem(api.get(f"/loans/{loan.pk}/replay?run_id={'0' * 8}-0000-0000-0000-{'0' * 12}"), 404, "not_found")


class TestThePage:
    def url(self, loan: Loan, query: str = "") -> str:
        return f"/admin/loans/loan/{loan.pk}/scores/{Score.objects.get().pk}/replay/{query}"

    def test_says_what_comes_from_which(self, risk, branch, loan):
        risk.branches.set([branch])
        Customer.objects.update(assets_value=60_000_000)

        page = page_of(logged_in(risk), self.url(loan, "?scorecard=rescaled-1"))

        assert 'data-testid="agrees"' in page
        assert 'data-total="+402" data-data="+144" data-card="+258"' in page
        for corner in (420, 570, 684, 822):
            assert f'<b class="bprs-points">{corner}</b>' in page
        assert "Rp60.000.000" in page

    def test_begins_with_the_card_in_force_and_todays_data(self, officer, loan):
        Loan.objects.update(tenor_months=12)

        page = page_of(logged_in(officer), self.url(loan))

        # 150 fewer for the DSR, 30 more for the tenor
        assert 'data-total="−120" data-data="−120" data-card="0"' in page  # noqa: RUF001 a minus sign is meant

    def test_compares_with_nothing_but_the_card(self, risk, branch, loan):
        risk.branches.set([branch])
        Customer.objects.update(assets_value=60_000_000)

        page = page_of(logged_in(risk), self.url(loan, "?scorecard=rescaled-1&facts=then"))

        assert 'data-total="+264" data-data="0" data-card="+264"' in page
        assert 'data-testid="changed"' not in page

    def test_says_where_it_cannot_part(self, officer, loan):
        Loan.objects.update(tenor_months=None, status=Status.DRAFT)

        assert 'data-testid="no-split"' in page_of(logged_in(officer), self.url(loan))

    def test_refuses_a_card_that_is_not_there(self, officer, loan):
        assert 'data-testid="refusal"' in page_of(logged_in(officer), self.url(loan, "?scorecard=x-9"))

    def test_shows_half_points(self, risk, branch, loan):
        risk.branches.set([branch])
        Loan.objects.update(tenor_months=12)

        page = page_of(logged_in(risk), self.url(loan, "?scorecard=rescaled-1"))

        assert ">−143,5<" in page  # noqa: RUF001 a minus sign is meant

    def test_is_linked_from_the_scores_of_the_financing(self, officer, loan):
        assert self.url(loan) in page_of(logged_in(officer), f"/admin/loans/loan/{loan.pk}/change/")

    def test_costs_few_queries(self, risk, branch, loan, django_assert_max_num_queries):
        risk.branches.set([branch])
        client = logged_in(risk)
        page_of(client, self.url(loan))

        url = self.url(loan, "?scorecard=rescaled-1")
        with django_assert_max_num_queries(16):
            page_of(client, url)
