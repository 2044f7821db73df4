"""Scoring an uploaded file through the service the API and the worker call."""

from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from bprs.files.services import store_upload
from bprs.spreadsheets import SpreadsheetRefused
from scoring.models import ScoringRun, Source
from scoring.result_pages import error_count, rejected_page, scored_page, scored_row
from scoring.services.score_file import FileChoices, score_stored_file
from tests.factories import NOW, make_user
from tests.flows.test_spec_spreadsheets import sheets

pytestmark = pytest.mark.django_db

ACCEPTANCE = """monthly_income,assets_value,loan_amount,tenor_months
5000000,20000000,10000000,12
10000000,5000000,50000000,24
2000000,0,10000000,6
"""


def score(text: str, filename: str = "a.csv", **values) -> ScoringRun:
    user = make_user()
    stored = store_upload(upload=SimpleUploadedFile(filename, text.encode()), owner=user, stored_at=NOW)
    return score_stored_file(stored_file=stored, scored_by=user, scored_at=NOW, source=Source.API, **values)


@pytest.fixture(autouse=True)
def storage(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


class TestScoreStoredFile:
    def test_scores_the_banks_acceptance_file(self):
        run = score(ACCEPTANCE)

        assert (run.rows_read, run.scored_count, run.high_risk_count) == (3, 3, 2)
        rows = scored_page(run, ("row_index", "row_number", "credit_score", "segment"), offset=0, limit=9)
        assert [tuple(row.values()) for row in rows] == [
            (0, 2, 600, "medium"),
            (1, 3, 420, "high"),
            (2, 4, 300, "high"),
        ]

    def test_accounts_for_every_row(self):
        run = score(ACCEPTANCE + ",,,\n5000000,1,0,12\n5000000,1,1000000,400\n,1,1000000,x\n")

        assert (run.rows_read, run.scored_count, run.rejected_count, run.blank_count) == (7, 3, 3, 1)
        assert error_count(run) == 4
        faults = rejected_page(run, offset=0, limit=9)
        assert {(fault["row_number"], fault["field"], fault["code"]) for fault in faults} == {
            (6, "loan_amount", "not_positive"),
            (7, "tenor_months", "out_of_range"),
            (8, "monthly_income", "missing"),
            (8, "tenor_months", "not_a_number"),
        }

    def test_makes_another_run_of_another_sheet_or_locale_and_none_of_the_same(self):
        user, book = make_user(), sheets("Jan", "Feb")
        stored = store_upload(upload=SimpleUploadedFile("a.xlsx", book), owner=user, stored_at=NOW)
        choices = [FileChoices(sheet="Jan"), FileChoices(sheet="Feb"), FileChoices(sheet="Jan", locale="en")]

        runs = [
            score_stored_file(stored_file=stored, scored_by=user, scored_at=NOW, source=Source.API, choices=chosen)
            for chosen in [*choices, *choices]
        ]

        assert runs[:3] == runs[3:]
        assert len(set(runs)) == 3

    def test_leaves_columns_alone_that_the_card_does_not_need(self):
        lines = ACCEPTANCE.splitlines()
        text = "\n".join([f"{lines[0]},purpose,akad", *(f"{line},beli motor,apa saja" for line in lines[1:])])

        assert score(text).scored_count == 3

    def test_keeps_the_facts_as_they_were_read(self):
        run = score("gaji;aset;plafon;tenor\nRp 5.000.000,-;20.000.000,50;10000000;12\n")

        kept = scored_row(run, 0)
        assert kept
        assert {name: kept[name] for name in ("monthly_income", "assets_value", "loan_amount", "tenor_months")} == {
            "monthly_income": Decimal("5000000.00"),
            "assets_value": Decimal("20000000.50"),
            "loan_amount": Decimal("10000000.00"),
            "tenor_months": 12,
        }
        assert kept["credit_score"] == 600

    def test_refuses_a_file_without_a_needed_column_and_writes_nothing(self):
        with pytest.raises(SpreadsheetRefused) as refusal:
            score("monthly_income,loan_amount,tenor_months\n1,2,3\n")

        assert refusal.value.code == "missing_columns"
        assert not ScoringRun.objects.exists()
