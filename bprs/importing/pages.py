"""What the pages of an import show, worked out from the batch as it stands."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.db.models import Count
from django.utils.formats import localize
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from bprs.access.models import User
from bprs.importing.cell_json import from_json
from bprs.importing.columns import match_of
from bprs.importing.faults import fault_from_json
from bprs.importing.models import ImportBatch
from bprs.importing.results import REJECTED_SHOWN, ShownCell
from bprs.importing.selectors import preview_rows
from bprs.importing.sheet_kinds import resource_of
from bprs.importing.uploads import opened_batch
from bprs.spreadsheets import COLUMNS, Cell, ColumnMatch, SpreadsheetRefused, UnmatchedHeader, field_of, is_blank
from bprs.spreadsheets.remarks import is_remark
from bprs.wording import sentence_of, title_of

SAMPLES, SAMPLE_ROWS, SAMPLE_LENGTH = 3, 200, 40
ROWS_OF_A_REASON = 10
KEPT_SHOWN = 100
DIFFERS = "differs_from_row"
NIK_DIGITS = re.compile(r"\d{12,}")
State = ImportBatch.State


class Stage(StrEnum):
    """Where an import stands, for who looks at its page."""

    COLUMNS = "columns"
    WORKING = "working"
    STUCK = "stuck"
    CHECKED = "checked"
    OVER = "over"


def stage_of(batch: ImportBatch) -> Stage:
    if batch.job and not batch.job.is_over:
        return Stage.WORKING
    if batch.state in (State.CHECKING, State.RUNNING, State.UNDOING):
        return Stage.STUCK
    return {State.UPLOADED: Stage.COLUMNS, State.CHECKED: Stage.CHECKED}.get(State(batch.state), Stage.OVER)


def kinds_for(user: User) -> list[str]:
    """The kinds of sheets whose rows the user may both add and change."""
    return [kind for kind in settings.IMPORT_SHEETS if user.has_perms(resource_of(kind).permissions)]


def may_act(batch: ImportBatch, user: User) -> bool:
    """Others look on: what is imported is imported in the name of who brought it."""
    return batch.owner_id == user.pk and batch.kind in kinds_for(user)


def may_be_scored(batch: ImportBatch, user: User) -> bool:
    is_used = any(record.used_at for record in resource_of(batch.kind).records)
    return is_used and user.has_perm(settings.IMPORT_FOLLOW_UP_PERMISSION)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """A count of rows; those after the first add up to it."""

    name: str
    label: str
    count: int
    sign: str = "+"


def tiles_of(batch: ImportBatch) -> list[Tile]:
    tiles = [
        Tile(name="read", label=_("Read"), count=batch.rows_read, sign=""),
        Tile(name="new", label=_("New"), count=batch.new_count, sign="="),
        Tile(name="changed", label=_("Changed"), count=batch.changed_count),
        Tile(name="unchanged", label=_("Unchanged"), count=batch.unchanged_count),
        Tile(name="rejected", label=_("Rejected"), count=batch.rejected_count),
        Tile(name="blank", label=_("Blank"), count=batch.blank_count),
    ]
    missing = batch.rows_read - sum(tile.count for tile in tiles[1:])
    return [*tiles, Tile(name="unreached", label=_("Not reached"), count=missing)] if missing else tiles


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnChoice:
    """
    A header, and what it is read as: `origin` is "known", "said", "remembered", "suggested" or "unknown".

    A suggestion is taken only for a column that must be there and that no other header is read as.
    """

    index: int
    header: str
    samples: list[str]
    field: str
    origin: str
    suggestions: list[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnsPage:
    choices: list[ColumnChoice]
    fields: list[tuple[str, str]]
    required: list[tuple[str, str]]
    problem: str

    @property
    def is_settled(self) -> bool:
        """Whether nobody needs to look: every header is known and none is missing."""
        taken = {choice.field for choice in self.choices}
        settled = all(choice.origin in ("known", "said", "remembered") for choice in self.choices)
        return settled and not self.problem and all(name in taken for name, _title in self.required)


def columns_page(batch: ImportBatch, *, with_samples: bool = True) -> ColumnsPage:
    resource = resource_of(batch.kind)
    match, problem = _match(batch)
    samples = samples_of(batch) if with_samples else {}
    return ColumnsPage(
        choices=list(_choices(batch, match, samples)),
        fields=sorted(_titled(resource.wanted), key=lambda pair: pair[1].casefold()),
        required=_titled([name for name in resource.wanted if name in resource.required]),
        problem=problem,
    )


def _match(batch: ImportBatch) -> tuple[ColumnMatch | None, str]:
    try:
        return match_of(batch), ""
    except SpreadsheetRefused as refusal:
        return None, sentence_of(refusal)


def _choices(batch: ImportBatch, match: ColumnMatch | None, samples: Mapping[int, list[str]]) -> Iterator[ColumnChoice]:
    unmatched = {header.index: header for header in match.unmatched} if match else {}
    lacking = list(match.missing) if match else []
    said = {header.strip().casefold(): name for header, name in batch.mapping.items()}
    wanted = resource_of(batch.kind).wanted
    for index, header in enumerate(batch.headers):
        if not header or is_remark(header):
            continue
        name, origin = _reading(batch, header, said, wanted, unmatched.get(index), lacking)
        suggestions = unmatched[index].suggestions if index in unmatched else ()
        yield ColumnChoice(
            index=index,
            header=header,
            samples=samples.get(index, []),
            field=name,
            origin=origin,
            suggestions=_titled(suggestions),
        )


def _reading(
    batch: ImportBatch,
    header: str,
    said: Mapping[str, str],
    wanted: Sequence[str],
    unmatched: UnmatchedHeader | None,
    lacking: list[str],
) -> tuple[str, str]:
    key = header.strip().casefold()
    if key in said:
        return said[key], "remembered" if batch.is_mapping_remembered else "said"
    known = field_of(header)
    if known:
        return (known if known in wanted else ""), "known"
    likely = [name for name in unmatched.suggestions if name in lacking] if unmatched else []
    if not likely:
        return "", "unknown"
    lacking.remove(likely[0])
    return likely[0], "suggested"


def _titled(names: Sequence[str]) -> list[tuple[str, str]]:
    return [(name, title_of(name)) for name in names]


def samples_of(batch: ImportBatch) -> dict[int, list[str]]:
    """The first few different cells under each header; of long numbers no more than lists show."""
    with opened_batch(batch) as source:
        chunk = next(source.table.chunks(SAMPLE_ROWS), None)
    if chunk is None:
        return {}
    return {index: _few(column[: len(chunk)]) for index, column in enumerate(chunk.columns)}


def _few(cells: Sequence[Cell]) -> list[str]:
    texts = dict.fromkeys(shown_cell(cell) for cell in list(cells[:SAMPLE_ROWS]) if not is_blank(cell))
    return list(texts)[:SAMPLES]


def shown_cell(cell: Cell) -> str:
    """A cell as the file has it, short; whoever's number it may be is not spelled out."""
    if isinstance(cell, datetime | date):
        text = str(localize(cell.date() if isinstance(cell, datetime) else cell))
    else:
        text = str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)
    text = NIK_DIGITS.sub(lambda digits: _masked(digits.group()), " ".join(text.split()))
    return text if len(text) <= SAMPLE_LENGTH else f"{text[:SAMPLE_LENGTH]}…"


def _masked(digits: str) -> str:
    return f"{digits[:4]}{'•' * (len(digits) - 8)}{digits[-4:]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonRow:
    number: int
    cell: str
    sentence: str


@dataclass(slots=True, kw_only=True)
class Reason:
    """What is wrong with some rows: how many they are, what it says of the first, and those shown."""

    column: str
    code: str
    sentence: str
    count: int = 0
    is_same_for_all: bool = True
    places: list[tuple[int, int, str]] = field(default_factory=list)  # row index, row number, sentence
    rows: list[ReasonRow] = field(default_factory=list)

    @property
    def left_out(self) -> int:
        return self.count - len(self.rows)

    @property
    def has_cells(self) -> bool:
        """A row as a whole, or several of its columns, have no one cell to show."""
        return any(row.cell for row in self.rows)


def reasons_of(batch: ImportBatch) -> list[Reason]:
    """Why rows were rejected, the most frequent first. A row that lacks two things is counted under both."""
    found: dict[tuple[str, str], Reason] = {}
    rejections = batch.rejections.order_by("row_index").values_list("row_index", "row_number", "faults")
    for row_index, number, faults in rejections.iterator():
        for written in _one_of_each(faults):
            _count(found, row_index, number, written)
    reasons = sorted(found.values(), key=lambda reason: -reason.count)
    _fill_in_cells(batch, reasons)
    return reasons


def _one_of_each(faults: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """What differs from another row in several columns is one thing to mend: its columns are named together."""
    differing = [written for written in faults if written["code"] == DIFFERS]
    yield from (written for written in faults if written["code"] != DIFFERS)
    if differing:
        yield {**differing[0], "column": ", ".join(written["column"] for written in differing), "key": ""}


def _count(found: dict[tuple[str, str], Reason], row_index: int, number: int, written: Mapping[str, Any]) -> None:
    key = written.get("key", written["column"]), written["code"]
    reason = found.get(key)
    if reason is None:
        sentence = fault_from_json(written).sentence
        reason = found[key] = Reason(column=written["column"], code=key[1], sentence=sentence)
    reason.count += 1
    if len(reason.places) >= ROWS_OF_A_REASON and not reason.is_same_for_all:
        return
    sentence = fault_from_json(written).sentence
    reason.is_same_for_all &= sentence == reason.sentence
    if len(reason.places) < ROWS_OF_A_REASON:
        reason.places.append((row_index, number, sentence))


def _fill_in_cells(batch: ImportBatch, reasons: Sequence[Reason]) -> None:
    wanted = {place[0] for reason in reasons for place in reason.places}
    cells = dict(batch.rejections.filter(row_index__among=list(wanted)).values_list("row_index", "cells"))
    headers = {header: place for place, header in enumerate(batch.headers)}
    for reason in reasons:
        at = headers.get(reason.column)
        for row_index, number, sentence in reason.places:
            cell = _cell_at(cells[row_index], at)
            reason.rows.append(ReasonRow(number=number, cell=cell, sentence=sentence))


def _cell_at(cells: Sequence[Any], place: int | None) -> str:
    if place is None or place >= len(cells):
        return ""
    cell = from_json(cells[place])
    digits = str(cell)
    shown = shown_cell(cell)
    is_masked = "•" in shown and digits.isdigit()
    return _("%(cell)s (%(count)s digits)") % {"cell": shown, "count": len(digits)} if is_masked else shown


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedRecords:
    """What the import wrote of one kind of record, and where the list of just these is."""

    title: str
    url_name: str
    created: int
    changed: int

    @property
    def count(self) -> int:
        return self.created + self.changed


def imported_records(batch: ImportBatch) -> list[ImportedRecords]:
    """The latest kind first: financing before the customers it is for."""
    return [_records_of(batch, record.model) for record in reversed(resource_of(batch.kind).records)]


def _records_of(batch: ImportBatch, model: Any) -> ImportedRecords:
    written = model.history.filter(history_change_reason=batch.reason).order_by()
    counts = dict(written.values_list("history_type").annotate(Count("history_id")))
    return ImportedRecords(
        title=str(model._meta.verbose_name_plural),
        url_name=f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist",
        created=counts.get("+", 0),
        changed=counts.get("~", 0),
    )


WHY_KEPT = {
    "gone": gettext_noop("It is no longer there."),
    "changed_since": gettext_noop("Somebody has changed it since."),
    "scored_since": gettext_noop("It was scored since."),
    "in_use": gettext_noop("Something else rests on it by now."),
    "no_earlier_record": gettext_noop("What it was before is not on record."),
    "taken": gettext_noop("Its number belongs to another record by now."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptRecord:
    number: str
    sentence: str


def kept_records(batch: ImportBatch) -> list[KeptRecord]:
    """What undoing had to leave as it is, and why."""
    records = batch.undone.get("kept_records", [])[:KEPT_SHOWN]
    return [
        KeptRecord(number=record["number"], sentence=_(WHY_KEPT.get(record["code"], record["code"])))
        for record in records
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewColumn:
    name: str
    title: str
    is_number: bool


def preview_columns(batch: ImportBatch) -> list[PreviewColumn]:
    names = batch.preview.get("columns", ())
    return [
        PreviewColumn(name=name, title=title_of(name), is_number=COLUMNS[name].kind in ("money", "whole"))
        for name in names
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewRow:
    number: int
    fate: str
    cells: list[tuple[PreviewColumn, ShownCell]]


def shown_rows(batch: ImportBatch) -> list[PreviewRow]:
    columns = preview_columns(batch)
    return [
        PreviewRow(number=row.number, fate=row.fate.value, cells=list(zip(columns, row.cells, strict=True)))
        for row in preview_rows(batch)
    ]


def rejected_left_out(batch: ImportBatch) -> int:
    return max(0, batch.rejected_count - REJECTED_SHOWN)
