"""One runner takes one job through its parts. Killed at any moment, it leaves what another one can go on with."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from enum import Enum, auto
from uuid import UUID

from django.db import OperationalError, connection, transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from bprs.disk import NO_SPACE, DiskFull
from bprs.errors import DomainError
from bprs.jobs import doorbell, ledger, outages
from bprs.jobs.heartbeat import CancelHeard, Clock, Heartbeat
from bprs.jobs.ledger import Begun, LeaseLost
from bprs.jobs.models import MAX_ATTEMPTS, Job
from bprs.jobs.work import Part, Work, kind_of_work
from bprs.wording import sentence_of

logger = logging.getLogger(__name__)

SECONDS_BETWEEN_ATTEMPTS = 0.2
SECONDS_BETWEEN_CALLS = 1  # at a database that is away
# SQLite has one writer, and who waits for it looks every 0.1 s: without a pause an officer would wait for the whole job.
SECONDS_OF_WRITING, SECONDS_FOR_OTHERS = 0.5, 0.12
DISK_FULL_STATE = "53100"  # PostgreSQL's


class Ending(Enum):
    REACHED = auto()
    CANCELLED = auto()
    LEFT = auto()


class Interrupted(BaseException):
    """The process must end at once: what is being done is rolled back, and goes on elsewhere."""


def run(*, job_id: UUID, runner: str, should_stop: Callable[[], bool], clock: Clock = timezone.now) -> None:
    """Run the job unless it is over or another runner has it. Its sentences are in the language of who asked for it."""
    server = outages.server_began_at()
    job = ledger.claim(job_id=job_id, runner=runner, at=clock())
    if job is None:
        logger.info("Job %s is over, given up, or another runner's", job_id)
        return
    heartbeat = Heartbeat(job, clock)
    job_run = _JobRun(job, should_stop, clock, heartbeat)
    with translation.override(job.language):
        try:
            with heartbeat.beating():
                job_run.go()
        except LeaseLost:
            logger.warning("Job %s is no longer this runner's; its last part was rolled back", job_id)
        except Interrupted:
            connection.close()  # whatever it was in the middle of
            with suppress(LeaseLost):
                ledger.hand_back_uncounted(job, part=job_run.in_hand, at=clock())
        except outages.LOST as error:
            if not outages.is_lost(error):
                raise
            logger.warning("Job %s lost the database: %s", job_id, error)
            with suppress(LeaseLost):
                job_run.hand_back_after_restart(server)


class _JobRun:
    def __init__(self, job: Job, should_stop: Callable[[], bool], clock: Clock, heartbeat: Heartbeat) -> None:
        self.job, self.should_stop, self.clock, self.heartbeat = job, should_stop, clock, heartbeat
        self.in_hand: Part | None = None
        self._breathed = time.monotonic()

    def go(self) -> None:
        try:
            self._run()
        except DomainError as refusal:
            ledger.fail(self.job, code=refusal.code, message=sentence_of(refusal), at=self.clock())
        except LeaseLost:
            raise
        except Exception as error:
            if outages.is_lost(error):
                raise
            if _is_disk_full(error):
                logger.exception("Job %s has no room on the disk", self.job.pk)
                ledger.fail(self.job, code=DiskFull.code, message=_disk_full(), at=self.clock())
                return
            logger.exception("Job %s failed, attempt %s", self.job.pk, self.job.attempts)
            self._try_again_or_give_up()

    def hand_back_after_restart(self, server: datetime | None) -> None:
        """
        Wait for the database. If it was restarted, what was in hand was no attempt; what a connection alone was lost by is one.

        Asked to stop meanwhile, leave the job as it is: whoever finds it goes on.
        """
        while not self.should_stop():
            connection.close()
            try:
                if outages.server_began_at() != server:
                    ledger.hand_back_uncounted(self.job, part=self.in_hand, at=self.clock())
                else:
                    self._try_again_or_give_up()
            except outages.LOST:
                time.sleep(SECONDS_BETWEEN_CALLS)
            else:
                return

    def _run(self) -> None:
        work = kind_of_work(self.job.kind)(self.job)
        try:
            ending = self._go_through(work)
        except CancelHeard:
            connection.close()  # whatever it was in the middle of
            ending = Ending.CANCELLED
        if ending is not Ending.LEFT:
            self._conclude(work, is_cancelled=ending is Ending.CANCELLED)

    def _go_through(self, work: Work) -> Ending:
        if self.job.cancel_asked_at is not None:
            return Ending.CANCELLED
        over = ledger.chunks_over(self.job)
        for part in self._interruptible(work.parts(over)):
            if part.index in over:
                continue
            if self.should_stop():
                ledger.hand_back_uncounted(self.job, part=None, at=self.clock())
                return Ending.LEFT
            if self._do(part) is Begun.CANCELLED:
                return Ending.CANCELLED
            self._let_others_write()
        return Ending.REACHED

    def _interruptible(self, parts: Iterator[Part]) -> Iterator[Part]:
        """What comes before a part is read, and writes nothing."""
        while True:
            with self.heartbeat.interruptible():
                part = next(parts, None)
            if part is None:
                return
            yield part

    def _do(self, part: Part) -> Begun:
        """Do the part, at the third attempt if need be. A refusal is no accident: it is not tried again."""
        while (begun := ledger.begin_part(self.job, part, at=self.clock())) is Begun.READY:
            self.in_hand = part
            try:
                ledger.do_part(self.job, part, at=self.clock())
                break
            except DomainError as refusal:
                ledger.set_aside(self.job, part, code=refusal.code, message=sentence_of(refusal), at=self.clock())
                break
            except LeaseLost:
                raise
            except Exception as error:
                if outages.is_lost(error) or _is_disk_full(error):
                    raise
                logger.exception("Part %s of job %s failed", part.index, self.job.pk)
                time.sleep(SECONDS_BETWEEN_ATTEMPTS)
        self.in_hand = None
        return begun

    def _let_others_write(self) -> None:
        if connection.vendor == "sqlite" and time.monotonic() - self._breathed > SECONDS_OF_WRITING:
            time.sleep(SECONDS_FOR_OTHERS)
            self._breathed = time.monotonic()

    @transaction.atomic
    def _conclude(self, work: Work, *, is_cancelled: bool) -> None:
        at = self.clock()
        held = ledger.hold(self.job, at=at)
        is_whole = not (is_cancelled or ledger.has_set_aside(held))
        result = work.conclude(ledger.results_of(held), at=at, is_whole=is_whole)
        held.refresh_from_db()
        state = Job.State.DONE if is_whole else Job.State.CANCELLED if is_cancelled else Job.State.PARTLY_DONE
        ledger.finish(held, state=state, result=result, at=at)

    @transaction.atomic
    def _try_again_or_give_up(self) -> None:
        """After an error nobody foresaw: another attempt, or the end after the third. Nothing of it is shown."""
        if self.job.attempts >= MAX_ATTEMPTS:
            ledger.fail(self.job, code="gave_up", message=ledger.given_up(), at=self.clock())
            return
        ledger.hand_back(self.job, at=self.clock())
        doorbell.ring(self.job.pk)


def _is_disk_full(error: Exception) -> bool:
    if isinstance(error, OSError):
        return error.errno in NO_SPACE
    if not isinstance(error, OperationalError):
        return False
    return "disk is full" in str(error) or getattr(error.__cause__, "sqlstate", "") == DISK_FULL_STATE


def _disk_full() -> str:
    return _("There is no room left on the disk. Ask for some to be freed, then try the rest again.")
