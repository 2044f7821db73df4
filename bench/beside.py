"""
All that is measured beside the earlier program, in one table: `python -m bench.beside [--quick]`, or `make bench`.

Whoever adds a benchmark adds its line to BENCHMARKS, and leaves its rows with `tell_rows`.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console

from bench.load import ROOT
from bench.report import ROWS_FILE, rows_in, table_of

# module -> what it is asked for, and what it is asked for in a hurry
BENCHMARKS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "bench.individual": (("--seconds", "4", "--rounds", "5"), ("--seconds", "2", "--rounds", "3")),
    "bench.bulk_http": (("--rows", "100000", "--rounds", "3"), ("--rows", "20000", "--rounds", "1")),
    "bench.rescoring": (
        ("--loans", "100000", "--loop", "20000", "--rounds", "3"),
        ("--loans", "20000", "--loop", "5000", "--rounds", "1"),
    ),
    "bench.score_files": (("--rows", "30000000"), ("--rows", "3000000")),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer rows and rounds: sizes, not digits")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bprs-rows-") as folder:
        path = Path(folder, "rows")
        for module, (usual, quick) in BENCHMARKS.items():
            command = [sys.executable, "-m", module, *(quick if options.quick else usual)]
            subprocess.run(command, cwd=ROOT, env={**os.environ, ROWS_FILE: str(path)}, check=True)  # noqa: S603 ours
        Console().print(table_of(rows_in(path)))
    Console().print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the end; ratios by turns, medians.")


if __name__ == "__main__":
    main()
