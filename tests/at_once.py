"""Two workers at the same moment, each with a connection of its own."""

import threading
from collections.abc import Callable
from typing import TypeVar

from django.db import connection

Found = TypeVar("Found")


def by_two_at_once(do: Callable[[], Found]) -> list[Found]:
    begin, found = threading.Barrier(2, timeout=60), []

    def work() -> None:
        try:
            begin.wait()
            found.append(do())
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return found
