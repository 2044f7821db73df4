"""Portfolios in files: what comes out, through the operator's door, with the parts done within the command."""

import json
from decimal import Decimal
from itertools import groupby

import numpy as np
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.command_line import run
from tests.scoring.portfolios import (
    manifest_of,
    rejects_in,
    score,
    scores_in,
    write_csv,
)

SCORED, REJECTED_TOO, REFUSED = 0, 1, 2
pytestmark = pytest.mark.django_db


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
