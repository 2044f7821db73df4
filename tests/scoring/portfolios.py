"""Portfolios in files, with every kind of row that people send."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tests.command_line import run

TITLES = "No;Nama;Penghasilan bulanan (Rp);Aset;Plafon;Tenor"
MESSY = """1;"Siti, S.E.";Rp 5.000.000,-;20.000.000;10.000.000,50;12
2;Budi;10000000;5000000;50000000;24
3;Ani;;5000000;50000000;24
;;;;;
4;Tono;2000000;0;10000000;6
5;Rina;5jt;1;1000000;12
6;=Dewi;3.500.000;0;750.000.000.000.000;361
7;José;-1;2;3;4
8;Eko;1e6;1;0;12,5
9;Wati;999.999.999.999.999;1;999.999.999.999.999,99;360
Total;;100;100;100;
"""


def write_csv(path: Path, *, times: int = 1, text: str = MESSY, end: str = "\n") -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes((TITLES + "\n" + text * times).replace("\n", end).encode())
    return path


def write_parquet(path: Path, rows: int, *, first: int = 1, group: int = 100) -> Path:
    """Clean rows, of which each is another."""
    path.parent.mkdir(exist_ok=True)
    numbers = range(first, first + rows)
    columns = {
        "loan_id": pa.array([f"P{number:06}" for number in numbers]),
        "penghasilan": pa.array([1_000_000 + 997 * number for number in numbers]),
        "total_assets": pa.array([1.5 * number for number in numbers]),
        "plafond": pa.array([Decimal(5_000_000) + Decimal(number) / 100 for number in numbers], pa.decimal128(18, 2)),
        "tenor": pa.array([1 + number % 60 for number in numbers], pa.int16()),
    }
    pq.write_table(pa.table(columns), path, row_group_size=group)
    return path


def scores_in(folder: Path) -> list[dict[str, Any]]:
    """Every row of a folder, as whoever reads it as one table gets them, in the order of the input."""
    rows: list[dict[str, Any]] = pq.read_table(folder).to_pylist()
    return rows


def rejects_in(folder: Path) -> list[dict[str, Any]]:
    paths = sorted((folder / "_rejected").glob("part-*.parquet"))
    return [row for path in paths for row in pq.read_table(path).to_pylist()]


def manifest_of(folder: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((folder / "_manifest.json").read_text())
    return read


def content_of(folder: Path) -> dict[str, bytes]:
    """Every file by its name."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def score(
    *sources: Path, to: Path, part_rows: int = 10, where: str = "here", options: tuple[str, ...] = ()
) -> tuple[int, str, str]:
    """Score files into a folder: exit code, standard output and standard error."""
    return run("score_file", *sources, "-o", to, "--cluster", where, "--part-rows", str(part_rows), *options)
