"""What a batch would do, written down: the counts, the first rows as understood, every rejected row."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from django.conf import settings

from bprs.bulk import insert_columns
from bprs.importing.cell_json import origin_of, to_json
from bprs.importing.entries import Fate
from bprs.importing.faults import Fault
from bprs.importing.models import ImportBatch, ImportRejection
from bprs.importing.parts import packed, parts_of
from bprs.importing.plans import Importer
from bprs.importing.prospects import Prospect
from bprs.importing.reasons import sum_up_reasons
from bprs.importing.results import ROWS_SHOWN
from bprs.importing.sheet_kinds import resource_of
from bprs.importing.sheets import Sheet, SheetSource, original_cells
from bprs.spreadsheets.cells import Cell

CHANGES_SHOWN = 100
FIRST_SHOWN = ("full_name", "customer_number", "loan_number", "akad", "loan_amount", "tenor_months")


Cells = Mapping[int, Sequence[Cell]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What every row of a batch will become; `cells` are those of the rejected rows and of the first ones."""

    prospect: Prospect
    shown: Sequence[tuple[int, Fate]]
    cells: Cells


def examine(batch: ImportBatch, source: SheetSource, *, at: datetime) -> Finding:
    """
    Find out what every row of the batch will become. Writes nothing and needs no transaction: a large file takes its
    time, and nobody should wait for it.

    :raises SpreadsheetRefused: if the file cannot be read
    """
    importer = Importer(user=batch.owner, branch=batch.branch, at=at, is_final=False)
    resource = resource_of(batch.kind)()
    prospect = resource.prospect_of(resource.read(source), importer)
    shown = list(islice(prospect.planned(), ROWS_SHOWN))
    cells = original_cells(source.table, {*prospect.sheet.faults, *(row for row, _fate in shown)})
    return Finding(prospect=prospect, shown=shown, cells=cells)


def record(batch: ImportBatch, finding: Finding, *, at: datetime) -> None:
    """Write it down with the batch, and nothing else."""
    prospect, sheet = finding.prospect, finding.prospect.sheet
    batch.rejections.all().delete()
    write_rejections(batch, sheet.row_numbers, sheet.faults, finding.cells)
    batch.preview = _preview(prospect, finding.shown, finding.cells)
    sum_up_reasons(batch)
    batch.notes = list(dict.fromkeys([*batch.notes, *sheet.notes]))
    batch.parts = packed(parts_of(len(sheet), prospect.groups(), size=settings.IMPORT_PART_ROWS))
    set_counts(batch, counts_of(prospect.fates()))
    batch.state, batch.checked_at = ImportBatch.State.CHECKED, at
    batch.save()


def counts_of(fates: Sequence[Fate]) -> dict[str, int]:
    """How many rows became what; `read` is the sum, checked by whoever adds them up."""
    counted = Counter(fates)
    return {"read": len(fates), **{name: counted[fate] for name, fate in _COUNTED.items()}}


_COUNTED = {
    "new": Fate.NEW,
    "changed": Fate.CHANGED,
    "unchanged": Fate.UNCHANGED,
    "rejected": Fate.REJECTED,
    "blank": Fate.BLANK,
}


def set_counts(batch: ImportBatch, counts: Mapping[str, int]) -> None:
    batch.rows_read = counts["read"]
    batch.new_count, batch.changed_count = counts["new"], counts["changed"]
    batch.unchanged_count = counts["unchanged"]
    batch.rejected_count, batch.blank_count = counts["rejected"], counts["blank"]


def write_rejections(
    batch: ImportBatch,
    row_numbers: Sequence[int],
    faults: Mapping[int, Sequence[Fault]],
    cells: Cells,
) -> None:
    rows = sorted(faults)
    columns = {
        "batch": batch.pk,
        "row_index": rows,
        "row_number": [row_numbers[row] for row in rows],
        "cells": [json.dumps([to_json(cell) for cell in cells[row]]) for row in rows],
        "faults": [json.dumps([fault.as_json() for fault in faults[row]]) for row in rows],
    }
    insert_columns(ImportRejection, columns, count=len(rows))


def _preview(prospect: Prospect, shown: Sequence[tuple[int, Fate]], cells: Cells) -> dict[str, Any]:
    sheet = prospect.sheet
    places = {name: sheet.headers.index(header) for name, header in sheet.header_of.items()}
    rows = [
        {
            "number": sheet.row_numbers[row],
            "origin": origin_of(sheet.headers, cells[row]),
            "fate": fate.value,
            "cells": {name: _cell(prospect, row, name, cells[row][place]) for name, place in places.items()},
        }
        for row, fate in shown
    ]
    return {
        "columns": sorted(
            places, key=lambda name: FIRST_SHOWN.index(name) if name in FIRST_SHOWN else len(FIRST_SHOWN)
        ),
        "rows": rows,
        "changes": list(islice(_changes(prospect, list(places)), CHANGES_SHOWN)),
        "generated": prospect.generated_count,
        "records": [{"created": tally.created, "changed": tally.changed} for tally in prospect.plan.tallies()],
        "digits_grouped_by": sheet.style.group,
    }


def _cell(prospect: Prospect, row: int, name: str, original: Cell) -> dict[str, Any]:
    """The value, and how the file writes it; of what is encrypted only what lists show."""
    cell = {"value": _value(prospect, row, name), "original": None if name == "nik" else to_json(original)}
    try:
        return {**cell, "before": to_json(prospect.before(row, name))}
    except KeyError:
        return cell


def _changes(prospect: Prospect, names: Sequence[str]) -> Iterator[dict[str, Any]]:
    changed = (row for row, fate in prospect.planned() if fate is Fate.CHANGED)
    for row in changed:
        for name in names:
            try:
                before = to_json(prospect.before(row, name))
            except KeyError:
                continue
            number, of = prospect.sheet.row_numbers[row], _known_as(prospect.sheet, row)
            yield {"number": number, "of": of, "field": name, "value": _value(prospect, row, name), "before": before}


def _known_as(sheet: Sheet, row: int) -> str:
    said = (sheet.column(name)[row] for name in ("loan_number", "customer_number", "full_name"))
    return next((text for text in said if text), "")


def _value(prospect: Prospect, row: int, name: str) -> Any:
    value = prospect.sheet.column(name)[row]
    return f"{value[:4]}••••••••{value[-4:]}" if name == "nik" and value else to_json(value)
