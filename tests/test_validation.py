"""Days that are not yet, through whoever brings them."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from bprs.validation import latest_day
from customers.models import Customer
from customers.resources import CustomerResource
from loans.models import Loan
from loans.resources import LoanResource
from tests.api_client import ApiClient, assert_problem, pointers
from tests.factories import make_api_key, make_branch, make_customer, make_loan, make_user
from tests.loans.test_resources import faults, imported

DAY = timedelta(days=1)


@pytest.mark.parametrize(("seconds", "day"), [(-1, 23), (0, 24)])
def test_it_is_tomorrow_first_in_the_east_of_the_country(seconds, day):
    midnight = datetime(2026, 11, 23, 15, tzinfo=UTC)

    assert latest_day(midnight + timedelta(seconds=seconds)) == date(2026, 11, day)


@pytest.mark.django_db
class TestADayThatIsNotYet:
    @pytest.fixture
    def branch(self):
        return make_branch(code="001")

    @pytest.fixture
    def clerk(self, branch):
        return make_user("sari", branches=[branch], group="Account officer")

    @pytest.fixture
    def today(self):
        return latest_day(timezone.now())

    def test_is_no_birth_date(self, clerk, today):
        api = ApiClient(make_api_key(clerk))
        told = {"customer_number": "C-1", "full_name": "Siti"}

        refused = api.post("/customers", {**told, "birth_date": str(today + DAY)})
        ancient = api.post("/customers", {**told, "birth_date": "1899-12-31"})
        taken = api.post("/customers", {**told, "birth_date": str(today)})
        oldest = api.post("/customers", {**told, "customer_number": "C-2", "birth_date": "1900-01-01"})

        assert pointers(assert_problem(refused, 422, "invalid")) == {"#/birth_date": "invalid"}
        assert refused.json()["errors"][0]["detail"] == "The date is in the future."
        assert (taken.status_code, oldest.status_code) == (201, 201)
        assert ancient.json()["errors"][0]["detail"] == "The date is before 1900."

    @pytest.mark.parametrize("name", ["application_date", "disbursed_date"])
    def test_is_no_date_of_financing(self, clerk, branch, today, name):
        api, loan = ApiClient(make_api_key(clerk)), make_loan(branch=branch)

        refused = api.patch(f"/loans/{loan.pk}", {name: str(today + DAY)})
        taken = api.patch(f"/loans/{loan.pk}", {name: str(today)})

        assert pointers(assert_problem(refused, 422, "invalid")) == {f"#/{name}": "invalid"}
        assert taken.status_code == 200

    def test_is_refused_in_a_file_of_customers(self, clerk, branch, today):
        rows = [["C-1", "Siti", str(today + DAY)], ["C-2", "Budi", str(today)]]

        result = imported(CustomerResource, clerk, ["cif", "nama", "tgl lahir"], *rows, branch=branch)

        assert faults(result) == [(2, "tgl lahir", "in_the_future")]
        assert [customer.full_name for customer in Customer.objects.all()] == ["Budi"]

    @pytest.mark.parametrize("header", ["tgl pengajuan", "tgl pencairan"])
    def test_is_refused_in_a_file_of_financing(self, clerk, branch, today, header):
        make_customer(customer_number="C-1", branch=branch)
        rows = [["P-1", "C-1", "10000000", "12", str(today + DAY)], ["P-2", "C-1", "10000000", "12", str(today)]]

        result = imported(LoanResource, clerk, ["loan_number", "cif", "plafon", "tenor", header], *rows)

        assert faults(result) == [(2, header, "in_the_future")]
        assert [loan.loan_number for loan in Loan.objects.all()] == ["P-2"]
