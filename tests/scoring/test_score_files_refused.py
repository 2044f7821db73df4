"""Portfolios in files: what is refused before anything is written, and what neither side needs."""

import os
import subprocess
import sys
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.command_line import run
from tests.scoring.portfolios import (
    content_of,
    score,
    write_csv,
    write_parquet,
)

ROOT = Path(__file__).resolve().parents[2]
SCORED, REJECTED_TOO, REFUSED = 0, 1, 2
pytestmark = pytest.mark.django_db


class TestRefused:
    def test_no_such_file(self, tmp_path):
        code, _out, err = score(tmp_path / "nothing*.parquet", to=tmp_path / "out")

        assert (code, "nothing*.parquet" in err) == (REFUSED, True)
        assert not (tmp_path / "out").exists()

    def test_a_column_is_missing(self, tmp_path):
        pq.write_table(pa.table({"income": [1]}), tmp_path / "in.parquet")

        code, _out, err = score(tmp_path / "in.parquet", to=tmp_path / "out")

        assert (code, "in.parquet" in err) == (REFUSED, True)

    def test_no_row_in_any_file(self, tmp_path):
        write_parquet(tmp_path / "in.parquet", 0)

        assert score(tmp_path / "in.parquet", to=tmp_path / "out")[0] == REFUSED

    def test_files_of_different_columns(self, portfolio, tmp_path):
        table = pq.read_table(portfolio / "b.parquet")
        pq.write_table(table.rename_columns(["id", *table.column_names[1:]]), portfolio / "b.parquet")

        code, _out, err = score(portfolio, to=tmp_path / "out")

        assert (code, "b.parquet" in err) == (REFUSED, True)

    def test_a_column_named_as_one_of_the_outcome(self, scored, tmp_path):
        code, _out, err = score(scored, to=tmp_path / "again")

        assert (code, "row_number" in err) == (REFUSED, True)

    def test_what_is_no_parquet_file(self, tmp_path):
        (tmp_path / "in.parquet").write_bytes(b"no table at all")

        code, _out, err = score(tmp_path / "in.parquet", to=tmp_path / "out")

        assert (code, "in.parquet" in err) == (REFUSED, True)

    def test_a_workbook_under_the_name_of_a_csv(self, tmp_path):
        openpyxl.Workbook().save(tmp_path / "in.csv")
        write_csv(tmp_path / "text.csv")
        run("score_file", tmp_path / "text.csv", "-o", tmp_path / "book.xlsx")
        (tmp_path / "book.xlsx").replace(tmp_path / "in.csv")

        assert score(tmp_path / "in.csv", to=tmp_path / "out")[0] == REFUSED

    @pytest.mark.parametrize("inside", [".", "scored", "deep/er"])
    def test_scores_that_would_lie_among_the_input(self, portfolio, inside):
        before = content_of(portfolio)

        assert score(portfolio, to=portfolio / inside)[0] == REFUSED
        assert content_of(portfolio) == before

    def test_a_folder_with_other_files(self, portfolio, tmp_path):
        (tmp_path / "home").mkdir()
        (tmp_path / "home" / "letter.txt").write_text("dear")

        assert score(portfolio, to=tmp_path / "home")[0] == REFUSED
        assert content_of(tmp_path / "home") == {"letter.txt": b"dear"}

    @pytest.mark.parametrize("name", ["out.parquet", "out.csv"])
    def test_a_file_where_a_folder_belongs(self, portfolio, tmp_path, name):
        assert score(portfolio, to=tmp_path / name)[0] == REFUSED

    def test_an_option_of_a_single_file(self, portfolio, tmp_path):
        code, _out, err = score(portfolio, to=tmp_path / "out", options=("--sheet", "Data"))

        assert (code, "--sheet" in err) == (REFUSED, True)

    def test_a_folder_somebody_else_writes_into(self, portfolio, scored):
        lock = "import fcntl, sys; f = open(sys.argv[1], 'wb'); fcntl.flock(f, fcntl.LOCK_EX); print('held', flush=True); input()"
        command = [sys.executable, "-c", lock, str(scored / ".lock")]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
            assert other.stdout
            assert other.stdout.readline() == b"held\n"
            refused = score(portfolio, to=scored)
            other.communicate(b"\n")

        assert refused[0] == REFUSED
        assert score(portfolio, to=scored)[0] == SCORED

    @pytest.mark.parametrize(
        "where",
        [
            "tcp://10.0.0.5:8786",
            "tcp://scheduler.bank.example:8786",
            "tcp://0.0.0.0:8786",
            "tls://10.0.0.5:8786",
            "tcp://127.0.0.1",
            "tcp://127.0.0.1:port",
            "http://127.0.0.1:8786",
            "cluster",
        ],
    )
    def test_a_scheduler_it_must_not_or_cannot_speak_to(self, portfolio, tmp_path, where):
        assert score(portfolio, to=tmp_path / "out", where=where)[0] == REFUSED
        assert not (tmp_path / "out").exists()

    def test_tls_without_all_of_its_files(self, portfolio, tmp_path):
        one = score(portfolio, to=tmp_path / "out", where="tls://10.0.0.5:8786", options=("--tls-ca", "ca.pem"))
        given = [f"--tls-{name}={tmp_path / name}" for name in ("ca", "cert", "key")]
        gone = score(portfolio, to=tmp_path / "out", where="tls://10.0.0.5:8786", options=tuple(given))

        assert [one[0], gone[0]] == [REFUSED, REFUSED]
        assert str(tmp_path / "ca") in gone[2]

    @pytest.mark.parametrize("option", [("--workers", "-1"), ("--workers", "0"), ("--part-rows", "0")])
    def test_fewer_than_one(self, portfolio, tmp_path, option):
        assert score(portfolio, to=tmp_path / "out", options=option)[0] == REFUSED


@pytest.mark.slow
def test_neither_the_parts_nor_the_site_need_the_other():
    """Workers score without settings and models; the web server starts without Dask."""
    parts = "import scoring.services.portfolio_files.part, sys; from django.conf import settings; " + _says(
        "settings.configured", "'django.db' in sys.modules", "'scoring.models' in sys.modules"
    )
    site = "import django, sys; django.setup(); import bprs.urls, scoring.management.commands.score_file; " + _says(
        "'dask' in sys.modules", "'distributed' in sys.modules"
    )

    assert _python(parts) == "False False False\n"
    assert _python(site, DJANGO_SETTINGS_MODULE="tests.settings") == "False False\n"


def _says(*expressions: str) -> str:
    return f"print({', '.join(expressions)})"


def _python(program: str, **environment: str) -> str:
    kept = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=ROOT, env=kept | environment, capture_output=True, text=True, check=True)
    return done.stdout
