"""What nobody used for some days is removed: by the workers about once a day, and whenever an operator asks."""

from datetime import datetime, timedelta

from django.conf import settings
from django.core.files.storage import default_storage
from django.utils.module_loading import import_string

from bprs.stored_files import is_older, put

EVERY = timedelta(days=1)
MARK = ".tidied"


def tidy(*, at: datetime) -> dict[str, int]:
    """
    Remove what is older than `KEEP_DAYS` says of it, or else `KEEP_UNUSED_FILES_DAYS`; return how much of what, by the
    names in `TIDIERS`.
    """
    return {name: import_string(path)(at - _kept(name)) for name, path in settings.TIDIERS.items()}


def tidy_daily(*, at: datetime) -> dict[str, int]:
    """The same, unless that was done within a day; two workers that do it at once do no harm."""
    if default_storage.exists(MARK) and not is_older(MARK, at - EVERY):
        return {}
    put(MARK, b"")
    return tidy(at=at)


def _kept(name: str) -> timedelta:
    return timedelta(days=settings.KEEP_DAYS.get(name, settings.KEEP_UNUSED_FILES_DAYS))
