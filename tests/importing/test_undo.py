"""Taking an import back."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from bprs.importing.record_counts import kept_records
from bprs.importing.services import CannotBeUndone, run_batch
from customers.models import Customer
from customers.services import change_customers
from loans.models import Loan
from loans.services import change_loans
from scoring.models import Score, Source
from scoring.services.score_loans import score_loans
from scoring.services.verifying import Verification
from tests.admin_client import logged_in, page_of
from tests.factories import NOW, make_customer, make_loan, make_user
from tests.importing.batches import FOUR, HEADERS, application, checked, counts, csv_of, imported, undone

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(minutes=5)
NIK, OTHER_NIK = "3273014501900001", "3171010101800002"
TWO = csv_of(HEADERS, [application(1), application(2)])


def undo_url(batch) -> str:
    return reverse("admin:importing_importbatch_undo", args=[batch.pk])


def kept(batch) -> list[tuple[str, str, str]]:
    return [(each["kind"], each["number"], each["code"]) for each in batch.undone["kept_records"]]


class TestWhatWasCreated:
    def test_is_removed_and_its_history_says_so(self, officer, branch):
        batch = undone(imported(officer, TWO, branch=branch))

        assert batch.state == "undone"
        assert (batch.undone["removed"], batch.undone["restored"], batch.undone["kept"]) == (4, 0, 0)
        assert not Loan.objects.exists()
        assert not Customer.objects.exists()
        record = Loan.history.latest("history_id")
        assert (record.history_type, record.history_user, record.history_change_reason) == (
            "-", officer, f"undo:{batch.pk}",
        )  # fmt: skip

    def test_can_be_imported_again_as_new(self, officer, branch):
        undone(imported(officer, TWO, branch=branch))

        assert counts(imported(officer, TWO, branch=branch)) == (2, 0, 0, 0, 0)

    def test_stays_if_somebody_changed_it(self, officer, branch):
        batch = imported(officer, TWO, branch=branch)
        loan = Loan.objects.get(loan_number="P-1")
        change_loans(changes={loan.pk: {"tenor_months": 24}}, changed_by=officer, changed_at=LATER)

        batch = undone(batch)

        assert kept(batch) == [("loan", "P-1", "changed_since"), ("customer", "C-1", "in_use")]
        assert [loan.loan_number for loan in Loan.objects.all()] == ["P-1"]
        assert [customer.customer_number for customer in Customer.objects.all()] == ["C-1"]

    def test_names_the_first_of_what_stays_and_counts_all(self, officer, branch):
        rows = [application(number) for number in range(1, 151)]
        batch = imported(officer, csv_of(HEADERS, rows), branch=branch)
        change_loans(
            changes={
                pk: {"tenor_months": 24} for pk in Loan.objects.exclude(loan_number="P-1").values_list("pk", flat=True)
            },
            changed_by=officer,
            changed_at=LATER,
        )

        changed, in_use = kept_records(undone(batch))

        assert (changed.count, len(changed.numbers), changed.unnamed, changed.numbers[0]) == (149, 100, 49, "P-2")
        assert (in_use.count, in_use.numbers[0]) == (149, "C-2")

    def test_stays_if_it_was_scored_later(self, officer, branch):
        batch = imported(officer, TWO, branch=branch)
        score_loans(
            loans=Loan.objects.filter(loan_number="P-1"), scored_by=officer, scored_at=LATER, source=Source.ADMIN
        )

        assert ("loan", "P-1", "scored_since") in kept(undone(batch))

    def test_is_a_customer_that_stays_if_someone_else_gave_him_financing(self, officer, branch):
        batch = imported(officer, csv_of(["cif", "nama"], [["C-1", "Siti"]]), kind="customers", branch=branch)
        make_loan(customer=Customer.objects.get())

        assert kept(undone(batch)) == [("customer", "C-1", "in_use")]

    def test_is_gone_already(self, officer, branch):
        batch = imported(officer, csv_of(["cif", "nama"], [["C-1", "Siti"]]), kind="customers", branch=branch)
        Customer.objects.get().delete()

        assert kept(undone(batch)) == [("customer", "C-1", "gone")]


class TestWhatWasChanged:
    def test_gets_back_what_it_was(self, officer, branch):
        customer = make_customer(customer_number="C-1", full_name="Lama", branch=branch, nik=NIK)
        loan = make_loan(loan_number="P-1", customer=customer, tenor_months=36)
        sheet = csv_of(["nik", *HEADERS], [[OTHER_NIK, *application(1)]])
        batch = imported(officer, sheet, branch=branch)
        assert counts(batch) == (0, 1, 0, 0, 0)
        customer.refresh_from_db()
        assert customer.nik == OTHER_NIK

        batch = undone(batch)

        customer.refresh_from_db()
        loan.refresh_from_db()
        assert (customer.full_name, customer.nik, customer.monthly_income) == ("Lama", NIK, Decimal(5_000_000))
        assert Customer.objects.with_nik(NIK).get() == customer
        assert loan.tenor_months == 36
        assert (batch.undone["removed"], batch.undone["restored"]) == (0, 2)
        record = customer.history.latest("history_id")
        assert (record.history_type, record.history_change_reason, record.full_name) == (
            "~", f"undo:{batch.pk}", "Lama",
        )  # fmt: skip

    def test_stays_if_somebody_changed_it_since(self, officer, branch):
        customer = make_customer(customer_number="C-1", full_name="Lama", branch=branch)
        batch = imported(officer, csv_of(["cif", "nama"], [["C-1", "Baru"]]), kind="customers")
        change_customers(changes={customer.pk: {"phone": "0812"}}, changed_by=officer, changed_at=LATER)

        assert kept(undone(batch)) == [("customer", "C-1", "changed_since")]
        assert Customer.objects.get().full_name == "Baru"

    def test_stays_if_its_nik_is_taken_by_now(self, officer, branch):
        make_customer(customer_number="C-1", branch=branch, nik=NIK)
        batch = imported(officer, csv_of(["cif", "nik"], [["C-1", OTHER_NIK]]), kind="customers")
        make_customer(branch=branch, nik=NIK)

        assert kept(undone(batch)) == [("customer", "C-1", "taken")]

    def test_stays_if_nobody_knows_what_it_was(self, officer, branch):
        make_customer(customer_number="C-1", branch=branch)
        Customer.history.all().delete()
        batch = imported(officer, csv_of(["cif", "nama"], [["C-1", "Baru"]]), kind="customers")

        assert kept(undone(batch)) == [("customer", "C-1", "no_earlier_record")]


class TestAfterALaterImport:
    """Of the same financing, with another tenor, scored or not."""

    @pytest.fixture(params=[True, False], ids=["scored", "not scored"])
    def first(self, officer, branch, request):
        return imported(officer, TWO, branch=branch, is_scored=request.param)

    @pytest.fixture
    def second(self, officer, branch, first):
        batch = checked(officer, csv_of(HEADERS, [application(1, tenor_months=24)]), branch=branch, is_scored=True)
        return run_batch(batch=batch, run_by=officer, run_at=LATER)

    def test_that_stands_what_it_changed_stays(self, first, second):
        assert counts(second) == (0, 1, 0, 0, 0)

        assert ("loan", "P-1", "changed_since") in kept(undone(first))
        assert Loan.objects.get().tenor_months == 24

    def test_that_stands_is_named_before_anything_is_undone(self, officer, first, second):
        desk, later = logged_in(officer), 'data-testid="later-imports"'

        assert later in page_of(desk, undo_url(first))
        assert later not in page_of(desk, undo_url(second))
        undone(second)
        assert later not in page_of(desk, undo_url(first))

    def test_that_was_undone_all_is_taken_back(self, first, second):
        undone(second)
        assert [loan.tenor_months for loan in Loan.objects.all()] == [12, 12]

        assert kept(undone(first)) == []
        assert not Loan.objects.exists()

    def test_that_was_undone_what_somebody_changed_after_it_stays(self, officer, first, second):
        undone(second)
        loan = Loan.objects.get(loan_number="P-1")
        change_loans(changes={loan.pk: {"tenor_months": 36}}, changed_by=officer, changed_at=LATER)

        assert ("loan", "P-1", "changed_since") in kept(undone(first))

    def test_that_was_undone_what_was_scored_after_it_stays(self, officer, first, second):
        undone(second)
        some = Loan.objects.filter(loan_number="P-1")
        score_loans(loans=some, scored_by=officer, scored_at=LATER + timedelta(minutes=1), source=Source.ADMIN)

        assert ("loan", "P-1", "scored_since") in kept(undone(first))

    def test_with_another_after_it_all_is_taken_back_once_both_were_undone(self, officer, branch, first, second):
        sheet = csv_of(HEADERS, [application(1, tenor_months=24), application(2, tenor_months=24)])
        third = run_batch(
            batch=checked(officer, sheet, branch=branch), run_by=officer, run_at=LATER + timedelta(minutes=1)
        )
        undone(third)
        undone(second)

        assert kept(undone(first)) == []


class TestScores:
    def test_of_the_import_stay_as_evidence_when_their_financing_goes(self, officer, branch):
        batch = imported(officer, TWO, branch=branch, is_scored=True)
        assert batch.follow_up["scored"] == 2

        batch = undone(batch)

        assert not Loan.objects.exists()
        assert Score.objects.count() == 2
        assert list(Verification().findings()) == []

    def test_stay_on_financing_that_was_there_before(self, officer, branch):
        customer = make_customer(customer_number="C-1", full_name="Siti 1", branch=branch)
        loan = make_loan(loan_number="P-1", customer=customer, tenor_months=36)
        batch = imported(officer, TWO, branch=branch, is_scored=True)
        loan.refresh_from_db()
        score = loan.credit_score

        undone(batch)

        loan.refresh_from_db()
        assert (loan.tenor_months, loan.credit_score) == (36, score)


class TestRefusals:
    def test_twice(self, officer, branch):
        batch = undone(imported(officer, TWO, branch=branch))

        with pytest.raises(CannotBeUndone):
            undone(batch)

    def test_before_it_was_imported(self, officer, branch):
        with pytest.raises(CannotBeUndone):
            undone(checked(officer, TWO, branch=branch))

    def test_by_who_may_not_change_such_rows(self, officer, branch):
        batch = imported(officer, TWO, branch=branch)

        with pytest.raises(CannotBeUndone):
            undone(batch, make_user(group="Auditor", sees_all_branches=True))

    def test_of_what_a_colleague_imported(self, officer, branch):
        batch = imported(officer, TWO, branch=branch)

        with pytest.raises(CannotBeUndone):
            undone(batch, make_user(group="Account officer", branches=[branch]))

    def test_but_a_supervisor_may(self, officer, branch):
        batch = imported(officer, TWO, branch=branch)
        supervisor = make_user(group="Supervisor", sees_all_branches=True)

        assert undone(batch, supervisor).undone_by == supervisor


def test_generated_numbers_come_back_the_same(officer, branch):
    sheet = csv_of(FOUR, [[1, 1, 1, 1], [2, 2, 2, 2]])
    first = imported(officer, sheet, branch=branch)
    numbers = set(Loan.objects.values_list("loan_number", flat=True))
    undone(first)

    imported(officer, sheet, branch=branch)

    assert set(Loan.objects.values_list("loan_number", flat=True)) == numbers
