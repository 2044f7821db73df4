"""Which column of a batch is which: by its header, by hand, or as the same source was matched before."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext as _

from bprs.access.models import User
from bprs.importing.models import ColumnMapping, ImportBatch
from bprs.importing.sheet_kinds import resource_of
from bprs.spreadsheets import COLUMNS, ColumnMatch, ColumnSpec, SpreadsheetRefused, match_columns, propose_columns
from bprs.spreadsheets.column_spec import fold
from bprs.spreadsheets.remarks import is_remark


def match_of(batch: ImportBatch) -> ColumnMatch:
    """
    The columns as they are matched now, with what is missing and suggestions for what nobody knows.

    :raises SpreadsheetRefused: for headers that occur twice, or two headers of one meaning
    """
    resource = resource_of(batch.kind)
    return propose_columns(
        batch.headers, wanted=_specs(resource.wanted), required=resource.required, mapping=batch.mapping
    )


def is_settled(batch: ImportBatch) -> bool:
    """Whether nobody needs to look: every header is known and none is missing."""
    try:
        match = match_of(batch)
    except SpreadsheetRefused:
        return False
    return not match.unmatched and not match.missing


def better_kind_for(batch: ImportBatch) -> str:
    """What the rows rather are: the kind that reads most of the headers, if it lacks nothing and reads no fewer."""
    counts = {kind: _count_of_columns(batch.headers, kind) for kind in settings.IMPORT_SHEETS if kind != batch.kind}
    likeliest = max(counts, key=lambda kind: counts[kind], default="")
    return likeliest if counts.get(likeliest, 0) >= max(len(match_of(batch).columns), 1) else ""


def _count_of_columns(headers: Sequence[str], kind: str) -> int:
    """How many there are of a kind by the headers alone; none, if one that is needed is missing."""
    resource = resource_of(kind)
    try:
        match = match_columns(headers, wanted=_specs(resource.wanted), required=resource.required)
    except SpreadsheetRefused:
        return 0
    return len(match.columns)


def confirm(batch: ImportBatch, mapping: Mapping[str, str]) -> None:
    """
    Set what someone said of the headers.

    :raises SpreadsheetRefused: if a required column is missing then, or two headers mean the same
    """
    resource = resource_of(batch.kind)
    said = {header: field for header, field in mapping.items() if header in batch.headers}
    unknown = [field for field in said.values() if field and field not in resource.wanted]
    if unknown:
        raise SpreadsheetRefused("unknown_field", field=unknown[0])
    refuse_missing(batch, said)
    batch.mapping, batch.is_mapping_remembered = said, False


def refuse_missing(batch: ImportBatch, mapping: Mapping[str, str]) -> None:
    """:raises SpreadsheetRefused: if a required column is missing, or two headers mean the same"""
    resource = resource_of(batch.kind)
    match_columns(batch.headers, wanted=_specs(resource.wanted), required=resource.required, mapping=mapping)


def remember(batch: ImportBatch, *, confirmed_by: User, confirmed_at: datetime) -> None:
    """The next file from the same source is matched alike."""
    ColumnMapping.objects.update_or_create(
        source=_source_of(batch),
        defaults={"mapping": batch.mapping, "confirmed_by": confirmed_by, "confirmed_at": confirmed_at},
    )


def recall(batch: ImportBatch) -> list[str]:
    """Match the columns as before; what contradicts the file is dropped, and the notes say so."""
    known = ColumnMapping.objects.filter(source=_source_of(batch)).first()
    if known is None:
        return []
    try:
        confirm(batch, known.mapping)
    except SpreadsheetRefused:
        return [_("How the columns were matched last time does not fit this file and was left aside.")]
    batch.is_mapping_remembered = True
    return []


def _specs(names: Sequence[str]) -> list[ColumnSpec]:
    return [COLUMNS[name] for name in names]


def _source_of(batch: ImportBatch) -> str:
    """The office of who brings it, what the rows are, and its headers, in whatever order."""
    offices = sorted(batch.owner.branches.values_list("code", flat=True))
    headers = sorted(fold(header) or header for header in batch.headers if header and not is_remark(header))
    return hashlib.sha256(repr((offices, batch.kind, headers)).encode()).hexdigest()
