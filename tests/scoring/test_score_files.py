"""Portfolios in files: what comes out, through the operator's door, with the parts done within the command."""

import json
import os
import subprocess
import sys
from decimal import Decimal
from itertools import groupby
from pathlib import Path

import numpy as np
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.command_line import run
from tests.scoring.portfolios import (
    content_of,
    manifest_of,
    rejects_in,
    scores_in,
    write_csv,
    write_parquet,
)

ROOT = Path(__file__).resolve().parents[2]
SCORED, REJECTED_TOO, REFUSED = 0, 1, 2
pytestmark = pytest.mark.django_db


def score(*sources: Path, to: Path, part_rows: int = 10, where: str = "here", options: tuple[str, ...] = ()):
    return run("score_file", *sources, "-o", to, "--cluster", where, "--part-rows", str(part_rows), *options)


@pytest.fixture
def portfolio(tmp_path):
    """Two files of three and two row groups."""
    write_parquet(tmp_path / "portfolio" / "a.parquet", 250)
    write_parquet(tmp_path / "portfolio" / "b.parquet", 150, first=251)
    return tmp_path / "portfolio"


@pytest.fixture
def scored(portfolio, tmp_path):
    assert score(portfolio, to=tmp_path / "scored")[0] == SCORED
    return tmp_path / "scored"


class TestSameAsOneFile:
    @pytest.mark.parametrize("end", ["\n", "\r\n"])
    def test_every_row_of_a_messy_csv(self, tmp_path, end):
        source = write_csv(tmp_path / "in.csv", times=12, end=end)
        run("score_file", source, "-o", tmp_path / "one.parquet")

        code, out, _err = score(source, to=tmp_path / "many")

        one = pq.read_table(tmp_path / "one.parquet")
        assert code == REJECTED_TOO
        assert scores_in(tmp_path / "many") == one.to_pylist()
        assert pq.read_table(tmp_path / "many").schema.equals(one.schema)
        assert len(list((tmp_path / "many").glob("part-*.parquet"))) > 8
        assert "132 baris dibaca" in out

    def test_every_rejected_row_with_its_reasons(self, tmp_path):
        source = write_csv(tmp_path / "in.csv", times=3)
        run("score_file", source, "-o", tmp_path / "one.csv")

        score(source, to=tmp_path / "many")

        sheet = openpyxl.load_workbook(tmp_path / "one.rejected.xlsx").active
        said_of_one = [(row[-2].value, row[-1].value) for row in sheet.iter_rows(min_row=2, max_col=8)]
        assert said_of_one == [
            (number, "; ".join(dict.fromkeys(_sentence(fault) for fault in faults)))
            for number, faults in groupby(rejects_in(tmp_path / "many"), key=lambda fault: fault["row_number"])
        ]

    def test_rows_that_go_over_several_lines_are_not_cut(self, tmp_path):
        source = write_csv(tmp_path / "in.csv", text='1;"Siti\nbinti\nAhmad";5000000;0;10000000;12\n', times=50)
        run("score_file", source, "-o", tmp_path / "one.parquet")

        score(source, to=tmp_path / "many")

        assert scores_in(tmp_path / "many") == pq.read_table(tmp_path / "one.parquet").to_pylist()
        assert len(list((tmp_path / "many").glob("part-*.parquet"))) == 1

    def test_parquet_is_the_same_applications_as_csv(self, tmp_path, portfolio):
        table = pa.concat_tables([pq.read_table(portfolio / name) for name in ("a.parquet", "b.parquet")])
        lines = [";".join(map(str, row.values())) for row in table.to_pylist()]
        source = tmp_path / "in.csv"
        source.write_text("\n".join([";".join(table.column_names), *lines]))
        run("score_file", source, "-o", tmp_path / "one.parquet", "--locale", "en")

        score(portfolio, to=tmp_path / "many")

        one = pq.read_table(tmp_path / "one.parquet").drop_columns("row_number")
        many = pq.read_table(tmp_path / "many").drop_columns("row_number")
        assert many.to_pylist() == one.to_pylist()

    def test_text_that_groups_digits_is_read_the_same_way_in_every_part(self, tmp_path):
        """Only the last row group tells that the point groups thousands; the first alone could be 5 with three decimals."""
        amounts = ["5.000"] * 200 + ["1.000.000"]
        columns = {"income": amounts, "assets": [0] * 201, "plafond": [10_000_000] * 201, "tenor": [12] * 201}
        pq.write_table(pa.table(columns), tmp_path / "in.parquet", row_group_size=100)

        score(tmp_path / "in.parquet", to=tmp_path / "many", options=("--locale", "en"))

        assert {row["income"] for row in scores_in(tmp_path / "many")} == {Decimal(5_000), Decimal(1_000_000)}

    def test_a_column_named_by_hand(self, tmp_path):
        columns = {"gp": [5_000_000], "assets": [20_000_000], "plafond": [10_000_000], "tenor": [12]}
        pq.write_table(pa.table(columns), tmp_path / "in.parquet")

        refused = score(tmp_path / "in.parquet", to=tmp_path / "out")
        named = score(tmp_path / "in.parquet", to=tmp_path / "out", options=("--column", "gp=monthly_income"))

        assert (refused[0], named[0]) == (REFUSED, SCORED)
        assert scores_in(tmp_path / "out")[0]["credit_score"] == 600


class TestOutput:
    def test_the_columns_of_the_input_keep_their_type_and_numbers_become_exact(self, scored):
        schema = pq.read_schema(next(iter(sorted(scored.glob("part-*.parquet")))))

        kinds = {name: str(schema.field(name).type) for name in schema.names[:5]}
        assert kinds == {
            "loan_id": "string",
            "penghasilan": "decimal128(17, 2)",
            "total_assets": "decimal128(17, 2)",
            "plafond": "decimal128(17, 2)",
            "tenor": "int64",
        }
        assert schema.names[5:8] == ["row_number", "credit_score", "raw_score"]

    def test_what_the_card_does_not_read_goes_through_untouched(self, tmp_path):
        other = {
            "day": pa.array([18_000, None], pa.date32()),
            "tags": pa.array([["a"], None]),
            "big": pa.array([2**63, 1], pa.uint64()),
            "flag": pa.array([True, None]),
        }
        columns = {"income": [5, 6], "assets": [0, 0], "plafond": [1_000, 2_000], "tenor": [1, 2], **other}
        pq.write_table(pa.table(columns), tmp_path / "in.parquet")

        score(tmp_path / "in.parquet", to=tmp_path / "out")

        assert pq.read_table(tmp_path / "out").select(list(other)).equals(pa.table(other))

    def test_rows_are_numbered_within_their_file(self, scored):
        assert [row["row_number"] for row in scores_in(scored)] == [*range(1, 251), *range(1, 151)]

    def test_the_manifest_is_the_exact_sum(self, scored):
        told = manifest_of(scored)
        rows = scores_in(scored)

        assert (told["rows_read"], told["scored"], told["rejected"], told["blank"]) == (400, 400, 0, 0)
        # 400 times 5,000,000 and a sen more in each row: 1 + ... + 400 = 80,200 sen
        assert told["exposure"] == "2000000802.00"
        assert Decimal(told["exposure"]) == sum(row["plafond"] for row in rows)
        assert told["segments"] == {name: [row["segment"] for row in rows].count(name) for name in told["segments"]}
        assert told["card"]["label"] == "standard-1"

    def test_the_manifest_counts_messy_rows_and_their_faults(self, tmp_path):
        source = write_csv(tmp_path / "in.csv", times=10)

        code, out, _err = score(source, to=tmp_path / "out")

        told = manifest_of(tmp_path / "out")
        assert (code, told["rows_read"], told["scored"], told["rejected"], told["blank"]) == (1, 110, 40, 60, 10)
        assert told["rows_read"] == told["scored"] + told["rejected"] + told["blank"]
        # 10.000.000,50 + 50.000.000 + 10.000.000 + 999.999.999.999.999,99, ten times
        assert told["exposure"] == "10000000700000004.90"
        assert sum(told["faults"].values()) == len(rejects_in(tmp_path / "out"))
        assert "10.000.000.700.000.004,90" in out

    def test_amounts_beyond_64_bits_add_up(self, tmp_path):
        most = 10**15 - 1
        columns = {"income": [1] * 200, "assets": [0] * 200, "plafond": [most] * 200, "tenor": [12] * 200}
        pq.write_table(pa.table(columns), tmp_path / "in.parquet")

        score(tmp_path / "in.parquet", to=tmp_path / "out")

        assert manifest_of(tmp_path / "out")["exposure"] == f"{most * 200}.00"

    def test_small_row_groups_are_scored_together(self, portfolio, tmp_path):
        score(portfolio, to=tmp_path / "out", part_rows=200)

        parts = [json.loads(path.read_text()) for path in sorted((tmp_path / "out" / "_parts").iterdir())]
        assert [part["rows_read"] for part in parts] == [200, 50, 150]

    def test_a_file_without_rows_among_others_is_no_fault(self, portfolio, tmp_path):
        empty = pq.read_table(portfolio / "a.parquet").slice(0, 0)
        pq.write_table(empty, portfolio / "c.parquet")

        assert score(portfolio, to=tmp_path / "out")[0] == SCORED
        assert manifest_of(tmp_path / "out")["rows_read"] == 400


class TestNumbersThatAreNone:
    def test_each_is_refused_by_its_code(self, tmp_path):
        incomes = [np.nan, np.inf, -np.inf, -1.0, 1e300, 1.234, None, 5_000_000.0]
        size = len(incomes)
        columns = {
            "income": pa.array(incomes, pa.float64()),
            "assets": [0] * size,
            "plafond": [10_000_000] * size,
            "tenor": [12] * size,
        }
        pq.write_table(pa.table(columns), tmp_path / "in.parquet")

        code, _out, _err = score(tmp_path / "in.parquet", to=tmp_path / "out")

        assert code == REJECTED_TOO
        assert {fault["row_number"]: fault["code"] for fault in rejects_in(tmp_path / "out")} == {
            1: "not_a_number",
            2: "not_a_number",
            3: "not_a_number",
            4: "negative",
            5: "too_large",
            6: "too_many_decimals",
            7: "missing",
        }
        assert [row["row_number"] for row in scores_in(tmp_path / "out")] == [8]

    def test_a_fault_names_the_file_the_row_the_column_and_says_what_is_wrong(self, tmp_path):
        columns = {"income": [-5], "assets": [0], "plafond": [0], "tenor": [12]}
        source = tmp_path / "in.parquet"
        pq.write_table(pa.table(columns), source)

        code, _out, err = score(source, to=tmp_path / "out")

        assert (code, "Tidak ada" in err) == (REFUSED, True)
        assert rejects_in(tmp_path / "out") == [
            _fault(source, "income", "monthly_income", "negative", "-5 bernilai negatif."),
            _fault(source, "plafond", "loan_amount", "not_positive", "Nilai harus lebih dari nol."),
        ]

    @pytest.mark.parametrize("tenor", [0, 361])
    def test_a_tenor_beyond_its_limits(self, tmp_path, tenor):
        columns = {"income": [5], "assets": [0], "plafond": [1], "tenor": [tenor]}
        pq.write_table(pa.table(columns), tmp_path / "in.parquet")

        score(tmp_path / "in.parquet", to=tmp_path / "out")

        assert [fault["code"] for fault in rejects_in(tmp_path / "out")] == ["out_of_range"]

    def test_no_income_is_scored_without_a_ratio(self, tmp_path):
        columns = {"income": [0], "assets": [0], "plafond": [1_000], "tenor": [12]}
        pq.write_table(pa.table(columns), tmp_path / "in.parquet")

        score(tmp_path / "in.parquet", to=tmp_path / "out")

        assert scores_in(tmp_path / "out")[0]["dsr"] is None


class TestGoingOn:
    def test_the_same_again_does_nothing_and_says_the_same(self, portfolio, scored):
        before = content_of(scored)
        times = {path: path.stat().st_mtime_ns for path in scored.glob("part-*.parquet")}

        code, out, _err = score(portfolio, to=scored)

        assert (code, content_of(scored)) == (SCORED, before)
        assert {path: path.stat().st_mtime_ns for path in scored.glob("part-*.parquet")} == times
        assert "5" in out

    def test_what_is_missing_is_done_and_nothing_is_there_twice(self, portfolio, scored):
        before = content_of(scored)
        (scored / "_parts" / "part-00001.json").unlink()
        next(scored.glob("part-00003-*")).unlink()
        (scored / "_manifest.json").unlink()
        (scored / ".0123.part").write_bytes(b"of an attempt that was killed")
        (scored / "part-00001-0000000000000000.parquet").write_bytes(b"of another attempt")

        code, _out, _err = score(portfolio, to=scored)

        assert (code, content_of(scored)) == (SCORED, before)

    @pytest.mark.parametrize("place", [0, 100, -1])
    def test_a_part_that_was_changed_by_a_single_bit_is_done_again(self, portfolio, scored, place):
        before = content_of(scored)
        part = next(scored.glob("part-00002-*"))
        damaged = bytearray(part.read_bytes())
        damaged[place] ^= 1
        part.write_bytes(damaged)

        code, _out, _err = score(portfolio, to=scored)

        assert (code, content_of(scored)) == (SCORED, before)

    def test_changed_rejected_rows_are_written_again(self, tmp_path):
        source = write_csv(tmp_path / "in.csv", times=3)
        score(source, to=tmp_path / "out")
        before = content_of(tmp_path / "out")
        next((tmp_path / "out" / "_rejected").iterdir()).write_bytes(b"")

        score(source, to=tmp_path / "out")

        assert content_of(tmp_path / "out") == before

    def test_an_account_that_is_no_account_is_not_believed(self, portfolio, scored):
        before = content_of(scored)
        (scored / "_parts" / "part-00000.json").write_text('{"index": 0}')

        score(portfolio, to=scored)

        assert content_of(scored) == before

    def test_an_input_that_was_changed_is_refused(self, portfolio, scored):
        before = content_of(scored)
        write_parquet(portfolio / "b.parquet", 150, first=252)

        code, _out, err = score(portfolio, to=scored)

        assert (code, "b.parquet" in err) == (REFUSED, True)
        assert content_of(scored) == before

    def test_an_input_that_was_added_is_refused(self, portfolio, scored):
        write_parquet(portfolio / "c.parquet", 10)

        code, _out, err = score(portfolio, to=scored)

        assert (code, "c.parquet" in err) == (REFUSED, True)

    def test_another_card_is_refused(self, portfolio, scored):
        code, _out, err = score(portfolio, to=scored, options=("--scorecard", "rescaled-1"))

        assert (code, "standard-1" in err) == (REFUSED, True)

    def test_numbers_read_otherwise_are_refused(self, portfolio, scored):
        assert score(portfolio, to=scored, options=("--locale", "en"))[0] == REFUSED

    def test_a_plan_that_is_none_is_refused(self, portfolio, scored):
        (scored / "_plan.json").write_text("{}")

        assert score(portfolio, to=scored)[0] == REFUSED

    def test_a_part_that_cannot_be_read_is_named_and_the_others_are_scored(self, portfolio, tmp_path):
        _damage_a_page(portfolio / "a.parquet", row_group=1)

        code, _out, err = score(portfolio, to=tmp_path / "out")

        assert (code, "a.parquet" in err, "101" in err) == (REJECTED_TOO, True, True)
        assert not (tmp_path / "out" / "_manifest.json").exists()
        assert len(scores_in(tmp_path / "out")) == 300


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

    @pytest.mark.parametrize("option", [("--workers", "-1"), ("--part-rows", "0")])
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


def _sentence(fault) -> str:
    return f"{fault['column']}: {fault['message']}" if fault["column"] else fault["message"]


def _fault(source, column, field, code, message):
    return {
        "file": str(source),
        "row_number": 1,
        "column": column,
        "field": field,
        "code": code,
        "message": message,
    }


def _damage_a_page(path: Path, *, row_group: int) -> None:
    """As a disk does: what says how long the data are is no more what it was."""
    chunk = pq.ParquetFile(path).metadata.row_group(row_group).column(1)
    start = chunk.dictionary_page_offset or chunk.data_page_offset
    content = bytearray(path.read_bytes())
    content[start : start + 16] = b"\xff" * 16
    path.write_bytes(content)
