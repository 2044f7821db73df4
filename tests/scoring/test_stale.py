"""A score whose facts changed since is marked wherever it is shown, through whatever door they changed."""

from copy import deepcopy
from datetime import timedelta
from decimal import Decimal
from importlib import import_module

import pytest
import tablib
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from customers.models import Customer
from customers.resources import CustomerResource
from customers.services import change_customers
from loans.models import Loan
from loans.resources import LoanResource
from scoring.engine import STANDARD_1
from scoring.models import Score, Source
from scoring.services.score_loans import score_loans
from scoring.services.score_to_decide import NotScored, ScoreIncomplete, ScoreStale, score_to_decide_on
from tests.admin_client import logged_in, page_of, queries_of
from tests.api_client import ApiClient
from tests.factories import NOW, make_api_key, make_card_in_force, make_customer, make_loan, make_user

pytestmark = pytest.mark.django_db
LIST = "/admin/loans/loan/"
LATER = NOW + timedelta(hours=1)
MARK = "Data changed"


@pytest.fixture
def client(officer):
    return logged_in(officer)


@pytest.fixture
def api(officer):
    return ApiClient(make_api_key(officer))


@pytest.fixture
def loan(branch, officer):
    return scored(make_loan(branch=branch), officer)


def scored(loan, officer=None):
    loans = Loan.objects.filter(pk=loan.pk)
    score_loans(loans=loans, scored_by=officer or make_user(), scored_at=NOW, source=Source.ADMIN)
    return loans.get()


def count_of(page, queue):
    card = page[page.index(f'data-testid="queue-{queue}"') :]
    return int(card[card.index("<b>") + 3 : card.index("</b>")])


def is_stale(loan):
    return Loan.objects.get(pk=loan.pk).is_stale


def that_asks_for(fact, *words):
    """The standard card with a characteristic on akad or purpose."""
    card = deepcopy(dict(STANDARD_1))
    bins = [{"label": "named", "values": list(words), "points": 10}, {"label": "other", "other": True, "points": 0}]
    card["characteristics"].append({"name": fact, "label": fact, "fact": fact, "bins": bins})
    return card


class TestWhatMakesAScoreStale:
    @pytest.mark.parametrize(
        "change",
        [
            {"principal_amount": Decimal("10000000.01")},
            {"tenor_months": 13},
            {"customer": Decimal("4999999.99")},
        ],
    )
    def test_every_number_it_rests_on_to_the_sen(self, loan, change):
        if "customer" in change:
            Customer.objects.update(monthly_income=change["customer"])
        else:
            Loan.objects.update(**change)

        assert is_stale(loan)

    def test_assets_that_became_known(self, branch):
        loan = scored(make_loan(customer=make_customer(branch=branch, assets_value=None)))
        assert not is_stale(loan)

        Customer.objects.update(assets_value=0)

        assert is_stale(loan)

    def test_income_that_is_no_longer_known(self, loan):
        Customer.objects.update(monthly_income=None)

        assert is_stale(loan)

    def test_another_customer(self, loan, branch):
        Loan.objects.update(customer=make_customer(branch=branch, monthly_income=Decimal(9_000_000)))

        assert is_stale(loan)

    def test_a_word_only_if_the_card_asks_for_it(self, loan, branch):
        Loan.objects.update(akad="ijarah", purpose="consumption")
        assert not is_stale(loan)
        make_card_in_force(that_asks_for("akad", "ijarah"))
        asked = scored(loan)

        Loan.objects.update(purpose="investment")
        assert not is_stale(asked)
        Loan.objects.update(akad="murabahah")

        assert is_stale(asked)

    def test_nothing_that_it_does_not_rest_on(self, loan):
        Loan.objects.update(status="approved", collectibility=2, loan_number="PB-NEW")
        Customer.objects.update(full_name="Somebody else", phone="0812")

        assert not is_stale(loan)

    def test_not_another_card(self, loan):
        make_card_in_force(that_asks_for("purpose", "investment"))

        assert not is_stale(loan)

    def test_not_what_was_changed_back(self, loan):
        for income, stale in ((6_000_000, True), (7_000_000, True), (5_000_000, False)):
            Customer.objects.update(monthly_income=Decimal(income))
            assert is_stale(loan) is stale

    def test_not_once_it_is_scored_again(self, loan):
        Loan.objects.update(tenor_months=24)

        assert not scored(loan).is_stale

    def test_nothing_before_there_is_a_score(self, branch):
        loan = make_loan(branch=branch)

        Loan.objects.update(tenor_months=24)
        Customer.objects.update(monthly_income=1)

        assert not is_stale(loan)

    def test_only_the_financing_of_the_customer_who_changed(self, loan, branch):
        other = scored(make_loan(branch=branch))

        Customer.objects.filter(pk=loan.customer_id).update(monthly_income=1)

        assert (is_stale(loan), is_stale(other)) == (True, False)

    def test_a_mark_without_a_score_is_refused_by_the_database(self, branch):
        loan = make_loan(branch=branch)

        with pytest.raises(IntegrityError), transaction.atomic():
            Loan.objects.filter(pk=loan.pk).update(is_stale=True)


class TestEveryDoor:
    def test_the_form_of_the_customer(self, client, loan):
        customer = loan.customer
        values = {
            "customer_number": customer.customer_number,
            "full_name": customer.full_name,
            "branch": customer.branch_id,
            "monthly_income": "5.500.000",
            "assets_value": "20.000.000",
        }

        client.post(reverse("admin:customers_customer_change", args=[customer.pk]), values)

        assert is_stale(loan)

    def test_the_form_of_the_financing(self, client, loan):
        values = {
            "loan_number": loan.loan_number,
            "customer": loan.customer_id,
            "akad": "murabahah",
            "purpose": "working_capital",
            "principal_amount": "9.000.000",
            "tenor_months": "12",
            "status": "submitted",
            "application_date": "2026-11-02",
        }

        client.post(reverse("admin:loans_loan_change", args=[loan.pk]), values)

        assert is_stale(loan)

    def test_the_api_which_says_so_at_once(self, api, loan):
        assert api.get(f"/loans/{loan.pk}").json()["is_stale"] is False

        assert api.patch(f"/loans/{loan.pk}", {"tenor_months": 18}).json()["is_stale"] is True
        assert api.patch(f"/loans/{loan.pk}", {"tenor_months": 12}).json()["is_stale"] is False
        api.patch(f"/customers/{loan.customer_id}", {"monthly_income": 6_000_000})

        assert api.get(f"/loans/{loan.pk}").json()["is_stale"] is True

    def test_an_import_of_customers(self, loan, officer):
        rows = tablib.Dataset([loan.customer.customer_number, "6000000"], headers=["CIF", "Penghasilan Bulanan"])

        CustomerResource().import_data(rows, user=officer)

        assert Customer.objects.get().monthly_income == Decimal(6_000_000)
        assert is_stale(loan)

    def test_an_import_of_financing(self, loan, officer):
        row = [loan.loan_number, loan.customer.customer_number, "11000000"]
        rows = tablib.Dataset(row, headers=["No Pembiayaan", "CIF", "Plafond"])

        LoanResource().import_data(rows, user=officer)

        assert Loan.objects.get().principal_amount == Decimal(11_000_000)
        assert is_stale(loan)

    def test_a_change_of_many_at_once(self, loan, branch, officer):
        others = [scored(make_loan(branch=branch)) for _ in range(3)]
        changes = {each.customer_id: {"assets_value": Decimal(1)} for each in others}

        change_customers(changes=changes, changed_by=officer, changed_at=NOW)

        assert [is_stale(each) for each in (loan, *others)] == [False, True, True, True]

    def test_sql_behind_the_application(self, loan):
        with connection.cursor() as cursor:
            cursor.execute("UPDATE customers_customer SET monthly_income = monthly_income + 1")

        assert is_stale(loan)


class TestWhereItIsShown:
    @pytest.fixture
    def stale(self, loan):
        Loan.objects.update(tenor_months=48)
        return loan

    def test_in_the_list_which_costs_no_query_for_it(self, client, stale, branch):
        with_one = queries_of(client, LIST)
        for _ in range(3):
            scored(make_loan(branch=branch))
        Loan.objects.update(tenor_months=36)

        assert page_of(client, LIST).count(MARK) == 4
        assert queries_of(client, LIST) == with_one

    def test_in_a_list_of_them_alone(self, client, stale, branch):
        fresh = scored(make_loan(branch=branch))

        page = page_of(client, f"{LIST}?scored=stale")

        assert stale.loan_number in page
        assert fresh.loan_number not in page

    def test_on_its_own_page_and_its_customers(self, client, stale):
        assert 'data-testid="stale"' in page_of(client, reverse("admin:loans_loan_change", args=[stale.pk]))
        assert MARK in page_of(client, reverse("admin:customers_customer_change", args=[stale.customer_id]))

    def test_among_the_scores_of_a_run_where_it_is_the_latest(self, client, stale):
        url = reverse("admin:scoring_score_changelist")
        assert page_of(client, url).count(MARK) == 1

        score_loans(loans=Loan.objects.all(), scored_by=make_user(), scored_at=LATER, source=Source.ADMIN)
        Loan.objects.update(tenor_months=12)

        assert Score.objects.count() == 2
        assert page_of(client, url).count(MARK) == 1

    def test_as_work_to_score_again_and_none_to_recommend(self, client, stale):
        page = page_of(client, "/admin/?work=all")

        assert [count_of(page, queue) for queue in ("score", "recommend", "stale")] == [0, 0, 1]
        assert stale.loan_number in page_of(client, f"{LIST}?queue=stale")
        assert reverse("admin:loans_loan_score", args=[stale.pk]) in page_of(client, LIST)

    def test_over_the_api_which_can_be_asked_for_it(self, api, stale, branch):
        fresh = scored(make_loan(branch=branch))

        found = {
            asked: [each["id"] for each in api.get("/loans", is_stale=asked).json()["items"]]
            for asked in ("true", "false")
        }

        assert found == {"true": [stale.pk], "false": [fresh.pk]}

    def test_in_what_is_exported(self, stale, branch, officer):
        scored(make_loan(branch=branch, loan_number="fresh"))

        rows = LoanResource().export(Loan.objects.order_by("pk"))

        assert [bool(row[-1]) for row in rows] == [True, False]


class TestTheScoreToDecideOn:
    def test_is_the_latest(self, loan):
        assert score_to_decide_on(loan) == Score.objects.get()

    def test_is_there_though_its_card_is_no_longer_in_force(self, loan):
        make_card_in_force(that_asks_for("purpose", "investment"))

        assert score_to_decide_on(loan).run.version.label == "standard-1"

    def test_is_none_before_scoring(self, branch):
        with pytest.raises(NotScored):
            score_to_decide_on(make_loan(branch=branch))

    def test_is_none_once_the_facts_changed(self, loan):
        Customer.objects.update(monthly_income=Decimal(4_000_000))

        with pytest.raises(ScoreStale):
            score_to_decide_on(loan)

    def test_does_not_go_by_the_mark_which_may_be_forged(self, loan):
        Loan.objects.update(tenor_months=48)
        Loan.objects.update(scored_facts="", is_stale=False)

        with pytest.raises(ScoreStale):
            score_to_decide_on(loan)

    def test_is_none_where_zero_stands_for_what_nobody_knows(self, branch):
        loan = scored(make_loan(customer=make_customer(branch=branch, monthly_income=None)))

        with pytest.raises(ScoreIncomplete):
            score_to_decide_on(loan)


@pytest.mark.parametrize("customer", [{}, {"monthly_income": None}, {"assets_value": Decimal("0.05")}])
def test_loans_scored_before_the_mark_existed_learn_the_same_facts(branch, customer):
    for card in (STANDARD_1, that_asks_for("akad", "ijarah")):
        make_card_in_force(card)
        loan = scored(make_loan(customer=make_customer(branch=branch, **customer)))
        migration = import_module("scoring.migrations.0014_facts_of_latest_scores")
        asked = {each["fact"] for each in card["characteristics"]}

        assert migration.scored_facts(Score.objects.latest("pk").facts, asked) == loan.scored_facts


class TestADecision:
    @pytest.fixture(autouse=True)
    def _approved(self, loan):
        Loan.objects.filter(pk=loan.pk).update(status="approved")

    def test_is_not_carried_out_on_a_stale_score(self, api, loan):
        Customer.objects.update(assets_value=1)

        answer = api.patch(f"/loans/{loan.pk}", {"status": "disbursed", "disbursed_date": "2026-11-03"})

        assert (answer.status_code, answer.json()["code"]) == (409, "score_stale")
        assert Loan.objects.get(pk=loan.pk).status == "approved"

    def test_does_not_change_the_facts_it_rests_on(self, api, loan):
        answer = api.patch(f"/loans/{loan.pk}", {"status": "disbursed", "tenor_months": 13})

        assert (answer.status_code, answer.json()["code"]) == (409, "terms_are_fixed")
        assert Loan.objects.get(pk=loan.pk).tenor_months == 12

    def test_is_carried_out_once_it_is_scored_again(self, api, loan, officer):
        Customer.objects.update(assets_value=1)
        scored(loan, officer)

        assert api.patch(f"/loans/{loan.pk}", {"status": "disbursed"}).json()["status"] == "disbursed"

    def test_that_was_carried_out_before_stands(self, api, loan):
        api.patch(f"/loans/{loan.pk}", {"status": "disbursed"})
        Customer.objects.update(assets_value=1)

        assert api.patch(f"/loans/{loan.pk}", {"days_past_due": 3, "status": "disbursed"}).json()["is_stale"] is True
