"""The pages of an import: what they show of the batch, whom they let go on, and that nothing is done twice."""

import io
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import override
from openpyxl import Workbook, load_workbook

from bprs.files.models import StoredFile
from bprs.importing import pages
from bprs.importing.choices import StillWorking, match_as_chosen
from bprs.importing.models import ColumnMapping, ImportBatch
from bprs.importing.pages import Stage, stage_of
from bprs.importing.reasons import reasons_of
from bprs.importing.services import check_batch
from bprs.jobs import services as jobs
from bprs.jobs.models import Job
from bprs.jobs.tasks import run_job
from bprs.jobs.work import result_url_of
from customers.models import Customer
from loans.models import Loan
from tests.admin_client import logged_in, page_of, queries_of, told
from tests.factories import NOW, make_branch, make_customer, make_loan, make_user
from tests.importing.batches import FOUR, HEADERS, application, checked, csv_of, imported, undone, uploaded

pytestmark = pytest.mark.django_db

THREE = csv_of(HEADERS, [application(1), application(2), application(3)])
STRANGE = ["cif", "nama", "monthly_income", "assets_value", "Plafon yg diajukan", "JW (bln)"]
STRANGE_ROWS = csv_of(STRANGE, [["C-1", "Siti", 5_000_000, 20_000_000, 10_000_000, 12]])


@pytest.fixture
def desk(officer):
    return logged_in(officer)


@pytest.fixture
def supervisor():
    return logged_in(make_user(group="Supervisor", is_staff=True, sees_all_branches=True))


def url(name: str, batch: ImportBatch) -> str:
    return reverse(f"admin:importing_importbatch_{name}", args=[batch.pk])


def upload(client, content: bytes, *, name: str = "rekap.csv", **fields):
    data = {"kind": "applications", "branch": "", "locale": "id", **fields}
    return client.post(
        reverse("admin:importing_importbatch_add"), {**data, "import_file": SimpleUploadedFile(name, content)}
    )


def workbook_with(**sheets: bytes) -> bytes:
    book, target = Workbook(), io.BytesIO()
    book.remove(book.active)
    for name, content in sheets.items():
        sheet = book.create_sheet(name)
        for line in content.decode().splitlines():
            sheet.append([int(cell) if cell.isdigit() else cell for cell in line.split(";")])
    book.save(target)
    return target.getvalue()


class TestFile:
    def test_goes_straight_to_the_check_if_its_columns_are_known(self, desk, branch):
        response = upload(desk, THREE, branch=branch.pk)

        batch = ImportBatch.objects.get()
        assert response.url == url("change", batch)
        assert batch.state == "checked"

    def test_goes_to_the_columns_if_one_is_unknown(self, desk, branch):
        response = upload(desk, STRANGE_ROWS, branch=branch.pk)

        assert response.url == url("columns", ImportBatch.objects.get())

    def test_that_is_too_large_is_refused_with_a_sentence(self, desk, settings):
        settings.UPLOAD_MAX_BYTES = 10

        assert "The file is larger than" in upload(desk, THREE).content.decode()
        assert not StoredFile.objects.exists()

    def test_of_several_sheets_asks_which_with_buttons(self, desk, branch):
        content = workbook_with(Januari=THREE, Februari=THREE)

        page = desk.get(upload(desk, content, name="a.xlsx", branch=branch.pk).url)

        assert page.context["names"] == ["Januari", "Februari"]

    def test_asks_for_sheets_by_their_whole_names(self, desk, branch):
        content = workbook_with(**{"Jan, Feb": THREE, "Mar": THREE})

        page = desk.get(upload(desk, content, name="a.xlsx", branch=branch.pk).url)

        assert page.context["names"] == ["Jan, Feb", "Mar"]

    def test_that_nobody_imports_says_in_the_list_how_long_it_is_kept(self, desk, officer, branch, settings):
        settings.KEEP_UNUSED_FILES_DAYS = 3
        batches = reverse("admin:importing_importbatch_changelist")

        checked(officer, THREE, branch=branch)
        before = page_of(desk, batches)
        imported(officer, THREE, branch=branch)
        after = page_of(desk, batches)

        assert date_format(timezone.localtime(NOW + timedelta(days=3)), "j M Y") in before
        assert before.count('data-testid="draft"') == after.count('data-testid="draft"') == 1

    def test_is_read_from_the_sheet_that_was_chosen_and_kept_once(self, desk, branch):
        content = workbook_with(Januari=THREE, Februari=csv_of(HEADERS, [application(9)]))
        page = desk.get(upload(desk, content, name="a.xlsx", branch=branch.pk).url)
        answer = {**page.context["carried"], "token": page.context["stored"].token, "sheet": "Februari"}

        desk.post(reverse("admin:importing_importbatch_sheet"), answer)

        batch = ImportBatch.objects.get()
        assert (batch.sheet, batch.rows_read, batch.state) == ("Februari", 1, "checked")
        assert StoredFile.objects.get() == batch.stored_file

    def test_of_another_officer_has_no_sheets_to_choose_from(self, desk, branch):
        location = upload(desk, workbook_with(A=THREE, B=THREE), name="a.xlsx", branch=branch.pk).url
        colleague = logged_in(make_user(branches=[branch], group="Account officer", is_staff=True))

        assert colleague.get(location).headers["Location"] == reverse("admin:importing_importbatch_add")

    @pytest.mark.parametrize(("model", "kind"), [("loans_loan", "applications"), ("customers_customer", "customers")])
    def test_is_asked_for_from_the_lists_with_what_they_are_about_chosen(self, desk, model, kind):
        response = desk.get(reverse(f"admin:{model}_import"), follow=True)

        assert response.context["form"]["kind"].value() == kind


class TestColumns:
    def test_show_cells_suggestions_and_what_is_missing(self, officer, branch):
        page = pages.columns_page(uploaded(officer, STRANGE_ROWS, branch=branch))

        by_header = {choice.header: choice for choice in page.choices}
        amount, tenor = by_header["Plafon yg diajukan"], by_header["JW (bln)"]
        assert (amount.field, amount.origin, amount.samples) == ("loan_amount", "suggested", ["10000000"])
        assert (tenor.field, tenor.origin) == ("", "unknown")

    def test_are_shown_without_reading_the_file_again(self, desk, officer, branch, media):
        batch = uploaded(officer, STRANGE_ROWS, branch=branch)
        batch.stored_file.content.storage.delete(str(batch.stored_file.content.name))

        assert "10000000" in page_of(desk, url("columns", batch))

    def test_take_no_suggestion_for_what_need_not_be_there(self, officer, branch):
        content = csv_of(["No.", *HEADERS[1:]], [application(1)])

        page = pages.columns_page(uploaded(officer, content, branch=branch))

        number = page.choices[0]
        assert (number.header, number.field, number.origin) == ("No.", "", "unknown")
        assert number.suggestions == []

    def test_suggest_for_a_short_header_only_what_is_like_all_of_it(self, officer, branch):
        content = csv_of(["No.", "JW", "tenr", *HEADERS[:-1]], [["1", "x", 12, *application(1)[:-1]]])

        page = pages.columns_page(uploaded(officer, content, branch=branch))

        assert [[name for name, _title in choice.suggestions] for choice in page.choices[:3]] == [
            [],
            [],
            ["tenor_months"],
        ]

    def test_without_a_header_are_told(self, desk, officer, branch):
        content = csv_of(["", "xyz", *HEADERS], [["6 bulan", "1", *application(1)]])

        assert desk.get(url("columns", uploaded(officer, content, branch=branch))).context["columns"].has_unnamed

    def test_do_not_spell_out_a_nik(self, officer, branch):
        content = csv_of(["NIK", "xyz", *FOUR], [["3273014501900001", "3273014501900001", 1, 1, 1, 1]])

        page = pages.columns_page(uploaded(officer, content, branch=branch))

        assert [choice.samples for choice in page.choices[:2]] == [["3273••••••••0001"]] * 2

    def test_that_are_confirmed_are_checked_and_remembered(self, desk, officer, branch):
        batch = uploaded(officer, STRANGE_ROWS, branch=branch)
        fields = ["customer_number", "full_name", "monthly_income", "assets_value", "loan_amount", "tenor_months"]

        desk.post(url("columns", batch), {f"column-{index}": name for index, name in enumerate(fields)})

        batch.refresh_from_db()
        assert (batch.state, batch.new_count) == ("checked", 1)
        assert ColumnMapping.objects.exists()

    def test_of_the_same_source_need_not_be_confirmed_again(self, desk, officer, branch):
        self.test_that_are_confirmed_are_checked_and_remembered(desk, officer, branch)

        response = upload(desk, STRANGE_ROWS, branch=branch.pk)

        batch = ImportBatch.objects.get(is_mapping_remembered=True)
        assert response.url == url("change", batch)

    def test_that_are_still_missing_are_told(self, desk, officer, branch):
        batch = uploaded(officer, STRANGE_ROWS, branch=branch)

        page = desk.post(url("columns", batch), {"column-0": "customer_number"})

        assert "The table lacks" in page.context["problem"]
        batch.refresh_from_db()
        assert batch.state == "uploaded"

    def test_cannot_be_changed_once_imported(self, desk, officer, branch):
        batch = imported(officer, THREE, branch=branch)

        assert desk.get(url("columns", batch)).url == url("change", batch)


class TestKind:
    """Officers leave the choice of what the rows are as they find it."""

    LOANS = csv_of(["no rekening", "cif", "plafon", "tenor"], [["P-1", "C-1", 10_000_000, 12]])

    def test_that_fits_better_is_offered_and_taken(self, desk, officer, branch):
        make_customer(branch=branch, customer_number="C-1")
        batch = uploaded(officer, self.LOANS, branch=branch)
        offered = desk.get(url("columns", batch)).context["better_kind"]

        answer = desk.post(url("kind", batch), {"kind": offered})

        batch.refresh_from_db()
        assert (offered, batch.kind, batch.state, batch.new_count) == ("loans", "loans", "checked", 1)
        assert answer.url == url("change", batch)

    def test_is_not_offered_where_nothing_is_missing(self, desk, officer, branch):
        content = csv_of([*HEADERS, "xyz"], [[*application(1), "1"]])

        assert desk.get(url("columns", uploaded(officer, content, branch=branch))).context["better_kind"] == ""

    def test_is_not_offered_if_less_would_be_read(self, desk, officer, branch):
        content = csv_of(["cif", "nama", "gaji", "aset", "plafon"], [["C-1", "Siti", 1, 1, 1]])

        assert desk.get(url("columns", uploaded(officer, content, branch=branch))).context["better_kind"] == ""

    def test_is_not_offered_without_the_rights_to_it(self, officer, branch):
        content = csv_of(["nama", *FOUR], [["Siti", 1, 1, 1, 1]])
        clerk = make_user(branches=[branch], is_staff=True)
        clerk.user_permissions.set(Permission.objects.filter(codename__in=["add_customer", "change_customer"]))
        url_of_officer, url_of_clerk = (
            url("columns", uploaded(user, content, kind="customers", branch=branch)) for user in (officer, clerk)
        )

        offered = [
            logged_in(user).get(address).context["better_kind"]
            for user, address in ((officer, url_of_officer), (clerk, url_of_clerk))
        ]

        assert offered == ["applications", ""]

    @pytest.mark.parametrize("kind", ["", "xyz"])
    def test_must_be_one_there_is(self, desk, officer, branch, kind):
        batch = uploaded(officer, self.LOANS, branch=branch)

        assert "You may not" in told(desk.post(url("kind", batch), {"kind": kind}))[0]

    def test_cannot_be_changed_once_imported(self, desk, officer, branch):
        batch = imported(officer, THREE, branch=branch)

        assert "imported already" in told(desk.post(url("kind", batch), {"kind": "loans"}))[0]


class TestCheck:
    def test_adds_up(self, officer, branch):
        rows = [application(1), application(2, tenor_months="12.5"), [""] * 7]

        read, *others = pages.tiles_of(checked(officer, csv_of(HEADERS, rows), branch=branch))

        assert read.count == sum(tile.count for tile in others) == 3

    def test_tells_reasons_by_how_many_rows_they_concern(self, officer, branch):
        bad = [application(n, monthly_income="5 juta") for n in range(12)]
        rows = [*bad, application(20, tenor_months="12.5"), application(21)]

        first, second = reasons_of(checked(officer, csv_of(HEADERS, rows), branch=branch))

        assert (first.column, first.count, len(first.rows), first.left_out) == ("monthly_income", 12, 10, 2)
        assert (first.rows[0].number, first.rows[0].cell) == (2, "5 juta")
        assert first.is_same_for_all
        assert (second.code, second.count) == ("not_whole", 1)

    def test_tells_what_changes_wherever_it_stands(self, desk, officer, branch):
        rows = [application(n) for n in range(30)]
        imported(officer, csv_of(HEADERS, rows), branch=branch)
        rows[27] = application(27, tenor_months=24)

        page = desk.get(url("change", checked(officer, csv_of(HEADERS, rows), branch=branch)))

        (changed,) = page.context["changed_cells"]
        assert (changed.number, changed.of, changed.before, changed.text) == (29, "P-27", "12", "24")

    def test_names_the_columns_together_in_which_a_row_differs_from_another(self, officer, branch):
        same = application(1)
        other = application(1, **{"nama": "Budi", "no rekening": "P-9", "monthly_income": 6_000_000})

        (reason,) = reasons_of(checked(officer, csv_of(HEADERS, [same, other]), branch=branch))

        assert (reason.code, reason.count) == ("differs_from_row", 1)
        assert set(reason.column.split(", ")) == {"nama", "monthly_income"}

    def test_masks_a_bad_nik_but_counts_its_digits(self, officer, branch):
        content = csv_of(["nik", *HEADERS], [["327301450190001", *application(1)]])

        with override("en"):
            (reason,) = reasons_of(checked(officer, content, branch=branch))

        assert reason.rows[0].cell == "3273•••••••0001 (15 digits)"

    def test_can_be_made_again_with_numbers_read_otherwise(self, desk, officer, branch):
        batch = checked(officer, csv_of(HEADERS, [application(1, monthly_income='"5,000"')]), branch=branch)

        desk.post(url("check", batch), {"locale": "en"})

        batch.refresh_from_db()
        assert (batch.locale, batch.state) == ("en", "checked")

    def test_goes_to_a_worker_if_the_file_is_large(self, desk, branch, settings):
        settings.IMPORT_ROWS_AT_ONCE = 2
        page = desk.get(upload(desk, THREE, branch=branch.pk).url)
        batch = ImportBatch.objects.get()
        assert "import-progress" in page.content.decode()
        assert desk.get(url("progress", batch)).status_code == 200

        run_job(str(batch.job_id))

        assert desk.get(url("progress", batch)).headers["HX-Refresh"] == "true"
        assert desk.get(url("change", batch)).context["step"] == 3

    def test_costs_as_many_queries_for_many_rows_as_for_few(self, desk, officer, branch):
        few = checked(officer, csv_of(HEADERS, [application(n, tenor_months="x") for n in range(2)]), branch=branch)
        many = checked(officer, csv_of(HEADERS, [application(n, tenor_months="x") for n in range(300)]), branch=branch)

        assert queries_of(desk, url("change", many)) == queries_of(desk, url("change", few))


class TestLargeWorkbook:
    """Reading one takes longer than anybody waits for a page."""

    @pytest.fixture(autouse=True)
    def few_rows_are_many(self, settings):
        settings.IMPORT_ROWS_AT_ONCE = 2

    @staticmethod
    def brought(desk, branch, **sheets: bytes) -> tuple[ImportBatch, str]:
        answer = upload(desk, workbook_with(**sheets), name="a.xlsx", branch=branch.pk)
        batch = ImportBatch.objects.get()
        assert answer.url == url("change", batch)
        page = page_of(desk, answer.url)
        assert not batch.is_read
        run_job(str(batch.job_id))
        batch.refresh_from_db()
        return batch, page

    def test_is_read_and_checked_by_a_worker(self, desk, branch):
        batch, page = self.brought(desk, branch, Data=THREE)

        assert "import-progress" in page
        assert (batch.state, batch.rows_read, batch.new_count) == ("checked", 3, 3)
        assert batch.job
        assert batch.job.total_count == 3

    def test_waits_for_its_columns_if_one_is_in_doubt(self, desk, branch):
        many = STRANGE_ROWS + b"\n" + b"\n".join(STRANGE_ROWS.splitlines()[1:] * 3)

        batch, _page = self.brought(desk, branch, Data=many)

        assert desk.get(url("change", batch)).url == url("columns", batch)
        assert "10000000" in page_of(desk, url("columns", batch))

    def test_asks_which_sheet_is_meant(self, desk, branch):
        batch, _page = self.brought(desk, branch, Januari=THREE, Februari=csv_of(HEADERS, [application(9)]))
        asked = desk.get(url("change", batch))

        desk.post(url("check", batch), {"sheet": "Februari"})
        batch.refresh_from_db()
        run_job(str(batch.job_id))

        assert asked.context["names"] == ["Januari", "Februari"]
        batch.refresh_from_db()
        assert (batch.sheet, batch.rows_read, batch.state) == ("Februari", 1, "checked")

    def test_that_cannot_be_read_says_why(self, desk, branch):
        twice = csv_of([*HEADERS, "xyz"], [[*application(n), "x" * 3_000] for n in range(3)])

        batch, _page = self.brought(desk, branch, Data=twice)

        page = page_of(desk, url("change", batch))
        assert "stopped" in page_of(desk, reverse("admin:importing_importbatch_changelist"))
        assert "The file was not read" in page
        assert "2,000 characters" in page
        assert desk.get(url("columns", batch)).url == url("change", batch)

    def test_can_be_cancelled_and_read_after_all(self, desk, branch):
        upload(desk, workbook_with(Data=THREE), name="a.xlsx", branch=branch.pk)
        batch = ImportBatch.objects.get()

        desk.post(url("stop", batch))
        assert "go-on" in page_of(desk, url("change", batch))
        desk.post(url("go_on", batch))

        batch.refresh_from_db()
        run_job(str(batch.job_id))
        batch.refresh_from_db()
        assert batch.state == "checked"


class TestManyRejectedRows:
    """A workbook of 200,000 rows takes half a minute, and the server has other things to do."""

    @pytest.fixture
    def batch(self, officer, branch, settings) -> ImportBatch:
        settings.WORKBOOK_ROWS_AT_ONCE = 2
        return checked(officer, csv_of(HEADERS, [application(n, tenor_months="x") for n in range(3)]), branch=branch)

    @staticmethod
    def made(desk, batch) -> list[list[object]]:
        job = Job.objects.get(kind="write_rejected", state=Job.State.QUEUED)
        run_job(str(job.pk))
        content = b"".join(desk.get(url("rejected", batch)).streaming_content)
        sheet = load_workbook(io.BytesIO(content)).active
        assert sheet is not None
        return [list(row) for row in sheet.iter_rows(values_only=True)]

    def test_are_written_by_a_job_that_is_asked_for_once(self, desk, batch):
        asked = [desk.get(url("rejected", batch)).url for _ in range(2)]

        job = Job.objects.get(kind="write_rejected")
        assert asked == [reverse("admin:jobs_job_change", args=[job.pk])] * 2
        assert len(self.made(desk, batch)) == 4
        job.refresh_from_db()
        assert result_url_of(job) == url("rejected", batch)
        assert b"".join(desk.get(url("rejected", batch)).streaming_content)
        assert Job.objects.filter(kind="write_rejected").count() == 1

    def test_are_written_anew_once_they_are_others(self, desk, officer, batch):
        desk.get(url("rejected", batch))
        self.made(desk, batch)
        check_batch(batch=batch, checked_at=NOW + timedelta(hours=1))

        assert "job" in desk.get(url("rejected", batch)).url

    def test_are_written_again_after_a_cancel_and_after_their_file_is_gone(self, desk, officer, batch):
        desk.get(url("rejected", batch))
        jobs.cancel(job=Job.objects.get(kind="write_rejected"), by=officer, at=NOW)
        desk.get(url("rejected", batch))
        self.made(desk, batch)
        StoredFile.objects.exclude(pk=batch.stored_file_id).delete()

        desk.get(url("rejected", batch))

        assert len(self.made(desk, batch)) == 4


class TestRun:
    def test_scores_if_asked_and_leads_to_just_these(self, desk, officer, branch):
        make_loan(branch=branch)
        batch = checked(officer, THREE, branch=branch)

        page = desk.post(url("run", batch), {"is_scored": "on"}, follow=True)

        assert [(record.created, record.changed) for record in page.context["records"]] == [(3, 0), (3, 0)]
        assert page.context["batch"].follow_up["scored"] == 3
        listed = desk.get(f"{reverse('admin:loans_loan_changelist')}?import={batch.pk}")
        assert listed.context["cl"].result_count == 3
        assert "portofolio.csv" in listed.content.decode()

    def test_twice_imports_once(self, desk, officer, branch):
        batch = checked(officer, THREE, branch=branch)
        desk.post(url("run", batch))

        response = desk.post(url("run", batch))

        assert "imported already" in told(response)[0]
        assert Loan.objects.count() == 3

    def test_of_all_or_nothing_imports_nothing_while_a_row_is_rejected(self, desk, officer, branch):
        batch = checked(officer, csv_of(HEADERS, [application(1), application(2, tenor_months="x")]), branch=branch)

        response = desk.post(url("run", batch), {"is_all_or_nothing": "1"})

        assert "Nothing was imported" in told(response)[0]
        assert not Loan.objects.exists()
        batch.refresh_from_db()
        assert (batch.state, batch.is_all_or_nothing) == ("checked", False)

    def test_of_the_same_file_says_that_nothing_changed(self, desk, officer, branch):
        imported(officer, THREE, branch=branch)

        page = desk.get(upload(desk, THREE, branch=branch.pk).url)

        assert "There is nothing to import" in page.content.decode()

    def test_can_be_cancelled_and_gone_on_with(self, desk, officer, branch, settings):
        settings.IMPORT_ROWS_AT_ONCE = 2
        batch = checked(officer, THREE, branch=branch)
        run_job(str(batch.job_id))
        desk.post(url("run", batch))
        desk.post(url("stop", batch))
        batch = ImportBatch.objects.select_related("job").get()
        assert (stage_of(batch), Loan.objects.count()) == (Stage.STUCK, 0)
        assert "go-on" in page_of(desk, url("change", batch))

        desk.post(url("go_on", batch))
        run_job(str(batch.job_id))

        batch.refresh_from_db()
        assert (batch.state, Loan.objects.count()) == ("done", 3)

    def test_is_linked_from_its_job(self, officer, branch):
        batch = imported(officer, THREE, branch=branch)

        assert batch.job
        assert result_url_of(batch.job) == url("change", batch)


class TestUndo:
    def test_says_how_much_it_will_take_back(self, desk, officer, branch):
        batch = imported(officer, THREE, branch=branch)

        records = desk.get(url("undo", batch)).context["records"]

        assert [(record.created, record.changed) for record in records] == [(3, 0), (3, 0)]
        assert Loan.objects.count() == 3

    def test_takes_it_back_and_says_what_had_to_stay(self, desk, officer, branch):
        batch = imported(officer, THREE, branch=branch)
        touched = Loan.objects.get(loan_number="P-2")
        touched.tenor_months = 24
        touched.save()

        page = desk.post(url("undo", batch), follow=True)

        assert Loan.objects.get() == touched
        kept = [(each.title, each.sentence, each.count, each.numbers) for each in page.context["kept"]]
        assert kept == [
            ("financing", "Somebody has changed it since.", 1, ["P-2"]),
            ("customers", "Something else rests on it by now.", 1, [touched.customer.customer_number]),
        ]

    def test_is_offered_once(self, desk, officer, branch):
        batch = undone(imported(officer, THREE, branch=branch))

        assert desk.get(url("undo", batch)).url == url("change", batch)
        assert "already" in told(desk.post(url("undo", batch)))[0]

    def test_is_the_owners_alone(self, supervisor, officer, branch):
        batch = imported(officer, THREE, branch=branch)

        assert supervisor.post(url("undo", batch)).status_code == 403
        assert Loan.objects.count() == 3


class TestRights:
    @pytest.mark.parametrize("page", ["change", "columns", "rejected", "progress", "undo"])
    def test_a_colleagues_import_is_not_found(self, officer, branch, page):
        batch = checked(officer, THREE, branch=branch)
        colleague = logged_in(make_user(branches=[branch], group="Account officer", is_staff=True))

        assert colleague.get(url(page, batch)).status_code == 404

    @pytest.mark.parametrize("act", ["columns", "kind", "check", "run", "stop", "go_on"])
    def test_a_supervisor_looks_but_does_nothing(self, supervisor, officer, branch, act):
        batch = checked(officer, THREE, branch=branch)

        assert "somebody else" in page_of(supervisor, url("change", batch))
        assert supervisor.post(url(act, batch)).status_code == 403
        assert not Loan.objects.exists()

    def test_the_list_has_ones_own_and_all_for_supervisors(self, desk, supervisor, officer, branch):
        checked(officer, THREE, branch=branch)
        colleague = make_user(branches=[branch], group="Account officer", is_staff=True)
        checked(colleague, THREE, branch=branch)
        listed = reverse("admin:importing_importbatch_changelist")

        own, everyones = (client.get(listed).context["cl"] for client in (desk, supervisor))
        assert (own.result_count, "by" in own.list_display) == (1, False)
        assert (everyones.result_count, "by" in everyones.list_display) == (2, True)

    def test_who_may_import_nothing_sees_no_page(self):
        auditor = logged_in(make_user(group="Auditor", is_staff=True))

        assert auditor.get(reverse("admin:importing_importbatch_changelist")).status_code == 403
        assert auditor.get(reverse("admin:importing_importbatch_add")).status_code == 403


class TestImportFilter:
    def test_of_an_import_that_one_may_not_see_shows_nothing(self, officer, branch):
        batch = imported(officer, THREE, branch=branch)
        colleague = logged_in(make_user(branches=[branch], group="Account officer", is_staff=True))

        listed = colleague.get(f"{reverse('admin:loans_loan_changelist')}?import={batch.pk}")

        assert listed.context["cl"].result_count == 0

    @pytest.mark.parametrize("value", ["x", "00000000-0000-0000-0000-000000000000"])
    def test_of_no_import_shows_nothing(self, desk, branch, value):
        make_loan(branch=branch)

        listed = desk.get(f"{reverse('admin:loans_loan_changelist')}?import={value}")

        assert listed.context["cl"].result_count == 0

    def test_can_be_removed_and_the_rest_of_the_search_stays(self, desk, officer, branch):
        batch = imported(officer, THREE, branch=branch)

        listed = desk.get(f"{reverse('admin:customers_customer_changelist')}?import={batch.pk}&q=Siti")

        assert listed.context["cl"].result_count == 3
        assert listed.context["import_filter_removed"] == "?q=Siti"


def test_a_job_that_failed_shows_why_and_can_be_tried_again(desk, officer, branch, settings):
    settings.IMPORT_ROWS_AT_ONCE = 2
    batch = checked(officer, THREE, branch=branch)
    job = batch.job
    assert job
    jobs.cancel(job=job, by=officer, at=NOW + timedelta(minutes=1))

    assert "The check did not get through" in page_of(desk, url("change", batch))
    desk.post(url("go_on", batch))

    batch.refresh_from_db()
    assert (batch.state, batch.job_id == job.pk) == ("checking", False)


class TestTwoTabs:
    @pytest.fixture
    def being_checked(self, officer, branch, settings) -> ImportBatch:
        settings.IMPORT_ROWS_AT_ONCE = 2
        return checked(officer, THREE, branch=branch)

    def test_cannot_match_columns_while_the_rows_are_read(self, officer, being_checked):
        with pytest.raises(StillWorking):
            match_as_chosen(batch=being_checked, mapping={}, confirmed_by=officer, confirmed_at=NOW)

    @pytest.mark.parametrize("act", ["check", "go_on"])
    def test_ask_for_one_check_between_them(self, desk, being_checked, act):
        desk.post(url(act, being_checked))

        assert Job.objects.count() == 1

    def test_cannot_run_what_is_being_checked(self, desk, being_checked):
        assert "not checked yet" in told(desk.post(url("run", being_checked)))[0]


def test_an_import_whose_customers_changed_lists_their_financing(desk, officer, branch):
    make_loan(customer=make_customer(branch=branch, customer_number="C-1", full_name="Siti"))
    batch = imported(officer, csv_of(["cif", "gaji"], [["C-1", 7_000_000]]), kind="customers")

    listed = desk.get(f"{reverse('admin:loans_loan_changelist')}?import={batch.pk}")

    assert listed.context["cl"].result_count == 1
    assert Customer.objects.get().monthly_income == 7_000_000


def test_branches_are_offered_to_who_works_in_several(officer, branch):
    officer.branches.add(make_branch(code="002"))

    form = logged_in(officer).get(reverse("admin:importing_importbatch_add")).context["form"]

    assert form.has_several_branches
