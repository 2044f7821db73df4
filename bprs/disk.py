"""A full disk is a refusal people can act on; what is written is for us alone, and what was acknowledged outlives a loss of power."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from bprs.errors import DomainError

NO_SPACE = (errno.ENOSPC, errno.EDQUOT)


class DiskFull(DomainError):
    code = "disk_full"
    status = 503


class NotWritable(DomainError):
    code = "not_writable"


@contextmanager
def room_needed() -> Iterator[None]:
    """:raises DiskFull: if what is done within finds no room on the disk"""
    try:
        yield
    except OSError as error:
        if error.errno not in NO_SPACE:
            raise
        raise DiskFull(_("There is no room left on the disk. Ask for some to be freed, then try again.")) from error


@contextmanager
def writable(path: Path) -> Iterator[None]:
    """:raises NotWritable: if what is done within fails for another reason than want of room"""
    try:
        yield
    except OSError as error:
        if error.errno in NO_SPACE:
            raise
        named = {"file": error.filename or path, "why": error.strerror}
        raise NotWritable(_("%(file)s cannot be written: %(why)s") % named) from error


def for_us_alone(path: str, flags: int) -> int:
    """An `opener` of files that hold personal data."""
    return os.open(path, flags, settings.FILE_UPLOAD_PERMISSIONS)


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
