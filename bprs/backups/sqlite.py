"""Dumping and restoring SQLite: its online backup, and files that take each other's place."""

import errno
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _

from bprs.backups.engines import DatabaseRefused, Scratch, names_in, refused, row_counts
from bprs.backups.file_trees import link_or_copy
from bprs.disk import flush_folder
from bprs.in_use import running

TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
SECONDS_FOR_OTHERS = 5


class Sqlite:
    vendor = "sqlite"

    @contextmanager
    def dump(self, target: Path) -> Iterator[None]:
        """One reading transaction from before the copy until the end: others go on writing, unseen."""
        with _one_moment(), _plainly():
            with closing(sqlite3.connect(target)) as copy:
                connection.connection.backup(copy)
                _into_one_file(copy)
            yield

    @contextmanager
    def scratch(self, dump: Path) -> Iterator[Scratch]:
        """In the folder of the site's database, so that it can take its place in one step."""
        with tempfile.TemporaryDirectory(prefix=".restore-", dir=_live().parent) as folder, _plainly():
            path = Path(folder, "restored.sqlite3")
            shutil.move(dump, path)
            yield _SqliteScratch(path)


class _SqliteScratch:
    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def address(self) -> str:
        return f"sqlite:///{quote(str(self._path.absolute()))}"

    def row_counts(self) -> dict[str, int]:
        with closing(sqlite3.connect(self._path)) as database, closing(database.cursor()) as cursor:
            cursor.execute("PRAGMA quick_check")
            if cursor.fetchall() != [("ok",)]:
                raise DatabaseRefused(_("The database in the backup is damaged."))
            return row_counts(cursor, names_in(cursor, TABLES))

    def take_the_place(self, stamp: str) -> str:
        """Nobody reads or writes the old file meanwhile, and no journal of it is left that the new one could mistake for its own."""
        live = _live()
        aside = live.with_name(f"{live.stem}.before-{stamp}{live.suffix}")
        connection.close()
        with closing(sqlite3.connect(self._path)) as ours:
            _into_one_file(ours)
        with closing(sqlite3.connect(live, timeout=SECONDS_FOR_OTHERS)) as old:
            _hold_alone(old)
            shutil.copymode(live, self._path)
            _flush(self._path)
            link_or_copy(live, aside)
            self._path.replace(live)
            flush_folder(live.parent)
        return str(aside)


@contextmanager
def _one_moment() -> Iterator[None]:
    """Not Django's transaction, which is one of writing here, and would keep others from it."""
    with connection.cursor() as cursor:
        cursor.execute("BEGIN DEFERRED")
        try:
            cursor.execute("SELECT COUNT(*) FROM sqlite_master")  # the moment is that of the first reading
            cursor.fetchall()
            yield
        finally:
            cursor.execute("ROLLBACK")


@contextmanager
def _plainly() -> Iterator[None]:
    """
    SQLite's own errors in our words.

    :raises OSError: of no room, if the disk is full
    """
    try:
        yield
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_FULL:
            raise OSError(errno.ENOSPC, str(error)) from error
        raise refused("SQLite", str(error)) from error


def _hold_alone(database: sqlite3.Connection) -> None:
    """:raises SiteRunning: if somebody else has the file open"""
    try:
        database.execute("PRAGMA locking_mode=EXCLUSIVE")
        _into_one_file(database)
        database.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
            raise running() from None
        raise


def _into_one_file(database: sqlite3.Connection) -> None:
    """Without a write-ahead log beside it; Django turns that on again."""
    database.execute("PRAGMA journal_mode=DELETE")


def _flush(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _live() -> Path:
    return Path(settings.DATABASES["default"]["NAME"]).absolute()
