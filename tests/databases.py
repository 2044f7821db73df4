"""Databases for processes that race or are killed: copies of one that was migrated once, for migrating takes seconds."""

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg
from django.db import connection

_PRISTINE: list[str] = []


def worker() -> str:
    """Tests of several processes of xdist run beside each other."""
    return os.environ.get("PYTEST_XDIST_WORKER", "alone")


@contextmanager
def kept_pristine() -> Iterator[None]:
    """Copy the database of the tests as migrations left it, before the first test: a file, or a database of that name."""
    if connection.vendor == "sqlite":
        path = Path(connection.settings_dict["NAME"]).with_name("pristine.sqlite3")
        with connection.cursor() as cursor:
            cursor.execute(f"VACUUM INTO '{path}'")
        _PRISTINE.append(str(path))
        yield
        return
    source, name = connection.settings_dict["NAME"], f"pristine_{worker()}"
    connection.close()  # nobody may be connected to what is copied
    with _new_on_server({name: source}):
        _PRISTINE.append(name)
        yield


@contextmanager
def new_databases(*names: str, folder: Path) -> Iterator[list[str]]:
    """Their addresses, for DATABASE_URL; those on a server are gone afterwards."""
    if connection.vendor == "sqlite":
        files = [shutil.copy(_PRISTINE[0], folder / f"{name}.sqlite3") for name in names]
        yield [f"sqlite:///{file}" for file in files]
        return
    with _new_on_server(dict.fromkeys(names, _PRISTINE[0])):
        address = os.environ["DATABASE_URL"].rpartition("/")[0]
        yield [f"{address}/{name}" for name in names]


@contextmanager
def _new_on_server(templates: dict[str, str]) -> Iterator[None]:
    with ExitStack() as made:
        server = made.enter_context(psycopg.connect(conninfo("postgres"), autocommit=True))
        for name, template in templates.items():
            server.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
            made.callback(server.execute, f'DROP DATABASE "{name}" WITH (FORCE)')
        yield


def conninfo(database: str) -> str:
    """How psycopg comes to a database of the server the tests run on."""
    known = connection.settings_dict
    given = {"host": known["HOST"], "port": known["PORT"], "user": known["USER"], "password": known["PASSWORD"]}
    return psycopg.conninfo.make_conninfo(
        "", dbname=database, **{name: value for name, value in given.items() if value}
    )
