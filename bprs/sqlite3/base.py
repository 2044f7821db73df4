"""
SQLite as Django has it, but for how a transaction waits for its turn: there is one writer at a time.

SQLite itself looks again after 1, 2, 5, 10 and more milliseconds, and one call writes for about 1. Measured with two processes
that score loan after loan: 550 calls a second together like that, 760 when who waits looks every 0.3 ms to begin with.
"""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.db.backends.sqlite3 import base
from django.db.utils import OperationalError

LOOKS, SECONDS_BETWEEN = 50, 0.0003
USUAL_TIMEOUT = 5.0  # seconds, of Python's sqlite3


class DatabaseWrapper(base.DatabaseWrapper):
    def _start_transaction_under_autocommit(self) -> None:
        if not self._is_begun_soon():
            super()._start_transaction_under_autocommit()  # type: ignore[misc]  # the stubs leave it out

    def _is_begun_soon(self) -> bool:
        """False if another still writes after some looks. What else is wrong is raised."""
        with self._not_waiting():
            for _look in range(LOOKS):
                try:
                    super()._start_transaction_under_autocommit()  # type: ignore[misc]
                except OperationalError as error:
                    if not _is_busy(error):
                        raise
                    time.sleep(SECONDS_BETWEEN)
                else:
                    return True
        return False

    @contextmanager
    def _not_waiting(self) -> Iterator[None]:
        """SQLite says at once that another writes."""
        timeout = self.settings_dict["OPTIONS"].get("timeout", USUAL_TIMEOUT)
        self.connection.execute("PRAGMA busy_timeout = 0")
        try:
            yield
        finally:
            self.connection.execute(f"PRAGMA busy_timeout = {int(timeout * 1000)}")


def _is_busy(error: OperationalError) -> bool:
    cause = error.__cause__
    return isinstance(cause, sqlite3.OperationalError) and cause.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
