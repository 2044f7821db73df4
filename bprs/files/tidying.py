"""What was handed in and never used goes after some days. What anything rests on stays."""

from datetime import datetime
from pathlib import Path

from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from bprs.files.models import UPLOADS, StoredFile
from bprs.files.services import discard


def remove_unused_uploads(before: datetime) -> int:
    """Remove uploads from before then that nothing refers to, and files that were never recorded; return how many."""
    return _remove_unreferenced(before) + _remove_unrecorded(before)


def is_older(path: Path, before: datetime) -> bool:
    """Whether the file was last written before then; not if it is gone."""
    try:
        return path.stat().st_mtime < before.timestamp()
    except FileNotFoundError:
        return False


def _remove_unreferenced(before: datetime) -> int:
    return sum(_is_removed(stored) for stored in _unreferenced().filter(created_at__lt=before))


def _unreferenced() -> QuerySet[StoredFile]:
    """Whatever may refer to a file, of whichever app, is asked."""
    references = [relation.name for relation in StoredFile._meta.related_objects]
    return StoredFile.objects.filter(**{f"{name}__isnull": True for name in references})


def _is_removed(stored: StoredFile) -> bool:
    """Not if somebody uses it at the last moment."""
    try:
        with transaction.atomic():
            still_unused = _unreferenced().filter(pk=stored.pk).exists()
            if still_unused:
                discard(stored)
    except IntegrityError:
        return False
    return still_unused


def _remove_unrecorded(before: datetime) -> int:
    """Of a process that died between the storage and the database."""
    folder = Path(default_storage.path(UPLOADS))
    old = [path for path in folder.glob("*") if is_older(path, before)]
    known = set(StoredFile.objects.values_list("content", flat=True)) if old else set()
    strays = [path for path in old if f"{UPLOADS}/{path.name}" not in known]
    for path in strays:
        path.unlink(missing_ok=True)
    return len(strays)
