"""What a backup asks of a database, whichever it is."""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

from bprs.errors import DomainError


class DatabaseRefused(DomainError):
    code = "database_refused"


class Scratch(Protocol):
    """A database beside that of the site, made of a dump. Gone afterwards, unless it took the place of the site's."""

    @property
    def address(self) -> str:
        """For DATABASE_URL."""

    def row_counts(self) -> dict[str, int]:
        """
        Rows by table.

        :raises DatabaseRefused: if it is not sound
        """

    def take_the_place(self, stamp: str) -> str:
        """
        Become the site's database in one step, and keep the old one under the name that is returned.

        :raises SiteRunning: if somebody else uses the old one; nothing has changed then
        """


class Engine(Protocol):
    vendor: str

    def dump(self, target: Path) -> AbstractContextManager[None]:
        """
        Write the database to the file as it is at one moment. Within, `connection` sees it as of that moment.

        :raises DatabaseRefused: if it cannot be dumped
        """

    def scratch(self, dump: Path) -> AbstractContextManager[Scratch]:
        """:raises DatabaseRefused: if it cannot be made"""


def row_counts(cursor: Any, tables: Iterable[str]) -> dict[str, int]:
    """Through any cursor, Django's or a driver's own."""
    counts = {}
    for table in tables:
        cursor.execute(f'SELECT COUNT(*) FROM "{table}"')  # noqa: S608 the database's own name
        counts[table] = int(cursor.fetchone()[0])
    return counts


def names_in(cursor: Any, query: str) -> list[str]:
    cursor.execute(query)
    return sorted(name for (name,) in cursor.fetchall())


def refused(program: str, why: str) -> DatabaseRefused:
    """With what the program says under its own name, or else the last line of it."""
    lines = why.strip().splitlines() or [""]
    own = [line.removeprefix(f"{program}: ") for line in lines if line.startswith(f"{program}: ")] or lines[-1:]
    return DatabaseRefused(f"{program}: {'; '.join(own)}")
