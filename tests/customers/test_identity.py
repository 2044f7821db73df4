"""Of a NIK and a phone number the pages, the files and the API tell no more than tells two of them apart."""

import pytest
from django.db import DatabaseError, transaction

from bprs.access.models import Disclosure
from customers.services import change_customer
from tests.admin_client import logged_in, page_of
from tests.api_client import ApiClient
from tests.customers.test_resources import imported
from tests.factories import make_api_key, make_customer, make_user

pytestmark = pytest.mark.django_db
LIST = "/admin/customers/customer/"
NIK, PHONE, MASKED = "3201014501850001", "081234567890", "0812••••••90"


@pytest.fixture
def customer(branch):
    return make_customer(branch=branch, nik=NIK, phone=PHONE)


def client_of(role, branch):
    return logged_in(make_user(is_staff=True, group=role, branches=[branch], sees_all_branches=False))


@pytest.fixture
def officer(branch):
    return client_of("Account officer", branch)


@pytest.fixture
def risk(branch):
    return client_of("Risk staff", branch)


def form_of(customer, **values):
    said = {"customer_number": customer.customer_number, "full_name": customer.full_name, "branch": customer.branch_id}
    return {"nik": "", "birth_date": "", "address": "", "monthly_income": "", "assets_value": "", **said, **values}


class TestAPhoneNumberIsMasked:
    @pytest.mark.parametrize("role", ["Account officer", "Risk staff", "Auditor"])
    def test_on_every_page_whatever_the_role(self, customer, branch, role):
        change_customer(customer=customer, values={"phone": "089999999999"}, changed_by=make_user())
        change_customer(customer=customer, values={"phone": PHONE}, changed_by=make_user())
        client, first = client_of(role, branch), customer.history.earliest().pk

        for page in ("?cols=full_name,masked_phone", f"{customer.pk}/change/", f"{customer.pk}/history/{first}/"):
            shown = page_of(client, LIST + page)
            assert MASKED in shown, page
            assert PHONE not in shown
        history = page_of(client, f"{LIST}{customer.pk}/history/")
        assert "0899••••••99" in history
        assert "089999999999" not in history
        assert PHONE not in history

    def test_over_the_api(self, customer, branch):
        api = ApiClient(make_api_key(make_user(group="API client", branches=[branch])))

        assert api.get(f"/customers/{customer.pk}").json()["phone"] == MASKED

    @pytest.mark.parametrize(("phone", "shown"), [("08123456", "••••••••"), ("081234567", "0812•••67"), ("", "")])
    def test_leaving_nothing_of_a_short_one(self, phone, shown):
        assert make_customer(phone=phone).masked_phone == shown


class TestAForm:
    def test_keeps_the_number_that_it_showed_masked(self, officer, customer):
        officer.post(f"{LIST}{customer.pk}/change/", form_of(customer, phone=MASKED, full_name="New Name"))

        customer.refresh_from_db()
        assert (customer.full_name, customer.phone) == ("New Name", PHONE)

    @pytest.mark.parametrize(("typed", "kept"), [("", ""), ("0813", "0813")])
    def test_takes_another_number_or_none(self, officer, customer, typed, kept):
        officer.post(f"{LIST}{customer.pk}/change/", form_of(customer, phone=typed))

        customer.refresh_from_db()
        assert customer.phone == kept

    def test_refuses_what_is_half_masked(self, officer, customer):
        response = officer.post(f"{LIST}{customer.pk}/change/", form_of(customer, phone="0813••••••90"))

        customer.refresh_from_db()
        assert "Write the whole phone number." in response.content.decode()
        assert customer.phone == PHONE

    def test_so_does_the_api(self, customer, branch):
        api = ApiClient(make_api_key(make_user(group="API client", branches=[branch])))

        answer = api.patch(f"/customers/{customer.pk}", {"phone": MASKED})

        customer.refresh_from_db()
        assert answer.status_code == 422
        assert customer.phone == PHONE


class TestNobodyFindsOutByAsking:
    @pytest.mark.parametrize(
        "lookup", ["phone", "phone__startswith", "nik_hash__startswith", "nik_ciphertext__contains"]
    )
    def test_a_list_takes_no_such_filter(self, officer, customer, lookup):
        assert officer.get(f"{LIST}?{lookup}=0812").status_code == 400

    @pytest.mark.parametrize("path", ["/admin/access/branch/?customers__", "/admin/loans/loan/?customer__"])
    def test_nor_does_a_list_of_what_belongs_to_customers(self, officer, customer, path):
        assert officer.get(f"{path}phone__startswith=0812").status_code == 400

    def test_a_search_finds_no_phone_number_for_who_may_not_see_it(self, risk, officer, customer):
        assert customer.full_name not in page_of(risk, f"{LIST}?q={PHONE}")
        assert customer.full_name in page_of(officer, f"{LIST}?q={PHONE}")

    @pytest.mark.parametrize("digits", range(4, len(PHONE) - 1))
    def test_nor_does_anybody_find_one_out_digit_by_digit(self, officer, customer, digits):
        assert customer.full_name not in page_of(officer, f"{LIST}?q={PHONE[:digits]}")
        assert customer.full_name not in page_of(officer, f"{LIST}?q={PHONE[-digits:]}")


class TestShowingIt:
    def test_takes_the_right_and_leaves_a_line_that_nobody_removes(self, officer, customer):
        page = officer.post(f"{LIST}{customer.pk}/identity/", REMOTE_ADDR="10.1.2.3").content.decode()

        assert NIK in page
        assert PHONE in page
        noted = Disclosure.objects.get()
        assert (noted.kind, noted.subject, noted.columns) == ("unmasking", customer.customer_number, ["nik", "phone"])
        assert (noted.remote_address, noted.with_identities) == ("10.1.2.3", True)
        with pytest.raises(DatabaseError), transaction.atomic():
            Disclosure.objects.all().delete()

    def test_is_refused_without_the_right_and_then_not_noted(self, risk, customer):
        assert risk.post(f"{LIST}{customer.pk}/identity/").status_code == 403
        assert "show-identity" not in page_of(risk, f"{LIST}{customer.pk}/change/")
        assert not Disclosure.objects.exists()

    def test_of_another_branchs_customer_is_as_of_nobody(self, officer):
        foreign = make_customer(nik=NIK)

        assert officer.post(f"{LIST}{foreign.pk}/identity/").status_code == 404
        assert not Disclosure.objects.exists()

    def test_stands_in_the_log_that_auditors_read(self, officer, customer):
        officer.post(f"{LIST}{customer.pk}/identity/")
        auditor = logged_in(make_user(is_staff=True, group="Auditor", sees_all_branches=True))

        assert customer.customer_number in page_of(auditor, "/admin/access/disclosure/")


class TestAFile:
    def export(self, client, layout="exported"):
        response = client.post(f"{LIST}export/", {"layout": layout, "file_format": "csv"})
        return b"".join(response.streaming_content).decode()

    def test_holds_whole_phone_numbers_for_who_may_see_them_and_the_log_says_so(self, officer, customer):
        text = self.export(officer, "again")

        assert PHONE in text
        assert NIK not in text
        assert Disclosure.objects.get().with_identities

    def test_holds_masked_ones_for_others(self, risk, customer):
        text = self.export(risk, "again")

        assert MASKED in text
        assert PHONE not in text
        assert not Disclosure.objects.get().with_identities

    def test_of_what_the_list_shows_is_masked_as_the_list_is(self, officer, customer):
        response = officer.post(f"{LIST}export/?cols=full_name,masked_phone", {"layout": "shown", "file_format": "csv"})

        text = b"".join(response.streaming_content).decode()
        assert MASKED in text
        assert PHONE not in text


def test_a_file_that_holds_a_number_masked_changes_nothing_of_it(customer):
    importer = make_user(branches=[customer.branch])

    imported(importer, ["CIF", "HP", "nama"], [customer.customer_number, MASKED, "New Name"])

    customer.refresh_from_db()
    assert (customer.full_name, customer.phone) == ("New Name", PHONE)
