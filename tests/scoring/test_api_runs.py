"""What came of scoring, read through the API."""

import uuid

import pytest

from bprs.access.scopes import Scope
from scoring.models import ScorecardVersion
from tests.api_client import ApiClient, assert_problem
from tests.factories import NOW, make_api_key, make_loan, make_user

pytestmark = pytest.mark.django_db
FILE = b"monthly_income,assets_value,loan_amount,tenor_months\n5000000,20000000,10000000,12\n1,1,1,x\n2000000,0,10000000,6\n"


@pytest.fixture
def api(branch):
    return ApiClient(make_api_key(make_user("sari", branches=[branch], group="Account officer")))


@pytest.fixture(autouse=True)
def storage(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def run_of_file(api: ApiClient) -> str:
    token = api.upload(FILE, filename="a.csv").json()["stored_path"]
    run_id: str = api.post("/predictions/bulk", {"file_path": token}).json()["run_id"]
    return run_id


class TestGetRun:
    def test_says_who_scored_what_with_which_card(self, api):
        run_id = run_of_file(api)

        run = api.get(f"/runs/{run_id}").json()

        assert run.pop("scored_at")
        assert run == {
            "id": run_id,
            "scorecard": "standard-1",
            "scored_by": "sari",
            "source": "api",
            "filename": "a.csv",
            "rows_read": 3,
            "total_rows": 2,
            "rejected_rows": 1,
            "blank_rows": 0,
            "high_risk_count": 1,
            "is_complete": True,
            "job_id": None,
            "error": None,
            "warnings": [],
        }

    def test_of_a_stored_loan_has_no_file(self, api, branch):
        run_id = api.post(f"/predictions/individual/{make_loan(branch=branch).pk}").json()["run_id"]

        assert api.get(f"/runs/{run_id}").json()["filename"] is None

    def test_of_a_colleague_is_not_there(self, api, branch):
        colleague = ApiClient(make_api_key(make_user(branches=[branch], group="Account officer")))
        run_id = run_of_file(colleague)

        for path in (f"/runs/{run_id}", f"/runs/{run_id}/results", f"/runs/{run_id}/errors", f"/runs/{uuid.uuid4()}"):
            assert_problem(api.get(path), 404, "not_found")

    def test_of_anyone_is_shown_to_head_office(self, api):
        auditor = ApiClient(make_api_key(make_user(sees_all_branches=True, group="Auditor")))

        assert auditor.get(f"/runs/{run_of_file(api)}").status_code == 200

    @pytest.mark.parametrize("run_id", ["1", "abc", "00000000-0000-0000-0000-000000000000"])
    def test_with_an_id_that_is_none_is_not_there(self, api, run_id):
        assert_problem(api.get(f"/runs/{run_id}"), 404, "not_found")


class TestRowsOfARun:
    def test_are_its_results_in_pages(self, api):
        run_id = run_of_file(api)

        first, second = (api.get(f"/runs/{run_id}/results", limit=1, offset=offset).json() for offset in (0, 1))

        assert (first["count"], second["count"]) == (2, 2)
        assert first["items"] == [
            {
                "row_index": 0,
                "row_number": 2,
                "loan_id": None,
                "score": 600,
                "segment": "medium",
                "default_probability": 0.15,
            }
        ]
        assert second["items"][0]["row_index"] == 2

    def test_are_its_errors_too(self, api):
        answer = api.get(f"/runs/{run_of_file(api)}/errors").json()

        assert answer["count"] == 1
        error = answer["items"][0]
        assert (error["row_index"], error["row_number"], error["column"]) == (1, 3, "tenor_months")
        assert error["message"]

    def test_name_the_loan_where_there_is_one(self, api, branch):
        loan = make_loan(branch=branch)
        run_id = api.post(f"/predictions/individual/{loan.pk}").json()["run_id"]

        result = api.get(f"/runs/{run_id}/results").json()["items"][0]

        assert (result["loan_id"], result["row_index"]) == (loan.pk, None)

    def test_come_in_bounded_pages(self, api):
        assert_problem(api.get(f"/runs/{run_of_file(api)}/results", limit=100_000), 422, "invalid")


class TestScoresOfALoan:
    def test_are_its_history_newest_first(self, api, branch):
        loan = make_loan(branch=branch)
        before = api.post(f"/predictions/individual/{loan.pk}").json()
        api.patch(f"/loans/{loan.pk}", {"tenor_months": 60})
        after = api.post(f"/predictions/individual/{loan.pk}").json()

        history = api.get(f"/loans/{loan.pk}/scores").json()

        assert history == {"items": [after, before], "count": 2}

    def test_of_another_branch_are_not_there(self, api):
        assert_problem(api.get(f"/loans/{make_loan().pk}/scores"), 404, "not_found")

    def test_are_read_with_the_scope_that_reads_loans(self, branch):
        user = make_user(branches=[branch], group="Account officer")
        reader = ApiClient(make_api_key(user, scopes=[Scope.LOANS_READ]))

        assert reader.get(f"/loans/{make_loan(branch=branch).pk}/scores").json() == {"items": [], "count": 0}


class TestScorecards:
    def test_are_listed_with_the_one_in_force(self, api):
        cards = api.get("/scorecards").json()["items"]

        assert [card["scorecard"] for card in cards if card["status"] == "in_force"] == ["standard-1"]
        assert {card["scorecard"] for card in cards} == {"standard-1", "rescaled-1", "annual-1"}

    def test_show_what_they_are_made_of(self, api):
        in_force = ScorecardVersion.objects.in_force(NOW)

        card = api.get(f"/scorecards/{in_force.pk}").json()

        assert card["definition"] == in_force.definition
        assert card["content_hash"] == in_force.content_hash

    def test_that_are_not_there(self, api):
        assert_problem(api.get("/scorecards/999999"), 404, "not_found")
