"""The API as a whole: what it says of itself, and a program's way from login to score."""

import re
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from tests.api_client import ApiClient, assert_problem
from tests.factories import make_api_key, make_branch, make_user

HEALTH = {("get", f"/api/v1/health{path}") for path in ("", "/live", "/workers")}
PUBLIC = HEALTH | {("get", "/api/v1/"), ("post", "/api/v1/auth/token")}
NOBODYS = dict.fromkeys(("job_id", "run_id", "simulation_id"), "00000000-0000-0000-0000-000000000000")


def description() -> Any:
    return Client().get("/api/v1/openapi.json").json()


def operations() -> list[tuple[str, str, Any]]:
    return [(method, path, op) for path, methods in description()["paths"].items() for method, op in methods.items()]


def address(path: str) -> str:
    return re.sub(r"{(\w+)}", lambda match: NOBODYS.get(match[1], "1"), path)


class TestTheDescription:
    def test_names_every_call_of_the_contract(self):
        described = {(method, path) for method, path, _ in operations()}

        assert described >= PUBLIC | {
            ("get", "/api/v1/customers"),
            ("post", "/api/v1/customers"),
            ("get", "/api/v1/customers/{customer_id}"),
            ("patch", "/api/v1/customers/{customer_id}"),
            ("get", "/api/v1/loans"),
            ("post", "/api/v1/loans"),
            ("get", "/api/v1/loans/{loan_id}"),
            ("patch", "/api/v1/loans/{loan_id}"),
            ("post", "/api/v1/files/upload"),
            ("post", "/api/v1/predictions/individual/{loan_id}"),
            ("post", "/api/v1/predictions/bulk"),
        }

    def test_says_how_to_sign_in_everywhere_but_where_anyone_may_come(self):
        assert {(method, path) for method, path, op in operations() if "security" not in op} == PUBLIC
        assert {str(op["security"]) for _, _, op in operations() if "security" in op} == {"[{'bearer': []}]"}
        assert description()["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"

    def test_describes_the_problems_of_every_call(self):
        for method, path, operation in operations():
            problems = {status for status in operation["responses"] if int(status) >= 400}
            assert "500" in problems, (method, path)
            assert {"401", "403"} <= problems or (method, path) in PUBLIC
            for status in problems:
                assert list(operation["responses"][status]["content"]) == ["application/problem+json"]

    def test_points_at_nothing_that_is_not_there(self):
        text = Client().get("/api/v1/openapi.json").content.decode()
        schemas = description()["components"]["schemas"]

        assert set(re.findall(r"#/components/schemas/([\w\[\]]+)", text)) <= set(schemas)

    def test_writes_money_as_numbers(self):
        customer = description()["components"]["schemas"]["CustomerOut"]["properties"]

        assert customer["monthly_income"]["anyOf"][0]["type"] == "number"

    def test_is_shown_without_the_internet(self):
        page = Client().get("/api/v1/docs").content.decode()

        assert "//" not in "".join(re.findall(r'(?:src|href)="([^"]*)"', page))
        assert finders.find("ninja/swagger-ui-bundle.js")


@pytest.mark.django_db
class TestEveryCall:
    def test_asks_for_credentials(self):
        for method, path, _ in operations():
            if (method, path) not in PUBLIC:
                answer = Client().generic(method.upper(), address(path))
                assert_problem(answer, 401, "not_authenticated")
                assert answer["WWW-Authenticate"] == "Bearer"

    def test_asks_for_its_scope(self):
        stranger = Client(headers={"Authorization": f"Bearer {make_api_key(make_user(is_superuser=True), scopes=[])}"})

        for method, path, _ in operations():
            if (method, path) not in PUBLIC:
                assert_problem(stranger.generic(method.upper(), address(path)), 403, "insufficient_scope")

    def test_asks_for_its_permission(self):
        stranger = Client(headers={"Authorization": f"Bearer {make_api_key(make_user())}"})

        for method, path, _ in operations():
            if (method, path) not in PUBLIC:
                assert_problem(stranger.generic(method.upper(), address(path)), 403, "not_permitted")


class TestTheFrontDoor:
    def test_answers_programs(self):
        answer = Client(headers={"Accept": "application/json"}).get("/")

        assert answer.json()["status"] == "BPRS API Running"
        assert "Accept" in answer["Vary"]

    @pytest.mark.parametrize("accept", ["text/html,application/xhtml+xml,*/*;q=0.8", "*/*", ""])
    def test_shows_people_to_the_back_office(self, accept):
        answer = Client(headers={"Accept": accept}).get("/")

        assert answer.status_code == 302
        assert answer["Location"] == "/admin/"

    def test_of_the_api_answers_anyone(self):
        assert Client().get("/api/v1/").json()["status"] == "BPRS API Running"

    @pytest.mark.django_db
    def test_says_whether_the_service_can_work(self):
        assert Client().get("/api/v1/health").json() == {"status": "ok", "database": "ok", "workers": 0}


@pytest.mark.django_db
def test_a_program_goes_from_login_to_score():
    make_user("ao1", password="rahasia-sekali", branches=[make_branch()], group="Account officer")
    token = ApiClient().post("/auth/token", {"username": "ao1", "password": "rahasia-sekali"}).json()["access_token"]
    api = ApiClient(token)

    customer = api.post(
        "/customers",
        {"customer_number": "CIF1", "full_name": "Siti Aminah", "monthly_income": 5000000, "assets_value": 20000000},
    ).json()
    loan = api.post(
        "/loans",
        {"loan_number": "PB1", "customer_id": customer["id"], "principal_amount": 10000000, "tenor_months": 12},
    ).json()
    prediction = api.post(f"/predictions/individual/{loan['id']}").json()

    assert prediction["recommendation"] == "Segment MEDIUM - DSR: 0.19"
    assert prediction["customer_id"] == customer["id"]
    found = api.get("/loans", segment="medium", customer_number="CIF1").json()
    assert [(item["id"], item["credit_score"]) for item in found["items"]] == [(loan["id"], 600)]
