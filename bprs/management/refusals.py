"""Refusals on the command line: the sentence and an exit code, never a traceback."""

import signal
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.checks import run_checks
from django.core.management.base import CommandError
from django.db import OperationalError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils.translation import gettext as _

from bprs.encryption import CHECKED
from bprs.errors import DomainError
from bprs.wording import sentence_of

INTERRUPTED = 130
ENDS = (signal.SIGTERM, signal.SIGHUP)  # the second is ignored under nohup


@contextmanager
def said_plainly(*, exit_code: int = 1) -> Iterator[None]:
    """Turn a refusal, or a database that is away, into a CommandError with this exit code; and Ctrl-C into a quiet end."""
    try:
        yield
    except DomainError as refusal:
        fields = "".join(f"\n  {field}: {reason}" for field, reason in refusal.fields.items() if reason != str(refusal))
        raise CommandError(f"{sentence_of(refusal)}{fields}", returncode=exit_code) from None
    except KeyboardInterrupt as interrupted:
        traceback.clear_frames(interrupted.__traceback__)  # whatever reads rows ends before the connection does
        raise CommandError(_("Stopped."), returncode=INTERRUPTED) from None
    except OperationalError as error:
        message = _("The database does not answer, or not now: %(reason)s") % {"reason": str(error).strip()}
        raise CommandError(message, returncode=exit_code) from None


@contextmanager
def cleaning_up() -> Iterator[None]:
    """SIGTERM, and a terminal that is closed, end it as Ctrl-C does: what was begun is taken away."""
    before = {each: signal.getsignal(each) for each in ENDS if signal.getsignal(each) is not signal.SIG_IGN}
    try:
        for each in before:
            signal.signal(each, signal.default_int_handler)
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


@contextmanager
def unbroken() -> Iterator[None]:
    """
    Signals wait until what is done within is done.

    For imports: one that is broken off may keep its lock, on which the next thread waits for ever, and C code on the way may
    swallow the interruption.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, *ENDS})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def refuse_unmigrated(*, exit_code: int = 1) -> None:
    """End with a sentence where the tables are not there yet or not as this version wants them."""
    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if waiting:
        raise CommandError(
            _("The database lacks %(count)s migrations: run manage.py migrate.") % {"count": len(waiting)},
            returncode=exit_code,
        )


def refuse_wrong_keys(*, exit_code: int = 1) -> None:
    """End with a sentence where the keys are not those of what is stored."""
    faults = run_checks(tags=[CHECKED], databases=["default"])
    if faults:
        raise CommandError("\n".join(f"{fault.msg} {fault.hint}" for fault in faults), returncode=exit_code)
