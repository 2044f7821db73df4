"""A full disk is a refusal people can act on, not a fault of the program; and what was acknowledged outlives a loss of power."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.utils.translation import gettext as _

from bprs.errors import DomainError

NO_SPACE = (errno.ENOSPC, errno.EDQUOT)


class DiskFull(DomainError):
    code = "disk_full"
    status = 503


@contextmanager
def room_needed() -> Iterator[None]:
    """:raises DiskFull: if what is done within finds no room on the disk"""
    try:
        yield
    except OSError as error:
        if error.errno not in NO_SPACE:
            raise
        raise DiskFull(_("There is no room left on the disk. Ask for some to be freed, then try again.")) from error


def flush_file(path: Path) -> None:
    """Have the content on the disk before anybody is told that it is there."""
    _flush(path, os.O_RDONLY)


def flush_folder(folder: Path) -> None:
    """A name is on the disk once its folder is."""
    _flush(folder, os.O_RDONLY | os.O_DIRECTORY)


def _flush(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
