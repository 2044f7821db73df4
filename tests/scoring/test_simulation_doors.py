"""Simulations asked for by a program, and by an operator."""

import re
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from bprs.access.scopes import Scope
from bprs.jobs.tasks import run_job
from loans.models import Collectibility, Status
from scoring.models import ScorecardVersion, Simulation
from tests.api_client import ApiClient, assert_problem, pointers
from tests.factories import make_api_key, make_branch, make_customer, make_loan, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def branch():
    return make_branch(code="010", name="Solo")


@pytest.fixture(autouse=True)
def _loans(branch):
    """600 becomes 850, 420 becomes 684; the second was written off."""
    make_loan(customer=make_customer(branch=branch), status=Status.DISBURSED, collectibility=Collectibility.CURRENT)
    make_loan(
        customer=make_customer(branch=branch, monthly_income=10_000_000, assets_value=5_000_000),
        principal_amount=50_000_000,
        tenor_months=24,
        status=Status.WRITTEN_OFF,
    )


@pytest.fixture
def risk():
    return make_user("risiko", group="Risk staff", sees_all_branches=True)


@pytest.fixture
def api(risk):
    return ApiClient(make_api_key(risk))


@pytest.fixture
def path() -> str:
    return f"/scorecards/{ScorecardVersion.objects.get(name='rescaled').pk}/simulations"


class TestApi:
    def test_answers_little_at_once(self, api, path):
        response = api.post(path, {})

        assert response.status_code == 200
        body = response.json()
        assert (body["scorecard"], body["against"], body["loan_count"]) == ("rescaled-1", "standard-1", 2)
        figures = body["figures"]
        assert figures["matrix"]["segments"] == ["low", "medium", "high", ""]
        medium = figures["matrix"]["lines"][1]
        assert medium["segment"] == "medium"
        assert medium["cells"][0] == {"count": 1, "amount": 10_000_000}
        assert figures["swapped_in"]["count"] == figures["swapped_in"]["defaulted"] == 1
        assert figures["loss"] == [
            {"amount": 60_000_000, "expected": 9_675_000},
            {"amount": 60_000_000, "expected": 1_170_000},
        ]
        assert [group["name"] for group in figures["branches"]] == ["010 Solo"]

    def test_answers_the_same_when_it_is_asked_again(self, api, path):
        first = api.post(path, {"statuses": ["written_off"]}).json()

        assert api.get(f"{path}/{first['id']}").json() == first
        assert first["portfolio"] == {"statuses": ["written_off"]}

    def test_makes_a_job_of_much(self, api, path, settings):
        settings.SIMULATE_LOANS_AT_ONCE = 1

        response = api.post(path, {})

        assert response.status_code == 202
        job = response.json()
        assert response["Location"] == f"/api/v1/jobs/{job['id']}"
        simulation = Simulation.objects.get()
        waiting = api.get(f"{path}/{simulation.pk}").json()
        assert (waiting["figures"], waiting["job_id"]) == (None, job["id"])

        run_job(job["id"])

        assert api.get(response["Location"].removeprefix("/api/v1")).json()["result"] == {
            "simulation_id": str(simulation.pk)
        }
        assert api.get(f"{path}/{simulation.pk}").json()["figures"]["swapped_in"]["count"] == 1

    def test_lists_those_of_the_card(self, api, path):
        made = api.post(path, {}).json()

        listed = api.get(path).json()

        assert (listed["count"], listed["items"][0]["id"]) == (1, made["id"])
        assert "figures" not in listed["items"][0]

    @pytest.mark.parametrize(
        ("body", "pointer"),
        [
            ({"branches": ["999"]}, "#/branches"),
            ({"applied_from": "2026-02-01", "applied_to": "2026-01-01"}, "#/applied_to"),
            ({"akads": ["pinjaman"]}, "#/akads/0"),
            ({"loss_given_default": 1.5}, "#/loss_given_default"),
            ({"cabang": []}, "#/cabang"),
        ],
    )
    def test_points_at_what_cannot_be(self, api, path, body, pointer):
        response = api.post(path, body)

        assert response.status_code == 422
        assert list(pointers(response.json())) == [pointer]
        assert not Simulation.objects.exists()

    def test_refuses_what_there_is_nothing_of(self, api, path):
        assert_problem(api.post(path, {"akads": ["qardh"]}), 422, "nothing_to_simulate")

    def test_refuses_a_card_beside_itself(self, api, path):
        card = int(path.split("/")[2])

        assert_problem(api.post(path, {"against": card}), 422, "same_card")

    def test_does_not_find_other_cards(self, api, path):
        assert_problem(api.post(path, {"against": 999}), 404, "not_found")
        assert_problem(api.post("/scorecards/999/simulations", {}), 404, "not_found")

    @pytest.mark.parametrize("group", ["Account officer", "Supervisor", "Administrator"])
    def test_is_not_for_officers(self, path, group, branch):
        officer = ApiClient(make_api_key(make_user(group=group, branches=[branch])))

        assert_problem(officer.post(path, {}), 403, "not_permitted")
        assert_problem(officer.get(path), 403, "not_permitted")

    def test_is_readable_for_auditors(self, api, path):
        made = api.post(path, {}).json()
        auditor = ApiClient(make_api_key(make_user(group="Auditor", sees_all_branches=True)))

        assert auditor.get(f"{path}/{made['id']}").json() == made
        assert_problem(auditor.post(path, {}), 403, "not_permitted")

    def test_needs_the_scope(self, risk, path):
        reader = ApiClient(make_api_key(risk, scopes=[Scope.SCORECARDS_READ]))
        simulator = ApiClient(make_api_key(risk, scopes=[Scope.SCORECARDS_SIMULATE]))

        assert_problem(reader.post(path, {}), 403, "insufficient_scope")
        assert simulator.post(path, {}).status_code == 200

    def test_is_not_found_by_risk_staff_of_another_branch(self, api, path):
        made = api.post(path, {}).json()
        stranger = ApiClient(make_api_key(make_user(group="Risk staff", branches=[make_branch()])))

        assert_problem(stranger.get(f"{path}/{made['id']}"), 404, "not_found")


def told(*args: str) -> str:
    out = StringIO()
    call_command("simulate", *args, stdout=out)
    return out.getvalue()


@pytest.mark.usefixtures("risk")
class TestCommand:
    def test_prints_the_matrix_and_keeps_the_simulation(self):
        said = told("rescaled-1", "--user", "risiko")

        simulation = Simulation.objects.get()
        assert str(simulation.pk) in said
        assert re.search(r"1 Rp10 jt", said)
        assert (simulation.asked_by.username, simulation.loan_count) == ("risiko", 2)

    def test_does_the_job_of_much_itself(self, settings):
        settings.SIMULATE_LOANS_AT_ONCE = 1

        told("rescaled-1", "--user", "risiko")

        assert Simulation.objects.get().is_complete

    def test_takes_the_choices(self):
        told("rescaled-1", "--user", "risiko", "--status", "disbursed", "settled", "--branch", "010", "--lgd", "0.6")

        simulation = Simulation.objects.get()
        assert simulation.portfolio == {"branches": ["010"], "statuses": ["disbursed", "settled"]}
        assert simulation.loan_count == 1
        assert float(simulation.loss_given_default) == 0.6

    @pytest.mark.parametrize(
        "args",
        [
            ("rescaled-9", "--user", "risiko"),
            ("rescaled-1", "--user", "risiko", "--against", "rescaled-1"),
            ("rescaled-1", "--user", "risiko", "--branch", "999"),
            ("rescaled-1", "--user", "risiko", "--akad", "qardh"),
            ("rescaled-1", "--user", "risiko", "--lgd", "45"),
            ("rescaled-1", "--user", "nobody"),
        ],
    )
    def test_ends_with_a_sentence_and_two(self, args):
        with pytest.raises(CommandError) as refusal:
            told(*args)

        assert refusal.value.returncode == 2
        assert not Simulation.objects.exists()

    def test_is_for_those_who_may(self, branch):
        make_user("ani", group="Account officer", branches=[branch])

        with pytest.raises(CommandError, match="ani") as refusal:
            told("rescaled-1", "--user", "ani")

        assert refusal.value.returncode == 2
