"""What a search finds: the same on both databases, in lists, over the API and from anywhere."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from bprs.lookups import words_of
from customers.models import Customer
from loans.models import Loan
from tests.admin_client import logged_in
from tests.api_client import ApiClient
from tests.factories import make_api_key, make_branch, make_customer, make_loan, make_user

NAME = "H. Ahmad-Yani bin O'Neil (CV.Maju/Jaya)"
WORDS = st.text("abzABZ019-./'@:_&+~=?#%()\\\"’– ", min_size=1, max_size=24)  # noqa: RUF001 people write these


def customers(term):
    return {customer.full_name for customer in Customer.objects.found_by(term)}


def loans(term):
    return {loan.loan_number for loan in Loan.objects.found_by(term)}


@pytest.mark.django_db
class TestByName:
    @pytest.mark.parametrize(
        "term",
        [
            "ahmad",
            "AHM",
            "yani",
            "neil",
            "o'neil",
            "maju",
            "jaya",
            "cv.maju",
            "yani ahmad",
            "h",
            "(maju)",
            "Ahmad  Yani",
        ],
    )
    def test_each_word_begins_a_word_of_the_name(self, term):
        make_customer(full_name=NAME)

        assert customers(term) == {NAME}

    @pytest.mark.parametrize(
        "term", ["hmad", "eil", "ahmad joko", "", " ", "-", "'", "%", "_", "\\", "a:*", "ahmad & !yani | x"]
    )
    def test_nothing_else_does(self, term):
        make_customer(full_name=NAME)

        assert customers(term) == (set() if term != "a:*" else {NAME})

    def test_financing_is_found_by_its_customer_too(self):
        loan = make_loan(customer=make_customer(full_name="Siti Aminah"), loan_number="PB-1")
        make_loan(customer=make_customer(full_name="Joko"), loan_number="PB-2")

        assert loans("aminah sit") == {loan.loan_number}
        assert loans("aminah pb-1") == {loan.loan_number}
        assert loans("aminah pb-2") == set()


@pytest.mark.django_db
class TestByNumber:
    @pytest.fixture(autouse=True)
    def _loan(self):
        customer = make_customer(full_name="Toko 88", customer_number="CIF-00042")
        make_loan(customer=customer, loan_number="PB26-001234")

    @pytest.mark.parametrize(
        "term", ["PB26-001234", "pb26", "001234", "1234", "CIF-00042", "cif-0004", "42", "toko 88", "88"]
    )
    def test_begins_or_ends_it_or_finds_the_customer(self, term):
        assert loans(term) == {"PB26-001234"}

    @pytest.mark.parametrize("term", ["26-00", "0012", "B26", "PB", "CIF", "8"])
    def test_a_part_of_the_middle_does_not(self, term):
        assert loans(term) == ({"PB26-001234"} if term == "8" else set())


class TestAnyName(TestCase):
    @settings(max_examples=30, deadline=None)
    @given(name=WORDS, cut=st.integers(1, 24))
    def test_every_beginning_of_every_word_finds_it(self, name, cut):
        customer = make_customer(full_name=name, customer_number="X")

        for word in words_of(name):
            assert customer in Customer.objects.found_by(word[:cut])


@pytest.mark.django_db
@pytest.mark.parametrize(("term", "is_found"), [("aminah", True), ("minah", False), ("007", True), ("00", False)])
def test_every_door_finds_the_same(term, is_found):
    branch = make_branch()
    officer = make_user(is_staff=True, group="Account officer", branches=[branch])
    customer = make_customer(branch=branch, full_name="Siti Aminah", customer_number="CIF-9")
    make_loan(customer=customer, loan_number="PB-007")
    page, api = logged_in(officer), ApiClient(make_api_key(officer))

    in_list = "PB-007" in page.get("/admin/loans/loan/", {"q": term}).content.decode()
    anywhere = "PB-007" in page.post("/admin/loans/loan/find/", {"term": term}).content.decode()
    over_api = api.get("/loans", q=term).json()["count"] == 1

    assert (in_list, anywhere, over_api) == (is_found,) * 3


@pytest.mark.django_db
@pytest.mark.parametrize(("group", "is_found"), [("Account officer", True), ("Risk staff", False)])
def test_a_phone_number_finds_its_customer_for_who_may_see_it(group, is_found):
    branch = make_branch()
    make_customer(branch=branch, full_name="Siti Aminah", phone="081234567890")
    client = logged_in(make_user(is_staff=True, group=group, branches=[branch]))

    page = client.get("/admin/customers/customer/", {"q": "0812-3456-7890"}).content.decode()

    assert ("Siti Aminah" in page) is is_found
