"""What goes on beside the work: the lease is renewed, and a cancel is heard also while a long file is read."""

import logging
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from threading import Event, Thread, current_thread, main_thread
from types import FrameType

from django.db import Error, connection

from bprs.jobs import ledger, pulses
from bprs.jobs.models import Job

logger = logging.getLogger(__name__)
Clock = Callable[[], datetime]
SECONDS_BETWEEN_LOOKS = 1
LOOKS_BETWEEN_BEATS = 15
LOOKS = 1800  # half an hour without a part done: then another runner may try


class CancelHeard(BaseException):
    """The job was cancelled while nothing of it was being written: it need not be read to its end."""


class Heartbeat:
    """
    Says that the runner lives, and interrupts it where it waits for `interruptible` work once the job is cancelled.

    Only the main thread can be interrupted; any other notices between two parts.
    """

    def __init__(self, job: Job, clock: Clock) -> None:
        self.job, self.clock = job, clock
        self._is_over, self._is_interruptible = Event(), False

    @contextmanager
    def beating(self) -> Iterator[None]:
        with _signalled(self._interrupt) as can_be_interrupted:
            watching = Thread(target=self._watch, args=(can_be_interrupted,), daemon=True)
            watching.start()
            try:
                yield
            finally:
                self._is_over.set()
                watching.join()

    @contextmanager
    def interruptible(self) -> Iterator[None]:
        """:raises CancelHeard: anywhere inside"""
        self._is_interruptible = True
        try:
            yield
        finally:
            self._is_interruptible = False

    def _interrupt(self, _number: int, _frame: FrameType | None) -> None:
        if self._is_interruptible:
            self._is_interruptible = False
            raise CancelHeard

    def _beat(self) -> bool:
        """Whether the job is still ours."""
        pulses.beat(runner=self.job.runner, at=self.clock())
        return ledger.renew(self.job, at=self.clock())

    def _watch(self, can_be_interrupted: bool) -> None:  # noqa: FBT001 the argument of a thread
        for look in range(1, LOOKS + 1):
            if self._is_over.wait(SECONDS_BETWEEN_LOOKS):
                return
            try:
                if look % LOOKS_BETWEEN_BEATS == 0 and not self._beat():
                    return
                if can_be_interrupted and self._is_interruptible and ledger.is_cancelled(self.job):
                    signal.pthread_kill(main_thread().ident or 0, signal.SIGUSR1)
            except Error:
                logger.warning("The lease of job %s could not be renewed", self.job.pk, exc_info=True)
            finally:
                connection.close()


@contextmanager
def _signalled(handler: Callable[[int, FrameType | None], None]) -> Iterator[bool]:
    """Have SIGUSR1 handled meanwhile; whether that is possible. It ends a wait for another process, too."""
    if current_thread() is not main_thread():
        yield False
        return
    before = signal.signal(signal.SIGUSR1, handler)
    try:
        yield True
    finally:
        signal.signal(signal.SIGUSR1, before)
