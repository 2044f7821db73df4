"""
Rows a second of a portfolio in Parquet files, scored by 1 and by 2 local workers: `python -m bench.score_files [--rows N]`.

Timed is all that `manage.py score_file FOLDER -o OUT --workers N` does but starting Python: read, score, write with every
outcome column, hash, flush to the disk, account for each part. Starting the cluster is told apart: the rate is that from
the first finished part to the last. Seconds of the processor depend less on who else uses the machine.
"""

# ruff: noqa: T201 - a measurement prints
import argparse
import os
import tempfile
from pathlib import Path
from time import perf_counter

import django
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from bench.process import Measured, Stopwatch, run, tell
from bench.report import Row, tell_rows
from scoring.engine import STANDARD_1, Scorecard

ROWS_IN_A_FILE, ROWS_IN_A_GROUP = 1_000_000, 250_000
WORKERS, WANTED = (1, 2), 3_000_000


def write_portfolio(folder: Path, rows: int) -> None:
    """Amounts as people type them, multiples of Rp 250,000, in four columns of integers."""
    random = np.random.default_rng(2026)
    for start in range(0, rows, ROWS_IN_A_FILE):
        length = min(ROWS_IN_A_FILE, rows - start)
        columns = {
            "monthly_income": random.integers(0, 200, length) * 250_000,
            "assets_value": random.integers(0, 2_000, length) * 250_000,
            "loan_amount": random.integers(1, 1_000, length) * 250_000,
            "tenor_months": random.integers(1, 61, length),
        }
        path = folder / f"portfolio-{start // ROWS_IN_A_FILE:05}.parquet"
        pq.write_table(pa.table(columns), path, row_group_size=ROWS_IN_A_GROUP)


def measure(portfolio: Path, workers: int) -> None:
    """In a process of its own, so that the most memory of its workers is theirs."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bprs.settings")
    django.setup()
    from scoring.services.portfolio_files.cluster import Cluster, runner_for  # noqa: PLC0415 after Django is set up
    from scoring.services.portfolio_files.score_files import score_files  # noqa: PLC0415

    seen: list[tuple[float, int]] = []
    card, cluster = Scorecard.from_dict(STANDARD_1), Cluster(workers=workers)
    with tempfile.TemporaryDirectory(dir=portfolio.parent) as folder:
        watch = Stopwatch()
        summary = score_files(
            sources=[portfolio],
            folder=Path(folder, "scored"),
            card=card,
            runner=runner_for(cluster),
            on_progress=lambda done, _rows: seen.append((perf_counter(), done)),
        )
        taken = watch.read()
    (first, rows_before), (last, rows) = seen[0], seen[-1]
    if summary.totals.scored != rows:
        raise SystemExit(f"{rows - summary.totals.scored} rows were not scored.")
    tell(**taken, rate=(rows - rows_before) / (last - first), rows=rows)


def report(workers: int, measured: Measured) -> None:
    told = measured.told
    print(
        f"{workers} worker{'s' * (workers > 1)}: {told['rate'] / 1e6:.2f} million rows a second, "
        f"{told['seconds']:.1f} s with the start of the cluster, {told['cpu']:.1f} s of the processor "
        f"({told['rows'] / told['cpu'] / 1e6:.2f} million rows a second of it), "
        f"at most {measured.peak_mb:.0f} MB in one process",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--folder", type=Path, help="where there is room (default: the temporary folder)")
    parser.add_argument("--measure", nargs=2, metavar=("PORTFOLIO", "WORKERS"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        return measure(Path(given.measure[0]), int(given.measure[1]))
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        portfolio = Path(folder, "portfolio")
        portfolio.mkdir()
        write_portfolio(portfolio, given.rows)
        rates = []
        for workers in WORKERS:
            measured = run(["-m", "bench.score_files", "--measure", str(portfolio), str(workers)], env=os.environ)
            report(workers, measured)
            rates.append(measured.told["rate"])
    tell_rows(
        [
            Row(
                work="score_file, rows/s of Parquet on two workers, against 3,000,000",
                measured=rates[1] / WANTED,
                wanted=1,
            ),
            Row(work="score_file, from 1 to 2 workers", measured=rates[1] / rates[0], wanted=1.8),
        ]
    )
    return None


if __name__ == "__main__":
    main()
