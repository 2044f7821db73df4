"""An import from the file to the summary."""

import io
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.utils.translation import override
from openpyxl import Workbook, load_workbook

from bprs.access.models import User
from bprs.files.models import StoredFile
from bprs.importing.columns import match_of
from bprs.importing.models import ColumnMapping, ImportBatch
from bprs.importing.selectors import preview_rows, rejected_rows, rejected_rows_workbook
from bprs.importing.services import (
    ImportedAlready,
    NotChecked,
    NotPermitted,
    RowsRejected,
    check_batch,
    match_batch,
    run_batch,
)
from bprs.jobs.models import Job
from bprs.spreadsheets import ColumnsMissing, SpreadsheetRefused
from bprs.spreadsheets.remarks import remark_headers
from customers.models import Customer
from customers.selectors import imported_by as customers_imported_by
from loans.models import Loan
from loans.selectors import imported_by
from tests.factories import NOW, make_branch, make_card_in_force, make_customer, make_loan, make_user
from tests.importing.batches import FOUR, HEADERS, application, checked, counts, csv_of, imported, uploaded

pytestmark = pytest.mark.django_db

CLERK = [f"{name}s.{verb}_{name}" for name in ("customer", "loan") for verb in ("add", "change")]
THREE = csv_of(HEADERS, [application(1), application(2), application(3)])


class TestUploadBatch:
    def test_keeps_the_file_and_counts_its_rows(self, officer, branch):
        batch = uploaded(officer, THREE, branch=branch)

        assert (batch.state, batch.rows_read, batch.headers) == ("uploaded", 3, HEADERS)
        assert StoredFile.objects.get() == batch.stored_file

    def test_keeps_nothing_of_what_is_no_table(self, officer, branch):
        with pytest.raises(SpreadsheetRefused):
            uploaded(officer, b"%PDF-1.7", branch=branch)

        assert not StoredFile.objects.exists()
        assert not ImportBatch.objects.exists()

    def test_refuses_who_may_not_add_and_change(self, branch):
        with pytest.raises(NotPermitted):
            uploaded(make_user(branches=[branch], group="Auditor"), THREE, branch=branch)

    def test_refuses_to_score_for_who_may_not(self, branch):
        clerk = make_user(branches=[branch], permissions=CLERK)

        with pytest.raises(NotPermitted):
            uploaded(clerk, THREE, branch=branch, is_scored=True)

    def test_refuses_a_foreign_branch(self, officer):
        with pytest.raises(NotPermitted):
            uploaded(officer, THREE, branch=make_branch())


class TestMatchBatch:
    STRANGE = csv_of(["cif", "nama", "kolom x", *FOUR[1:]], [["C-1", "Siti", 5_000_000, 0, 10_000_000, 12]])

    def test_reads_a_column_as_someone_said(self, officer, branch):
        batch = uploaded(officer, self.STRANGE, branch=branch)
        assert match_of(batch).missing == ("monthly_income",)

        match_batch(batch=batch, mapping={"kolom x": "monthly_income"}, confirmed_by=officer, confirmed_at=NOW)
        batch = check_batch(batch=batch, checked_at=NOW)

        assert counts(batch) == (1, 0, 0, 0, 0)

    def test_leaves_out_what_is_not_to_be_read(self, officer, branch):
        batch = uploaded(officer, THREE, branch=branch)

        match_batch(batch=batch, mapping={"nama": ""}, confirmed_by=officer, confirmed_at=NOW)
        run_batch(batch=check_batch(batch=batch, checked_at=NOW), run_by=officer, run_at=NOW)

        assert Customer.objects.get(customer_number="C-1").full_name == "Nasabah C-1"

    def test_is_remembered_for_the_same_headers_of_the_same_office(self, officer, branch):
        first = uploaded(officer, self.STRANGE, branch=branch)
        match_batch(batch=first, mapping={"kolom x": "monthly_income"}, confirmed_by=officer, confirmed_at=NOW)
        colleague = make_user(branches=[branch], group="Account officer")
        stranger = make_user(branches=[make_branch()], group="Account officer")

        assert uploaded(officer, self.STRANGE, branch=branch).is_mapping_remembered
        assert uploaded(colleague, self.STRANGE, branch=branch).mapping == {"kolom x": "monthly_income"}
        assert not uploaded(stranger, self.STRANGE).is_mapping_remembered

    def test_that_no_longer_fits_is_dropped_with_a_note(self, officer, branch):
        first = uploaded(officer, self.STRANGE, branch=branch)
        match_batch(batch=first, mapping={"kolom x": "monthly_income"}, confirmed_by=officer, confirmed_at=NOW)
        ColumnMapping.objects.update(mapping={"kolom x": "shoe_size"})

        batch = uploaded(officer, self.STRANGE, branch=branch)

        assert (batch.mapping, batch.is_mapping_remembered) == ({}, False)
        assert len(batch.notes) == 1

    @pytest.mark.parametrize("mapping", [{}, {"kolom x": "full_name"}, {"kolom x": "no_such_field"}])
    def test_refuses_what_does_not_make_sense(self, officer, branch, mapping):
        batch = uploaded(officer, self.STRANGE, branch=branch)

        with pytest.raises(SpreadsheetRefused):
            match_batch(batch=batch, mapping=mapping, confirmed_by=officer, confirmed_at=NOW)

        assert not ColumnMapping.objects.exists()


class TestCheckBatch:
    def test_writes_nothing_but_the_batch(self, officer, branch):
        batch = checked(officer, THREE, branch=branch)

        assert (batch.state, counts(batch)) == ("checked", (3, 0, 0, 0, 0))
        assert not Customer.objects.exists()

    def test_counts_every_row_once(self, officer, branch):
        make_loan(customer=make_customer(customer_number="C-1", full_name="Siti 1", branch=branch), loan_number="P-1")
        make_loan(customer=make_customer(customer_number="C-2", branch=branch), loan_number="P-2")
        rows = [application(1), application(2), application(3), application(4, nama="", loan_amount="x"), [""] * 7]

        batch = checked(officer, csv_of(HEADERS, rows), branch=branch)

        assert (batch.rows_read, counts(batch)) == (5, (1, 1, 1, 1, 1))

    def test_shows_the_first_twenty_rows_and_how_the_file_writes_them(self, officer, branch):
        rows = [application(n, monthly_income="Rp 5.000") for n in range(30)]
        batch = checked(officer, csv_of(HEADERS, rows), branch=branch)

        with override("en"):
            shown = preview_rows(batch)

        assert len(shown) == 20
        income = shown[0].cells[batch.preview["columns"].index("monthly_income")]
        assert (income.text, income.original) == ("5,000", "Rp 5.000")
        assert shown[0].cells[batch.preview["columns"].index("full_name")].original is None

    @pytest.mark.parametrize(("language", "text"), [("id", "1.500.000,5"), ("en", "1,500,000.5")])
    def test_shows_amounts_as_the_language_of_the_screen_writes_them(self, officer, branch, language, text):
        batch = checked(officer, csv_of(HEADERS, [application(1, monthly_income="1500000,50")]), branch=branch)

        with override(language):
            (row,) = preview_rows(batch)

        assert row.cells[batch.preview["columns"].index("monthly_income")].text == f"{text}0"

    def test_shows_what_changes_and_what_it_replaces(self, officer, branch):
        customer = make_customer(customer_number="C-1", full_name="Siti 1", branch=branch)
        make_loan(customer=customer, loan_number="P-1")

        batch = checked(officer, csv_of(HEADERS, [application(1, tenor_months=24)]), branch=branch)

        assert batch.preview["changes"] == [
            {"number": 2, "of": "P-1", "field": "tenor_months", "value": 24, "before": 12}
        ]

    def test_shows_no_nik(self, officer, branch):
        nik = "3273014501900001"
        batch = checked(officer, csv_of(["nik", *FOUR], [[nik, 1, 1, 1, 1]]), branch=branch)

        assert nik not in str(batch.preview)

    def test_names_the_rejected_rows(self, officer, branch):
        batch = checked(officer, csv_of(HEADERS, [application(1, monthly_income="5 juta")]), branch=branch)

        row = rejected_rows(batch)[0]
        assert (row.number, row.faults[0].column, row.faults[0].code) == (2, "monthly_income", "word_in_number")

    def test_refuses_a_file_that_lacks_a_column(self, officer, branch):
        batch = uploaded(officer, csv_of(FOUR[1:], [[1, 1, 1]]), branch=branch)

        with pytest.raises(ColumnsMissing):
            check_batch(batch=batch, checked_at=NOW)

        assert ImportBatch.objects.get().state == "uploaded"

    def test_may_be_done_again(self, officer, branch):
        bad = csv_of(HEADERS, [application(1, monthly_income="5 juta")])
        batch = check_batch(batch=checked(officer, bad, branch=branch), checked_at=NOW)

        assert (batch.rejected_count, batch.rejections.count()) == (1, 1)

    def test_of_a_large_file_is_a_job(self, officer, branch, settings):
        settings.IMPORT_ROWS_AT_ONCE = 2

        batch = checked(officer, THREE, branch=branch)

        assert (batch.state, batch.job and batch.job.state) == ("checking", "queued")


class TestRunBatch:
    def test_imports_and_says_so(self, officer, branch):
        batch = imported(officer, THREE, branch=branch)

        assert (batch.state, counts(batch)) == ("done", (3, 0, 0, 0, 0))
        assert (Customer.objects.count(), Loan.objects.count()) == (3, 3)
        assert batch.job is not None
        assert batch.job.state == Job.State.DONE

    def test_leaves_its_name_in_the_history(self, officer, branch):
        make_loan(branch=branch)

        batch = imported(officer, THREE, branch=branch)

        assert set(imported_by(Loan.objects.all(), batch.pk)) == set(Loan.objects.filter(loan_number__startswith="P-"))
        assert customers_imported_by(Customer.objects.all(), batch.pk).count() == 3

    def test_of_the_same_file_again_changes_nothing(self, officer, branch):
        imported(officer, THREE, branch=branch)
        history = Loan.history.count(), Customer.history.count()

        batch = imported(officer, THREE, branch=branch)

        assert counts(batch) == (0, 0, 3, 0, 0)
        assert batch.changes_nothing
        assert (Loan.history.count(), Customer.history.count()) == history

    def test_of_one_changed_cell_changes_one_row(self, officer, branch):
        imported(officer, THREE, branch=branch)
        one = csv_of(HEADERS, [application(1), application(2, loan_amount=11_000_000), application(3)])

        batch = imported(officer, one, branch=branch)

        assert counts(batch) == (0, 1, 2, 0, 0)
        assert [loan.loan_number for loan in imported_by(Loan.objects.all(), batch.pk)] == ["P-2"]

    def test_lists_the_financing_whose_customer_changed(self, officer, branch):
        imported(officer, THREE, branch=branch)
        one = csv_of(HEADERS, [application(2, monthly_income=6_000_000)])

        batch = imported(officer, one, branch=branch)

        assert [loan.loan_number for loan in imported_by(Loan.objects.all(), batch.pk)] == ["P-2"]

    def test_twice_is_refused(self, officer, branch):
        batch = imported(officer, THREE, branch=branch)

        with pytest.raises(ImportedAlready):
            run_batch(batch=batch, run_by=officer, run_at=NOW)

    def test_before_the_check_is_refused(self, officer, branch):
        with pytest.raises(NotChecked):
            run_batch(batch=uploaded(officer, THREE, branch=branch), run_by=officer, run_at=NOW)

    def test_by_a_colleague_is_refused(self, officer, branch):
        colleague = make_user(branches=[branch], group="Account officer")

        with pytest.raises(NotPermitted):
            run_batch(batch=checked(officer, THREE, branch=branch), run_by=colleague, run_at=NOW)

    @pytest.mark.parametrize(("rows_at_once", "state"), [(3, "done"), (2, "queued")])
    def test_is_a_job_only_above_the_limit(self, officer, branch, settings, rows_at_once, state):
        batch = checked(officer, THREE, branch=branch)
        settings.IMPORT_ROWS_AT_ONCE = rows_at_once

        job = run_batch(batch=batch, run_by=officer, run_at=NOW).job

        assert job is not None
        assert job.state == state

    @pytest.mark.parametrize("lost", ["every right", "the right to score", "the branch"])
    def test_is_refused_to_who_lost_meanwhile(self, branch, lost):
        make_card_in_force()
        clerk = make_user(branches=[branch], permissions=[*CLERK, "scoring.score_loan"])
        batch = checked(clerk, THREE, branch=branch, is_scored=True)
        {
            "every right": clerk.user_permissions.clear,
            "the right to score": lambda: clerk.user_permissions.remove(Permission.objects.get(codename="score_loan")),
            "the branch": clerk.branches.clear,
        }[lost]()

        with pytest.raises(NotPermitted):
            run_batch(batch=batch, run_by=User.objects.get(pk=clerk.pk), run_at=NOW)

    def test_keeps_the_good_rows(self, officer, branch):
        rows = [application(1), application(2, tenor_months="12.5"), [""] * 7]

        batch = imported(officer, csv_of(HEADERS, rows), branch=branch)

        assert counts(batch) == (1, 0, 0, 1, 1)

    def test_writes_nothing_if_it_is_to_be_all_or_nothing_and_cannot(self, officer, branch):
        rows = [application(1), application(2, tenor_months="12.5")]

        with pytest.raises(RowsRejected):
            imported(officer, csv_of(HEADERS, rows), branch=branch, is_all_or_nothing=True)

        assert not Loan.objects.exists()

    def test_withdraws_all_if_a_record_was_taken_since_the_check(self, officer, branch):
        batch = checked(officer, THREE, branch=branch, is_all_or_nothing=True)
        make_loan(loan_number="P-2")

        batch = run_batch(batch=batch, run_by=officer, run_at=NOW)

        assert (batch.state, batch.undone["removed"]) == ("withdrawn", 4)
        assert not Loan.objects.exclude(loan_number="P-2").exists()
        assert not Customer.objects.filter(customer_number__startswith="C-").exists()

    def test_rejects_what_was_taken_since_the_check(self, officer, branch):
        batch = checked(officer, THREE, branch=branch)
        make_loan(loan_number="P-2")

        batch = run_batch(batch=batch, run_by=officer, run_at=NOW + timedelta(hours=1))

        assert counts(batch) == (2, 0, 0, 1, 0)
        assert [row.faults[0].code for row in rejected_rows(batch)] == ["number_taken"]

    def test_of_customers_alone(self, officer, branch):
        batch = imported(officer, csv_of(["cif", "nama"], [["C-1", "Siti"]]), kind="customers", branch=branch)

        assert counts(batch) == (1, 0, 0, 0, 0)

    def test_of_an_empty_table_is_refused(self, officer, branch):
        with pytest.raises(SpreadsheetRefused, match="The file is empty"):
            imported(officer, csv_of(HEADERS, []), branch=branch)

    def test_makes_the_same_numbers_again(self, officer, branch):
        imported(officer, csv_of(FOUR, [[1, 1, 1, 1], [2, 2, 2, 2]]), branch=branch)

        batch = imported(officer, csv_of(FOUR, [[1, 1, 1, 1], [2, 2, 2, 2]]), branch=branch)

        assert counts(batch) == (0, 0, 2, 0, 0)


class TestRejectedRowsWorkbook:
    def test_can_be_mended_and_brought_again_as_it_is(self, officer, branch):
        rows = [application(1), application(2, monthly_income="5 juta"), application(3, tenor_months="12 bulan")]
        batch = imported(officer, csv_of(HEADERS, rows), branch=branch)

        with override("en"):
            book = load_workbook(io.BytesIO(rejected_rows_workbook(batch, reader=batch.owner)))
        sheet = book.worksheets[0]
        assert [cell.value for cell in sheet[1]] == [*HEADERS, *remark_headers("en", ".")]
        assert sheet.cell(2, 4).value == "5 juta"
        sheet.cell(2, 4).value = 5_000_000
        sheet.cell(3, 7).value = 12
        mended = io.BytesIO()
        book.save(mended)
        again = imported(officer, mended.getvalue(), name="rejected.xlsx", branch=branch)

        assert counts(again) == (2, 0, 0, 0, 0)
        assert Loan.objects.count() == 3

    def test_keeps_cells_as_they_were_but_for_numbers_that_were_read(self, officer, branch):
        made, content = Workbook(), io.BytesIO()
        made.active.append(HEADERS)
        made.active.append(["C-1", "Siti", "P-1", NOW.date(), True, 1.5, "0012"])
        made.save(content)

        batch = imported(officer, content.getvalue(), name="a.xlsx", branch=branch)

        cells = [
            cell.value
            for cell in load_workbook(io.BytesIO(rejected_rows_workbook(batch, reader=batch.owner))).worksheets[0][2]
        ]
        assert cells[:7] == ["C-1", "Siti", "P-1", NOW.replace(hour=0, tzinfo=None), True, 1.5, 12]
