"""Search from anywhere: customers, financing and pages, of one's own branches."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.admin_client import logged_in
from tests.factories import make_customer, make_loan, make_user

pytestmark = pytest.mark.django_db
NIK = "3201014501850001"


@pytest.fixture
def client(branch):
    return logged_in(make_user(is_staff=True, group="Account officer", branches=[branch]))


def found(client, term):
    answer = client.post("/admin/loans/loan/find/", {"term": term})
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize("term", ["aminah", "CIF-7", "cif-7", NIK, "3201 0145 0185 0001"])
def test_finds_a_customer_with_their_financing(client, branch, term):
    customer = make_customer(branch=branch, full_name="Siti Aminah", customer_number="CIF-77", nik=NIK)
    make_loan(customer=customer, loan_number="PB-42")
    make_customer(branch=branch, full_name="Joko", customer_number="CIF-88")

    page = found(client, term)

    assert all(text in page for text in ("Siti Aminah", "CIF-77", "PB-42", branch.name))
    assert "Joko" not in page
    assert NIK not in page


def test_finds_financing_by_the_beginning_or_the_end_of_its_number(client, branch):
    make_loan(branch=branch, loan_number="PB-427")

    assert "PB-427" in found(client, "pb-4")
    assert "PB-427" in found(client, "27")
    assert "PB-427" not in found(client, "B-42")


@pytest.mark.parametrize("term", ["Rahasia", "CIF-9", "PB-9", NIK])
def test_what_is_another_branchs_looks_as_if_it_did_not_exist(client, term):
    nothing = found(client, term)
    make_loan(customer=make_customer(full_name="Rahasia", customer_number="CIF-9", nik=NIK), loan_number="PB-9")

    assert found(client, term) == nothing


def test_finds_the_pages_one_may_open(client):
    assert "/admin/scoring/scorecardversion/" in found(client, "scorecards")
    assert "/admin/access/user/" not in found(client, "staff")


def test_one_letter_asks_for_more_and_a_link_asks_nothing(client, branch):
    make_customer(branch=branch, full_name="Aminah")

    assert "Aminah" not in found(client, "A")
    assert client.get("/admin/loans/loan/find/?term=Aminah").status_code == 405


def test_costs_four_queries_beside_the_login(client, branch):
    for _ in range(3):
        make_loan(customer=make_customer(branch=branch, full_name="Aminah"))
    found(client, "Aminah")

    with CaptureQueriesContext(connection) as queries:
        found(client, "Aminah")

    of_the_search = [query for query in queries if "customers_customer" in query["sql"]]
    assert len(of_the_search) <= 4
    assert len(queries) <= 8
