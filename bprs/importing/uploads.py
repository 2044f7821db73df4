"""Sheets that wait in storage between preview and confirmation."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from django.conf import settings

from bprs.files.limits import upload_limits
from bprs.files.models import StoredFile
from bprs.importing.models import ImportBatch
from bprs.importing.sheets import SheetSource
from bprs.spreadsheets import open_confined
from bprs.spreadsheets.amounts import Locale


@contextmanager
def opened(
    stored: StoredFile, *, locale: Locale, sheet: str, mapping: Mapping[str, str] | None = None
) -> Iterator[SheetSource]:
    """
    Open a stored file as a sheet.

    :raises SpreadsheetRefused: if it is no table, or larger than what is imported at once
    """
    limits = upload_limits(max_rows=settings.IMPORT_MAX_ROWS)
    with stored.content.open("rb") as file:
        table = open_confined(file, filename=stored.filename, sheet=sheet or None, limits=limits)
        yield SheetSource(table=table, digest=stored.sha256, locale=locale, mapping=mapping or {})


@contextmanager
def opened_batch(batch: ImportBatch) -> Iterator[SheetSource]:
    """As `opened`, read as was chosen for the batch."""
    locale: Locale = "en" if batch.locale == "en" else "id"
    with opened(batch.stored_file, locale=locale, sheet=batch.sheet, mapping=batch.mapping) as source:
        yield source
