"""How transactions of SQLite wait for one another."""

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import OperationalError
from django.db.utils import ConnectionHandler

pytestmark = pytest.mark.django_db
TIMEOUT = 0.4  # seconds


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "some.sqlite3"
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("CREATE TABLE told (word text)")
    return path


@pytest.fixture
def database(path):
    """One that takes transactions as the site does, but gives up sooner."""
    options = {"transaction_mode": "IMMEDIATE", "timeout": TIMEOUT}
    database = ConnectionHandler({"default": {"ENGINE": "bprs.sqlite3", "NAME": path, "OPTIONS": options}})["default"]
    yield database
    database.close()


@contextmanager
def writing(path, *, seconds: float) -> Iterator[None]:
    """Somebody else writes, and is through after so long."""
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    ended = threading.Timer(seconds, other.execute, ["COMMIT"])
    ended.start()
    try:
        yield
    finally:
        ended.join()
        other.close()


def tell(database, word="one"):
    database.set_autocommit(True)
    with database.wrap_database_errors, database.cursor() as cursor:
        database._start_transaction_under_autocommit()
        cursor.execute("INSERT INTO told VALUES (%s)", [word])
        cursor.execute("COMMIT")


def told(path) -> list[str]:
    with sqlite3.connect(path) as database:
        return [word for (word,) in database.execute("SELECT word FROM told")]


@pytest.mark.parametrize("seconds", [0.002, 0.1], ids=["among the first looks", "after them"])
def test_who_waits_gets_his_turn(database, path, seconds):
    with writing(path, seconds=seconds):
        tell(database)

    assert told(path) == ["one"]


def test_who_waits_too_long_is_told_and_can_try_again(database, path):
    with writing(path, seconds=3 * TIMEOUT):
        began = time.monotonic()
        with pytest.raises(OperationalError, match="locked"):
            tell(database)
        assert time.monotonic() - began >= TIMEOUT  # no sooner than the setting says

    tell(database)
    assert told(path) == ["one"]


def test_outside_of_transactions_it_waits_as_ever(database, path):
    tell(database)

    with writing(path, seconds=0.1), database.cursor() as cursor:
        cursor.execute("INSERT INTO told VALUES ('two')")

    assert told(path) == ["one", "two"]


def test_what_else_is_wrong_is_said_at_once(database, path):
    database.ensure_connection()
    with database.cursor() as cursor:
        cursor.execute("BEGIN")

    with pytest.raises(OperationalError, match="within a transaction"):
        database._start_transaction_under_autocommit()


def test_the_site_is_on_it(settings):
    engine = settings.DATABASES["default"]["ENGINE"]

    assert engine == "bprs.sqlite3" or engine.endswith("postgresql")
