"""
What the database alone asks for an individual call: the same reading and writing in plain SQL, without a program around it.

    python -m bench.floor [--database sqlite|postgresql] [--seconds 3] [--rounds 3]

Two processes with a connection each write what our call writes (a score, a run, the financing) or what the earlier
program's writes (the financing), every commit on the disk. No program can answer more calls a second than these.
"""

import argparse
import os
import tempfile
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any

import django
from rich import box
from rich.console import Console
from rich.table import Table

from bench.process import Measured, Stopwatch, run, tell
from bench.side_by_side import DATABASES, Bank, prepare

LOANS, PROCESSES = 3_000, 2
READ = (
    "SELECT l.id, l.principal_amount, l.tenor_months, c.monthly_income, c.assets_value "
    "FROM loans_loan l JOIN customers_customer c ON c.id = l.customer_id WHERE l.id = %s"
)
UPDATE = "UPDATE loans_loan SET credit_score = %s, default_probability = 0.15, segment = 'medium', scored_at = %s WHERE id = %s"
RUN, SCORE = "scoring_scoringrun", "scoring_score"
WORK = ("ours", "the earlier program's")


def transactions(work: str, first: int, seconds: float) -> int:
    """Score financing from the `first` on, as often as it goes in these seconds; return how often."""
    from django.db import connection, transaction  # noqa: PLC0415 the process that measures has no bank

    began, done = time.perf_counter(), 0
    with connection.cursor() as cursor:
        latest, write_score, write_run = _writers(cursor, connection.vendor)
        while time.perf_counter() - began < seconds:
            with transaction.atomic():
                number = 1 + (first + done) % LOANS
                cursor.execute(READ, [number])
                cursor.fetchall()
                if work == WORK[0]:
                    run_id = uuid.uuid4() if connection.vendor == "postgresql" else uuid.uuid4().hex
                    write_score({**latest[SCORE], "run_id": run_id, "loan_id": number})
                    write_run({**latest[RUN], "id": run_id})
                cursor.execute(UPDATE, [300 + done % 500, latest[RUN]["scored_at"], number])
            done += 1
    return done


def _writers(cursor: Any, vendor: str) -> tuple[dict[str, dict[str, Any]], Callable[..., None], Callable[..., None]]:
    """A row of each table to write again, and how."""
    latest, writers = {}, []
    for table in (SCORE, RUN):
        cursor.execute(f"SELECT * FROM {table} LIMIT 1")  # noqa: S608 ours
        names = [column[0] for column in cursor.description]
        latest[table] = {
            name: value for name, value in zip(names, cursor.fetchone(), strict=True) if (table, name) != (SCORE, "id")
        }
        writers.append(_writer(cursor, table, list(latest[table])))
    return latest, writers[0], writers[1]


def _writer(cursor: Any, table: str, names: list[str]) -> Callable[..., None]:
    sql = f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join(['%s'] * len(names))})"  # noqa: S608 ours
    return lambda row: cursor.execute(sql, [row[name] for name in names])


def measure(bank: Bank, work: str, seconds: float) -> tuple[float, float]:
    """Transactions a second of all processes together, and milliseconds of processor time of the program for each."""

    def one(number: int) -> Measured:
        return run(["-m", "bench.floor", "--work", work, str(number * LOANS // PROCESSES), str(seconds)], bank.ours)

    with ThreadPoolExecutor(PROCESSES) as both:
        told = [measured.told for measured in both.map(one, range(PROCESSES))]
    count = sum(each["rows"] for each in told)
    return count / max(each["seconds"] for each in told), sum(each["cpu"] for each in told) * 1000 / count


def show(database: str, seconds: float, rounds: int) -> None:
    table = Table(title=f"{database}, plain SQL", title_justify="left", box=box.SIMPLE_HEAD)
    for heading in ("what is written", "transactions/s", "cpu ms of the program"):
        table.add_column(heading, justify="left" if heading == "what is written" else "right")
    with tempfile.TemporaryDirectory(prefix="bprs-bench-") as folder, ExitStack() as stack:
        bank = prepare(database, Path(folder), stack, loans=LOANS)
        turns = [{work: measure(bank, work, seconds) for work in WORK} for _round in range(rounds)]
    for work in WORK:
        table.add_row(work, *(f"{median(turn[work][place] for turn in turns):.3g}" for place in range(2)))
    Console().print(table)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", action="append", choices=DATABASES)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--work", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if not options.work:
        for database in options.database or DATABASES:
            show(database, options.seconds, options.rounds)
        return
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bprs.settings")
    django.setup()
    work, first, seconds = options.work
    watch = Stopwatch()
    count = transactions(work, int(first), float(seconds))
    tell(**watch.read(), rows=count)


if __name__ == "__main__":
    main()
