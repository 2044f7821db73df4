"""
How many calls a user's programs may make in a minute, in all processes on all machines together.

They are counted by user and not by key or address: neither a new login nor a forged header begins a new count. Each
process counts by itself and tells the database once a second, which tells it how many there were in all; so the limit
holds but for the calls of one second, and costs one statement a second.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _

from bprs.access.models import CallCount
from bprs.errors import DomainError

SECONDS_BETWEEN_TELLINGS = 1
WINDOW_SECONDS = 60
# Whoever's clock is behind counts into the minute that has begun.
TELL = f"""
    INSERT INTO {CallCount._meta.db_table} (user_id, minute, calls) VALUES (%s, %s, %s)
    ON CONFLICT (user_id) DO UPDATE SET
        calls = excluded.calls + CASE WHEN excluded.minute > {CallCount._meta.db_table}.minute THEN 0
            ELSE {CallCount._meta.db_table}.calls END,
        minute = CASE WHEN excluded.minute > {CallCount._meta.db_table}.minute THEN excluded.minute
            ELSE {CallCount._meta.db_table}.minute END
    RETURNING calls
"""  # noqa: S608 the name is ours


class TooManyCalls(DomainError):
    code = "too_many_calls"
    status = 429

    def __init__(self, message: str, *, seconds: int) -> None:
        super().__init__(message)
        self.headers = {"Retry-After": str(seconds)}


@dataclass(slots=True)
class _Count:
    minute: int
    told: int = 0
    untold: int = 0
    tell_at: float = 0.0


class Throttle:
    def __init__(self, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic, self._lock = monotonic, threading.Lock()
        self._counts: dict[int, _Count] = {}

    def count(self, *, user_id: int, at: datetime) -> None:
        """
        Count a call of this user.

        :raises TooManyCalls: if there were more than `API_CALLS_PER_MINUTE` in this minute
        """
        minute, second = divmod(int(at.timestamp()), WINDOW_SECONDS)
        with self._lock:
            count = self._counts.get(user_id)
            if count is None or count.minute != minute:
                count = self._counts[user_id] = _Count(minute)
            count.untold += 1
            self._tell_now_and_then(user_id, count)
            is_over = count.told + count.untold > settings.API_CALLS_PER_MINUTE
        if is_over:
            sentence = _("More than %(limit)s calls in a minute: wait for the next one.")
            raise TooManyCalls(sentence % {"limit": settings.API_CALLS_PER_MINUTE}, seconds=WINDOW_SECONDS - second)

    def _tell_now_and_then(self, user_id: int, count: _Count) -> None:
        """Not within a transaction, whose end others would wait for."""
        if self._monotonic() < count.tell_at or connection.in_atomic_block:
            return
        with connection.cursor() as cursor:
            cursor.execute(TELL, [user_id, count.minute, count.untold])
            (count.told,) = cursor.fetchone()
        count.untold, count.tell_at = 0, self._monotonic() + SECONDS_BETWEEN_TELLINGS


throttle = Throttle()
