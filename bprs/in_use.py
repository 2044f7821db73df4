"""Whether the site runs on this machine: who serves or works holds a mark, which a restore must have alone."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.utils.translation import gettext as _

from bprs.errors import DomainError

MARK = "in-use"


class SiteRunning(DomainError):
    code = "site_running"
    status = 409


class RestoreRunning(DomainError):
    code = "restore_running"
    status = 409


@contextmanager
def site_in_use() -> Iterator[None]:
    """:raises RestoreRunning: if a backup is being restored"""
    with _mark() as mark:
        if mark and not _is_locked(mark, fcntl.LOCK_SH):
            raise RestoreRunning(_("A backup is being restored. Start the site when that is done."))
        yield


@contextmanager
def site_stopped() -> Iterator[None]:
    """
    Nobody begins to serve or work meanwhile, on this machine.

    :raises SiteRunning: if somebody does already
    """
    with _mark() as mark:
        if mark and not _is_locked(mark, fcntl.LOCK_EX):
            raise running()
        yield


def running() -> SiteRunning:
    return SiteRunning(_("The site is running. Stop its web server and its workers first, then restore."))


@contextmanager
def _mark() -> Iterator[BinaryIO | None]:
    """None where nothing can be written: such a site goes without. The lock ends with the process, however it ends."""
    folder = Path(settings.DATA_DIR)
    file: BinaryIO | None = None
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        file = (folder / MARK).open("ab")
    if file is None:
        yield None
        return
    with file:
        yield file


def _is_locked(mark: BinaryIO, kind: int) -> bool:
    try:
        fcntl.flock(mark, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
