"""Customers as rows of a spreadsheet, through the resource."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
import tablib
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from bprs.access.models import User
from bprs.importing.results import SheetResult
from customers.models import Customer
from customers.resources import CustomerResource
from tests.factories import make_branch, make_customer, make_user

pytestmark = pytest.mark.django_db

NIK = "3273014501900001"
OTHER_NIK = "3171010101800002"


@pytest.fixture
def branch():
    return make_branch(code="001")


@pytest.fixture
def officer(branch):
    return make_user("officer", branches=[branch])


def imported(officer: User, headers: list[str], *rows: list[Any], **options: Any) -> SheetResult:
    return CustomerResource().import_data(tablib.Dataset(*rows, headers=headers), user=officer, **options)


def faults(result: SheetResult) -> list[tuple[int, str, str]]:
    return [(row.number, fault.column, fault.code) for row in result.rejected for fault in row.faults]


class TestNewCustomers:
    def test_are_added_with_everything_the_row_says(self, officer, branch):
        result = imported(
            officer,
            ["CIF", "Nama Nasabah", "No. KTP", "HP", "Alamat", "Tgl Lahir", "Cabang", "Penghasilan (Rp)", "Aset"],
            ["C-1", "Siti Aminah", NIK, "0812", "Jl. Merdeka 1", "05/01/1990", "001", "Rp 5.000.000,-", "20.000.000"],
        )

        customer = Customer.objects.get()
        assert result.new_count == 1
        assert (customer.customer_number, customer.full_name, customer.nik) == ("C-1", "Siti Aminah", NIK)
        assert (customer.phone, customer.address, customer.branch) == ("0812", "Jl. Merdeka 1", branch)
        assert customer.birth_date == date(1990, 1, 5)
        assert (customer.monthly_income, customer.assets_value) == (Decimal(5_000_000), Decimal(20_000_000))

    def test_have_a_history_that_says_who_added_them(self, officer, branch):
        imported(officer, ["cif", "nama"], ["C-1", "Siti"], branch=branch)

        record = Customer.history.get()
        assert (record.history_type, record.history_user, record.full_name) == ("+", officer, "Siti")

    def test_go_to_the_chosen_branch_where_the_row_names_none(self, officer, branch):
        imported(officer, ["cif", "nama"], ["C-1", "Siti"], branch=branch)

        assert Customer.objects.get().branch == branch

    def test_are_refused_without_any_branch(self, officer):
        result = imported(officer, ["cif", "nama"], ["C-1", "Siti"])

        assert faults(result) == [(2, "", "no_branch")]
        assert not Customer.objects.exists()

    def test_are_refused_without_a_name(self, officer, branch):
        result = imported(officer, ["cif", "nama"], ["C-1", ""], branch=branch)

        assert faults(result) == [(2, "nama", "missing")]

    def test_may_have_an_unknown_income(self, officer, branch):
        imported(officer, ["cif", "nama", "income", "assets"], ["C-1", "Siti", "", "0"], branch=branch)

        customer = Customer.objects.get()
        assert customer.monthly_income is None
        assert customer.assets_value == 0

    @pytest.mark.parametrize("name", ["Null", "Nan", "NA", "None"])
    def test_may_be_called_what_programs_take_for_nothing(self, officer, branch, name):
        imported(officer, ["cif", "nama"], ["C-1", name], branch=branch)

        assert Customer.objects.get().full_name == name


class TestKnownCustomers:
    def test_change_only_in_what_the_row_says(self, officer, branch):
        customer = make_customer(customer_number="C-1", full_name="Siti", branch=branch, nik=NIK)

        result = imported(officer, ["cif", "penghasilan"], ["C-1", "7.500.000"])

        customer.refresh_from_db()
        assert result.changed_count == 1
        assert customer.monthly_income == Decimal(7_500_000)
        assert (customer.full_name, customer.nik, customer.assets_value) == ("Siti", NIK, Decimal(20_000_000))

    def test_get_a_history_row_for_a_change(self, officer, branch):
        make_customer(customer_number="C-1", branch=branch)

        imported(officer, ["cif", "nama"], ["C-1", "Siti Baru"])

        record = Customer.history.latest("history_id")
        assert (record.history_type, record.history_user, record.full_name) == ("~", officer, "Siti Baru")

    def test_keep_what_a_blank_cell_is_silent_about(self, officer, branch):
        make_customer(customer_number="C-1", full_name="Siti", branch=branch)

        result = imported(officer, ["cif", "nama", "penghasilan"], ["C-1", "", ""])

        assert result.unchanged_count == 1
        assert Customer.objects.get().full_name == "Siti"

    def test_are_unchanged_by_the_same_file_again(self, officer, branch):
        sheet = (["cif", "nama", "nik", "tgl lahir", "gaji"], ["C-1", "Siti", NIK, datetime(1990, 1, 5), 5_000_000.0])  # noqa: DTZ001 as workbooks have them
        imported(officer, *sheet, branch=branch)
        before = Customer.history.count()

        result = imported(officer, *sheet, branch=branch)

        assert (result.new_count, result.changed_count, result.unchanged_count) == (0, 0, 1)
        assert Customer.history.count() == before

    def test_can_be_given_a_nik(self, officer, branch):
        make_customer(customer_number="C-1", branch=branch)

        imported(officer, ["cif", "nik"], ["C-1", NIK])

        assert Customer.objects.with_nik(NIK).get().nik == NIK

    def test_can_move_between_the_officers_branches(self, officer, branch):
        other = make_branch(code="002")
        other.officers.add(officer)
        make_customer(customer_number="C-1", branch=branch)

        imported(officer, ["cif", "cabang"], ["C-1", "002"])

        assert Customer.objects.get().branch == other


class TestRefusals:
    def test_name_row_and_column_as_the_file_has_them(self, officer, branch):
        result = imported(officer, ["No CIF", "Nama", "Gaji"], ["C-1", "Siti", "5 juta"], branch=branch)

        assert faults(result) == [(2, "Gaji", "word_in_number")]

    def test_leave_the_other_rows_alone(self, officer, branch):
        result = imported(officer, ["cif", "nama"], ["C-1", ""], ["C-2", "Budi"], ["", ""], branch=branch)

        assert (result.total_rows, result.new_count, result.rejected_count, result.blank_count) == (3, 1, 1, 1)
        assert Customer.objects.get().customer_number == "C-2"

    def test_undo_the_rest_when_all_or_nothing_is_asked_for(self, officer, branch):
        imported(
            officer, ["cif", "nama"], ["C-1", ""], ["C-2", "Budi"], branch=branch, rollback_on_validation_errors=True
        )

        assert not Customer.objects.exists()

    def test_a_numeric_nik_is_refused(self, officer, branch):
        result = imported(officer, ["cif", "nama", "nik"], ["C-1", "Siti", 3273014501900001], branch=branch)

        assert faults(result) == [(2, "nik", "digits_lost")]

    def test_a_month_first_date_is_refused(self, officer, branch):
        result = imported(officer, ["cif", "nama", "tgl lahir"], ["C-1", "Siti", "12/31/1990"], branch=branch)

        assert faults(result) == [(2, "tgl lahir", "month_first")]

    def test_a_number_that_stands_twice_is_refused_the_second_time(self, officer, branch):
        result = imported(officer, ["cif", "nama"], ["C-1", "Siti"], ["C-1", "Budi"], branch=branch)

        assert faults(result) == [(3, "cif", "repeated")]
        assert Customer.objects.get().full_name == "Siti"

    def test_a_nik_that_stands_twice_is_refused_the_second_time(self, officer, branch):
        result = imported(officer, ["cif", "nama", "nik"], ["C-1", "Siti", NIK], ["C-2", "Budi", NIK], branch=branch)

        assert faults(result) == [(3, "nik", "repeated")]

    def test_a_nik_of_another_customer_is_refused(self, officer, branch):
        make_customer(branch=branch, nik=NIK)
        make_customer(branch=branch, nik=OTHER_NIK, customer_number="C-2")

        result = imported(officer, ["cif", "nama", "nik"], ["C-1", "Siti", NIK], ["C-2", "Budi", NIK], branch=branch)

        assert faults(result) == [(2, "nik", "nik_taken"), (3, "nik", "nik_taken")]

    def test_a_misspelt_header_is_named_with_what_it_may_mean(self, officer, branch):
        with translation.override("en"):
            result = imported(officer, ["costumer_numbr", "nama"], ["C-1", "Siti"], branch=branch)

        assert "costumer_numbr" in result.refusal
        assert "Did you mean Customer number (CIF)" in result.refusal
        assert result.has_errors()

    def test_an_unknown_column_is_left_out_and_named(self, officer, branch):
        result = imported(officer, ["cif", "nama", "zodiak"], ["C-1", "Siti", "Leo"], branch=branch)

        assert any("zodiak" in note for note in result.notes)


class TestBranches:
    def test_a_foreign_branch_and_one_that_does_not_exist_look_the_same(self, officer, branch):
        make_branch(code="009")

        result = imported(
            officer, ["cif", "nama", "cabang"], ["C-1", "Siti", "009"], ["C-2", "Budi", "xyz"], branch=branch
        )

        with translation.override("en"):
            sentences = [row.faults[0].sentence for row in result.rejected]
        assert sentences == ["009 is no branch you work in.", "xyz is no branch you work in."]
        assert not Customer.objects.exists()

    def test_a_customer_of_a_foreign_branch_is_not_changed(self, officer, branch):
        stranger = make_customer(customer_number="C-1", full_name="Asing")

        result = imported(officer, ["cif", "nama"], ["C-1", "Siti"], branch=branch)

        stranger.refresh_from_db()
        assert faults(result) == [(2, "cif", "number_taken")]
        assert stranger.full_name == "Asing"

    def test_nobody_takes_a_customer_into_a_foreign_branch(self, officer, branch):
        make_branch(code="009")
        make_customer(customer_number="C-1", branch=branch)

        result = imported(officer, ["cif", "cabang"], ["C-1", "009"])

        assert faults(result) == [(2, "cabang", "unknown_branch")]

    def test_head_office_imports_into_any_branch(self, branch):
        head_office = make_user(sees_all_branches=True)

        result = imported(head_office, ["cif", "nama", "cabang"], ["C-1", "Siti", "001"])

        assert result.new_count == 1


class TestNumbers:
    @pytest.mark.parametrize("language", ["id", "en"])
    def test_mean_the_same_in_every_language_of_the_screen(self, officer, branch, language):
        with translation.override(language):
            imported(officer, ["cif", "nama", "gaji", "aset"], ["C-1", "Siti", "5.000", "1.500.000"], branch=branch)

        customer = Customer.objects.get()
        assert (customer.monthly_income, customer.assets_value) == (Decimal(5_000), Decimal(1_500_000))

    def test_an_ambiguous_one_is_echoed(self, officer, branch):
        with translation.override("en"):
            result = imported(officer, ["cif", "nama", "gaji"], ["C-1", "Siti", "5.000"], branch=branch)

        assert "5.000 is read as 5,000: no cell of the file says otherwise." in result.notes


class TestPreview:
    def test_writes_nothing(self, officer, branch):
        make_customer(customer_number="C-2", full_name="Budi", branch=branch)

        result = imported(officer, ["cif", "nama"], ["C-1", "Siti"], ["C-2", "Budi Baru"], branch=branch, dry_run=True)

        assert (result.new_count, result.changed_count) == (1, 1)
        assert [customer.full_name for customer in Customer.objects.all()] == ["Budi"]

    def test_shows_what_a_value_replaces(self, officer, branch):
        make_customer(customer_number="C-2", full_name="Budi", branch=branch)

        result = imported(officer, ["cif", "nama"], ["C-2", "Budi Baru"], dry_run=True)

        name = result.shown[0].cells[1]
        assert (name.before, name.text) == ("Budi", "Budi Baru")

    def test_shows_no_nik(self, officer, branch):
        result = imported(officer, ["cif", "nama", "nik"], ["C-1", "Siti", NIK], branch=branch, dry_run=True)

        assert NIK not in str(result.shown)


class TestQueries:
    def test_do_not_grow_with_the_rows(self, officer, branch):
        few = [[f"A{n}", f"Siti {n}"] for n in range(5)]
        many = [[f"B{n}", f"Siti {n}"] for n in range(500)]

        with CaptureQueriesContext(connection) as for_few:
            imported(officer, ["cif", "nama"], *few, branch=branch)
        with CaptureQueriesContext(connection) as for_many:
            imported(officer, ["cif", "nama"], *many, branch=branch)

        assert len(for_many) == len(for_few)


class TestExport:
    def test_masks_the_nik(self, officer, branch):
        make_customer(branch=branch, nik=NIK)

        dataset = CustomerResource().export(Customer.objects.visible_to(officer))

        assert NIK not in str(dataset.dict)
        assert "3273••••••••0001" in dataset[0]

    def test_comes_back_unchanged(self, officer, branch):
        make_customer(branch=branch, nik=NIK, birth_date=date(1990, 1, 5), phone="+62 812", monthly_income=None)

        dataset = CustomerResource().export(Customer.objects.visible_to(officer))
        result = CustomerResource().import_data(dataset, user=officer)

        assert (result.total_rows, result.unchanged_count) == (1, 1)

    def test_keeps_money_as_numbers(self, officer, branch):
        make_customer(branch=branch, monthly_income=Decimal("5000000.50"))

        dataset = CustomerResource().export(Customer.objects.visible_to(officer))

        assert Decimal("5000000.50") in dataset[0]
