"""The operators' door: what the commands print, write and exit with."""

import json
import os
import resource
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from bprs.access.models import User
from customers.models import Customer
from loans.models import Loan, Status
from scoring.engine import STANDARD_1
from scoring.models import ScoringRun, Source
from tests.command_line import run
from tests.factories import make_branch, make_customer, make_loan, make_user
from tests.tampering import put_no_card_in_force

ROOT = Path(__file__).resolve().parents[2]
ACCEPTANCE = """monthly_income,assets_value,loan_amount,tenor_months
5000000,20000000,10000000,12
10000000,5000000,50000000,24
2000000,0,10000000,6
"""
pytestmark = pytest.mark.django_db


@pytest.fixture
def applications(tmp_path: Path) -> Path:
    path = tmp_path / "applications.csv"
    path.write_text(ACCEPTANCE)
    return path


class TestScoreFile:
    def test_the_banks_acceptance_file_scores_600_420_and_300(self, applications, tmp_path):
        code, out, _err = run("score_file", applications, "-o", tmp_path / "out.csv")

        assert code == 0
        assert scores_in(tmp_path / "out.csv") == [600, 420, 300]
        assert "risiko tinggi: 2" in out.casefold()
        assert "high" not in out

    def test_the_columns_of_the_input_stand_before_the_outcome(self, applications, tmp_path):
        run("score_file", applications, "-o", tmp_path / "out.csv")

        header = (tmp_path / "out.csv").read_text("utf-8-sig").splitlines()[0].split(",")
        assert header[:4] == ["monthly_income", "assets_value", "loan_amount", "tenor_months"]
        assert {"credit_score", "segment", "points_dsr"} <= set(header[4:])

    def test_a_parquet_file_carries_the_same_scores(self, applications, tmp_path):
        run("score_file", applications, "-o", tmp_path / "out.parquet")

        assert pq.read_table(tmp_path / "out.parquet")["credit_score"].to_pylist() == [600, 420, 300]

    def test_a_workbook_goes_in_and_comes_out(self, applications, tmp_path):
        run("score_file", applications, "-o", tmp_path / "book.xlsx")

        assert run("score_file", tmp_path / "book.xlsx", "-o", tmp_path / "again.csv")[0] == 0
        assert scores_in(tmp_path / "again.csv", last=True) == [600, 420, 300]

    def test_rejected_rows_go_beside_it_and_the_exit_code_says_so(self, applications, tmp_path):
        applications.write_text(ACCEPTANCE + "5jt,1,1,12\n,,,\n")

        code, out, _err = run("score_file", applications, "-o", tmp_path / "out.csv")

        assert code == 1
        assert (tmp_path / "out.rejected.xlsx").exists()
        assert all(number in out for number in ("5", "3", "1"))
        assert "out.rejected.xlsx" in out

    def test_rejected_rows_go_where_they_are_wanted(self, applications, tmp_path):
        applications.write_text(ACCEPTANCE + "5jt,1,1,12\n")

        run("score_file", applications, "-o", tmp_path / "out.csv", "--rejected", tmp_path / "mend.xlsx")

        assert (tmp_path / "mend.xlsx").exists()

    def test_what_could_be_read_otherwise_is_said_on_standard_error(self, applications, tmp_path):
        applications.write_text("nama;penghasilan;aset;plafon;tenor\nJosé;5.000;0;1000000;12\n", encoding="cp1252")

        code, out, err = run("score_file", applications.rename(tmp_path / "in.xlsx"), "-o", tmp_path / "out.csv")

        assert code == 0
        assert [word for word in ("Windows-1252", "in.xlsx", "5.000") if word not in err] == []
        assert "5.000" not in out

    def test_a_draft_card_can_be_tried(self, applications, tmp_path):
        run("score_file", applications, "-o", tmp_path / "out.csv", "--scorecard", "rescaled-1")

        assert max(scores_in(tmp_path / "out.csv")) == 850

    @pytest.mark.parametrize(("locale", "amount"), [("id", "5.000"), ("en", "5,000")])
    def test_the_locale_decides_what_groups_thousands(self, applications, tmp_path, locale, amount):
        header = "monthly_income;assets_value;loan_amount;tenor_months"
        applications.write_text(f"{header}\n{amount};{amount};{amount};12\n")

        run("score_file", applications, "-o", tmp_path / "out.parquet", "--locale", locale)

        assert pq.read_table(tmp_path / "out.parquet")["monthly_income"].to_pylist() == [Decimal(5000)]

    @pytest.mark.parametrize(
        ("text", "word"),
        [("", ""), ("nama,umur\nSiti,40\n", "Penghasilan bulanan"), ("%PDF-1.7 what is this", "")],
        ids=["empty", "other columns", "another kind of file"],
    )
    def test_what_is_no_file_of_applications_is_refused(self, applications, tmp_path, text, word):
        applications.write_text(text)

        code, _out, err = run("score_file", applications, "-o", tmp_path / "out.csv")

        assert code == 2
        assert word in err
        assert list(tmp_path.iterdir()) == [applications]

    def test_only_rejected_rows_is_nothing_scored(self, applications, tmp_path):
        applications.write_text("monthly_income,assets_value,loan_amount,tenor_months\n5jt,1,1,12\n")

        assert run("score_file", applications, "-o", tmp_path / "out.csv")[0] == 2

    def test_a_pipe_is_refused_as_one(self, tmp_path):
        os.mkfifo(tmp_path / "pipe")

        code, _out, err = run("score_file", tmp_path / "pipe", "-o", tmp_path / "out.csv")

        assert (code, "adalah pipa" in err) == (2, True)

    def test_the_input_is_never_overwritten(self, applications):
        code, _out, _err = run("score_file", applications, "-o", applications)

        assert code == 2
        assert applications.read_text() == ACCEPTANCE

    @pytest.mark.parametrize("output", ["out.pdf", "missing/out.csv"])
    def test_an_output_that_cannot_be_written_is_refused(self, applications, tmp_path, output):
        assert run("score_file", applications, "-o", tmp_path / output)[0] == 2

    def test_a_missing_input_is_refused_by_name(self, tmp_path):
        code, _out, err = run("score_file", tmp_path / "nothing.csv", "-o", tmp_path / "out.csv")

        assert code == 2
        assert "nothing.csv" in err
        assert "No such file" not in err

    def test_an_input_that_is_a_folder_is_named_so(self, tmp_path):
        code, _out, err = run("score_file", tmp_path, "-o", tmp_path / "out.csv")

        assert code == 2
        assert str(tmp_path) in err
        assert "Is a directory" not in err

    def test_columns_are_read_as_the_operator_says(self, tmp_path):
        odd = tmp_path / "odd.csv"
        odd.write_text("Uang masuk,Harta = semua,Plafon,Tenor\n5000000,20000000,10000000,12\n")
        refused = run("score_file", odd, "-o", tmp_path / "out.csv")
        by_hand = ["--column", "uang masuk=penghasilan", "--column", "Harta = semua=assets_value"]

        scored = run("score_file", odd, "-o", tmp_path / "out.csv", *by_hand)

        assert (refused[0], scored[0]) == (2, 0)
        assert scores_in(tmp_path / "out.csv") == [600]

    @pytest.mark.parametrize(
        "column", ["Tidak ada=monthly_income", "tenor_months=nik", "tenor_months", "=tenor_months"]
    )
    def test_a_column_that_nobody_can_read_so_is_refused_by_name(self, applications, tmp_path, column):
        code, _out, err = run("score_file", applications, "-o", tmp_path / "out.csv", "--column", column)

        assert code == 2
        assert column.rpartition("=")[0] in err
        assert not (tmp_path / "out.csv").exists()

    def test_an_unknown_card_is_refused_with_those_there_are(self, applications, tmp_path):
        code, _out, err = run("score_file", applications, "-o", tmp_path / "out.csv", "--scorecard", "gold-1")

        assert code == 2
        assert "standard-1" in err


class TestScoreLoans:
    def test_scores_what_the_user_may_see_and_records_the_door(self, officer, branch):
        mine, foreign = make_loan(branch=branch), make_loan()

        code, _out, _err = run("score_loans", user="ani")

        assert code == 0
        assert Loan.objects.get(pk=mine.pk).credit_score == 600
        assert Loan.objects.get(pk=foreign.pk).credit_score is None
        assert ScoringRun.objects.get().source == Source.COMMAND
        assert ScoringRun.objects.get().scored_by == officer

    def test_filters_apply_at_once(self, head_office):
        wanted = make_loan(akad="qardh", status=Status.SUBMITTED)
        make_loan(akad="qardh", status=Status.APPROVED)
        make_loan(akad="ijarah", status=Status.SUBMITTED)

        run("score_loans", "--user", "budi", "--akad", "qardh", "--status", "submitted")

        assert list(Loan.objects.exclude(scored_at=None)) == [wanted]

    def test_only_what_has_no_score_yet(self, head_office):
        make_loan(), run("score_loans", user="budi")
        make_loan()

        _code, out, _err = run("score_loans", "--user", "budi", "--unscored")

        assert ScoringRun.objects.latest("scored_at").rows_read == 1
        assert "1" in out

    def test_a_branch_and_a_number(self, head_office):
        branch = make_branch(code="007")
        wanted = make_loan(branch=branch, loan_number="PB-7")
        make_loan(branch=branch)

        run("score_loans", "--user", "budi", "--branch", "007", "--loan-number", "PB-7")

        assert list(Loan.objects.exclude(scored_at=None)) == [wanted]

    def test_refusals_are_named_on_standard_error_and_the_others_are_scored(self, head_office):
        make_loan()
        make_loan(loan_number="PB-DRAFT", status=Status.DRAFT, tenor_months=None)

        code, _out, err = run("score_loans", user="budi")

        assert code == 1
        assert "PB-DRAFT" in err
        assert Loan.objects.exclude(scored_at=None).count() == 1

    def test_nothing_to_score_says_so(self, head_office):
        assert run("score_loans", user="budi")[0] == 2

    def test_a_number_of_another_branch_looks_like_one_that_does_not_exist(self, officer):
        make_loan(loan_number="PB-FOREIGN")

        foreign = run("score_loans", "--user", "ani", "--loan-number", "PB-FOREIGN")
        unknown = run("score_loans", "--user", "ani", "--loan-number", "PB-UNKNOWN")

        assert foreign[0] == unknown[0] == 2
        assert foreign[2].replace("PB-FOREIGN", "") == unknown[2].replace("PB-UNKNOWN", "")

    def test_a_branch_that_is_not_there_or_not_theirs_is_refused(self, officer):
        make_branch(code="009")

        foreign = run("score_loans", "--user", "ani", "--branch", "009")
        unknown = run("score_portfolio", "--user", "ani", "--branch", "999")

        assert foreign[0] == unknown[0] == 2
        assert "009" in foreign[2]
        assert foreign[2].replace("009", "") == unknown[2].replace("999", "")

    def test_a_user_without_the_right_is_refused(self):
        make_user("tamu")

        assert run("score_loans", user="tamu")[0] == 2

    def test_a_user_who_left_is_refused(self, head_office):
        head_office.is_active = False
        head_office.save()

        assert run("score_loans", user="budi")[0] == 2

    def test_no_card_in_force_is_said(self, head_office):
        make_loan()
        put_no_card_in_force()

        code, _out, err = run("score_loans", user="budi")

        assert code == 2
        assert "standard" not in err


class TestLintScorecard:
    def test_the_card_in_force_can_never_say_low(self):
        code, out, _err = run("lint_scorecard")

        assert code == 1
        assert "standard-1" in out
        assert "Segmen Risiko rendah tidak pernah diberikan." in out
        assert "26" in out

    def test_a_draft_by_its_label(self):
        assert "rescaled-1" in run("lint_scorecard", "rescaled-1")[1]

    def test_a_file_by_its_path(self, tmp_path):
        (tmp_path / "card.json").write_text(json.dumps(STANDARD_1))

        assert run("lint_scorecard", tmp_path / "card.json")[0] == 1

    @pytest.mark.parametrize("text", ["{", "[]", "{}", "\xff"])
    def test_what_is_no_card_is_refused(self, tmp_path, text):
        (tmp_path / "card.json").write_bytes(text.encode("latin-1"))

        assert run("lint_scorecard", tmp_path / "card.json")[0] == 2

    @pytest.mark.parametrize("card", ["gold-1", "missing.json"])
    def test_a_card_that_is_nowhere_is_refused_by_name(self, card):
        code, _out, err = run("lint_scorecard", card)

        assert code == 2
        assert card in err


class TestDemo:
    def test_loads_scores_and_shows_a_small_bank(self):
        code, out, _err = run("demo", customers=50, loans=80)

        assert code == 0
        assert Customer.objects.count() == 50
        assert "-000001" in out
        assert User.objects.filter(username="ao1").exists()

    def test_refuses_a_database_with_customers(self):
        make_customer()

        assert run("demo", customers=5, loans=5)[0] == 1
        assert Customer.objects.count() == 1

    def test_if_empty_is_quiet_where_there_are_customers(self):
        make_customer()

        assert run("demo", "--if-empty") == (0, "", "")

    def test_if_empty_does_not_move_in_with_others(self):
        make_user("somebody")

        assert run("demo", "--if-empty")[0] == 1
        assert not Customer.objects.exists()

    def test_refuses_production(self, settings):
        settings.IS_PRODUCTION = True

        assert run("demo", customers=5, loans=5)[0] == 1

    def test_loans_need_customers(self):
        assert run("demo", customers=0, loans=5)[0] == 1


@pytest.mark.slow
def test_a_script_sees_exit_codes_and_no_traceback(applications, tmp_path):
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    environment |= {"DJANGO_SETTINGS_MODULE": "bprs.settings", "BPRS_DATA_DIR": str(tmp_path / "data")}

    def manage(*arguments: str, longest_file: int = resource.RLIM_INFINITY) -> subprocess.CompletedProcess[str]:
        """As on a full disk, what makes a file longer fails: also behind the reading, where results are written."""
        command = ["prlimit", f"--fsize={longest_file}", sys.executable, "manage.py", *arguments]
        return subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False
        )

    unmigrated = manage("score_file", str(applications), "-o", str(tmp_path / "out.csv"))
    manage("migrate", "-v0")
    scored = manage("score_file", str(applications), "-o", str(tmp_path / "out.csv"))
    refused = manage("score_file", str(tmp_path / "nothing.csv"), "-o", str(tmp_path / "out.csv"))
    applications.write_text(ACCEPTANCE + ACCEPTANCE.partition("\n")[2] * 50_000)
    full = manage("score_file", str(applications), "-o", str(tmp_path / "full.csv"), longest_file=1_000_000)

    assert [unmigrated.returncode, scored.returncode, refused.returncode, full.returncode] == [2, 0, 2, 2]
    assert "Traceback" not in unmigrated.stderr + scored.stderr + refused.stderr + full.stderr
    assert full.stderr == f"CommandError: {tmp_path / 'full.csv'} tidak dapat ditulis: berkas itu akan terlalu besar.\n"
    assert {path.name for path in tmp_path.iterdir()} == {"applications.csv", "data", "out.csv"}


@pytest.fixture
def officer(branch) -> User:
    return make_user("ani", branches=[branch], permissions=["scoring.score_loan"])


@pytest.fixture
def head_office() -> User:
    return make_user("budi", sees_all_branches=True, permissions=["scoring.score_loan"])


def scores_in(path: Path, *, last: bool = False) -> list[int]:
    """The credit scores of an output file; the last of two columns of that name where a result was scored again."""
    lines = [line.split(",") for line in path.read_text("utf-8-sig").splitlines()]
    place = len(lines[0]) - 1 - lines[0][::-1].index("credit_score") if last else lines[0].index("credit_score")
    return [int(line[place]) for line in lines[1:]]
