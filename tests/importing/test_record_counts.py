"""What the pages of an import say of each kind of record: nobody is surprised by a customer that changed."""

import io
import re

import openpyxl
import pytest
from django.urls import reverse

from bprs.importing.record_counts import RecordCounts, imported_records, planned_records
from customers.models import Customer
from loans.models import Loan
from tests.admin_client import logged_in, page_of
from tests.importing.batches import HEADERS, application, checked, csv_of, imported, undone

pytestmark = pytest.mark.django_db

TWO = csv_of(HEADERS, [application(1), application(2)])
RICHER = csv_of(
    HEADERS,
    [
        application(1, monthly_income=6_000_000),
        application(1, **{"no rekening": "P-9", "monthly_income": 6_000_000}),
        application(2, tenor_months=24),
        application(3),
        application(4, tenor_months="12.5", monthly_income=1),
    ],
)


@pytest.fixture
def desk(officer):
    return logged_in(officer)


def page(desk, batch) -> str:
    return page_of(desk, reverse("admin:importing_importbatch_change", args=[batch.pk]))


def told(html: str) -> dict[str, tuple[int, ...]]:
    """By kind of record, the numbers of its row."""
    rows = re.findall(r'data-record="(\w+)" data-\w+="(\d+)" data-\w+="(\d+)"', html)
    return {kind: (int(first), int(second)) for kind, first, second in rows}


def counted(records: list[RecordCounts]) -> dict[str, tuple[int, int]]:
    return {record.kind: (record.created, record.changed) for record in records}


class TestRowsWithCustomerAndFinancing:
    def test_are_checked_with_the_customers_that_will_change(self, desk, officer, branch):
        imported(officer, TWO, branch=branch)

        batch = checked(officer, RICHER, branch=branch)

        assert told(page(desk, batch)) == {"loan": (2, 1), "customer": (1, 1)}

    def test_do_what_the_check_said(self, desk, officer, branch):
        imported(officer, TWO, branch=branch)

        batch = imported(officer, RICHER, branch=branch)

        assert counted(imported_records(batch)) == counted(planned_records(batch)) == told(page(desk, batch))
        assert (Customer.objects.count(), Loan.objects.count()) == (3, 4)

    def test_say_of_each_kind_what_undoing_took_back(self, desk, officer, branch):
        imported(officer, TWO, branch=branch)

        batch = undone(imported(officer, RICHER, branch=branch))

        taken = {kind: (each["removed"], each["restored"]) for kind, each in batch.undone["by_kind"].items()}
        assert taken == {"loan": (2, 1), "customer": (1, 1)}
        assert 'data-testid="taken-back"' in page(desk, batch)


class TestMendedRows:
    def mended(self, desk, first) -> bytes:
        """The workbook of rejected rows, with one of two mended."""
        answer = desk.get(reverse("admin:importing_importbatch_rejected", args=[first.pk]))
        book, target = openpyxl.load_workbook(io.BytesIO(answer.getvalue())), io.BytesIO()
        book.active.cell(2, HEADERS.index("tenor_months") + 1).value = 12
        book.save(target)
        return target.getvalue()

    def test_stand_with_their_row_in_the_file_they_came_from(self, desk, officer, branch):
        rows = [application(1), application(2, tenor_months="x"), application(3), application(4, tenor_months="y")]
        content = self.mended(desk, checked(officer, csv_of(HEADERS, rows), branch=branch))

        batch = checked(officer, content, name="mended.xlsx", branch=branch)

        shown = desk.get(reverse("admin:importing_importbatch_change", args=[batch.pk])).context
        assert [(row.number, row.origin) for row in shown["shown"]] == [(2, 3)]
        assert [(row.number, row.origin) for row in shown["rejected_rows"]] == [(3, 5)]
        assert [(row.number, row.origin) for row in shown["reasons"][0].rows] == [(3, 5)]
        assert "data-origin" in page(desk, batch)

    def test_of_an_ordinary_file_come_from_nowhere_else(self, desk, officer, branch):
        batch = checked(officer, TWO, branch=branch)

        assert "data-origin" not in page(desk, batch)
