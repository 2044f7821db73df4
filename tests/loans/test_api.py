"""Financing through the API."""

from datetime import date
from decimal import Decimal

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone

from bprs.access.models import User
from loans.models import Loan
from tests.api_client import ApiClient, assert_problem, pointers
from tests.factories import NOW, make_api_key, make_branch, make_customer, make_loan, make_user

pytestmark = pytest.mark.django_db
MEDIUM = {"credit_score": 600, "default_probability": Decimal("0.15"), "segment": "medium", "scored_at": NOW}
HIGH = {"credit_score": 300, "default_probability": Decimal("0.4"), "segment": "high", "scored_at": NOW}


@pytest.fixture
def branch():
    return make_branch(code="011")


@pytest.fixture
def customer(branch):
    return make_customer(branch=branch)


@pytest.fixture
def api(branch):
    return ApiClient(make_api_key(make_user("sari", branches=[branch], group="Account officer")))


class TestAddLoan:
    def test_answers_the_loan_as_it_is_stored(self, api, customer):
        answer = api.post(
            "/loans",
            {"loan_number": "PB1", "customer_id": customer.pk, "principal_amount": 10_000_000, "tenor_months": 12},
        )

        loan = Loan.objects.get()
        assert answer.status_code == 201
        assert (loan.customer, loan.principal_amount, loan.tenor_months) == (customer, Decimal(10_000_000), 12)
        assert loan.application_date == timezone.localdate()
        assert loan.history.get().history_user.username == "sari"
        assert b'"principal_amount":10000000.00' in answer.content
        unscored = ("credit_score", "default_probability", "segment", "scored_at")
        assert {answer.json()[name] for name in unscored} == {None}

    def test_takes_every_field_of_what_was_decided_elsewhere(self, api, customer):
        recorder = Permission.objects.get(codename="record_history")
        User.objects.get(username="sari").user_permissions.add(recorder)
        sent = {
            "loan_number": "PB1",
            "customer_id": customer.pk,
            "principal_amount": "10000000.50",
            "tenor_months": 36,
            "akad": "ijarah",
            "purpose": "investment",
            "status": "disbursed",
            "application_date": "2026-01-02",
            "disbursed_date": "2026-01-09",
            "collectibility": 2,
            "days_past_due": 31,
        }

        answer = api.post("/loans", sent).json()

        assert {name: answer[name] for name in sent} == {**sent, "principal_amount": 10_000_000.5}

    @pytest.mark.parametrize("status", ["recommended", "approved", "rejected", "disbursed", "settled"])
    def test_begins_nowhere_that_a_decision_leads_to(self, api, customer, status):
        answer = api.post(
            "/loans",
            {
                "loan_number": "PB1",
                "customer_id": customer.pk,
                "principal_amount": 1,
                "tenor_months": 1,
                "status": status,
            },
        )

        assert (answer.status_code, answer.json()["code"]) == (409, "decision_needed")
        assert not Loan.objects.exists()

    def test_lets_a_draft_lack_amount_and_tenor(self, api, customer):
        answer = api.post("/loans", {"loan_number": "PB1", "customer_id": customer.pk, "status": "draft"})

        assert answer.status_code == 201
        assert answer.json()["principal_amount"] is None

    @pytest.mark.parametrize(
        ("field", "value", "code"),
        [
            ("tenor_months", "12.5", "int_type"),
            ("tenor_months", "12.0", "int_type"),
            ("tenor_months", '"12"', "int_type"),
            ("tenor_months", "true", "int_type"),
            ("tenor_months", "0", "invalid"),
            ("tenor_months", "361", "invalid"),
            ("tenor_months", "-1", "greater_than_equal"),
            ("tenor_months", "1e400", "int_type"),
            ("principal_amount", "0", "invalid"),
            ("principal_amount", "NaN", "not_a_number"),
            ("principal_amount", "-Infinity", "too_large"),
            ("principal_amount", "1.005", "too_many_decimals"),
            ("akad", '"riba"', "enum"),
            ("status", '"lunas"', "enum"),
            ("collectibility", "6", "invalid"),
            ("application_date", '"31/12/2026"', "date_from_datetime_parsing"),
            ("application_date", "0", "date_from_datetime_parsing"),
            ("application_date", '"0"', "date_from_datetime_parsing"),
            ("application_date", '"2026-12-31T00:00:00"', "date_from_datetime_parsing"),
            ("customer_id", "999999", "invalid"),
            ("customer_id", "99999999999999999999999", "less_than_equal"),
            ("customer_id", '"1"', "int_type"),
            ("credit_score", "850", "extra_forbidden"),
        ],
    )
    def test_points_at_a_value_it_refuses(self, api, customer, field, value, code):
        sent = {
            "loan_number": '"PB1"',
            "customer_id": customer.pk,
            "principal_amount": 1,
            "tenor_months": 12,
            field: value,
        }
        body = "{" + ", ".join(f'"{name}": {text}' for name, text in sent.items()) + "}"

        problem = assert_problem(api.post("/loans", body), 422, "invalid")

        assert pointers(problem) == {f"#/{field}": code}
        assert not Loan.objects.exists()

    def test_refuses_a_customer_of_another_branch_like_one_that_is_not_there(self, api):
        foreign = make_customer()
        bodies = [
            {"loan_number": "PB1", "customer_id": pk, "principal_amount": 1, "tenor_months": 1}
            for pk in (foreign.pk, 999_999)
        ]

        hidden, absent = (assert_problem(api.post("/loans", body), 422, "invalid") for body in bodies)

        assert hidden["errors"] == absent["errors"]
        assert hidden["errors"][0]["pointer"] == "#/customer_id"

    def test_refuses_an_application_without_amount_that_is_no_draft(self, api, customer):
        answer = api.post("/loans", {"loan_number": "PB1", "customer_id": customer.pk})

        assert "draft" in assert_problem(answer, 422, "invalid")["detail"]

    def test_refuses_a_number_that_is_taken(self, api, customer):
        make_loan(loan_number="PB1")

        answer = api.post("/loans", {"loan_number": "PB1", "customer_id": customer.pk, "status": "draft"})

        assert set(pointers(assert_problem(answer, 422, "invalid"))) == {"#/loan_number"}


class TestChangeLoan:
    def test_changes_what_is_sent_and_keeps_the_score(self, api, branch):
        loan = make_loan(branch=branch, **MEDIUM)

        answer = api.patch(f"/loans/{loan.pk}", {"tenor_months": 18, "status": "draft"}).json()

        assert (answer["tenor_months"], answer["status"]) == (18, "draft")
        assert (answer["principal_amount"], answer["credit_score"], answer["segment"]) == (10_000_000, 600, "medium")

    @pytest.mark.parametrize("body", ["1.5", "-4.4e16", "NaN", "1", '"x"', "[]", "null"])
    def test_what_is_no_object_changes_nothing(self, api, branch, body):
        loan = make_loan(branch=branch)

        assert_problem(api.patch(f"/loans/{loan.pk}", body), 422, "invalid")
        assert loan.history.count() == 1

    def test_refuses_to_take_the_amount_from_an_application(self, api, branch):
        loan = make_loan(branch=branch)

        assert_problem(api.patch(f"/loans/{loan.pk}", {"principal_amount": None}), 422, "invalid")

        loan.refresh_from_db()
        assert loan.principal_amount == Decimal(10_000_000)

    def test_of_another_branch_is_not_there(self, api):
        loan = make_loan()

        assert_problem(api.patch(f"/loans/{loan.pk}", {"tenor_months": 1}), 404, "not_found")

    def test_does_not_hand_a_loan_to_a_customer_of_another_branch(self, api, branch):
        loan, foreign = make_loan(branch=branch), make_customer()

        problem = assert_problem(api.patch(f"/loans/{loan.pk}", {"customer_id": foreign.pk}), 422, "invalid")

        assert pointers(problem) == {"#/customer_id": "invalid"}


class TestGetLoan:
    def test_carries_its_score(self, api, branch):
        loan = make_loan(branch=branch, **MEDIUM)

        answer = api.get(f"/loans/{loan.pk}").json()

        assert answer["credit_score"] == 600
        assert answer["default_probability"] == 0.15
        assert answer["segment"] == "medium"
        assert answer["customer_number"] == loan.customer.customer_number

    def test_of_another_branch_is_not_there(self, api):
        assert_problem(api.get(f"/loans/{make_loan().pk}"), 404, "not_found")


class TestListLoans:
    def test_shows_those_of_the_own_branches(self, api, branch):
        mine = make_loan(branch=branch)
        make_loan()

        assert [item["id"] for item in api.get("/loans").json()["items"]] == [mine.pk]

    @pytest.mark.parametrize(
        "query",
        [
            {"q": "pb7"},
            {"q": "budi"},
            {"loan_number": "PB7"},
            {"status": "draft"},
            {"status": ["draft", "approved"]},
            {"segment": "high"},
            {"akad": "ijarah"},
            {"customer_number": "CIF7"},
            {"max_score": 300},
            {"is_scored": "true", "max_score": 599},
            {"applied_to": "2026-01-01"},
        ],
    )
    def test_finds_by(self, api, branch, query):
        customer = make_customer(branch=branch, customer_number="CIF7", full_name="Budi")
        found = make_loan(
            customer=customer,
            loan_number="PB7",
            status="draft",
            akad="ijarah",
            application_date=date(2026, 1, 1),
            **HIGH,
        )
        make_loan(branch=branch, **MEDIUM)

        assert [item["id"] for item in api.get("/loans", **query).json()["items"]] == [found.pk]

    @pytest.mark.parametrize(
        "query",
        [
            {"min_score": 600},
            {"min_score": 301, "max_score": 850},
            {"applied_from": "2026-11-02"},
            {"segment": "medium"},
        ],
    )
    def test_finds_the_other_one_by(self, api, branch, query):
        make_loan(branch=branch, application_date=date(2026, 1, 1), **HIGH)
        found = make_loan(branch=branch, **MEDIUM)

        assert [item["id"] for item in api.get("/loans", **query).json()["items"]] == [found.pk]

    def test_finds_those_not_scored_yet(self, api, branch):
        make_loan(branch=branch, **HIGH)
        unscored = make_loan(branch=branch)

        assert [item["id"] for item in api.get("/loans", is_scored="false").json()["items"]] == [unscored.pk]

    def test_finds_by_customer(self, api, branch):
        loan = make_loan(branch=branch)
        make_loan(branch=branch)

        assert api.get("/loans", customer_id=loan.customer_id).json()["count"] == 1

    def test_orders_by_several_fields(self, api, branch):
        a, b, c = (
            make_loan(branch=branch, tenor_months=tenor, principal_amount=amount)
            for tenor, amount in ((12, 100), (24, 100), (12, 200))
        )

        items = api.get("/loans", ordering="tenor_months,-principal_amount").json()["items"]

        assert [item["id"] for item in items] == [c.pk, a.pk, b.pk]

    def test_shows_the_newest_first_unless_told_otherwise(self, api, branch):
        first, second = make_loan(branch=branch), make_loan(branch=branch)

        assert [item["id"] for item in api.get("/loans").json()["items"]] == [second.pk, first.pk]

    @pytest.mark.parametrize(
        ("query", "code"),
        [
            ({"status": "lunas"}, "enum"),
            ({"min_score": "tinggi"}, "int_parsing"),
            ({"customer_id": 10**20}, "less_than_equal"),
            ({"applied_from": "kemarin"}, "date_from_datetime_parsing"),
            ({"applied_to": "0"}, "date_from_datetime_parsing"),
            ({"status": ["draft"] * 21}, "too_long"),
            ({"ordering": "customer__nik_hash"}, "unknown_ordering"),
        ],
    )
    def test_names_the_parameter_it_refuses(self, api, query, code):
        assert pointers(assert_problem(api.get("/loans", **query), 422, "invalid")) == {next(iter(query)): code}

    def test_costs_the_same_queries_for_any_number(self, api, branch, django_assert_max_num_queries):
        for _ in range(20):
            make_loan(branch=branch)

        with django_assert_max_num_queries(4):
            assert len(api.get("/loans").json()["items"]) == 20
