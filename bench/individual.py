"""
The individual call, ours beside the earlier program's: requests a second, how long 99 of 100 take at most, processor time.

    python -m bench.individual [--database sqlite|postgresql] [--seconds 4] [--rounds 5]

Both have two processes, the same financing and the same database: SQLite a file each, PostgreSQL the same server with its
default settings, so that every commit reaches the disk. All servers stay up, and are loaded by turns from another process
over 8 connections; every financing is scored once a turn at most. Ours checks the key, the permission and the branch of an
officer, and appends a run and a score; the other does none of it. A third server is ours with one process. The processor
time is that of the web processes; what PostgreSQL itself takes shows in the requests a second.
"""

import argparse
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TypeAlias

from rich import box
from rich.console import Console
from rich.table import Table

from bench.load import Load, Order, load_from_beside
from bench.report import Row, tell_rows
from bench.servers import cpu_seconds
from bench.side_by_side import ALONE, DATABASES, OURS, RIVAL, Contender, contenders, prepare

LOANS = 20_000
CALL = "/api/v1/predictions/individual/{n}"
SETTLING_SECONDS = 1.0
WANTED_TIMES, WANTED_SCALING = 3.0, 1.8


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    load: Load
    cpu_ms: float


Turns: TypeAlias = Mapping[str, list[Turn]]
FIGURES = {
    "requests/s": lambda turn: turn.load.per_second,
    "median ms": lambda turn: turn.load.median * 1000,
    "p99 ms": lambda turn: turn.load.p99 * 1000,
    "cpu ms/request": lambda turn: turn.cpu_ms,
}


def turn_of(contender: Contender, seconds: float) -> Turn:
    order = Order(port=contender.port, method="POST", path=CALL, seconds=seconds, token=contender.token, most=LOANS)
    before = cpu_seconds(contender.session)
    loaded = load_from_beside(order)
    return Turn(load=loaded, cpu_ms=(cpu_seconds(contender.session) - before) * 1000 / loaded.count)


def measure(database: str, seconds: float, rounds: int) -> Turns:
    """Server -> its turns. A first one that does not count lets everybody load what they need."""
    turns: dict[str, list[Turn]] = {}
    # Not under the common name of temp folders alone: the path of PostgreSQL's socket must be short.
    with tempfile.TemporaryDirectory(prefix="bprs-bench-") as folder, ExitStack() as stack:
        bank = prepare(database, Path(folder), stack, loans=LOANS)
        with contenders(bank) as all_of_them:
            for each in all_of_them:
                turn_of(each, SETTLING_SECONDS)
            for _round in range(rounds):
                bank.forget()
                for each in all_of_them:
                    turns.setdefault(each.name, []).append(turn_of(each, seconds))
    return turns


def show(database: str, turns: Turns) -> None:
    table = Table(title=f"{CALL}, {database}", title_justify="left", box=box.SIMPLE_HEAD)
    for heading in ("server", *FIGURES):
        table.add_column(heading, justify="left" if heading == "server" else "right")
    for name, own in turns.items():
        table.add_row(name, *(f"{median(map(figure, own)):.3g}" for figure in FIGURES.values()))
    Console().print(table)


def times(turns: Turns, figure: str, a: str, b: str) -> float:
    """How many times b's figure a's is: the median of the rounds' ratios."""
    value = FIGURES[figure]
    return median(value(x) / value(y) for x, y in zip(turns[a], turns[b], strict=True))


def rows(database: str, turns: Turns) -> list[Row]:
    work = f"individual call, {database}"
    return [
        Row(work=f"{work}: requests/s", measured=times(turns, "requests/s", OURS, RIVAL), wanted=WANTED_TIMES),
        Row(work=f"{work}: p99", measured=times(turns, "p99 ms", RIVAL, OURS), wanted=1.0),
        Row(work=f"{work}: processor time", measured=times(turns, "cpu ms/request", RIVAL, OURS), wanted=None),
        Row(
            work=f"{work}: from 1 to 2 processes",
            measured=times(turns, "requests/s", OURS, ALONE),
            wanted=WANTED_SCALING,
        ),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", action="append", choices=DATABASES)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    for database in options.database or DATABASES:
        turns = measure(database, options.seconds, options.rounds)
        show(database, turns)
        tell_rows(rows(database, turns))


if __name__ == "__main__":
    main()
