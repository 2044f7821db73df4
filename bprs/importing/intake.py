"""What a file says of itself before its rows are checked: its headers, some cells under each, how many rows it has."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings

from bprs.files.models import StoredFile
from bprs.files.row_count import count_rows
from bprs.importing.cell_json import from_json, to_json
from bprs.importing.columns import recall
from bprs.importing.models import ImportBatch
from bprs.importing.sheets import SheetSource
from bprs.importing.shown_cells import shown_cell
from bprs.spreadsheets import Cell, is_blank
from bprs.spreadsheets.contents import is_archive

SAMPLES, SAMPLE_ROWS = 3, 200


def is_read_at_once(stored: StoredFile) -> bool:
    """Whether its headers are found while somebody waits: a large workbook has to be unpacked whole for them."""
    with stored.content.open("rb") as content:
        if not is_archive(content):
            return True
        rows = count_rows(content)
    return rows is not None and rows <= settings.IMPORT_ROWS_AT_ONCE


def take_in(batch: ImportBatch, source: SheetSource) -> None:
    """Note what the file says, and match its columns as the same source was matched before. Saves nothing."""
    batch.headers = list(source.table.headers)
    batch.samples, batch.rows_read = [], 0
    for chunk in source.table.chunks():
        batch.samples = batch.samples or [_few(column[:SAMPLE_ROWS]) for column in chunk.columns]
        batch.rows_read += len(chunk)
    batch.notes = recall(batch)


def samples_of(batch: ImportBatch) -> list[list[str]]:
    """The first few different cells under each header, as lists show them."""
    return [[shown_cell(from_json(cell)) for cell in cells] for cells in batch.samples]


def _few(cells: Sequence[Cell]) -> list[Any]:
    """Numbers as they are shown: long ones may be somebody's, and are not spelled out."""
    found: dict[str, Any] = {}
    for cell in list(cells):
        if not is_blank(cell) and len(found) < SAMPLES:
            shown = shown_cell(cell)
            found.setdefault(shown, shown if isinstance(cell, str | int | float) else to_json(cell))
    return list(found.values())
