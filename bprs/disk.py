"""A full disk is a refusal people can act on, not a fault of the program."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

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
