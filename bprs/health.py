"""Whether this process can work, told within seconds also where the database is silent and not merely gone."""

import threading
from collections.abc import Callable

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

SECONDS_FOR_AN_ANSWER = 4


class Probe:
    """
    Asks in a thread of its own, and is not kept waiting by one that gets no answer.

    While a question is unanswered no other is asked: a database that stopped is not met with a crowd when it comes back.
    """

    def __init__(self, ask: Callable[[], object], *, seconds: float = SECONDS_FOR_AN_ANSWER) -> None:
        self.ask, self.seconds = ask, seconds
        self._lock = threading.Lock()
        self._asking: _Question | None = None

    def is_answered(self) -> bool:
        with self._lock:
            if self._asking is None or not self._asking.is_alive():
                self._asking = _Question(self.ask)
                self._asking.start()
            asking = self._asking
        asking.join(self.seconds)
        return asking.was_answered


class _Question(threading.Thread):
    def __init__(self, ask: Callable[[], object]) -> None:
        super().__init__(daemon=True)
        self.ask, self.was_answered = ask, False

    def run(self) -> None:
        try:
            self.ask()
            self.was_answered = True
        except DatabaseError:
            pass
        finally:
            connection.close()


def _ask_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


database = Probe(_ask_database)


class _Migrated:
    """Whether the database is what this program expects. Once it was found so, it is not looked at again."""

    def __init__(self) -> None:
        self._was_found = False

    def __call__(self) -> bool:
        if not self._was_found:
            executor = MigrationExecutor(connection)
            self._was_found = not executor.migration_plan(executor.loader.graph.leaf_nodes())
        return self._was_found

    def forget(self) -> None:
        self._was_found = False


is_migrated = _Migrated()
