"""What leaves with the files of a run: identities for who brought the file alone, and a line in the log for everybody."""

from io import BytesIO

import openpyxl
import pytest

from bprs.access.models import Disclosure
from tests.admin_client import logged_in
from tests.api_client import ApiClient
from tests.factories import make_api_key, make_branch, make_card_in_force, make_loan, make_user
from tests.scoring.decided import Desk
from tests.scoring.test_run_downloads import content_of, run_of

pytestmark = pytest.mark.django_db
NIK, PHONE = "3201014501850001", "081234567890"
FILE = f"""Nama;NIK;No HP;Gaji;Aset;Plafon;Tenor
Siti;{NIK};{PHONE};5.000.000;20.000.000;10.000.000;12
Budi;{NIK};{PHONE};5.000.000;20.000.000;10.000.000;12,5
""".encode()


@pytest.fixture(autouse=True)
def storage(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    make_card_in_force()


@pytest.fixture
def officer():
    return make_user("brings-it", is_staff=True, group="Account officer", branches=[make_branch()])


@pytest.fixture
def run(officer):
    return run_of(ApiClient(make_api_key(officer)), FILE)


def texts(content: bytes) -> str:
    return str([list(row) for row in openpyxl.load_workbook(BytesIO(content)).active.values])


def others():
    groups = ("Risk staff", "Auditor", "Administrator")
    return [make_user(is_staff=True, group=group, sees_all_branches=True) for group in groups]


def test_the_scored_rows_are_masked_for_everybody(run, officer):
    for reader in (officer, *others()):
        client = logged_in(reader)
        for kind in ("csv", "xlsx"):
            content = content_of(client.get(f"/admin/scoring/scoringrun/{run}/download/{kind}/"))
            said = content.decode("utf-8-sig") if kind == "csv" else texts(content)
            assert "Siti" in said
            assert not [identity for identity in (NIK, PHONE) if identity in said]
            assert "3201••••••••••01" in said


def test_the_rejected_rows_are_whole_for_who_brought_them_and_masked_for_others(run, officer):
    page, call = f"/admin/scoring/scoringrun/{run}/rejected/", f"/runs/{run}/rejected"
    said = {
        reader: (
            texts(content_of(logged_in(reader).get(page))),
            texts(content_of(ApiClient(make_api_key(reader)).get(call))),
        )
        for reader in (officer, *others())
    }

    for reader, both in said.items():
        for each in both:
            assert "Budi" in each
            assert (NIK in each, PHONE in each) == ((True, True) if reader == officer else (False, False))


def test_who_took_which_is_written_down(run, officer):
    client = logged_in(officer)
    content_of(client.get(f"/admin/scoring/scoringrun/{run}/download/csv/"))
    content_of(client.get(f"/admin/scoring/scoringrun/{run}/rejected/"))

    noted = list(Disclosure.objects.order_by("pk").values_list("file_format", "row_count", "with_identities", "query"))
    assert noted == [("csv", 1, False, f"run={run}"), ("rejected", 1, True, f"run={run}")]


def test_a_run_shows_no_loans_of_a_branch_one_left():
    desk, elsewhere = Desk(), make_branch()
    good, bad = desk.scored(), make_loan(branch=desk.branch, status="draft", principal_amount=None)
    logged_in(desk.officer).post(
        "/admin/loans/loan/", {"action": "score_selected", "_selected_action": [good.pk, bad.pk]}
    )
    run = desk.officer.scoring_runs.latest("scored_at")
    api = ApiClient(make_api_key(desk.officer))
    assert [api.get(f"/runs/{run.pk}/{what}").json()["count"] for what in ("results", "errors")] == [1, 1]

    desk.officer.branches.set([elsewhere])

    assert [api.get(f"/runs/{run.pk}/{what}").json()["count"] for what in ("results", "errors")] == [0, 0]
    page = logged_in(desk.officer).get(f"/admin/scoring/scoringrun/{run.pk}/change/").content.decode()
    assert bad.loan_number not in page
