"""One score on paper: what it rests on, what made it, and where it comes from."""

from decimal import Decimal

import pytest
from django.urls import reverse

from customers.models import Customer
from loans.models import Loan
from scoring.models import Score, ScorecardVersion, Source
from scoring.services.score_loans import score_loans
from tests.admin_client import logged_in, page_of
from tests.factories import NOW, make_customer, make_loan, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(branch):
    return logged_in(make_user(is_staff=True, group="Account officer", branches=[branch]))


def scored(loan):
    score_loans(
        loans=Loan.objects.filter(pk=loan.pk),
        scored_by=make_user(first_name="Budi"),
        scored_at=NOW,
        source=Source.ADMIN,
    )
    return Score.objects.latest("pk")


def print_url(score, loan=None):
    return reverse("admin:loans_loan_score_print", args=[(loan or score.loan).pk, score.pk])


def test_says_who_what_why_and_how_to_check_it(client, branch):
    score = scored(make_loan(customer=make_customer(branch=branch, full_name="Siti Aminah", assets_value=9_000_000)))

    page = page_of(client, print_url(score))

    for said in (
        "Siti Aminah",
        score.loan.customer.customer_number,
        score.loan.loan_number,
        "Rp10.000.000",
        "12 months",
        '<p class="score" data-testid="score">550</p>',
        "Medium risk; the installment takes 19.17% of the income.",
        "Assets 0.9 times the financing; at least 1.2 times adds 50 points.",
        "Tenor 12 months: the most points there are.",
        ScorecardVersion.objects.get(name="standard").content_hash,
        str(score.run_id),
        "by Budi",
    ):
        assert said in page


def test_of_the_past_keeps_its_facts(client, branch):
    loan = make_loan(branch=branch)
    score = scored(loan)
    Customer.objects.update(monthly_income=Decimal(1_111_111))
    Loan.objects.update(tenor_months=48, principal_amount=Decimal(77_000_000))

    page = page_of(client, print_url(score))
    assert "Rp5.000.000" in page
    assert "Rp10.000.000" in page
    assert "1.111.111" not in page
    assert "The data changed since this score." in page

    scored(loan)
    page = page_of(client, print_url(score))
    assert "An earlier score" in page
    assert '<p class="score" data-testid="score">600</p>' in page


def test_says_where_the_scale_ends(client, branch):
    score = scored(make_loan(customer=make_customer(branch=branch, monthly_income=0, assets_value=0)))

    page = page_of(client, print_url(score))

    assert "the scale runs from 300 to 850, so the score is 300" in " ".join(page.split()).replace("</small>", "")
    assert "there is no income to hold the installment against" in page


def test_is_led_to_from_the_page_of_the_loan(client, branch):
    loan = make_loan(branch=branch)
    first, second = scored(loan), scored(loan)

    page = page_of(client, reverse("admin:loans_loan_change", args=[loan.pk]))

    assert print_url(first) in page
    assert page.count(print_url(second)) == 2


def test_is_not_there_for_another_branch_or_another_loan(client, branch):
    foreign, ours = scored(make_loan()), make_loan(branch=branch)

    assert client.get(print_url(foreign)).status_code == 404
    assert client.get(print_url(foreign, ours)).status_code == 404
    assert client.get(reverse("admin:loans_loan_score_print", args=[ours.pk, 999_999])).status_code == 404


def test_is_refused_without_the_right_to_see_financing(branch):
    score = scored(make_loan(branch=branch))
    nobody = logged_in(make_user(is_staff=True, branches=[branch]))

    assert nobody.get(print_url(score)).status_code == 403
