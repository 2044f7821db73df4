"""What the pages of an import show, worked out from the batch as it stands."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.conf import settings
from django.utils.translation import gettext as _

from bprs.access.models import User
from bprs.importing.columns import better_kind_for, match_of
from bprs.importing.intake import samples_of
from bprs.importing.models import ImportBatch
from bprs.importing.results import REJECTED_SHOWN, ShownCell
from bprs.importing.selectors import preview_rows
from bprs.importing.sheet_kinds import resource_of
from bprs.spreadsheets import COLUMNS, ColumnMatch, SpreadsheetRefused, UnmatchedHeader, field_of
from bprs.spreadsheets.remarks import is_remark
from bprs.wording import sentence_of, title_of

State = ImportBatch.State


class Stage(StrEnum):
    """Where an import stands, for who looks at its page."""

    SHEET = "sheet"
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
    if batch.state == State.UPLOADED and not batch.is_read:
        return Stage.SHEET if sheets_to_choose_from(batch) else Stage.STUCK
    return {State.UPLOADED: Stage.COLUMNS, State.CHECKED: Stage.CHECKED}.get(State(batch.state), Stage.OVER)


def sheets_to_choose_from(batch: ImportBatch) -> list[str]:
    """The sheets of a workbook that cannot be read before somebody says which is meant."""
    return list(batch.preview.get("sheets", []))


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
    """`better_kind` is what the rows rather are, if they lack columns of what they are said to be."""

    choices: list[ColumnChoice]
    fields: list[tuple[str, str]]
    required: list[tuple[str, str]]
    problem: str
    better_kind: str
    has_unnamed: bool


def columns_page(batch: ImportBatch) -> ColumnsPage:
    resource = resource_of(batch.kind)
    match, problem = _match(batch)
    return ColumnsPage(
        choices=list(_choices(batch, match)),
        fields=sorted(_titled(resource.wanted), key=lambda pair: pair[1].casefold()),
        required=_titled([name for name in resource.wanted if name in resource.required]),
        problem=problem,
        better_kind=better_kind_for(batch) if match and match.missing else "",
        has_unnamed=any(cells for header, cells in zip(batch.headers, batch.samples, strict=False) if not header),
    )


def _match(batch: ImportBatch) -> tuple[ColumnMatch | None, str]:
    try:
        return match_of(batch), ""
    except SpreadsheetRefused as refusal:
        return None, sentence_of(refusal)


def _choices(batch: ImportBatch, match: ColumnMatch | None) -> Iterator[ColumnChoice]:
    samples = samples_of(batch)
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
            samples=samples[index] if samples else [],
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
    """`origin` is the row of the file that rejected rows came from, if this is a file of them."""

    number: int
    origin: int | None
    fate: str
    cells: list[tuple[PreviewColumn, ShownCell]]


def shown_rows(batch: ImportBatch) -> list[PreviewRow]:
    columns = preview_columns(batch)
    return [
        PreviewRow(
            number=row.number,
            origin=row.origin,
            fate=row.fate.value,
            cells=list(zip(columns, row.cells, strict=True)),
        )
        for row in preview_rows(batch)
    ]


def rejected_left_out(batch: ImportBatch) -> int:
    return max(0, batch.rejected_count - REJECTED_SHOWN)
