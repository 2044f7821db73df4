"""A full disk is a refusal people can act on; what is written is for us alone, and what was acknowledged outlives a loss of power."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bprs.errors import DomainError

NO_SPACE = (errno.ENOSPC, errno.EDQUOT)
REASONS = {
    errno.ENOENT: gettext_lazy("there is no such file or folder"),
    errno.ENOTDIR: gettext_lazy("there is no such file or folder"),
    errno.EISDIR: gettext_lazy("it is a folder"),
    errno.EACCES: gettext_lazy("it is not allowed"),
    errno.EPERM: gettext_lazy("it is not allowed"),
    errno.EFBIG: gettext_lazy("the file would become too large"),
    errno.EROFS: gettext_lazy("it can only be read there"),
    **dict.fromkeys(NO_SPACE, gettext_lazy("there is no room left on the disk")),
}


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
        raise NotWritable(not_written(path, error)) from error


def reason(error: OSError) -> str:
    """Why a file cannot be read or written, in the reader's language where it is a usual reason."""
    return str(REASONS.get(error.errno or 0) or error.strerror or error)


def not_read(path: Path, error: OSError) -> str:
    return _("%(file)s cannot be read: %(why)s.") % {"file": path, "why": reason(error)}


def not_written(path: Path, error: OSError) -> str:
    return _("%(file)s cannot be written: %(why)s.") % {"file": path, "why": reason(error)}


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
