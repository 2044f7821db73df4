"""
Scoring stored financing again, ours beside a good ORM loop and beside one call after the other.

    python -m bench.rescoring [--database sqlite|postgresql] [--loans 100000] [--loop 20000] [--rounds 3]

Ours is the whole job as a worker does it: from the selected keys to scores appended, financing updated, run closed; first with
a score that is new to every financing, then again with the one it has, as most of a portfolio has from day to day. The loop
is SQLAlchemy's unit of work: batches of 1,000 read with their customers, scored in doubles, updated, committed; no history.
One call after the other is the earlier program's own endpoint, without HTTP. Both are given fewer and scaled. Last, two jobs
over a half each, by one worker and by two at once. Each in a process of its own, by turns; medians of ratios.
"""

import argparse
import sys
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from bench.process import Measured, run
from bench.report import Row, tell_rows
from bench.side_by_side import DATABASES, Bank, prepare

WANTED_LOOP = {"postgresql": 8.0, "sqlite": 10.0}
WANTED_CALLS, WANTED_SCALING = 100.0, 1.8
CALLS = 1_000


def each_second(measured: Measured) -> float:
    return measured.told["rows"] / measured.told["seconds"]


def of_processor(measured: Measured) -> float:
    return measured.told["rows"] / measured.told["cpu"]


def ours(bank: Bank, *, part: int = 0, parts: int = 1) -> Measured:
    return run(["-m", "bench.rescoring_work", str(part), str(parts)], bank.ours)


def rival(bank: Bank, work: str, rows: int) -> Measured:
    bank.forget()
    return run(["-m", "bench.rival.rescoring", work, str(rows)], bank.rival)


def halves_one_after_the_other(bank: Bank) -> float:
    return sum(ours(bank, part=part, parts=2).told["seconds"] for part in range(2))


def halves_at_once(bank: Bank) -> float:
    with ThreadPoolExecutor(2) as both:
        taken = list(both.map(lambda part: ours(bank, part=part, parts=2).told["seconds"], range(2)))
    return max(taken)


def measure(database: str, loans: int, loop: int, rounds: int) -> tuple[Mapping[str, Sequence[Measured]], list[float]]:
    turns: dict[str, list[Measured]] = {"ours": [], "again": [], "loop": [], "calls": []}
    with tempfile.TemporaryDirectory(prefix="bprs-bench-") as folder, ExitStack() as stack:
        bank = prepare(database, Path(folder), stack, loans=loans)
        for _round in range(rounds):
            bank.forget_ours()
            turns["ours"].append(ours(bank))
            turns["again"].append(ours(bank))
            turns["loop"].append(rival(bank, "loop", loop))
            turns["calls"].append(rival(bank, "calls", CALLS))
        scaling = [halves_one_after_the_other(bank) / halves_at_once(bank) for _round in range(rounds)]
    return turns, scaling


def rows(database: str, turns: Mapping[str, Sequence[Measured]], scaling: Sequence[float]) -> list[Row]:
    work = f"rescoring, {database}"

    def times(own: str, other: str) -> float:
        return median(each_second(a) / each_second(b) for a, b in zip(turns[own], turns[other], strict=True))

    def cpu(own: str) -> float:
        return median(of_processor(a) / of_processor(b) for a, b in zip(turns[own], turns["loop"], strict=True))

    return [
        Row(work=f"{work}: ORM loop", measured=times("ours", "loop"), wanted=WANTED_LOOP[database]),
        Row(work=f"{work}: ORM loop, processor time of the program", measured=cpu("ours"), wanted=None),
        Row(work=f"{work}: ORM loop, ours again", measured=times("again", "loop"), wanted=WANTED_LOOP[database]),
        Row(work=f"{work}: ORM loop, ours again, processor time of the program", measured=cpu("again"), wanted=None),
        Row(work=f"{work}: one call after the other", measured=times("ours", "calls"), wanted=WANTED_CALLS),
        Row(work=f"{work}: from 1 to 2 workers", measured=median(scaling), wanted=WANTED_SCALING),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", action="append", choices=DATABASES)
    parser.add_argument("--loans", type=int, default=100_000)
    parser.add_argument("--loop", type=int, default=20_000, help="how many of them the loop is given")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    for database in options.database or DATABASES:
        turns, scaling = measure(database, options.loans, options.loop, options.rounds)
        for name, own in turns.items():
            peak = max(turn.peak_mb for turn in own)
            sys.stdout.write(f"{database}, {name}: {median(map(each_second, own)):,.0f} a second, {peak:.0f} MB\n")
        tell_rows(rows(database, turns, scaling))


if __name__ == "__main__":
    main()
