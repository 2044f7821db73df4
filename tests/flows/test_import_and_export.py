"""An officer brings a spreadsheet: preview, confirmation, score; and takes one away again."""

import io
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import Workbook, load_workbook

from bprs.files.models import StoredFile
from bprs.importing.models import ImportBatch
from bprs.importing.selectors import rejected_rows
from bprs.spreadsheets.remarks import remark_headers
from customers.models import Customer
from loans.models import Loan
from scoring.models import ScoringRun, Source
from tests.admin_client import file_of
from tests.factories import make_branch, make_card_in_force, make_customer, make_loan, make_user
from tests.tampering import put_no_card_in_force

pytestmark = pytest.mark.django_db

HEADERS = ["monthly_income", "assets_value", "loan_amount", "tenor_months"]
ROWS = [[5_000_000, 20_000_000, 10_000_000, 12], [10_000_000, 5_000_000, 50_000_000, 24], [2_000_000, 0, 10_000_000, 6]]
ACCEPTANCE_CSV = "\n".join([",".join(HEADERS), *(",".join(map(str, row)) for row in ROWS)])
ENGLISH = {"accept-language": "en"}
NIK = "3273014501900001"


@pytest.fixture(autouse=True)
def media(settings, tmp_path: Path):
    settings.MEDIA_ROOT = tmp_path
    settings.LANGUAGE_CODE = "en"
    return tmp_path


@pytest.fixture
def branch():
    return make_branch(code="001")


@pytest.fixture
def officer(branch):
    make_card_in_force()
    return make_user("officer", branches=[branch], group="Account officer", is_staff=True)


@pytest.fixture
def desk(client, officer):
    client.force_login(officer)
    return client


def workbook(*rows: list[Any]) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def preview(
    client: Client, content: str | bytes, *, kind: str = "applications", name: str = "portfolio.csv", **fields: Any
):
    """Upload the file, and look at the page that this leads to."""
    data = content.encode() if isinstance(content, str) else content
    defaults = {"kind": kind, "branch": "", "locale": "id", "sheet": ""}
    response = client.post(
        reverse("admin:importing_importbatch_add"),
        {**defaults, **fields, "import_file": SimpleUploadedFile(name, data)},
        follow=True,
        headers=ENGLISH,
    )
    return settle_columns(client, response)


def settle_columns(client: Client, response):
    """Confirm the columns as they stand, if that is asked."""
    if "columns" not in (response.context or {}):
        return response
    choices = {f"column-{choice.index}": choice.field for choice in response.context["columns"].choices}
    url = reverse("admin:importing_importbatch_columns", args=[response.context["batch"].pk])
    return client.post(url, choices, follow=True, headers=ENGLISH)


def confirm(client: Client, previewed, **fields: Any):
    url = reverse("admin:importing_importbatch_run", args=[batch_of(previewed).pk])
    return client.post(url, fields, follow=True, headers=ENGLISH)


def batch_of(response) -> ImportBatch:
    return ImportBatch.objects.get(pk=response.context["batch"].pk)


def counts_of(response) -> dict[str, int]:
    return {tile.name: tile.count for tile in response.context["tiles"]}


def told(response) -> str:
    return " ".join(str(message) for message in response.context["messages"])


def text(response) -> str:
    return " ".join(response.content.decode().split())


class TestAcceptanceFile:
    @pytest.mark.parametrize(
        ("name", "content"),
        [
            ("sample.csv", ACCEPTANCE_CSV),
            ("semicolons.csv", ACCEPTANCE_CSV.replace(",", ";")),
            ("excel.csv", "sep=;\r\n" + ACCEPTANCE_CSV.replace(",", ";").replace("\n", "\r\n")),
            ("sample.xlsx", workbook(HEADERS, *ROWS)),
            ("judul.xlsx", workbook(["Daftar pembiayaan"], [], HEADERS, *ROWS)),
        ],
        ids=lambda value: value if isinstance(value, str) and len(value) < 20 else "",
    )
    def test_becomes_three_scores_two_of_them_high_risk(self, desk, branch, name, content):
        response = confirm(desk, preview(desk, content, name=name, branch=branch.pk), is_scored="on")

        assert list(Loan.objects.order_by("pk").values_list("credit_score", "segment")) == [
            (600, "medium"),
            (420, "high"),
            (300, "high"),
        ]
        assert "Imported: 3 new, 0 changed" in text(response)
        scored = batch_of(response).follow_up
        assert [scored[name] for name in ("scored", "low", "medium", "high", "rejected")] == [3, 0, 1, 2, 0]

    def test_is_scored_in_one_run_that_the_summary_leads_to(self, desk, officer, branch):
        response = confirm(desk, preview(desk, ACCEPTANCE_CSV, branch=branch.pk), is_scored="on")

        run = ScoringRun.objects.get()
        assert (run.source, run.scored_by, run.scored_count) == (Source.IMPORT, officer, 3)
        assert reverse("admin:scoring_scoringrun_change", args=[run.pk]) in text(response)

    def test_is_not_scored_unless_asked_for(self, desk, branch):
        confirm(desk, preview(desk, ACCEPTANCE_CSV, branch=branch.pk))

        assert Loan.objects.filter(credit_score__isnull=True).count() == 3
        assert not ScoringRun.objects.exists()

    def test_again_changes_nothing(self, desk, branch):
        confirm(desk, preview(desk, ACCEPTANCE_CSV, branch=branch.pk), is_scored="on")

        again = preview(desk, ACCEPTANCE_CSV, branch=branch.pk)

        assert counts_of(again)["unchanged"] == 3
        assert "There is nothing to import" in text(again)

    def test_is_all_or_nothing_with_its_scores(self, desk, branch):
        put_no_card_in_force()

        response = confirm(desk, preview(desk, ACCEPTANCE_CSV, branch=branch.pk), is_scored="on")

        assert "No scorecard is in force" in told(response)
        assert batch_of(response).state == "checked"
        assert not Loan.objects.exists()
        assert not Customer.objects.exists()


class TestPreview:
    def test_writes_nothing(self, desk, branch):
        preview(desk, ACCEPTANCE_CSV, branch=branch.pk)

        assert not Loan.objects.exists()
        assert not Customer.objects.exists()

    def test_accounts_for_every_row(self, desk, branch):
        sheet = f"cif,{','.join(HEADERS)}\nC-1,5000000,0,10000000,12\n,,,,\nC-2,5 juta,0,10000000,12\n"

        response = preview(desk, sheet, branch=branch.pk)

        expected = {"read": 3, "new": 1, "changed": 0, "unchanged": 0, "rejected": 1, "blank": 1}
        assert counts_of(response) == expected

    def test_names_row_column_and_reason_of_what_is_rejected(self, desk, branch):
        response = preview(desk, f"Daftar\n{','.join(HEADERS)}\n5 juta,0,10000000,12\n", branch=branch.pk)

        row = rejected_rows(batch_of(response))[0]
        assert (row.number, row.faults[0].column) == (3, "monthly_income")
        assert "5 juta contains words. Write the number in full, in digits only." in text(response)

    def test_shows_the_first_rows_only(self, desk, branch):
        many = "\n".join([",".join(HEADERS), *(["5000000,0,10000000,12"] * 3000)])

        response = preview(desk, many, branch=branch.pk)

        assert len(response.context["shown"]) == 20
        assert len(response.content) < 200_000

    def test_lists_the_first_hundred_rejections_only(self, desk, branch):
        many = "\n".join([",".join(HEADERS), *(["banyak,0,10000000,12"] * 500)])

        response = preview(desk, many, branch=branch.pk)

        assert len(response.context["rejected_rows"]) == 100
        assert "and 400 more rows; the download has them all" in text(response)

    def test_says_that_numbers_are_made_up(self, desk, branch):
        assert "3 rows have no financing number" in text(preview(desk, ACCEPTANCE_CSV, branch=branch.pk))

    @pytest.mark.parametrize("language", ["id", "en"])
    def test_reads_numbers_alike_in_every_language_of_the_screen(self, desk, branch, language):
        sheet = f"{';'.join(HEADERS)}\n5.000;1.500.000;Rp 10.000.000,-;12\n"
        desk.cookies["django_language"] = language

        confirm(desk, preview(desk, sheet, branch=branch.pk))

        customer = Customer.objects.get()
        assert (customer.monthly_income, customer.assets_value) == (Decimal(5_000), Decimal(1_500_000))

    def test_the_locale_of_a_file_can_be_said(self, desk, branch):
        sheet = f'{",".join(HEADERS)}\n"5,000",0,"10,000",12\n'

        confirm(desk, preview(desk, sheet, branch=branch.pk, locale="en"))

        assert Customer.objects.get().monthly_income == Decimal(5_000)

    @pytest.mark.parametrize(
        ("content", "reason"),
        [
            (b"", "The file is empty."),
            (b"%PDF-1.7 nothing", "This is not an Excel workbook"),
        ],
    )
    def test_refuses_what_is_no_such_sheet_and_keeps_nothing(self, desk, branch, content, reason):
        response = preview(desk, content, branch=branch.pk)

        assert reason in str(response.context["form"].errors)
        assert not StoredFile.objects.exists()

    @pytest.mark.parametrize(
        ("sheet", "reason"),
        [
            (ACCEPTANCE_CSV.replace("tenor_months", "mystery"), "The table lacks Tenor (months)."),
            (ACCEPTANCE_CSV.replace("tenor_months", "tenor_months,tenor"), "all mean Tenor (months)"),
        ],
    )
    def test_asks_again_while_the_columns_do_not_fit(self, desk, branch, sheet, reason):
        assert reason in text(preview(desk, sheet, branch=branch.pk))

    def test_refuses_more_rows_than_are_imported_at_once(self, desk, branch, settings):
        settings.IMPORT_MAX_ROWS = 2

        response = preview(desk, ACCEPTANCE_CSV, branch=branch.pk)

        assert "The table has more than 2 rows. Split it." in str(response.context["form"].errors)

    def test_makes_no_more_queries_for_more_rows(self, desk, branch):
        def sheet(count: int) -> str:
            return "\n".join(["cif," + ",".join(HEADERS), *(f"C-{n},5000000,0,10000000,12" for n in range(count))])

        desk.get("/admin/")  # the first page of a session notes when it began
        with CaptureQueriesContext(connection) as for_few:
            preview(desk, sheet(5), branch=branch.pk)
        with CaptureQueriesContext(connection) as for_many:
            preview(desk, sheet(500), branch=branch.pk)

        assert len(for_many) == len(for_few)


class TestConfirmation:
    def test_keeps_the_good_rows_and_tells_of_the_others(self, desk, branch):
        sheet = f"{','.join(HEADERS)}\n5000000,0,10000000,12\n5000000,0,10000000,12.5\n"

        response = confirm(desk, preview(desk, sheet, branch=branch.pk))

        assert Loan.objects.count() == 1
        assert (counts_of(response)["new"], counts_of(response)["rejected"]) == (1, 1)

    def test_twice_imports_once(self, desk, branch):
        previewed = preview(desk, ACCEPTANCE_CSV, branch=branch.pk)
        confirm(desk, previewed)

        response = confirm(desk, previewed)

        assert "This file was imported already." in told(response)
        assert Loan.objects.count() == 3

    def test_by_another_officer_is_refused(self, desk, branch):
        previewed = preview(desk, ACCEPTANCE_CSV, branch=branch.pk)
        colleague = Client()
        colleague.force_login(make_user(branches=[branch], group="Account officer", is_staff=True))

        assert confirm(colleague, previewed).status_code == 404
        assert not Loan.objects.exists()

    def test_into_a_foreign_branch_is_refused(self, desk):
        foreign = make_branch(code="009")

        response = preview(desk, ACCEPTANCE_CSV, branch=foreign.pk)

        assert "branch" in response.context["form"].errors
        assert not ImportBatch.objects.exists()

    def test_scores_only_what_was_touched(self, desk, branch):
        untouched = make_loan(branch=branch)

        confirm(desk, preview(desk, ACCEPTANCE_CSV, branch=branch.pk), is_scored="on")

        untouched.refresh_from_db()
        assert untouched.credit_score is None

    def test_writes_history(self, desk, officer, branch):
        confirm(desk, preview(desk, ACCEPTANCE_CSV, branch=branch.pk))

        assert set(Loan.history.values_list("history_user", "history_type")) == {(officer.pk, "+")}
        assert (Loan.history.count(), Customer.history.count()) == (3, 3)


class TestRejectedRows:
    def test_come_back_as_a_workbook_that_can_be_mended(self, desk, branch):
        previewed = preview(
            desk, f"nama,{','.join(HEADERS)}\nSiti,5 juta,0,10000000,12\nBudi,1,1,1,1\n", branch=branch.pk
        )

        response = desk.get(reverse("admin:importing_importbatch_rejected", args=[batch_of(previewed).pk]))

        rows = list(load_workbook(io.BytesIO(response.content)).active.values)
        assert rows[0] == ("nama", *HEADERS, *remark_headers("en", "."))
        assert rows[1][:2] == ("Siti", "5 juta")
        assert rows[1][-1].startswith("monthly_income: 5 juta contains words.")
        assert len(rows) == 2

    def test_of_another_officers_file_are_not_found(self, desk, branch):
        previewed = preview(desk, f"{','.join(HEADERS)}\n5 juta,0,10000000,12\n", branch=branch.pk)
        colleague = Client()
        colleague.force_login(make_user(branches=[branch], group="Account officer", is_staff=True))

        url = reverse("admin:importing_importbatch_rejected", args=[batch_of(previewed).pk])

        assert colleague.get(url).status_code == 404


class TestRights:
    def test_who_may_not_add_may_not_import(self, client, branch):
        client.force_login(make_user(branches=[branch], group="Auditor", is_staff=True))

        assert client.get(reverse("admin:loans_loan_import"), follow=True).status_code == 403
        assert preview(client, ACCEPTANCE_CSV).status_code == 403
        assert not ImportBatch.objects.exists()

    def test_who_may_add_loans_only_is_offered_no_sheet_with_customers(self, client, branch):
        permissions = ["loans.view_loan", "loans.add_loan", "loans.change_loan"]
        client.force_login(make_user(branches=[branch], permissions=permissions, is_staff=True))

        page = client.get(reverse("admin:loans_loan_import"), follow=True)

        assert [sheet["kind"] for sheet in page.context["kinds"]] == ["loans"]

    def test_who_may_not_score_is_offered_no_tick_box_and_scores_nothing(self, client, branch):
        apps = {"customers": "customer", "loans": "loan"}
        permissions = [f"{app}.{verb}_{model}" for app, model in apps.items() for verb in ("view", "add", "change")]
        client.force_login(make_user(branches=[branch], permissions=permissions, is_staff=True))

        previewed = preview(client, ACCEPTANCE_CSV, branch=branch.pk)
        response = confirm(client, previewed, is_scored="on")

        assert 'name="is_scored"' not in text(previewed)
        assert "You may not import these rows." in told(response)
        assert not Loan.objects.exists()

    def test_the_branch_is_the_officers_own_if_there_is_only_one(self, desk, branch):
        make_branch(code="009")

        field = desk.get(reverse("admin:importing_importbatch_add")).context["form"]["branch"]

        assert field.initial == branch.pk
        assert [choice.pk for choice in field.field.queryset] == [branch.pk]

    def test_a_get_imports_nothing(self, desk, branch):
        previewed = preview(desk, ACCEPTANCE_CSV, branch=branch.pk)

        desk.get(reverse("admin:importing_importbatch_run", args=[batch_of(previewed).pk]))

        assert batch_of(previewed).state == "checked"


class TestCustomers:
    def test_are_imported_from_their_own_page(self, desk, branch):
        response = preview(
            desk, f"CIF;Nama;NIK;Gaji\nC-1;Siti;{NIK};Rp 5.000.000\n", kind="customers", branch=branch.pk
        )
        confirm(desk, response)

        customer = Customer.objects.get()
        assert (customer.full_name, customer.nik, customer.monthly_income) == ("Siti", NIK, Decimal(5_000_000))

    def test_are_not_shown_with_their_nik(self, desk, branch):
        response = preview(desk, f"CIF;Nama;NIK\nC-1;Siti;{NIK}\n", kind="customers", branch=branch.pk)

        assert NIK not in text(response)


class TestTemplate:
    @pytest.mark.parametrize("kind", ["applications", "loans", "customers"])
    def test_is_linked_and_can_be_downloaded(self, desk, kind):
        url = reverse("admin:importing_importbatch_template", args=[kind])

        assert url in text(desk.get(reverse("admin:importing_importbatch_add")))
        assert load_workbook(io.BytesIO(desk.get(url).content)).sheetnames[0] == "Data"

    def test_comes_back_with_its_example_refused_and_the_rest_imported(self, desk, branch):
        url = reverse("admin:importing_importbatch_template", args=["applications"])
        book = load_workbook(io.BytesIO(desk.get(url).content))
        sheet = book["Data"]
        for place, header in enumerate([cell.value for cell in sheet[1]], start=1):
            value = {"Monthly income (Rp)": 5_000_000, "Assets value (Rp)": 0, "Full name": "Siti"}.get(header)
            value = {"Loan amount (Rp)": 10_000_000, "Tenor (months)": 12}.get(header, value)
            sheet.cell(3, place, value)
        for unused in book.sheetnames[1:]:
            del book[unused]
        target = io.BytesIO()
        book.save(target)

        batch = batch_of(preview(desk, target.getvalue(), name="template.xlsx", branch=branch.pk))

        assert (batch.new_count, batch.rejected_count) == (1, 1)
        assert rejected_rows(batch)[0].faults[0].code == "looks_like_example"

    def test_of_another_sheet_is_refused(self, client, branch):
        client.force_login(make_user(branches=[branch], group="Auditor", is_staff=True))

        assert client.get(reverse("admin:importing_importbatch_template", args=["loans"])).status_code == 403


class TestExport:
    def export(self, client: Client, file_format: str, *, model: str = "loans_loan", query: str = ""):
        data = {"file_format": file_format, "layout": "again"}
        return file_of(client.post(reverse(f"admin:{model}_export") + query, data, headers=ENGLISH))

    def test_takes_what_the_officer_sees(self, desk, branch):
        own = make_loan(branch=branch)
        make_loan()

        content = self.export(desk, "xlsx")

        rows = list(load_workbook(io.BytesIO(content)).active.values)
        assert [row[0] for row in rows[1:]] == [own.loan_number]
        assert (rows[1][5], rows[1][6]) == (10_000_000, 12)

    def test_takes_what_is_filtered(self, desk, branch):
        make_loan(branch=branch, status="draft")
        wanted = make_loan(branch=branch, status="approved")

        content = self.export(desk, "csv", query=f"?q={wanted.loan_number}")

        assert len(content.decode("utf-8-sig").splitlines()) == 2

    def test_takes_what_is_selected(self, desk, branch):
        chosen, _other = make_loan(branch=branch), make_loan(branch=branch)

        response = desk.post(
            reverse("admin:loans_loan_changelist"), {"action": "export_selected", "_selected_action": [chosen.pk]}
        )

        rows = list(load_workbook(io.BytesIO(file_of(response))).active.values)
        assert [row[0] for row in rows[1:]] == [chosen.loan_number]

    @pytest.mark.parametrize(("file_format", "name"), [("xlsx", "export.xlsx"), ("csv", "export.csv")])
    @pytest.mark.parametrize("model", ["customers_customer", "loans_loan"])
    def test_comes_back_unchanged(self, desk, branch, file_format, name, model):
        customer = make_customer(branch=branch, nik=NIK, phone="+62 812-1", address="=1+1", customer_number="0001")
        make_loan(customer=customer)
        kind = "loans" if model == "loans_loan" else "customers"

        exported = self.export(desk, file_format, model=model)
        batch = batch_of(preview(desk, exported, kind=kind, name=name))

        assert (batch.rows_read, batch.unchanged_count) == (1, 1)

    def test_carries_the_score(self, desk, branch):
        confirm(desk, preview(desk, ACCEPTANCE_CSV, branch=branch.pk), is_scored="on")

        rows = list(load_workbook(io.BytesIO(self.export(desk, "xlsx"))).active.values)

        assert {row[rows[0].index("Credit score")] for row in rows[1:]} == {600, 420, 300}

    def test_neutralises_formulas_and_masks_the_nik(self, desk, branch):
        make_customer(branch=branch, nik=NIK, full_name="=HYPERLINK(1)")

        content = self.export(desk, "csv", model="customers_customer").decode("utf-8-sig")

        assert "'=HYPERLINK(1)" in content
        assert NIK not in content

    def test_needs_the_right_to_see(self, client, branch):
        client.force_login(make_user(branches=[branch], is_staff=True))

        assert (
            client.post(reverse("admin:loans_loan_export"), {"layout": "again", "file_format": "csv"}).status_code
            == 403
        )
