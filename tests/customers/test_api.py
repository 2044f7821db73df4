"""Customers through the API."""

import json
from datetime import date
from decimal import Decimal

import pytest

from customers.models import Customer
from tests.api_client import ApiClient, assert_problem, pointers
from tests.factories import make_api_key, make_branch, make_customer, make_user

pytestmark = pytest.mark.django_db
NIK = "3174095708900001"


@pytest.fixture
def branch():
    return make_branch(code="011")


@pytest.fixture
def api(branch):
    return ApiClient(make_api_key(make_user("sari", branches=[branch], group="Account officer")))


class TestAddCustomer:
    def test_answers_the_customer_as_it_is_stored(self, api, branch):
        answer = api.post(
            "/customers",
            {
                "customer_number": "CIF1",
                "full_name": " Siti Aminah ",
                "nik": NIK,
                "branch": "011",
                "birth_date": "1990-08-17",
                "monthly_income": 5_000_000,
                "assets_value": "20000000.50",
            },
        )

        assert answer.status_code == 201
        customer = Customer.objects.get()
        assert (customer.full_name, customer.nik, customer.branch) == ("Siti Aminah", NIK, branch)
        assert customer.birth_date == date(1990, 8, 17)
        assert customer.assets_value == Decimal("20000000.50")
        assert answer.json()["id"] == customer.pk
        assert b'"monthly_income":5000000.00' in answer.content
        assert b'"assets_value":20000000.50' in answer.content

    def test_never_answers_the_whole_nik(self, api):
        answer = api.post("/customers", {"customer_number": "CIF1", "full_name": "Siti", "nik": NIK})

        assert NIK not in answer.content.decode()
        assert answer.json()["nik"] == "3174••••••••0001"

    def test_writes_who_did_it_into_the_history(self, api):
        api.post("/customers", {"customer_number": "CIF1", "full_name": "Siti"})

        assert Customer.history.get().history_user.username == "sari"

    def test_leaves_unknown_what_is_not_sent(self, api):
        answer = api.post("/customers", {"customer_number": "CIF1", "full_name": "Siti"})

        assert answer.json()["monthly_income"] is None
        assert answer.json()["assets_value"] is None

    def test_keeps_the_largest_amount_to_the_sen(self, api):
        answer = api.post(
            "/customers", '{"customer_number": "CIF1", "full_name": "Siti", "assets_value": 999999999999999.99}'
        )

        assert json.loads(answer.content, parse_float=str)["assets_value"] == "999999999999999.99"

    @pytest.mark.parametrize(
        ("field", "value", "code"),
        [
            ("monthly_income", "NaN", "not_a_number"),
            ("monthly_income", "Infinity", "too_large"),
            ("monthly_income", "1e309", "too_large"),
            ("monthly_income", "1e9999999999999999999", "too_large"),
            ("monthly_income", "5000000.001", "too_many_decimals"),
            ("monthly_income", '"5.000.000"', "not_a_number"),
            ("monthly_income", "true", "not_a_number"),
            ("monthly_income", "-1", "invalid"),
            ("assets_value", "1000000000000000", "too_large"),
            ("full_name", '"  "', "string_too_short"),
            ("full_name", "null", "string_type"),
            ("full_name", '"a\\u0000b"', "control_character"),
            ("customer_number", "17", "string_type"),
            ("birth_date", '"17/08/1990"', "date_from_datetime_parsing"),
            ("nik", '"123"', "nik_not_16_digits"),
            ("nik", '"-"', "nik_not_16_digits"),
            ("nik", '"3174093213900001"', "nik_not_a_date"),
            ("branch", '"999"', "invalid"),
            ("monthly_incom", "1", "extra_forbidden"),
        ],
    )
    def test_points_at_a_value_it_refuses(self, api, field, value, code):
        sent = {"customer_number": '"CIF1"', "full_name": '"Siti"', field: value}
        body = "{" + ", ".join(f'"{name}": {text}' for name, text in sent.items()) + "}"

        problem = assert_problem(api.post("/customers", body), 422, "invalid")

        assert pointers(problem) == {f"#/{field}": code}
        assert not Customer.objects.exists()

    def test_refuses_a_number_and_a_nik_that_are_taken(self, api, branch):
        make_customer(customer_number="CIF1", nik=NIK, branch=branch)

        problem = assert_problem(
            api.post("/customers", {"customer_number": "CIF1", "full_name": "Siti", "nik": NIK}), 422, "invalid"
        )

        assert set(pointers(problem)) == {"#/customer_number", "#/nik"}

    def test_refuses_a_branch_the_caller_does_not_work_in(self, api):
        make_branch(code="022")

        answer = api.post("/customers", {"customer_number": "CIF1", "full_name": "Siti", "branch": "022"})

        assert set(pointers(assert_problem(answer, 422, "invalid"))) == {"#/branch"}

    def test_asks_for_the_branch_of_who_works_in_several(self):
        user = make_user(branches=[make_branch(), make_branch()], group="Account officer")

        answer = ApiClient(make_api_key(user)).post("/customers", {"customer_number": "CIF1", "full_name": "Siti"})

        assert set(pointers(assert_problem(answer, 422, "invalid"))) == {"#/branch"}


class TestChangeCustomer:
    def test_changes_what_is_sent_and_nothing_else(self, api, branch):
        customer = make_customer(branch=branch, nik=NIK, phone="0812")

        answer = api.patch(f"/customers/{customer.pk}", {"monthly_income": 7_500_000.25, "phone": ""})

        customer.refresh_from_db()
        assert answer.status_code == 200
        assert customer.monthly_income == Decimal("7500000.25")
        assert (customer.phone, customer.nik) == ("", NIK)
        assert customer.assets_value == Decimal(20_000_000)

    def test_can_make_an_income_unknown_and_remove_a_nik(self, api, branch):
        customer = make_customer(branch=branch, nik=NIK)

        api.patch(f"/customers/{customer.pk}", {"monthly_income": None, "nik": ""})

        customer = Customer.objects.get()
        assert customer.monthly_income is None
        assert customer.nik_hash is None

    def test_refuses_the_masked_nik_that_it_answered(self, api, branch):
        customer = make_customer(branch=branch, nik=NIK)
        masked = api.get(f"/customers/{customer.pk}").json()["nik"]

        problem = assert_problem(api.patch(f"/customers/{customer.pk}", {"nik": masked}), 422, "invalid")

        assert pointers(problem) == {"#/nik": "nik_not_16_digits"}

    @pytest.mark.parametrize("field", ["customer_number", "full_name", "branch"])
    def test_refuses_to_empty_what_a_customer_must_have(self, api, branch, field):
        customer = make_customer(branch=branch)

        problem = assert_problem(api.patch(f"/customers/{customer.pk}", {field: None}), 422, "invalid")

        assert set(pointers(problem)) == {f"#/{field}"}

    def test_moves_a_customer_to_own_branches_only(self, branch):
        second, foreign = make_branch(code="012"), make_branch(code="022")
        user = make_user(branches=[branch, second], group="Account officer")
        customer, api = make_customer(branch=branch), ApiClient(make_api_key(user))

        assert api.patch(f"/customers/{customer.pk}", {"branch": foreign.code}).status_code == 422
        assert api.patch(f"/customers/{customer.pk}", {"branch": second.code}).json()["branch"] == "012"

    def test_of_another_branch_looks_like_one_that_is_not_there(self, api):
        foreign = make_customer(full_name="Orang Lain")

        hidden = api.patch(f"/customers/{foreign.pk}", {"full_name": "Saya"})
        absent = api.patch("/customers/999999", {"full_name": "Saya"})

        assert assert_problem(hidden, 404, "not_found")["detail"] == assert_problem(absent, 404, "not_found")["detail"]
        assert Customer.objects.get().full_name == "Orang Lain"


class TestGetCustomer:
    def test_of_another_branch_is_not_there(self, api):
        assert_problem(api.get(f"/customers/{make_customer().pk}"), 404, "not_found")

    @pytest.mark.parametrize("customer_id", ["0", "9" * 30, "9" * 5000, "1.5", "abc"])
    def test_with_an_id_that_is_none_is_not_there(self, api, customer_id):
        assert_problem(api.get(f"/customers/{customer_id}"), 404, "not_found")

    def test_is_answered_to_head_office(self):
        customer = make_customer()
        api = ApiClient(make_api_key(make_user(sees_all_branches=True, group="Auditor")))

        assert api.get(f"/customers/{customer.pk}").json()["customer_number"] == customer.customer_number


class TestListCustomers:
    def test_shows_those_of_the_own_branches(self, api, branch):
        mine = make_customer(branch=branch)
        make_customer()

        answer = api.get("/customers").json()

        assert [item["id"] for item in answer["items"]] == [mine.pk]
        assert answer["count"] == 1

    @pytest.mark.parametrize("q", ["budi", "BUDI", "cif77", NIK])
    def test_finds_by_name_number_or_whole_nik(self, api, branch, q):
        found = make_customer(branch=branch, full_name="Budi Santoso", customer_number="CIF77", nik=NIK)
        make_customer(branch=branch)

        assert [item["id"] for item in api.get("/customers", q=q).json()["items"]] == [found.pk]

    def test_does_not_find_by_a_part_of_the_nik(self, api, branch):
        make_customer(branch=branch, nik=NIK)

        assert api.get("/customers", q=NIK[:8]).json()["count"] == 0

    def test_comes_in_pages_that_do_not_overlap(self, api, branch):
        customers = [make_customer(branch=branch, full_name="Sama") for _ in range(5)]

        pages = [api.get("/customers", limit=2, offset=start, ordering="full_name").json() for start in (0, 2, 4)]

        assert [item["id"] for page in pages for item in page["items"]] == [customer.pk for customer in customers]
        assert {page["count"] for page in pages} == {5}

    def test_puts_unknown_incomes_last_either_way(self, api, branch):
        unknown = make_customer(branch=branch, monthly_income=None)
        low, high = (make_customer(branch=branch, monthly_income=income) for income in (1, 2))

        def ids(ordering):
            return [item["id"] for item in api.get("/customers", ordering=ordering).json()["items"]]

        assert ids("monthly_income") == [low.pk, high.pk, unknown.pk]
        assert ids("-monthly_income") == [high.pk, low.pk, unknown.pk]

    @pytest.mark.parametrize(
        ("query", "code"),
        [
            ({"limit": 0}, "greater_than_equal"),
            ({"limit": 1001}, "less_than_equal"),
            ({"limit": "all"}, "int_parsing"),
            ({"offset": -1}, "greater_than_equal"),
            ({"offset": 10**30}, "less_than_equal"),
            ({"ordering": "nik_ciphertext"}, "unknown_ordering"),
            ({"ordering": "branch__officers__password"}, "unknown_ordering"),
            ({"ordering": "--full_name"}, "unknown_ordering"),
            ({"q": "a\x00b"}, "control_character"),
        ],
    )
    def test_names_the_parameter_it_refuses(self, api, query, code):
        problem = assert_problem(api.get("/customers", **query), 422, "invalid")

        assert pointers(problem) == {next(iter(query)): code}

    def test_costs_the_same_queries_for_any_number(self, api, branch, django_assert_max_num_queries):
        for _ in range(20):
            make_customer(branch=branch)

        with django_assert_max_num_queries(4):
            assert len(api.get("/customers").json()["items"]) == 20
