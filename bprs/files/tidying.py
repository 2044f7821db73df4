"""What was handed in and never used goes after some days. What anything rests on stays."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from bprs.files.models import UPLOADS, StoredFile
from bprs.files.services import discard
from bprs.stored_files import files_in, is_older, remove


def remove_unused_uploads(before: datetime) -> int:
    """Remove uploads from before then that nothing refers to, and files that were never recorded; return how many."""
    return _remove_unreferenced(before) + _remove_unrecorded(before)


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
    there = files_in(UPLOADS)  # looked at first: what is recorded meanwhile is known, then
    known = set(StoredFile.objects.values_list("content", flat=True))
    strays = [name for name in there if name not in known and is_older(name, before)]
    for name in strays:
        remove(name)
    return len(strays)
