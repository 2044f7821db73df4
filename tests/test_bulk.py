"""Many rows at once, with their history, as if each had been saved on its own."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from customers.models import Customer
from customers.services import CustomerColumns, add_customers, change_customers
from loans.models import Loan, Status
from loans.services import change_loan, change_loans
from scoring.models import Source
from scoring.services.score_loans import score_loans
from tests.factories import NOW, make_branch, make_customer, make_loan, make_user

pytestmark = pytest.mark.django_db


def columns(count: int, branch_id: int) -> CustomerColumns:
    return {
        "customer_number": [f"C{n}" for n in range(count)],
        "full_name": [f"Ani {n}" for n in range(count)],
        "nik": ["3273014501900001", *[""] * (count - 1)],
        "phone": [""] * count,
        "address": [""] * count,
        "birth_date": [NOW.date()] * count,
        "branch_id": [branch_id] * count,
        "monthly_income": [None, *[Decimal("999999999999999.99")] * (count - 1)],
        "assets_value": [Decimal("0.01")] * count,
    }


class TestAdding:
    def test_stores_what_saving_would_store(self):
        keys = add_customers(columns=columns(2, make_branch().pk), added_by=make_user(), added_at=NOW)

        first, second = Customer.objects.order_by("customer_number")
        assert keys == {"C0": first.pk, "C1": second.pk}
        assert first.monthly_income is None
        assert (first.nik, first.assets_value) == ("3273014501900001", Decimal("0.01"))
        assert second.nik_hash is None
        assert second.monthly_income == Decimal("999999999999999.99")
        assert (first.created_at, first.updated_at, first.birth_date) == (NOW, NOW, NOW.date())

    def test_writes_the_history_of_each_row(self):
        user = make_user()
        add_customers(columns=columns(2, make_branch().pk), added_by=user, added_at=NOW)

        for customer in Customer.objects.all():
            entry = customer.history.get()
            assert (entry.history_type, entry.history_user, entry.history_date) == ("+", user, NOW)
            assert (entry.full_name, entry.assets_value) == (customer.full_name, customer.assets_value)

    def test_costs_the_same_number_of_statements_for_two_and_for_a_thousand(self):
        branch, user = make_branch(), make_user()
        with CaptureQueriesContext(connection) as for_two:
            add_customers(columns=columns(2, branch.pk), added_by=user, added_at=NOW)
        many = columns(1000, branch.pk)
        many["customer_number"] = [f"M{n}" for n in range(1000)]
        many["nik"] = [""] * 1000

        with CaptureQueriesContext(connection) as for_many:
            add_customers(columns=many, added_by=user, added_at=NOW)

        assert len(for_many) == len(for_two)

    def test_a_taken_number_stores_none_of_them(self):
        branch = make_branch()
        make_customer(customer_number="C1", branch=branch)

        with pytest.raises(IntegrityError), transaction.atomic():
            add_customers(columns=columns(2, branch.pk), added_by=make_user(), added_at=NOW)

        assert Customer.objects.count() == 1
        assert not Customer.history.filter(customer_number="C0").exists()


class TestChanging:
    def test_changes_just_the_named_columns_and_writes_history(self):
        user, customer, other = make_user(), make_customer(full_name="Lama"), make_customer()

        change_customers(changes={customer.pk: {"monthly_income": Decimal("1.50")}}, changed_by=user, changed_at=NOW)

        customer.refresh_from_db()
        assert (customer.full_name, customer.monthly_income, customer.updated_at) == ("Lama", Decimal("1.50"), NOW)
        newest = customer.history.order_by("history_id").last()
        assert newest
        assert (newest.history_type, newest.history_user, newest.history_date) == ("~", user, NOW)
        assert newest.monthly_income == Decimal("1.50")
        assert other.history.count() == 1

    def test_leaves_the_score_alone(self):
        loan = make_loan()
        score_loans(loans=Loan.objects.all(), scored_by=make_user(), scored_at=NOW, source=Source.ADMIN)

        change_loans(changes={loan.pk: {"status": Status.APPROVED}}, changed_by=make_user(), changed_at=NOW)

        loan.refresh_from_db()
        assert (loan.status, loan.credit_score) == (Status.APPROVED, 600)


class TestChangingOne:
    def test_a_form_filled_in_before_a_new_score_came_does_not_overwrite_it(self):
        stale = make_loan()
        score_loans(loans=Loan.objects.all(), scored_by=make_user(), scored_at=NOW, source=Source.ADMIN)

        change_loan(loan=stale, values={"status": Status.DRAFT}, changed_by=make_user())

        fresh = Loan.objects.get()
        assert (fresh.status, fresh.credit_score) == (Status.DRAFT, 600)
        assert fresh.updated_at - NOW > timedelta(0)
