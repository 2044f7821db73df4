"""What officers see and do with customers in the back office."""

from decimal import Decimal

import pytest
from django.urls import reverse

from customers.models import Customer
from tests.admin_client import logged_in, page_of, queries_of, told
from tests.factories import make_branch, make_customer, make_loan, make_user

pytestmark = pytest.mark.django_db
LIST = "/admin/customers/customer/"
NIK = "3201014501850001"


@pytest.fixture
def client(officer):
    return logged_in(officer)


def filled_in(branch, **values):
    return {
        "customer_number": "CIF9",
        "full_name": "Budi Santoso",
        "nik": "",
        "birth_date": "",
        "phone": "",
        "address": "",
        "branch": branch.pk,
        "monthly_income": "",
        "assets_value": "",
        **values,
    }


def change_url(customer):
    return reverse("admin:customers_customer_change", args=[customer.pk])


class TestTheList:
    def test_shows_the_customers_of_the_officers_branch_and_no_others(self, client, branch):
        make_customer(branch=branch, full_name="Ours")
        make_customer(full_name="Theirs")

        page = page_of(client, LIST)

        assert "Ours" in page
        assert "Theirs" not in page

    def test_shows_all_customers_to_head_office(self):
        make_customer(full_name="Anybody")

        page = page_of(logged_in(make_user(is_staff=True, group="Risk staff", sees_all_branches=True)), LIST)

        assert "Anybody" in page

    def test_masks_the_nik_and_groups_the_money(self, client, branch):
        make_customer(branch=branch, nik=NIK, monthly_income=Decimal(5_000_000))

        page = page_of(client, LIST)

        assert NIK not in page
        assert "3201••••••••0001" in page
        assert "Rp5.000.000" in page

    def test_says_what_is_unknown(self, client, branch):
        make_customer(branch=branch, monthly_income=None)

        assert "unknown" in page_of(client, LIST)

    @pytest.mark.parametrize("term", ["siti", "CIF-77", "08123456789", "+62 812-3456-789", NIK, "3201 0145 0185 0001"])
    def test_finds_by_name_number_phone_and_whole_nik(self, client, branch, term):
        make_customer(branch=branch, full_name="Siti", customer_number="CIF-77", phone="08123456789", nik=NIK)
        make_customer(branch=branch, full_name="Joko")

        page = page_of(client, f"{LIST}?q={term}")

        assert "Siti" in page
        assert "Joko" not in page

    def test_does_not_find_another_branchs_customer_by_nik(self, client):
        make_customer(full_name="Theirs", nik=NIK)

        assert "Theirs" not in page_of(client, f"{LIST}?q={NIK}")

    def test_costs_the_same_queries_however_many_rows(self, client, branch):
        make_loan(branch=branch)
        with_one = queries_of(client, LIST)
        for _ in range(5):
            make_loan(branch=branch)

        assert queries_of(client, LIST) == with_one <= 10


class TestTheForm:
    def test_reads_money_as_officers_type_it_in_every_language(self, officer, branch):
        for language, number in (("en", "CIF1"), ("id", "CIF2")):
            values = filled_in(branch, customer_number=number, monthly_income="5.000", assets_value="Rp 20.000.000,50")

            logged_in(officer, language).post(f"{LIST}add/", values)

        for customer in Customer.objects.filter(customer_number__in=["CIF1", "CIF2"]):
            assert (customer.monthly_income, customer.assets_value) == (Decimal(5000), Decimal("20000000.50"))
        assert Customer.objects.count() == 2

    @pytest.mark.parametrize("amount", ["5 juta", "-5.000", "1e9", "5,000,0", "NaN"])
    def test_refuses_what_is_no_amount(self, client, branch, amount):
        response = client.post(f"{LIST}add/", filled_in(branch, monthly_income=amount))

        assert "Write an amount in rupiah" in response.content.decode()
        assert not Customer.objects.exists()

    def test_leaves_an_unknown_income_unknown(self, client, branch):
        client.post(f"{LIST}add/", filled_in(branch))

        assert Customer.objects.get().monthly_income is None

    def test_records_who_added_the_customer(self, client, branch, officer):
        client.post(f"{LIST}add/", filled_in(branch))

        assert Customer.objects.get().history.get().history_user == officer

    @pytest.mark.parametrize(("nik", "sentence"), [("320101", "16 digits"), ("3201019901850001", "date of birth")])
    def test_refuses_a_wrong_nik(self, client, branch, nik, sentence):
        response = client.post(f"{LIST}add/", filled_in(branch, nik=nik))

        assert sentence in response.content.decode()

    def test_refuses_a_nik_another_customer_has(self, client, branch):
        make_customer(nik=NIK)

        response = client.post(f"{LIST}add/", filled_in(branch, nik=NIK))

        assert "Another customer has this NIK" in response.content.decode()

    def test_keeps_the_nik_when_it_is_left_blank(self, client, branch):
        customer = make_customer(branch=branch, nik=NIK)

        client.post(change_url(customer), filled_in(branch, full_name="Renamed"))

        customer.refresh_from_db()
        assert (customer.full_name, customer.nik) == ("Renamed", NIK)

    def test_warns_when_the_birth_date_is_not_the_niks(self, client, branch):
        response = client.post(f"{LIST}add/", filled_in(branch, nik=NIK, birth_date="1990-02-01"), follow=True)

        assert "birth date differs" in response.content.decode()

    def test_refuses_a_branch_the_officer_does_not_work_in(self, client):
        response = client.post(f"{LIST}add/", filled_in(make_branch()))

        assert response.status_code == 200
        assert not Customer.objects.exists()

    def test_shows_stored_money_in_groups_and_the_nik_masked(self, client, branch):
        customer = make_customer(branch=branch, nik=NIK, monthly_income=Decimal("958333.33"))

        page = page_of(client, change_url(customer))

        assert 'value="958.333,33"' in page
        assert "3201••••••••0001" in page
        assert NIK not in page

    def test_lists_the_customers_financing(self, client, branch):
        loan = make_loan(customer=make_customer(branch=branch))

        assert loan.loan_number in page_of(client, change_url(loan.customer))


class TestAnothersCustomer:
    def test_is_not_found_like_one_that_does_not_exist(self, client):
        foreign = make_customer()

        for path in ("change", "history"):
            assert client.get(f"{LIST}{foreign.pk}/{path}/").status_code == 404
            assert client.get(f"{LIST}999999/{path}/").status_code == 404

    def test_keeps_an_old_state_from_strangers(self, client):
        foreign = make_customer()

        assert client.get(f"{LIST}{foreign.pk}/history/{foreign.history.get().pk}/").status_code == 404

    def test_cannot_be_changed(self, client, branch):
        foreign = make_customer(full_name="Theirs")

        client.post(change_url(foreign), filled_in(branch))

        foreign.refresh_from_db()
        assert foreign.full_name == "Theirs"

    def test_is_not_offered_in_forms(self, client, branch):
        make_customer(full_name="Theirs")
        make_customer(full_name="Ours", branch=branch)
        query = "app_label=loans&model_name=loan&field_name=customer"

        offered = client.get(f"/admin/autocomplete/?{query}").json()["results"]

        assert [each["text"][:4] for each in offered] == ["Ours"]


class TestHistory:
    def test_names_a_changed_nik_without_showing_it(self, client, branch):
        customer = make_customer(branch=branch, nik=NIK)
        client.post(change_url(customer), filled_in(branch, nik="3201014501850002", monthly_income="6.000.000"))

        page = page_of(client, f"{LIST}{customer.pk}/history/")

        assert "3201••••••••0002" in page
        assert "Rp6.000.000" in page
        assert customer.nik_ciphertext not in page
        assert "3201014501850002" not in page

    def test_is_not_written_back(self, client, branch):
        customer = make_customer(branch=branch, full_name="Now")
        url = f"{LIST}{customer.pk}/history/{customer.history.get().pk}/"

        assert client.post(url, filled_in(branch)).status_code == 403
        customer.refresh_from_db()
        assert customer.full_name == "Now"


class TestAnAuditor:
    def test_reads_a_customer_without_the_nik_in_clear(self):
        customer = make_customer(nik=NIK)
        client = logged_in(make_user(is_staff=True, group="Auditor", sees_all_branches=True))

        page = page_of(client, change_url(customer))

        assert "3201••••••••0001" in page
        assert NIK not in page

    def test_changes_nothing(self):
        customer = make_customer(full_name="As it was")
        client = logged_in(make_user(is_staff=True, group="Auditor", sees_all_branches=True))

        assert client.post(change_url(customer), filled_in(customer.branch)).status_code == 403
        assert told(client.get(LIST)) == []
