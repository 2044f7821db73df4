"""Imports that somebody began and never ran: their files go as any upload that nothing refers to."""

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction

from bprs.importing.models import ImportBatch
from bprs.jobs.models import Job


def remove_drafts(before: datetime) -> int:
    """Remove imports that were uploaded or checked before then and never run; return how many."""
    drafts = ImportBatch.objects.filter(state__in=ImportBatch.MAY_BE_CHECKED, created_at__lt=before)
    old = drafts.exclude(checked_at__gte=before).exclude(job__state__in=Job.UNFINISHED)
    return sum(_is_removed(pk) for pk in list(old.values_list("pk", flat=True)))


def draft_kept_until(batch: ImportBatch) -> datetime | None:
    """When an import that nobody runs is removed with its file; None for one that was run."""
    if batch.state not in ImportBatch.MAY_BE_CHECKED:
        return None
    return max(batch.created_at, batch.checked_at or batch.created_at) + timedelta(days=settings.KEEP_UNUSED_FILES_DAYS)


@transaction.atomic
def _is_removed(pk: UUID) -> bool:
    """Not if somebody runs it at the last moment."""
    draft = ImportBatch.objects.filter(pk=pk, state__in=ImportBatch.MAY_BE_CHECKED).select_for_update().first()
    if draft is None:
        return False
    draft.delete()
    return True
