"""The same bank for both programs, and both as servers that are up at once: what the benchmarks beside each other share."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

from bench.load import PATIENCE, call
from bench.process import run
from bench.servers import Server, free_port, granian_with, manage, running
from bench.spreadsheets import postgresql, sql

DATABASES = ("sqlite", "postgresql")
OURS, RIVAL, ALONE = "ours, 2 processes", "earlier program, 2 processes", "ours, 1 process"
# Every financing is complete and open, the officer works in every branch by name, and statistics are up to date.
READY = (
    "from loans.models import Loan; from bprs.access.models import Branch, User; from django.db import connection; "
    "Loan.objects.update(status='submitted', principal_amount=10_000_000, tenor_months=12); "
    "[branch.officers.add(User.objects.get(username='ao1')) for branch in Branch.objects.all()]; "
    "connection.cursor().execute('ANALYZE')"
)
# The earlier program has a file of its own, in the journal mode that ours has.
COPY = (
    "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('VACUUM INTO ?', [sys.argv[2]]); "
    "sqlite3.connect(sys.argv[2]).execute('PRAGMA journal_mode=WAL')"
)
FORGET = (
    "from loans.models import Loan; Loan.objects.update(credit_score=None, default_probability=None, segment='', "
    "scored_at=None, scored_facts='', is_stale=False)"
)
CUSTOMERS_PER_LOAN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Bank:
    """Where both find the same financing: their environments."""

    ours: dict[str, str]
    rival: dict[str, str]

    def forget(self) -> None:
        """Take the earlier program its scores, so that it has something to write."""
        run(["-c", "from bench.rival.tables import forget; forget()"], self.rival)

    def forget_ours(self) -> None:
        """Take our financing the scores it carries, so that all of it has other ones to carry."""
        manage(self.ours, "shell", "-v0", "-c", FORGET)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """A server that is up: `session` is that of its processes."""

    name: str
    port: int
    session: int
    token: str = ""


def prepare(database: str, folder: Path, stack: ExitStack, *, loans: int) -> Bank:
    """A demo bank for us, and its customers and financing in the tables of the earlier program."""
    env = {**os.environ, "BPRS_DATA_DIR": str(folder), "LOG_LEVEL": "ERROR", "SCORE_LOANS_AT_ONCE": "1"}
    env.pop("DATABASE_URL", None)
    rival_url = f"sqlite:///{folder}/rival.sqlite3"
    if database == "postgresql":
        server = stack.enter_context(postgresql(folder))
        sql(server, "CREATE DATABASE bank")
        env["DATABASE_URL"] = f"postgres://postgres:@/{server}/bank"
        rival_url = f"postgresql+psycopg://postgres@/bank?host={server}"
    for command in (["migrate", "-v0"], ["collectstatic", "--noinput", "-v0"]):
        manage(env, *command)
    manage(env, "demo", "--customers", str(loans // CUSTOMERS_PER_LOAN), "--loans", str(loans))
    manage(env, "shell", "-v0", "-c", READY)
    if database == "sqlite":
        run(["-c", COPY, f"{folder}/bprs.sqlite3", f"{folder}/rival.sqlite3"], env)
    bank = Bank(ours=env, rival={**env, "RIVAL_DATABASE_URL": rival_url, "RIVAL_UPLOADS": str(folder)})
    run(["-m", "bench.rival.tables"], bank.rival)
    return bank


def rival_server(port: int, *, workers: int) -> Server:
    flags = ("--host", "127.0.0.1", "--port", str(port), "--workers", str(workers), "--log-level", "error")
    return Server(name=RIVAL, command=(sys.executable, "-m", "uvicorn", *flags, "bench.rival.app:app"))


@contextmanager
def contenders(bank: Bank) -> Iterator[list[Contender]]:
    """Ours, the earlier program, and ours with one process."""
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
