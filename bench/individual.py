"""
The individual call, ours beside the earlier program's: requests a second, how long 99 of 100 take at most, processor time.

    python -m bench.individual [--database sqlite|postgresql] [--seconds 4] [--rounds 5]

Both have two processes, the same financing and the same database: SQLite a file each, PostgreSQL the same server with its
default settings, so that every commit reaches the disk. All servers stay up, and are loaded by turns from another process
over 8 connections; every financing is scored once a turn at most. Ours checks the key, the permission and the branch of an
officer, and appends a run and a score; the other does none of it. A third server is ours with one process.
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from typing import TypeAlias

from rich import box
from rich.console import Console
from rich.table import Table

from bench.load import PATIENCE, Load, Order, call, load_from_beside
from bench.process import run
from bench.report import Row, tell_rows
from bench.servers import Server, cpu_seconds, free_port, granian_with, manage, running
from bench.spreadsheets import postgresql, sql

DATABASES = ("sqlite", "postgresql")
LOANS = 20_000
CALL = "/api/v1/predictions/individual/{n}"
SETTLING_SECONDS = 1.0
OURS, RIVAL, ALONE = "ours, 2 processes", "earlier program, 2 processes", "ours, 1 process"
WANTED_TIMES, WANTED_SCALING = 3.0, 1.8
# Every financing is complete and open, the officer works in every branch by name, and statistics are up to date.
READY = (
    "from loans.models import Loan; from bprs.access.models import Branch, User; from django.db import connection; "
    "Loan.objects.update(status='submitted', principal_amount=10_000_000, tenor_months=12); "
    "[branch.officers.add(User.objects.get(username='ao1')) for branch in Branch.objects.all()]; "
    "connection.cursor().execute('ANALYZE')"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    load: Load
    cpu_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """A server that is up: `session` is that of its processes."""

    name: str
    port: int
    session: int
    token: str = ""

    def turn(self, seconds: float) -> Turn:
        order = Order(port=self.port, method="POST", path=CALL, seconds=seconds, token=self.token, most=LOANS)
        before = cpu_seconds(self.session)
        loaded = load_from_beside(order)
        return Turn(load=loaded, cpu_ms=(cpu_seconds(self.session) - before) * 1000 / loaded.count)


Turns: TypeAlias = Mapping[str, list[Turn]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bank:
    """Where both find the same financing."""

    ours: dict[str, str]
    rival: dict[str, str]

    def forget(self) -> None:
        """Take the earlier program its scores, so that it has something to write."""
        run(["-c", "from bench.rival.tables import forget; forget()"], self.rival)


def prepare(database: str, folder: Path, stack: ExitStack) -> Bank:
    """A demo bank for us, and its customers and financing in the tables of the earlier program."""
    env = {**os.environ, "BPRS_DATA_DIR": str(folder), "LOG_LEVEL": "ERROR"}
    env.pop("DATABASE_URL", None)
    rival_url = f"sqlite:///{folder}/rival.sqlite3"
    if database == "postgresql":
        server = stack.enter_context(postgresql(folder))
        sql(server, "CREATE DATABASE bank")
        env["DATABASE_URL"] = f"postgres://postgres:@/{server}/bank"
        rival_url = f"postgresql+psycopg://postgres@/bank?host={server}"
    manage(env, "migrate", "-v0")
    manage(env, "collectstatic", "--noinput", "-v0")
    manage(env, "demo", "--customers", str(LOANS // 3), "--loans", str(LOANS))
    manage(env, "shell", "-v0", "-c", READY)
    bank = Bank(ours=env, rival={**env, "RIVAL_DATABASE_URL": rival_url, "RIVAL_UPLOADS": str(folder)})
    if database == "sqlite":
        run(
            [
                "-c",
                f"import sqlite3; sqlite3.connect({f'{folder}/bprs.sqlite3'!r}).execute('VACUUM INTO ?', [{f'{folder}/rival.sqlite3'!r}])",
            ],
            env,
        )
        run(
            [
                "-c",
                f"import sqlite3; sqlite3.connect({f'{folder}/rival.sqlite3'!r}).execute('PRAGMA journal_mode=WAL')",
            ],
            env,
        )
    run(["-m", "bench.rival.tables"], bank.rival)
    return bank


def rival_server(port: int, *, workers: int) -> Server:
    flags = ("--host", "127.0.0.1", "--port", str(port), "--workers", str(workers), "--log-level", "error")
    return Server(name=RIVAL, command=(sys.executable, "-m", "uvicorn", *flags, "bench.rival.app:app"))


@contextmanager
def contenders(bank: Bank) -> Iterator[list[Contender]]:
    with ExitStack() as stack:

        def up(name: str, server: Server, port: int, env: dict[str, str]) -> Contender:
            session = stack.enter_context(running(server, port, env))
            return Contender(name=name, port=port, session=session, token=token_of(port) if env is bank.ours else "")

        ports = [free_port() for _ in range(3)]
        yield [
            up(OURS, granian_with(ports[0], workers=2, threads=1), ports[0], bank.ours),
            up(RIVAL, rival_server(ports[1], workers=2), ports[1], bank.rival),
            up(ALONE, granian_with(ports[2], workers=1, threads=1), ports[2], bank.ours),
        ]


def token_of(port: int) -> str:
    connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    login = json.dumps({"username": "ao1", "password": "demo-bprs-2026"})
    return str(json.loads(call(connection, "POST", "/api/v1/auth/token", "", login))["access_token"])


def measure(database: str, seconds: float, rounds: int) -> Turns:
    """Server -> its turns. A first one that does not count lets everybody load what they need."""
    turns: dict[str, list[Turn]] = {}
    # Not under the common name of temp folders alone: the path of PostgreSQL's socket must be short.
    with tempfile.TemporaryDirectory(prefix="bprs-bench-") as folder, ExitStack() as stack:
        bank = prepare(database, Path(folder), stack)
        with contenders(bank) as all_of_them:
            for each in all_of_them:
                each.turn(SETTLING_SECONDS)
            for _round in range(rounds):
                bank.forget()
                for each in all_of_them:
                    turns.setdefault(each.name, []).append(each.turn(seconds))
    return turns


def show(database: str, turns: Turns) -> None:
    table = Table(title=f"{CALL}, {database}", title_justify="left", box=box.SIMPLE_HEAD)
    for heading in ("server", "requests/s", "median ms", "p99 ms", "cpu ms/request"):
        table.add_column(heading, justify="left" if heading == "server" else "right")
    for name, own in turns.items():
        figures = (
            median(turn.load.per_second for turn in own),
            median(turn.load.median for turn in own) * 1000,
            median(turn.load.p99 for turn in own) * 1000,
            median(turn.cpu_ms for turn in own),
        )
        table.add_row(name, *(f"{figure:.3g}" for figure in figures))
    Console().print(table)


def rows(database: str, turns: Turns) -> list[Row]:
    """What is wanted of the individual call, and what was measured: medians of the ratios of each round."""

    def ratio(a: str, b: str, of: str) -> float:
        value = {
            "rate": lambda turn: turn.load.per_second,
            "p99": lambda turn: turn.load.p99,
            "cpu": lambda turn: turn.cpu_ms,
        }[of]
        return median(value(x) / value(y) for x, y in zip(turns[a], turns[b], strict=True))

    work = f"individual call, {database}"
    return [
        Row(work=f"{work}: requests/s", measured=ratio(OURS, RIVAL, "rate"), wanted=WANTED_TIMES),
        Row(work=f"{work}: processor time of the server", measured=ratio(RIVAL, OURS, "cpu"), wanted=None),
        Row(work=f"{work}: p99, the earlier program's over ours", measured=ratio(RIVAL, OURS, "p99"), wanted=1.0),
        Row(work=f"{work}: 1 to 2 web processes", measured=ratio(OURS, ALONE, "rate"), wanted=WANTED_SCALING),
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
