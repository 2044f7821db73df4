"""
A background worker: one process, one job at a time.

It listens to django-q2's broker itself, and not as one of q2's cluster: there, an idle worker that is killed takes the
lock of the queue along, and none of the cluster ever works again. What the broker loses is found by looking.
"""

import logging
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from types import FrameType
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, close_old_connections
from django.utils import timezone
from django.utils.module_loading import import_string
from django_q.brokers import Broker, get_broker
from django_q.signing import BadSignature, SignedPackage

from bprs.jobs import pulses
from bprs.jobs.doorbell import TASK
from bprs.jobs.ledger import next_left
from bprs.jobs.processes import this_process
from bprs.jobs.runner import Interrupted, run
from bprs.logs import about
from bprs.spreadsheets.aside import remove_left_folders

logger = logging.getLogger(__name__)
SECONDS_BETWEEN_LOOKS = 3
SECONDS_BETWEEN_CHORES = 60
SECONDS_BETWEEN_ERRANDS = 3
SECONDS_BETWEEN_SWEEPS = 3600
SECONDS_AFTER_A_FAULT = 2
SECONDS_TO_END_A_PART = 4


class Worker:
    def __init__(self, *, clock: Callable[[], datetime] = timezone.now) -> None:
        self.clock, self.broker, self.is_stopping = clock, get_broker(), False
        self._next_look = self._next_errands = self._next_chores = self._next_sweep = self._next_beat = 0.0

    def work(self) -> None:
        """Work until asked to stop. No fault ends it: a database that is away comes back."""
        with suppress(Interrupted):
            while not self.is_stopping:
                close_old_connections()
                self._work_once()
        signal.alarm(0)
        with suppress(DatabaseError):
            pulses.end(runner=this_process())

    def _work_once(self) -> None:
        try:
            self._beat()
            self._sweep_hourly()
            self._answer_the_door()
            self._run_errands()
            self._look_for_what_was_left()
        except Exception:
            logger.exception("The worker could not look for work")
            time.sleep(SECONDS_AFTER_A_FAULT)

    def stop_on_signals(self) -> None:
        """Stop after the part in hand, or in the middle of one that takes long: it is rolled back."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        signal.signal(signal.SIGALRM, _interrupt)

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        if not self.is_stopping:
            self.is_stopping = True
            signal.alarm(SECONDS_TO_END_A_PART)

    def _answer_the_door(self) -> None:
        for job_id in _rung(self.broker):
            self._run(job_id)

    def _look_for_what_was_left(self) -> None:
        if self.is_stopping or time.monotonic() < self._next_look:
            return
        job_id = next_left(at=self.clock(), runner=this_process())
        if job_id is None:
            self._do_chores()
            self._next_look = time.monotonic() + SECONDS_BETWEEN_LOOKS
        else:
            self._run(job_id)

    def _run_errands(self) -> None:
        """Between jobs too, and put off first: one that fails keeps nobody from the jobs."""
        if self.is_stopping or time.monotonic() < self._next_errands:
            return
        self._next_errands = time.monotonic() + SECONDS_BETWEEN_ERRANDS
        for path in settings.ERRANDS:
            import_string(path)(at=self.clock())

    def _do_chores(self) -> None:
        if time.monotonic() >= self._next_chores:
            self._next_chores = time.monotonic() + SECONDS_BETWEEN_CHORES
            for path in settings.CHORES:
                import_string(path)(at=self.clock())

    def _beat(self) -> None:
        if time.monotonic() >= self._next_beat:
            self._next_beat = time.monotonic() + pulses.SECONDS_BETWEEN_BEATS
            pulses.beat(runner=this_process(), at=self.clock())

    def _sweep_hourly(self) -> None:
        if time.monotonic() >= self._next_sweep:
            remove_left_folders()
            self._next_sweep = time.monotonic() + SECONDS_BETWEEN_SWEEPS

    def _run(self, job_id: UUID) -> None:
        with about(str(job_id)):
            run(job_id=job_id, runner=this_process(), should_stop=lambda: self.is_stopping, clock=self.clock)


def _rung(broker: Broker) -> Iterator[UUID]:
    """
    Whom the broker was rung for; it waits a moment if nobody was.

    A ring is taken off before the job is run: a worker that is killed is noticed by who looks, long before the broker
    would ring again.
    """
    for number, payload in broker.dequeue() or ():
        broker.acknowledge(number)
        try:
            task = SignedPackage.loads(payload)
        except (BadSignature, TypeError):
            logger.warning("Someone who does not know the secret key rang for a worker")
            continue
        if task["func"] == TASK:
            yield UUID(task["args"][0])


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise Interrupted
