"""Which column of a file is which: by the table of aliases, or by a mapping someone confirmed."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz, process

from bprs.spreadsheets.column_spec import ColumnSpec, fold, other_unit
from bprs.spreadsheets.columns import COLUMNS, field_of
from bprs.spreadsheets.refusals import SpreadsheetRefused
from bprs.spreadsheets.remarks import is_remark

LIKENESS = 60
SHORT, SHORT_LIKENESS = 4, 85  # of so few letters some stand in any word
MOST_SUGGESTIONS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class UnmatchedHeader:
    """A header no alias names, with the fields it may mean, likeliest first."""

    header: str
    index: int
    suggestions: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnMatch:
    """`columns` gives each wanted field its place in the header; `missing` are the required ones without a place."""

    headers: tuple[str, ...]
    columns: Mapping[str, int]
    missing: tuple[str, ...]
    unmatched: tuple[UnmatchedHeader, ...]

    def header_of(self, field: str) -> str:
        """The header as written."""
        return self.headers[self.columns[field]]


class ColumnsMissing(SpreadsheetRefused):
    """Required columns were not found; `match` has what was, with suggestions to map by hand."""

    def __init__(self, match: ColumnMatch) -> None:
        found = ", ".join(header for header in match.headers if header)
        super().__init__("missing_columns", missing=", ".join(match.missing), found=found)
        self.match = match

    @property
    def guesses(self) -> tuple[UnmatchedHeader, ...]:
        """The headers nobody knows that may be one of the missing columns."""
        missing = set(self.match.missing)
        return tuple(each for each in self.match.unmatched if missing & set(each.suggestions))


def match_columns(
    headers: Sequence[str],
    *,
    wanted: Sequence[ColumnSpec],
    required: Collection[str] | None = None,
    mapping: Mapping[str, str] | None = None,
) -> ColumnMatch:
    """
    Find the wanted columns; all of them are required unless said otherwise. A mapping (header -> field, or "" to
    leave the column out) overrides the aliases.

    :raises ColumnsMissing: with the match so far
    :raises SpreadsheetRefused: for headers that occur twice, two headers of one meaning, or one that names another unit
    """
    match = propose_columns(headers, wanted=wanted, required=required, mapping=mapping)
    for field, index in match.columns.items():
        _refuse_other_unit(headers[index], field)
    if match.missing:
        raise ColumnsMissing(match)
    return match


def propose_columns(
    headers: Sequence[str],
    *,
    wanted: Sequence[ColumnSpec],
    required: Collection[str] | None = None,
    mapping: Mapping[str, str] | None = None,
) -> ColumnMatch:
    """As `match_columns`, but missing columns are told, not refused: for the step that maps by hand."""
    _refuse_duplicates(headers)
    names = [spec.name for spec in wanted]
    fields = [_field(header, _folded(mapping or {})) for header in headers]
    columns = {name: _only(name, headers, fields) for name in names if name in fields}
    needed = names if required is None else [name for name in names if name in required]
    missing = tuple(name for name in needed if name not in columns)
    return ColumnMatch(
        headers=tuple(headers),
        columns=columns,
        missing=missing,
        unmatched=tuple(_unmatched(headers, fields, [name for name in names if name not in columns])),
    )


def _folded(mapping: Mapping[str, str]) -> dict[str, str]:
    unknown = [field for field in mapping.values() if field and field not in COLUMNS]
    if unknown:
        raise SpreadsheetRefused("unknown_field", field=unknown[0])
    return {header.strip().casefold(): field for header, field in mapping.items()}


def _field(header: str, mapping: Mapping[str, str]) -> str | None:
    """The field of a header; "" if it is to be left out, None if nobody knows."""
    if not header or is_remark(header):
        return ""
    return mapping.get(header.strip().casefold(), field_of(header))


def _refuse_duplicates(headers: Iterable[str]) -> None:
    counts = Counter(fold(header) or header.strip() for header in headers if header)
    for header in headers:
        if header and counts[fold(header) or header.strip()] > 1:
            raise SpreadsheetRefused("duplicate_headers", header=header)


def _only(name: str, headers: Sequence[str], fields: Sequence[str | None]) -> int:
    places = [index for index, field in enumerate(fields) if field == name]
    if len(places) > 1:
        both = ", ".join(headers[index] for index in places)
        raise SpreadsheetRefused("alias_beside_canonical", headers=both, field=name)
    return places[0]


def _unmatched(
    headers: Sequence[str], fields: Sequence[str | None], open_fields: list[str]
) -> Iterable[UnmatchedHeader]:
    choices = {name: fold(name) for field in open_fields for name in COLUMNS[field].names}
    owners = {name: field for field in open_fields for name in COLUMNS[field].names}
    for index, header in enumerate(headers):
        if fields[index] is None:
            names = _likely(fold(header), _in_its_unit(header, choices, owners))
            suggestions = tuple(dict.fromkeys(owners[name] for name in names))[:MOST_SUGGESTIONS]
            yield UnmatchedHeader(header=header, index=index, suggestions=suggestions)


def _refuse_other_unit(header: str, field: str) -> None:
    unit = other_unit(header, COLUMNS[field].kind)
    if unit:
        raise SpreadsheetRefused("other_unit", header=header, unit=unit)


def _in_its_unit(header: str, choices: Mapping[str, str], owners: Mapping[str, str]) -> dict[str, str]:
    """An income in millions is no suggestion for an income in rupiah."""
    return {name: key for name, key in choices.items() if not other_unit(header, COLUMNS[owners[name]].kind)}


def _likely(header: str, choices: Mapping[str, str]) -> list[str]:
    """A short header must be like the whole of a name, a longer one like a part of it."""
    if len(header) <= SHORT:
        found = process.extract(header, choices, scorer=fuzz.ratio, score_cutoff=SHORT_LIKENESS, limit=10)
    else:
        found = process.extract(header, choices, scorer=fuzz.WRatio, score_cutoff=LIKENESS, limit=10)
    return [name for _, _, name in found]
