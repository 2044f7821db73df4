"""Dumping and restoring PostgreSQL: its own programs, and databases that take each other's name."""

import errno
import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
from django.conf import settings
from django.db import connection, transaction
from django.db.backends.postgresql.client import DatabaseClient
from django.utils.translation import gettext as _
from psycopg import sql
from psycopg.pq import TransactionStatus

from bprs.backups.engines import DatabaseRefused, Scratch, names_in, refused, row_counts
from bprs.in_use import running

TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
LIKE_OURS = "SELECT pg_encoding_to_char(encoding), datcollate, datctype FROM pg_database WHERE datname = %s"
MADE_ALIKE = "CREATE DATABASE {} TEMPLATE template0 ENCODING {} LC_COLLATE {} LC_CTYPE {}"
EVERYWHERE = ("postgres", "template1")
DJANGOS_OWN = ("assume_role", "isolation_level", "pool", "server_side_binding")  # of OPTIONS; the rest is libpq's
LONGEST_NAME = 40  # and what is put behind it, within PostgreSQL's 63


class Postgres:
    vendor = "postgresql"

    @contextmanager
    def dump(self, target: Path) -> Iterator[None]:
        """pg_dump is given the snapshot of our transaction."""
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            cursor.execute("SELECT pg_export_snapshot()")
            (snapshot,) = cursor.fetchone()
            flags = ("--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}")
            _run("pg_dump", _name(), *flags, f"--file={target}")
            yield

    @contextmanager
    def scratch(self, dump: Path) -> Iterator[Scratch]:
        """On the same server."""
        name = f"{_name()[:LONGEST_NAME]}_restore_{secrets.token_hex(4)}"
        try:
            _make(name)
            flags = ("--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction")
            _run("pg_restore", name, *flags, str(dump))
            with _connected(name) as database:
                database.execute("ANALYZE")
            yield _PostgresScratch(name)
        finally:
            with _connected() as server:
                server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


class _PostgresScratch:
    def __init__(self, name: str) -> None:
        self._scratch = name

    @property
    def address(self) -> str:
        """That of the site, but for the name; it stands in the environment, passwords and all."""
        place, _question, options = os.environ["DATABASE_URL"].partition("?")
        return f"{place.rpartition('/')[0]}/{quote(self._scratch)}{f'?{options}' if options else ''}"

    def row_counts(self) -> dict[str, int]:
        with _connected(self._scratch) as database, database.cursor() as cursor:
            return row_counts(cursor, names_in(cursor, TABLES))

    def take_the_place(self, stamp: str) -> str:
        """Both names change in one transaction; the server refuses while anybody is connected."""
        live, aside = _name(), f"{_name()[:LONGEST_NAME]}_before_{stamp.replace('-', '_')}"
        connection.close()
        try:
            with _connected() as server, server.transaction():
                _rename(server, live, aside)
                _rename(server, self._scratch, live)
        except psycopg.errors.ObjectInUse:
            raise running() from None
        return aside


def _rename(server: "psycopg.Connection[Any]", before: str, after: str) -> None:
    names = sql.Identifier(before), sql.Identifier(after)
    server.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(*names))


def _make(name: str) -> None:
    with _connected() as server:
        like = server.execute(LIKE_OURS, [_name()]).fetchone() or ()
        server.execute(sql.SQL(MADE_ALIKE).format(sql.Identifier(name), *map(sql.Literal, like)))


@contextmanager
def _connected(name: str | None = None) -> "Iterator[psycopg.Connection[Any]]":
    """
    To another database of the site's server, each statement by itself; without a name to one that every server has.

    :raises DatabaseRefused: with the server's own words
    """
    try:
        where = {**_parameters(), "dbname": name or _beside_ours()}
        with closing(psycopg.connect(**where, autocommit=True)) as database:
            try:
                yield database
            finally:
                _end(database)
    except psycopg.errors.ObjectInUse:
        raise
    except psycopg.errors.InsufficientPrivilege:
        raise DatabaseRefused(
            _(
                "The database user of the site must own its database and may create others, which restoring needs: "
                "ALTER DATABASE … OWNER TO …, ALTER ROLE … CREATEDB."
            )
        ) from None
    except psycopg.errors.DiskFull as error:
        raise OSError(errno.ENOSPC, str(error)) from error
    except psycopg.Error as error:
        raise refused("PostgreSQL", str(error)) from error


def _end(database: "psycopg.Connection[Any]") -> None:
    """An interruption may leave a statement under way: a database that it is making would be there after all."""
    if database.info.transaction_status == TransactionStatus.ACTIVE:
        database.cancel_safe()
        while database.pgconn.get_result():
            pass


def _beside_ours() -> str:
    """A database cannot be renamed by who is connected to it."""
    return next(name for name in EVERYWHERE if name != _name())


def _parameters() -> dict[str, Any]:
    names = {"host", "port", "user", "password"}
    known = {name: connection.settings_dict[name.upper()] for name in names}
    options = {name: value for name, value in connection.settings_dict["OPTIONS"].items() if name not in DJANGOS_OWN}
    return {**{name: value for name, value in known.items() if value}, **options}


def _run(program: str, name: str, *arguments: str) -> None:
    """
    Run one of PostgreSQL's programs on a database of the site's server. Passwords go by the environment.

    :raises DatabaseRefused: if it is not there, or fails
    :raises OSError: of no room, if the disk is full
    """
    (_psql, *where, _name_there), env = DatabaseClient.settings_to_cmd_args_env(
        {**connection.settings_dict, "NAME": name}, []
    )
    command = (_found(program), *where, "--no-password", "--dbname", name, *arguments)
    done = _done(command, {**os.environ, **(env or {}), "LC_MESSAGES": "C"})
    if done.returncode and os.strerror(errno.ENOSPC) in done.stderr:
        raise OSError(errno.ENOSPC, done.stderr)
    if done.returncode:
        raise refused(program, done.stderr)


def _done(command: Sequence[str], env: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command, env=env, capture_output=True, text=True, errors="replace", check=False)  # noqa: S603 no shell, and no words of users


def _found(program: str) -> str:
    found = shutil.which(program, path=settings.PG_BIN or None)
    if found is None:
        raise DatabaseRefused(
            _("%(program)s was not found: install PostgreSQL's client programs, or name their folder in PG_BIN.")
            % {"program": program}
        )
    return found


def _name() -> str:
    return str(connection.settings_dict["NAME"])
