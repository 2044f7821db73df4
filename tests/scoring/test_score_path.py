"""File to file: what the operator's `score_file` does."""

import copy
import csv
from decimal import Decimal

import openpyxl
import pyarrow.parquet as pq
import pytest

from bprs.spreadsheets import SpreadsheetRefused
from scoring.engine import STANDARD_1, Scorecard
from scoring.services.score_path import OutputRefused, score_path

CARD = Scorecard.from_dict(STANDARD_1)
TABLE = """Nama;Gaji;Aset;Plafon;Tenor
=Siti;Rp 5.000.000,-;20.000.000;10.000.000,50;12
Budi;10000000;5000000;50000000;24
Ani;;5000000;50000000;24
Tono;2000000;0;10000000;6
"""


def score(tmp_path, name, text=TABLE):
    source = tmp_path / "in.csv"
    source.write_text(text)
    return score_path(source=source, output=tmp_path / name, card=CARD), tmp_path / name


def read_csv(path):
    return list(csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines()))


class TestScorePath:
    def test_puts_the_outcome_beside_the_columns_that_came_in(self, tmp_path):
        _, output = score(tmp_path, "out.csv")

        rows = read_csv(output)
        assert [row["credit_score"] for row in rows] == ["600", "420", "300"]
        assert rows[0] == {
            "Nama": "'=Siti",
            "Gaji": "5000000",
            "Aset": "20000000",
            "Plafon": "10000000.5",
            "Tenor": "12",
            "row_number": "2",
            "credit_score": "600",
            "raw_score": "600",
            "default_probability": "0.15",
            "segment": "medium",
            "dsr": "0.191667",
            "monthly_installment": "958333.38",
            "points_dsr": "150",
            "points_acr": "100",
            "points_tenor": "50",
        }

    def test_accounts_for_every_row_and_keeps_the_rejected_ones_beside(self, tmp_path):
        summary, _ = score(tmp_path, "out.csv")

        assert (summary.account.rows_read, summary.account.accepted, summary.account.rejected) == (4, 3, 1)
        assert summary.segments == {"medium": 1, "high": 2, "low": 0}
        rejected = openpyxl.load_workbook(summary.rejected_path).active
        assert [cell.value for cell in rejected[2]][:5] == ["Ani", None, 5_000_000, 50_000_000, 24]
        assert rejected.max_row == 2

    def test_writes_typed_parquet(self, tmp_path):
        _, output = score(tmp_path, "out.parquet")

        table = pq.read_table(output).to_pylist()
        assert [row["credit_score"] for row in table] == [600, 420, 300]
        assert (table[0]["Plafon"], table[0]["Tenor"]) == (Decimal("10000000.50"), 12)

    def test_writes_workbooks_with_numbers_as_numbers(self, tmp_path):
        _, output = score(tmp_path, "out.xlsx")

        sheet = openpyxl.load_workbook(output).active
        rows = [
            dict(zip([cell.value for cell in sheet[1]], [cell.value for cell in row], strict=True)) for row in sheet
        ]
        assert [(row["Nama"], row["Gaji"], row["credit_score"]) for row in rows[1:3]] == [
            ("'=Siti", 5000000, 600),
            ("Budi", 10000000, 420),
        ]

    @pytest.mark.parametrize("blank", ["", "\n", ",,,\n" * 500])
    def test_refuses_a_table_without_rows_and_writes_nothing(self, tmp_path, blank):
        with pytest.raises(SpreadsheetRefused) as refusal:
            score(tmp_path, "out.csv", f"gaji,aset,plafon,tenor\n{blank}")

        assert refusal.value.code == "empty_file"
        assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]

    def test_takes_away_the_rejected_rows_of_an_earlier_run_when_there_are_none_now(self, tmp_path):
        score(tmp_path, "out.csv")

        summary, _ = score(tmp_path, "out.csv", TABLE.replace("Ani;;", "Ani;1;"))

        assert summary.rejected_path is None
        assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv", "out.csv"]

    @pytest.mark.parametrize("name", ["out.ods", "in.csv"])
    def test_refuses_an_output_it_cannot_or_must_not_write(self, tmp_path, name):
        with pytest.raises(OutputRefused):
            score(tmp_path, name)

        assert (tmp_path / "in.csv").read_text() == TABLE

    def test_a_refused_input_leaves_no_file_behind(self, tmp_path):
        with pytest.raises(SpreadsheetRefused):
            score(tmp_path, "out.csv", "a,b\n1,2\n")

        assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]


class TestCardWithABinForMissing:
    def definition(self):
        card = copy.deepcopy({**STANDARD_1, "version": "unknown-1"})
        card["characteristics"][0]["bins"].append({"label": "unknown", "missing": True, "points": -40})
        return card

    @pytest.mark.parametrize("name", ["out.csv", "out.parquet"])
    def test_scores_a_blank_cell_it_says_the_points_of(self, tmp_path, name):
        source = tmp_path / "in.csv"
        source.write_text(TABLE)

        summary = score_path(source=source, output=tmp_path / name, card=Scorecard.from_dict(self.definition()))

        rows = read_csv(tmp_path / name) if name.endswith("csv") else pq.read_table(tmp_path / name).to_pylist()
        ani = rows[2]
        assert summary.account.accepted == 4
        assert ani["Gaji"] in {"", None}
        assert int(ani["raw_score"]) == 300 - 40 - 50 + 20
