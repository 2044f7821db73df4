"""What the list shows, as a file; and the log of who took it."""

import csv
import io
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from bprs.access.models import Disclosure
from customers.admin import CustomerAdmin
from loans.admin.customer_desk import CustomerDesk
from loans.admin.loan_admin import LoanAdmin
from tests.admin_client import file_of, logged_in, page_of, told
from tests.factories import NOW, make_branch, make_customer, make_loan, make_user

pytestmark = pytest.mark.django_db
NIK = "3201014501850001"


@pytest.fixture
def branch():
    return make_branch(code="001", name="Garut")


@pytest.fixture
def officer(branch):
    return make_user("ani", is_staff=True, group="Account officer", branches=[branch])


@pytest.fixture
def client(officer):
    return logged_in(officer)


def taken(client, query="", *, model="loans_loan", **values):
    data = {"layout": "shown", "file_format": "csv", **values}
    return client.post(reverse(f"admin:{model}_export") + query, data)


def table(response) -> list[list[str]]:
    return list(csv.reader(io.StringIO(file_of(response).decode("utf-8-sig"))))


class TestWhatTheListShows:
    def test_goes_out_with_its_rows_columns_headings_and_order(self, client, branch):
        customer = make_customer(branch=branch, full_name="Siti", customer_number="CIF-1")
        values = {"customer": customer, "akad": "ijarah", "tenor_months": 12}
        make_loan(loan_number="PB-1", principal_amount=Decimal(1_000_000), **values)
        make_loan(loan_number="PB-2", principal_amount=Decimal(9_000_000), **values)
        make_loan(branch=branch, loan_number="PB-3")

        rows = table(taken(client, "?akad__exact=ijarah&o=-amount&cols=loan_number,applicant,amount,akad,tenor,next"))

        assert rows == [
            ["Financing number", "Customer", "CIF", "Amount", "Akad", "Tenor (months)", "Next step"],
            ["PB-2", "Siti", "CIF-1", "9000000.00", "Ijarah", "12", "Score now"],
            ["PB-1", "Siti", "CIF-1", "1000000.00", "Ijarah", "12", "Score now"],
        ]

    def test_goes_out_as_a_workbook_of_numbers_and_dates(self, client, branch):
        make_loan(
            branch=branch,
            loan_number="PB-1",
            credit_score=600,
            segment="low",
            scored_at=NOW,
            default_probability="0.0123",
        )

        response = taken(client, "?cols=loan_number,score,probability,application_date", file_format="xlsx")

        head, row = load_workbook(io.BytesIO(file_of(response))).active.values
        told_as = dict(zip(head, row, strict=True))
        assert (told_as["Credit score"], told_as["Risk segment"]) == (600, "Low risk")
        assert told_as["Probability of default"] == 0.0123
        assert f"{told_as['Application date']:%Y-%m-%d}" == "2026-11-02"

    def test_is_nothing_of_another_branch(self, client, branch):
        ours, theirs = make_loan(branch=branch), make_loan()

        rows = table(taken(client, f"?customer__branch__id__exact={theirs.customer.branch_id}"))
        assert len(rows) == 1
        assert [row[0] for row in table(taken(client))[1:]] == [ours.loan_number]

    def test_is_safe_to_open_and_masks_the_nik(self, client, branch):
        make_customer(branch=branch, nik=NIK, full_name="=HYPERLINK(1)")

        text = file_of(taken(client, model="customers_customer")).decode("utf-8-sig")

        assert "'=HYPERLINK(1)" in text
        assert NIK not in text
        assert "3201••••••••0001" in text

    @pytest.mark.parametrize("model_admin", [LoanAdmin, CustomerDesk, CustomerAdmin])
    def test_knows_every_column_a_list_offers(self, model_admin):
        offered = {*model_admin.columns_offered, *model_admin.list_display, *model_admin.column_aliases}

        assert offered <= set(model_admin.export_resource_class.shown)

    def test_counts_the_financing_of_customers(self, client, branch):
        customer = make_customer(branch=branch)
        make_loan(customer=customer)
        make_loan(customer=customer)

        rows = table(taken(client, "?cols=full_name,financing_count", model="customers_customer"))

        assert rows[1] == [customer.full_name, "2"]

    def test_costs_the_same_queries_however_many_rows(self, client, branch):
        every = "?cols=" + ",".join(LoanAdmin.columns_offered)

        def cost():
            with CaptureQueriesContext(connection) as queries:
                table(taken(client, every))
            return len(queries)

        make_loan(branch=branch)
        cost()
        one = cost()
        for _ in range(5):
            make_loan(branch=branch, account_officer=make_user())
        assert cost() == one

    def test_is_refused_beyond_the_limit_and_no_file_is_logged(self, client, branch, settings):
        settings.EXPORT_MAX_ROWS = 2
        for _ in range(2):
            make_loan(branch=branch)
        assert len(table(taken(client))) == 3

        make_loan(branch=branch)
        refused = taken(client)

        assert refused.status_code == 200
        assert "at most 2 rows" in " ".join(told(refused))
        assert Disclosure.objects.count() == 1


class TestTheLog:
    def test_says_who_took_what_and_how_much(self, client, officer, branch):
        make_loan(branch=branch, status="draft")

        file_of(taken(client, "?status__exact=draft&cols=loan_number,amount&p=2"))

        logged = Disclosure.objects.get()
        assert (logged.made_by, logged.kind, logged.list_name, logged.row_count) == (officer, "export", "loans.loan", 1)
        assert logged.query == "cols=loan_number,amount&status__exact=draft"
        assert (logged.columns, logged.file_format) == (["Financing number", "Amount"], "csv")
        assert logged.remote_address == "127.0.0.1"

    def test_tells_that_a_nik_was_searched_and_not_which(self, client, branch):
        make_loan(customer=make_customer(branch=branch, nik=NIK))

        file_of(taken(client, f"?q={NIK}"))

        assert Disclosure.objects.values_list("query", "row_count").get() == ("q=NIK", 1)

    def test_holds_what_is_selected_too(self, client, branch):
        chosen, _other = make_loan(branch=branch), make_loan(branch=branch)

        selection = {"action": "export_selected", "_selected_action": [chosen.pk]}
        file_of(client.post(reverse("admin:loans_loan_changelist"), selection))

        assert Disclosure.objects.get().row_count == 1

    def test_is_written_once(self, client, branch):
        file_of(taken(client))
        logged = Disclosure.objects.get()

        for change in (lambda: Disclosure.objects.update(row_count=9), logged.delete):
            with pytest.raises(DatabaseError), transaction.atomic():
                change()

    @pytest.mark.parametrize(("group", "status"), [("Auditor", 200), ("Account officer", 403), ("Supervisor", 403)])
    def test_is_read_by_auditors(self, client, branch, group, status):
        file_of(taken(client))
        reader = logged_in(make_user(is_staff=True, group=group, sees_all_branches=True))

        answer = reader.get(reverse("admin:access_disclosure_changelist"))

        assert answer.status_code == status
        if status == 200:
            page = page_of(reader, reverse("admin:access_disclosure_change", args=[Disclosure.objects.get().pk]))
            assert "ani" in page
            assert "Financing number" in page

    def test_needs_the_right_to_see_the_list(self, branch):
        assert taken(logged_in(make_user(is_staff=True, branches=[branch]))).status_code == 403
        assert not Disclosure.objects.exists()


def test_the_page_names_the_columns_of_both_layouts(client):
    page = page_of(client, reverse("admin:loans_loan_export") + "?cols=loan_number,officer")

    assert "Financing number, Account officer" in page
    assert page.count('name="layout"') == 2
