"""
The campaign of faults: `python -m tests.faults [--only NAME…] [--seed N] [--rounds N] [--sqlite | --postgres] [--quick]`.

Each fault is played in rounds, each with a bank and a seed of its own, on both databases unless one is named. The table
says what clients were told and what is there. Exit codes: 0 the promise was kept; 1 it was not, and where.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table

from tests.faults.campaign import Fault, Grounds, Verdict, judge
from tests.faults.catalogue import FAULTS
from tests.faults.databases import Home, PostgresHome, SqliteHome

VENDORS = ("sqlite", "postgresql")
HEADINGS = ("fault", "database", "rounds", "seconds", "acknowledged", "is there", "twice", "verify", "verdict")
SHOWN, WIDTH = 5, 120


@contextmanager
def home_of(vendor: str, folder: Path) -> Iterator[Home]:
    if vendor == "sqlite":
        yield SqliteHome(folder)
        return
    home = PostgresHome(folder / "postgres")
    try:
        yield home
    finally:
        home.close()


def campaign(faults: Sequence[Fault], vendor: str, *, rounds: int, seed: int) -> Iterator[Verdict]:
    """Play those that can happen to this database."""
    with tempfile.TemporaryDirectory(prefix="bprs-faults-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)  # a PostgreSQL that root starts runs as somebody else
        with home_of(vendor, folder) as home:
            grounds = Grounds(folder, home)
            for fault in faults:
                if vendor in fault.vendors:
                    yield judge(fault, grounds, rounds=rounds, seed=seed)


def main(arguments: Sequence[str] | None = None) -> int:
    given = _parser().parse_args(arguments)
    faults = [fault for fault in FAULTS if fault.name in (given.only or [fault.name])]
    faults = [fault for fault in faults if fault.is_quick or not given.quick]
    console, verdicts = Console(width=None if sys.stdout.isatty() else WIDTH), []
    for vendor in given.vendors or VENDORS:
        for verdict in campaign(faults, vendor, rounds=given.rounds, seed=given.seed):
            console.print(f"{verdict.fault} on {vendor}: {_in_a_word(verdict)}")
            verdicts.append(verdict)
    _show(console, verdicts)
    return int(not all(verdict.is_kept for verdict in verdicts))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=[fault.name for fault in FAULTS], metavar="NAME")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="what make test plays, too")
    for flag, vendor in (("--sqlite", "sqlite"), ("--postgres", "postgresql")):
        parser.add_argument(flag, dest="vendors", action="append_const", const=vendor)
    return parser


def _show(console: Console, verdicts: Sequence[Verdict]) -> None:
    table = Table(box=box.SIMPLE_HEAD)
    for heading in HEADINGS:
        table.add_column(heading, justify="left" if heading in ("fault", "database", "verify", "verdict") else "right")
    for one in verdicts:
        counts = map(str, (one.rounds, round(one.seconds), one.acknowledged, one.stored, one.twice))
        table.add_row(one.fault, one.vendor, *counts, one.verify, _in_a_word(one))
    console.print(table)
    for one in verdicts:
        for complaint in one.complaints[:SHOWN]:
            console.print(f"! {one.fault} on {one.vendor}: {complaint}", markup=False)


def _in_a_word(verdict: Verdict) -> str:
    if verdict.complaints:
        return "BROKEN"
    return f"SKIPPED: {verdict.skipped}" if verdict.skipped else "kept"


if __name__ == "__main__":
    sys.exit(main())
