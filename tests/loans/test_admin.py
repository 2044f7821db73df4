"""Financing in the back office: who sees which, what lists say of it, and what forms take."""

from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse

from loans.models import Loan
from tests.admin_client import logged_in, page_of, queries_of
from tests.factories import make_branch, make_customer, make_loan, make_user

pytestmark = pytest.mark.django_db
LIST = "/admin/loans/loan/"


@pytest.fixture
def client(officer):
    return logged_in(officer)


def filled_in(customer, **values):
    return {
        "loan_number": "PB9",
        "customer": customer.pk,
        "akad": "murabahah",
        "purpose": "working_capital",
        "principal_amount": "10.000.000",
        "tenor_months": "12",
        "status": "submitted",
        "application_date": "2026-11-02",
        "disbursed_date": "",
        "collectibility": "",
        "days_past_due": "",
        **values,
    }


def change_url(loan):
    return reverse("admin:loans_loan_change", args=[loan.pk])


class TestTheList:
    def test_shows_the_financing_of_the_officers_branch_and_no_other(self, client, branch):
        ours, theirs = make_loan(branch=branch), make_loan()

        page = page_of(client, LIST)

        assert ours.loan_number in page
        assert theirs.loan_number not in page

    @pytest.mark.parametrize("term", ["PB-77", "Siti", "CIF-77", "3201014501850001"])
    def test_finds_by_number_name_cif_and_nik(self, client, branch, term):
        customer = make_customer(branch=branch, full_name="Siti", customer_number="CIF-77", nik="3201014501850001")
        wanted, other = (
            make_loan(customer=customer, loan_number="PB-77"),
            make_loan(customer=make_customer(branch=branch, full_name="Joko")),
        )

        page = page_of(client, f"{LIST}?q={term}")

        assert wanted.loan_number in page
        assert other.loan_number not in page

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("queue=complete", "draft"),
            ("queue=score", "submitted"),
            ("status__exact=draft", "draft"),
            ("scored=no&akad__exact=ijarah", "submitted"),
            ("application_date_from=2026-12-01&application_date_to=2026-12-31", "submitted"),
        ],
    )
    def test_is_narrowed_by_queue_status_akad_and_date(self, client, branch, query, found):
        customer = make_customer(branch=branch)
        make_loan(customer=customer, loan_number="the-draft", status="draft", principal_amount=None)
        make_loan(customer=customer, loan_number="the-submitted", akad="ijarah", application_date=date(2026, 12, 3))

        page = page_of(client, f"{LIST}?{query}")

        assert [name for name in ("draft", "submitted") if f"the-{name}" in page] == [found]

    def test_ignores_a_queue_that_does_not_exist(self, client, branch):
        loan = make_loan(branch=branch)

        assert loan.loan_number in page_of(client, f"{LIST}?queue=nonsense")

    def test_offers_branches_to_those_who_see_several(self, client):
        head_office = logged_in(make_user(is_staff=True, group="Risk staff", sees_all_branches=True))
        elsewhere = make_branch(name="Elsewhere")
        make_loan(branch=elsewhere)

        assert "Elsewhere" in page_of(head_office, LIST)
        assert "Elsewhere" not in page_of(client, LIST)

    def test_costs_the_same_queries_however_many_rows(self, client, branch):
        make_loan(branch=branch)
        with_one = queries_of(client, LIST)
        for _ in range(5):
            make_loan(branch=branch)

        assert queries_of(client, LIST) == with_one <= 10


class TestTheForm:
    def test_adds_financing_and_records_who_did(self, client, branch, officer):
        client.post(f"{LIST}add/", filled_in(make_customer(branch=branch)))

        loan = Loan.objects.get()
        assert (loan.principal_amount, loan.tenor_months) == (Decimal(10_000_000), 12)
        assert loan.history.get().history_user == officer

    def test_takes_a_draft_without_amount_and_tenor(self, client, branch):
        values = filled_in(make_customer(branch=branch), status="draft", principal_amount="", tenor_months="")

        client.post(f"{LIST}add/", values)

        assert Loan.objects.get().principal_amount is None

    @pytest.mark.parametrize(
        ("values", "sentence"),
        [
            ({"principal_amount": ""}, "Only a draft may lack"),
            ({"principal_amount": "0"}, "greater than or equal to 1"),
            ({"principal_amount": "10 juta"}, "Write an amount"),
            ({"tenor_months": "0"}, "greater than or equal to 1"),
            ({"tenor_months": "12.5"}, "whole number"),
            ({"tenor_months": "361"}, "less than or equal to 360"),
        ],
    )
    def test_refuses_what_is_not_valid(self, client, branch, values, sentence):
        response = client.post(f"{LIST}add/", filled_in(make_customer(branch=branch), **values))

        assert sentence in response.content.decode()
        assert not Loan.objects.exists()

    def test_refuses_another_branchs_customer(self, client):
        response = client.post(f"{LIST}add/", filled_in(make_customer()))

        assert response.status_code == 200
        assert not Loan.objects.exists()

    def test_takes_no_score_from_anybody(self, client, branch):
        loan = make_loan(branch=branch)
        values = filled_in(loan.customer, credit_score="850", segment="low", default_probability="0.01")

        client.post(change_url(loan), values)

        loan.refresh_from_db()
        assert (loan.loan_number, loan.credit_score, loan.segment) == ("PB9", None, "")


class TestAnothersFinancing:
    def test_is_not_found_like_one_that_does_not_exist(self, client):
        foreign = make_loan()

        for path in ("change", "history"):
            assert client.get(f"{LIST}{foreign.pk}/{path}/").status_code == 404
            assert client.get(f"{LIST}999999/{path}/").status_code == 404

    def test_says_so_in_words(self, client):
        page = client.get(f"{LIST}999999/change/").content.decode()

        assert "belongs to a branch you do not work in" in page


@pytest.mark.parametrize("group", ["Account officer", "Risk staff", "Auditor"])
def test_the_account_officer_is_named_without_a_way_to_a_page_that_is_closed(branch, group):
    officer = make_user(
        is_staff=True, group="Account officer", branches=[branch], first_name="Asep", last_name="Permana"
    )
    loan = make_loan(branch=branch, account_officer=officer)
    reader = officer if group == "Account officer" else make_user(is_staff=True, group=group, branches=[branch])

    page = page_of(logged_in(reader), f"{LIST}{loan.pk}/change/")

    assert "Asep Permana" in page
    assert f"/admin/access/user/{officer.pk}/" not in page
