"""How much a file that somebody hands in may cost, by the settings."""

from django.conf import settings

from bprs.spreadsheets import Limits


def upload_limits(*, max_rows: int | None = None) -> Limits:
    """The limits of every web door; a door may want fewer rows."""
    return Limits(
        max_bytes=settings.UPLOAD_MAX_BYTES,
        max_inflated_bytes=settings.SHEET_MAX_INFLATED_BYTES,
        max_ratio=settings.SHEET_MAX_RATIO,
        max_rows=min(settings.SHEET_MAX_ROWS, max_rows or settings.SHEET_MAX_ROWS),
        max_columns=settings.SHEET_MAX_COLUMNS,
        max_cell_chars=settings.SHEET_MAX_CELL_CHARS,
        max_cells=settings.SHEET_MAX_CELLS,
        max_seconds=settings.SHEET_MAX_SECONDS,
        max_memory=settings.SHEET_MAX_MEMORY,
    )
