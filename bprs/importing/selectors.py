"""What an import says of itself afterwards: its rows as understood, its rejected rows, its records."""

from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from typing import Any

from django.utils.translation import gettext as _

from bprs.access.models import User
from bprs.disk import room_needed
from bprs.importing.cell_json import from_json, origin_of
from bprs.importing.columns import match_of
from bprs.importing.entries import Fate
from bprs.importing.faults import Fault, fault_from_json
from bprs.importing.models import ImportBatch
from bprs.importing.resources import shown_text
from bprs.importing.results import REJECTED_SHOWN, ChangedCell, RejectedRow, ShownCell, ShownRow
from bprs.importing.workbooks import rejected_workbook
from bprs.spreadsheets import COLUMNS, NumberStyle
from bprs.spreadsheets.cells import Cell
from bprs.wording import title_of


def preview_rows(batch: ImportBatch) -> list[ShownRow]:
    """The first rows as understood, in the language of the screen."""
    return [
        ShownRow(
            number=row["number"],
            fate=Fate(row["fate"]),
            cells=[_shown(name, row["cells"][name]) for name in batch.preview["columns"]],
            origin=row.get("origin"),
        )
        for row in batch.preview.get("rows", ())
    ]


def changed_cells(batch: ImportBatch) -> list[ChangedCell]:
    """The first cells that change something, wherever they stand in the file."""
    return [
        ChangedCell(
            number=change["number"],
            of=change.get("of", ""),
            column=title_of(name := change["field"]),
            before=shown_text(name, from_json(change["before"])),
            text=shown_text(name, from_json(change["value"])),
        )
        for change in batch.preview.get("changes", ())
    ]


def rejected_rows(batch: ImportBatch) -> list[RejectedRow]:
    """The first of them, with what is wrong in the language of the screen."""
    rows = batch.rejections.order_by("row_index")[:REJECTED_SHOWN]
    return [
        RejectedRow(number=row.row_number, faults=_faults(row.faults), origin=origin_of(batch.headers, row.cells))
        for row in rows
    ]


def rejected_rows_workbook(batch: ImportBatch, *, reader: User) -> bytes:
    """
    All of them as they came, and what to mend, in the language of the screen; identities for who brought them alone.

    :raises DiskFull: if there is no room to make it
    """
    style = NumberStyle(group=batch.preview.get("digits_grouped_by"), reason="numbers_as_before")
    with room_needed(), closing(_rejections(batch)) as rows:
        return rejected_workbook(match_of(batch), style, rows, hides_identities=reader.pk != batch.owner_id)


def rejected_filename(batch: ImportBatch) -> str:
    return f"{_('rejected')}-{batch.stored_file.filename.rsplit('.', 1)[0]}.xlsx"


def _rejections(batch: ImportBatch) -> Generator[tuple[int, list[Cell], list[Fault]]]:
    """
    To be closed by who reads it: a cursor that the garbage collector closes in the middle of another query of the same
    connection waits for itself, for ever.
    """
    for row in batch.rejections.order_by("row_index").iterator():
        yield row.row_number, [from_json(cell) for cell in row.cells], _faults(row.faults)


def _faults(written: Sequence[Mapping[str, Any]]) -> list[Fault]:
    return [fault_from_json(fault) for fault in written]


def _shown(name: str, cell: Mapping[str, Any]) -> ShownCell:
    value, original = from_json(cell["value"]), from_json(cell["original"])
    text = shown_text(name, value)
    before = shown_text(name, from_json(cell["before"])) if "before" in cell else None
    return ShownCell(text=text, before=before, original=_as_written(name, original, value, text))


def _as_written(name: str, original: Cell, value: Any, text: str) -> str | None:
    """How the file writes it, where that is not how it is shown: «5.000» read as 5,000."""
    if not isinstance(original, str) or COLUMNS[name].kind == "nik":
        return None
    written = " ".join(original.split())
    plain = {text.casefold(), str(value).casefold(), f"{value}".removesuffix(".00").casefold(), ""}
    return None if written.casefold() in plain else written
