"""Financing as rows of a spreadsheet, alone and with its customer, through the resources."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import tablib
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from bprs.access.models import User
from bprs.importing.resources import SheetResource
from bprs.importing.results import SheetResult
from customers.models import Customer
from loans.models import Loan
from loans.resources import ApplicationResource, LoanResource
from tests.factories import make_branch, make_customer, make_loan, make_user

pytestmark = pytest.mark.django_db

NIK = "3273014501900001"
FOUR = ["monthly_income", "assets_value", "loan_amount", "tenor_months"]
ACCEPTANCE = (
    ["5000000", "20000000", "10000000", "12"],
    ["10000000", "5000000", "50000000", "24"],
    ["2000000", "0", "10000000", "6"],
)


@pytest.fixture
def branch():
    return make_branch(code="001")


@pytest.fixture
def officer(branch):
    return make_user("officer", branches=[branch])


def imported(
    resource: type[SheetResource], officer: User, headers: list[str], *rows: list[Any], **options: Any
) -> SheetResult:
    return resource().import_data(tablib.Dataset(*rows, headers=headers), user=officer, **options)


def applications(officer: User, headers: list[str], *rows: list[Any], **options: Any) -> SheetResult:
    return imported(ApplicationResource, officer, headers, *rows, **options)


def loans(officer: User, headers: list[str], *rows: list[Any], **options: Any) -> SheetResult:
    return imported(LoanResource, officer, headers, *rows, **options)


def faults(result: SheetResult) -> list[tuple[int, str, str]]:
    return [(row.number, fault.column, fault.code) for row in result.rejected for fault in row.faults]


@pytest.fixture
def recorder(branch):
    return make_user("recorder", branches=[branch], permissions=["loans.record_history"])


class TestLoans:
    def test_are_added_to_the_customer_the_row_names(self, recorder, branch):
        customer = make_customer(customer_number="C-1", branch=branch)

        result = loans(
            recorder,
            ["No Pembiayaan", "CIF", "Plafond (Rp)", "Jangka Waktu (bulan)", "Akad", "Tujuan", "Status", "Kol", "DPD", "Tgl Pengajuan"],
            ["P-1", "C-1", "Rp 10.000.000,-", 12, "Musyarakah", "Investasi", "Dicairkan", "2", "15", "31/01/2026"],
        )  # fmt: skip

        loan = Loan.objects.get()
        assert result.new_count == 1
        assert (loan.loan_number, loan.customer) == ("P-1", customer)
        assert (loan.principal_amount, loan.tenor_months) == (Decimal(10_000_000), 12)
        assert (loan.akad, loan.purpose, loan.status) == ("musyarakah", "investment", "disbursed")
        assert (loan.collectibility, loan.days_past_due) == (2, 15)
        assert loan.application_date == date(2026, 1, 31)

    def test_come_decided_only_from_who_may_record_that(self, officer, branch):
        customer = make_customer(customer_number="C-1", branch=branch)
        make_loan(customer=customer, loan_number="P-2", status="recommended")
        make_loan(customer=customer, loan_number="P-3", status="approved")
        make_loan(customer=customer, loan_number="P-4", status="disbursed")

        result = loans(
            officer,
            ["no pembiayaan", "cif", "plafon", "tenor", "status", "kol"],
            ["P-1", "C-1", "10000000", "12", "approved", ""],
            ["P-2", "C-1", "10000000", "24", "recommended", ""],
            ["P-3", "C-1", "10000000", "12", "disbursed", "1"],
            ["P-4", "C-1", "10000000", "12", "settled", "1"],
        )

        assert faults(result) == [(2, "status", "decision_needed"), (3, "tenor", "terms_are_fixed")]
        assert dict(Loan.objects.values_list("loan_number", "status")) == {
            "P-2": "recommended",
            "P-3": "disbursed",
            "P-4": "settled",
        }

    def test_that_await_a_decision_are_left_alone_by_everybody(self, recorder, branch):
        customer = make_customer(customer_number="C-1", branch=branch)
        make_loan(customer=customer, loan_number="P-1", status="recommended")

        result = loans(
            recorder,
            ["no pembiayaan", "cif", "plafon", "tenor", "status"],
            ["P-1", "C-1", "10000000", "12", "approved"],
        )

        assert faults(result) == [(2, "status", "decision_needed")]

    def test_without_more_are_submitted_today(self, officer, branch):
        make_customer(customer_number="C-1", branch=branch)

        loans(officer, ["loan_number", "cif", "plafon", "tenor"], ["P-1", "C-1", "10000000", "12"])

        loan = Loan.objects.get()
        assert (loan.akad, loan.purpose, loan.status) == ("murabahah", "working_capital", "submitted")
        assert loan.application_date == timezone.localdate()

    def test_have_a_history(self, officer, branch):
        make_customer(customer_number="C-1", branch=branch)

        loans(officer, ["loan_number", "cif", "plafon", "tenor"], ["P-1", "C-1", "10000000", "12"])
        loans(officer, ["loan_number", "cif", "plafon"], ["P-1", "C-1", "12000000"])

        records = list(
            Loan.history.order_by("history_id").values_list("history_type", "history_user", "principal_amount")
        )
        assert records == [("+", officer.pk, Decimal(10_000_000)), ("~", officer.pk, Decimal(12_000_000))]

    def test_may_lack_amount_and_tenor_as_drafts_only(self, officer, branch):
        make_customer(customer_number="C-1", branch=branch)

        result = loans(
            officer,
            ["loan_number", "cif", "plafon", "tenor", "status"],
            ["P-1", "C-1", "", "", "draft"],
            ["P-2", "C-1", "", "12", "submitted"],
        )

        assert (result.new_count, faults(result)) == (1, [(3, "plafon", "incomplete_unless_draft")])

    def test_of_an_unknown_and_of_a_foreign_customer_are_refused_alike(self, officer):
        make_customer(customer_number="C-9")

        result = loans(
            officer,
            ["loan_number", "cif", "plafon", "tenor"],
            ["P-1", "C-9", "10000000", "12"],
            ["P-2", "C-x", "10000000", "12"],
        )

        with translation.override("en"):
            sentences = [row.faults[0].sentence for row in result.rejected]
        assert sentences == ["There is no customer C-9.", "There is no customer C-x."]
        assert not Loan.objects.exists()

    def test_of_a_foreign_branch_cannot_be_changed(self, officer, branch):
        stranger = make_loan(loan_number="P-1")
        make_customer(customer_number="C-1", branch=branch)

        result = loans(officer, ["loan_number", "cif", "plafon"], ["P-1", "C-1", "99000000"])

        stranger.refresh_from_db()
        assert faults(result)[0] == (2, "loan_number", "number_taken")
        assert stranger.principal_amount == Decimal(10_000_000)

    def test_do_not_wander_to_another_customer(self, officer, branch):
        make_loan(loan_number="P-1", branch=branch)
        make_customer(customer_number="C-2", branch=branch)

        result = loans(officer, ["loan_number", "cif"], ["P-1", "C-2"])

        assert faults(result) == [(2, "loan_number", "belongs_to_another")]

    def test_that_stand_twice_are_refused_the_second_time(self, officer, branch):
        make_customer(customer_number="C-1", branch=branch)

        row = ["P-1", "C-1", "10000000", "12"]
        result = loans(officer, ["loan_number", "cif", "plafon", "tenor"], row, row)

        assert (result.new_count, faults(result)) == (1, [(3, "loan_number", "repeated")])

    @pytest.mark.parametrize(
        ("tenor", "code"),
        [
            ("0", "out_of_range"),
            ("361", "out_of_range"),
            ("12,5", "not_whole"),
            ("12 bulan", "word_in_number"),
            ("-1", "negative"),
        ],
    )
    def test_with_an_impossible_tenor_are_refused(self, officer, branch, tenor, code):
        make_customer(customer_number="C-1", branch=branch)

        result = loans(officer, ["loan_number", "cif", "plafon", "tenor"], ["P-1", "C-1", "10000000", tenor])

        assert faults(result) == [(2, "tenor", code)]

    def test_come_back_unchanged_from_an_export(self, officer, branch):
        make_loan(
            branch=branch, collectibility=2, days_past_due=15, status="disbursed", disbursed_date=date(2026, 2, 1)
        )
        make_loan(branch=branch, status="draft", principal_amount=None, tenor_months=None)

        dataset = LoanResource().export(Loan.objects.visible_to(officer))
        result = LoanResource().import_data(dataset, user=officer)

        assert (result.total_rows, result.unchanged_count) == (2, 2)


class TestApplications:
    def test_of_the_acceptance_file_become_three_customers_with_financing(self, officer, branch):
        result = applications(officer, FOUR, *ACCEPTANCE, branch=branch)

        assert (result.new_count, len(result.touched), result.generated_count) == (3, 3, 3)
        assert list(Loan.objects.order_by("pk").values_list("principal_amount", "customer__monthly_income")) == [
            (Decimal(10_000_000), Decimal(5_000_000)),
            (Decimal(50_000_000), Decimal(10_000_000)),
            (Decimal(10_000_000), Decimal(2_000_000)),
        ]

    def test_without_numbers_get_numbers_that_name_the_row(self, officer, branch):
        applications(officer, FOUR, ACCEPTANCE[0], branch=branch)

        loan = Loan.objects.get()
        assert loan.loan_number.startswith("PB-")
        assert loan.loan_number.endswith("-2")
        assert loan.customer.full_name == f"Nasabah {loan.customer.customer_number}"

    def test_without_numbers_are_found_again_in_the_same_file(self, officer, branch):
        applications(officer, FOUR, *ACCEPTANCE, branch=branch)

        result = applications(officer, FOUR, *ACCEPTANCE, branch=branch)

        assert (result.new_count, result.unchanged_count, result.touched) == (0, 3, [])

    def test_without_numbers_are_new_in_another_file(self, officer, branch):
        applications(officer, FOUR, *ACCEPTANCE, branch=branch)

        result = applications(officer, FOUR, *ACCEPTANCE[:2], branch=branch)

        assert result.new_count == 2

    def test_find_the_customer_by_number(self, officer, branch):
        customer = make_customer(customer_number="C-1", branch=branch)

        applications(officer, ["cif", *FOUR], ["C-1", *ACCEPTANCE[1]], branch=branch)

        customer.refresh_from_db()
        assert Loan.objects.get().customer == customer
        assert customer.monthly_income == Decimal(10_000_000)

    def test_find_the_customer_by_nik(self, officer, branch):
        customer = make_customer(nik=NIK, branch=branch)

        result = applications(officer, ["nik", *FOUR], [NIK, *ACCEPTANCE[0]], branch=branch)

        assert (result.new_count, Loan.objects.get().customer) == (1, customer)
        assert Customer.objects.count() == 1

    def test_find_the_customer_by_the_financing(self, officer, branch):
        loan = make_loan(loan_number="P-1", branch=branch)

        result = applications(officer, ["nomor pembiayaan", *FOUR], ["P-1", *ACCEPTANCE[1]], branch=branch)

        loan.refresh_from_db()
        assert (result.changed_count, result.touched) == (1, [loan.pk])
        assert loan.principal_amount == Decimal(50_000_000)
        assert Customer.objects.get().monthly_income == Decimal(10_000_000)

    def test_change_the_row_when_only_the_customer_changed(self, officer, branch):
        loan = make_loan(loan_number="P-1", branch=branch)

        result = applications(
            officer, ["nomor pembiayaan", *FOUR], ["P-1", "6000000", *ACCEPTANCE[0][1:]], branch=branch
        )

        assert (result.changed_count, result.touched) == (1, [loan.pk])

    def test_may_be_several_of_one_customer(self, officer, branch):
        result = applications(
            officer,
            ["cif", "nama", "no rekening", *FOUR],
            ["C-1", "Siti", "P-1", *ACCEPTANCE[0]],
            ["C-1", "Siti", "P-2", "5000000", "20000000", "7000000", "24"],
            branch=branch,
        )

        assert result.new_count == 2
        assert Customer.objects.get().loans.count() == 2
        assert Customer.history.count() == 1

    def test_do_not_make_somebody_else_of_the_customer_of_a_nik(self, officer, branch):
        make_customer(nik=NIK, full_name="Siti Aminah", branch=branch)
        headers = ["nik", "nama", *FOUR]

        result = applications(officer, headers, [NIK, "Budi Santoso", *ACCEPTANCE[0]], branch=branch)

        assert faults(result) == [(2, "nama", "name_differs")]
        assert Customer.objects.get().full_name == "Siti Aminah"

    @pytest.mark.parametrize("name", ["SITI AMINAH", "Siti  Aminah", ""])
    def test_know_a_customer_whose_name_is_typed_otherwise_or_left_out(self, officer, branch, name):
        make_customer(nik=NIK, full_name="Siti Aminah", branch=branch)

        result = applications(officer, ["nik", "nama", *FOUR], [NIK, name, *ACCEPTANCE[0]], branch=branch)

        assert faults(result) == []
        assert Customer.objects.count() == Loan.objects.count() == 1

    def test_rename_a_customer_by_number(self, officer, branch):
        make_customer(customer_number="C-9", nik=NIK, full_name="Siti Aminah", branch=branch)

        row = ["C-9", NIK, "Siti Aminah Putri", *ACCEPTANCE[0]]
        applications(officer, ["cif", "nik", "nama", *FOUR], row, branch=branch)

        assert Customer.objects.get().full_name == "Siti Aminah Putri"

    def test_may_be_several_of_one_new_nik(self, officer, branch):
        rows = ([NIK, *ACCEPTANCE[0]], [NIK, "5000000", "20000000", "7000000", "24"])

        result = applications(officer, ["nik", *FOUR], *rows, branch=branch)

        assert (result.new_count, Customer.objects.count()) == (2, 1)

    def test_that_contradict_each_other_about_the_customer_are_refused(self, officer, branch):
        result = applications(officer, ["cif", *FOUR], ["C-1", *ACCEPTANCE[0]], ["C-1", *ACCEPTANCE[1]], branch=branch)

        assert result.new_count == 1
        assert faults(result) == [(3, "monthly_income", "differs_from_row"), (3, "assets_value", "differs_from_row")]

    def test_that_are_refused_leave_no_customer_behind(self, officer, branch):
        make_loan(loan_number="P-1")

        result = applications(officer, ["cif", "no rekening", *FOUR], ["C-1", "P-1", *ACCEPTANCE[0]], branch=branch)

        assert faults(result) == [(2, "no rekening", "number_taken")]
        assert not Customer.objects.filter(customer_number="C-1").exists()

    @pytest.mark.parametrize("column", FOUR)
    def test_are_refused_without_one_of_the_four(self, officer, branch, column):
        row = dict(zip(FOUR, ACCEPTANCE[0], strict=True)) | {column: ""}

        result = applications(officer, FOUR, [row[name] for name in FOUR], branch=branch)

        assert faults(result) == [(2, column, "missing")]

    def test_need_the_column_of_income_and_say_what_was_found(self, officer, branch):
        with translation.override("en"):
            result = applications(officer, ["monthly_incom", *FOUR[1:]], ACCEPTANCE[0], branch=branch)

        assert "lacks Monthly income (Rp)." in result.refusal
        assert "«monthly_incom»" in result.refusal
        assert not Loan.objects.exists()

    def test_of_a_foreign_customer_are_refused(self, officer, branch):
        make_customer(customer_number="C-9", nik=NIK)

        result = applications(
            officer, ["cif", "nik", *FOUR], ["C-9", "", *ACCEPTANCE[0]], ["", NIK, *ACCEPTANCE[0]], branch=branch
        )

        assert faults(result) == [(2, "cif", "number_taken"), (3, "nik", "nik_taken")]
        assert not Loan.objects.exists()

    def test_a_totals_row_is_named(self, officer, branch):
        result = applications(
            officer, ["nama", *FOUR], ["Siti", *ACCEPTANCE[0]], ["Total", "", "", "10000000", ""], branch=branch
        )

        assert (result.new_count, faults(result)) == (1, [(3, "", "looks_like_total")])


class TestQueries:
    def test_do_not_grow_with_the_rows(self, officer, branch):
        def sheet(prefix: str, count: int) -> list[list[str]]:
            return [[f"{prefix}-{n}", f"P{prefix}-{n}", *ACCEPTANCE[0]] for n in range(count)]

        officer.get_all_permissions()
        with CaptureQueriesContext(connection) as for_few:
            applications(officer, ["cif", "no rekening", *FOUR], *sheet("A", 5), branch=branch)
        with CaptureQueriesContext(connection) as for_many:
            applications(officer, ["cif", "no rekening", *FOUR], *sheet("B", 500), branch=branch)

        assert len(for_many) == len(for_few) <= 25
