"""What other terms would score, over the API."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from loans.models import Loan
from scoring.models import Score, ScoringRun
from tests.api_client import ApiClient, assert_problem, pointers
from tests.factories import make_api_key, make_customer, make_loan, make_user
from tests.tampering import put_no_card_in_force

pytestmark = pytest.mark.django_db
GOLDEN = {"monthly_income": 5_000_000, "assets_value": 20_000_000, "loan_amount": 10_000_000, "tenor_months": 12}


@pytest.fixture
def api(branch):
    return ApiClient(make_api_key(make_user("sari", branches=[branch], group="Account officer")))


@pytest.fixture
def weak(branch) -> Loan:
    """The second row of the bank's acceptance spreadsheet."""
    customer = make_customer(branch=branch, monthly_income=Decimal(10_000_000), assets_value=Decimal(5_000_000))
    return make_loan(customer=customer, principal_amount=Decimal(50_000_000), tenor_months=24)


class TestPreview:
    def test_scores_and_explains_what_is_sent(self, api):
        answer = api.post("/predictions/preview", GOLDEN)

        assert answer.status_code == 200
        judgement = answer.json()
        assert (judgement["credit_score"], judgement["segment"], judgement["default_probability"]) == (
            600,
            "medium",
            0.15,
        )
        assert judgement["points"] == {"dsr": 150, "acr": 100, "tenor": 50}
        assert judgement["recommendation"] == "Segment MEDIUM - DSR: 0.19"
        assert judgement["monthly_installment"] == 958_333.33
        assert judgement["scorecard"] == "standard-1"

    def test_stores_nothing(self, api):
        api.post("/predictions/preview", GOLDEN)

        assert not ScoringRun.objects.exists()
        assert not Score.objects.exists()

    def test_says_the_same_as_the_score_of_a_stored_loan(self, api, weak):
        sent = {"monthly_income": 10_000_000, "assets_value": 5_000_000, "loan_amount": 50_000_000, "tenor_months": 24}

        preview, stored = (
            api.post("/predictions/preview", sent).json(),
            api.post(f"/predictions/individual/{weak.pk}").json(),
        )

        assert preview == {name: stored[name] for name in preview}
        assert preview["reasons"]

    @pytest.mark.parametrize(
        ("changed", "code"),
        [
            ({"tenor_months": 361}, "out_of_range"),
            ({"loan_amount": 0}, "not_positive"),
            ({"monthly_income": None}, "missing"),
        ],
    )
    def test_refuses_what_cannot_be_scored(self, api, changed, code):
        problem = assert_problem(api.post("/predictions/preview", {**GOLDEN, **changed}), 422, "not_scorable")

        assert list(pointers(problem)) == [f"#/{next(iter(changed))}"]
        assert problem["detail"]

    def test_refuses_an_application_that_says_nothing(self, api):
        assert_problem(api.post("/predictions/preview", {}), 422, "not_scorable")

    def test_refuses_what_it_does_not_know(self, api):
        assert_problem(api.post("/predictions/preview", {**GOLDEN, "income": 1}), 422, "invalid")

    def test_needs_the_right_to_score(self, branch):
        reader = make_user(branches=[branch], permissions=["loans.view_loan"])

        assert_problem(ApiClient(make_api_key(reader)).post("/predictions/preview", GOLDEN), 403, "not_permitted")


class TestWhatIf:
    def test_says_what_reaches_the_next_better_segment(self, api, weak):
        answer = api.get(f"/loans/{weak.pk}/what-if").json()

        assert (answer["credit_score"], answer["segment"]) == (420, "high")
        assert (answer["wanted_score"], answer["wanted_segment"], answer["is_reached"]) == (550, "medium", False)
        # 5,000,000 of assets cover 4,166,666 1.2 times: 300 + 150 + 100 + 20.
        assert answer["largest_amount"] == 4_166_000
        assert answer["tenors"] == []
        assert answer["map"] is None

    def test_puts_the_smallest_change_first(self, api, weak):
        amount, assets = api.get(f"/loans/{weak.pk}/what-if").json()["changes"]

        unchanged = {"loan_amount": None, "tenor_months": None, "monthly_income": None, "assets_value": None}
        scored = {"credit_score": 570, "segment": "medium"}
        assert amount == {**unchanged, **scored, "loan_amount": 4_166_000, "effort": 0.9167}
        assert assets == {**unchanged, **scored, "assets_value": 60_000_000, "effort": 11}

    def test_may_be_asked_for_a_segment_or_a_score(self, api, weak):
        low = api.get(f"/loans/{weak.pk}/what-if", segment="low").json()
        score = api.get(f"/loans/{weak.pk}/what-if", min_score=570).json()

        assert (low["wanted_score"], low["changes"], low["largest_amount"]) == (700, [], None)
        assert (score["wanted_score"], score["largest_amount"]) == (570, 4_166_000)

    def test_maps_amounts_and_tenors(self, api, weak):
        terms = api.get(f"/loans/{weak.pk}/what-if", with_map="true").json()["map"]

        assert (len(terms["amounts"]), terms["tenors"]) == (40, list(range(1, 61)))
        assert terms["scores"][terms["amounts"].index(50_000_000)][24 - 1] == 420
        assert {len(line) for line in terms["scores"]} == {60}

    def test_counts_what_is_not_known_as_zero(self, api, branch):
        loan = make_loan(customer=make_customer(branch=branch, monthly_income=None))

        answer = api.get(f"/loans/{loan.pk}/what-if").json()

        assert answer["credit_score"] == 300
        # 1.15 x 10,000,000 / 12 is 0.40 of 2,395,833.33, and 300 + 100 + 100 + 50 reach 550.
        assert answer["changes"][0]["monthly_income"] == 2_396_000

    def test_refuses_a_draft_without_an_amount(self, api, branch):
        loan = make_loan(branch=branch, status="draft", principal_amount=None)

        assert_problem(api.get(f"/loans/{loan.pk}/what-if"), 422, "not_scorable")

    def test_refuses_a_segment_that_the_card_has_not(self, api, weak):
        assert_problem(api.get(f"/loans/{weak.pk}/what-if", segment="splendid"), 422, "unknown_segment")

    def test_does_not_know_the_loans_of_others(self, api):
        assert_problem(api.get(f"/loans/{make_loan().pk}/what-if"), 404, "not_found")

    def test_needs_a_card(self, api, weak):
        put_no_card_in_force()

        assert_problem(api.get(f"/loans/{weak.pk}/what-if"), 409, "no_active_scorecard")

    def test_stores_nothing_and_asks_little(self, api, weak):
        api.get(f"/loans/{weak.pk}/what-if")
        with CaptureQueriesContext(connection) as queries:
            api.get(f"/loans/{weak.pk}/what-if", with_map="true")

        assert not Score.objects.exists()
        assert len([each for each in queries if "loans_loan" in each["sql"] or "scorecardversion" in each["sql"]]) == 3
