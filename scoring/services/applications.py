"""Applications in a file: read and scored chunk by chunk, every row accounted for. Nothing is written anywhere."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Protocol

import numpy as np
from django.utils.translation import gettext as _

from bprs.errors import DomainError
from bprs.spreadsheets import (
    COLUMNS,
    SCORING_COLUMNS,
    Limits,
    ParsedChunk,
    RowError,
    Table,
    TableReading,
    field_of,
    match_columns,
    open_confined,
    parse_table,
)
from bprs.spreadsheets.amounts import Locale, NumberStyle
from bprs.spreadsheets.contents import Source, is_archive
from bprs.spreadsheets.refusals import shown
from bprs.spreadsheets.tables import CHUNK_ROWS
from bprs.spreadsheets.xlsx_peek import is_doubtful
from scoring.engine import Facts, Outcomes, Refusal, Scorecard
from scoring.engine.vocabulary import CATEGORY_FACTS
from scoring.services.records import Rows


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredChunk:
    """
    A chunk of a file and what came of it: `parsed` after the engine had its say, so that accepted means scored.

    `rows` are the positions in the chunk of the rows that were scored; `facts` and `outcomes` hold just those.
    """

    parsed: ParsedChunk
    rows: Rows
    facts: Facts
    outcomes: Outcomes


class UnknownColumn(DomainError):
    code = "unknown_field"


class TableOpener(Protocol):
    def __call__(self, source: Source, *, filename: str, sheet: str | None, limits: Limits) -> Table: ...


def read_applications(  # noqa: PLR0913 each of these is a separate choice of the caller
    source: Source,
    *,
    card: Scorecard,
    limits: Limits,
    filename: str = "",
    locale: Locale = "id",
    sheet: str | None = None,
    mapping: Mapping[str, str] = MappingProxyType({}),
    opener: TableOpener = open_confined,
) -> TableReading:
    """
    Open a file of applications: the columns the card needs must be there, any others are left alone.

    Only an operator's own file is safe with another opener.

    :param mapping: what columns are read as, by their titles, where somebody said so by hand
    :raises SpreadsheetRefused: if it cannot be read or lacks a column
    :raises UnknownColumn: if the mapping names a title the file does not have, or what the card does not read
    """
    table = opener(source, filename=filename, sheet=sheet, limits=limits)
    return applications_in(table, card=card, locale=locale, mapping=mapping)


def applications_in(
    table: Table,
    *,
    card: Scorecard,
    locale: Locale = "id",
    mapping: Mapping[str, str] = MappingProxyType({}),
    style: NumberStyle | None = None,
) -> TableReading:
    """
    As `read_applications`, for a table that is open.

    :param style: how numbers are written, where the table is but a part of what was looked through for that
    """
    wanted = columns_wanted(card)
    named = _named_by_hand(mapping, headers=table.headers, wanted=wanted)
    return parse_table(table, wanted=wanted, required=_required(card), locale=locale, mapping=named, style=style)


def _named_by_hand(mapping: Mapping[str, str], *, headers: Sequence[str], wanted: Sequence[str]) -> dict[str, str]:
    """A column may be named as in code, or as anybody calls it."""
    titles = {header.strip().casefold() for header in headers}
    named = {title: field_of(name) or name for title, name in mapping.items()}
    for title, name in named.items():
        if title.casefold() not in titles:
            found = ", ".join(filter(None, headers))
            raise UnknownColumn(
                _("The file has no column «%(title)s». Found: %(found)s.") % {"title": title, "found": found}
            )
        if name not in wanted:
            raise UnknownColumn(
                _("A column cannot be read as «%(name)s». It can be read as: %(names)s.")
                % {"name": name, "names": ", ".join(wanted)}
            )
    return named


def must_be_read_first(source: Source, *, card: Scorecard, sheet: str | None = None) -> bool:
    """
    Whether it is to be read before the work on it is promised: a text, for that is quick, or a workbook that looks
    at first sight as if it would be refused.

    :raises SpreadsheetRefused: if a workbook has several sheets to choose from
    """

    def check(headers: Sequence[str]) -> None:
        match_columns(headers, wanted=[COLUMNS[name] for name in columns_wanted(card)], required=_required(card))

    return not is_archive(source) or is_doubtful(source, sheet=sheet, check=check)


def _required(card: Scorecard) -> list[str]:
    return [name for name in columns_wanted(card) if name not in card.may_be_missing]


def columns_wanted(card: Scorecard) -> tuple[str, ...]:
    """The columns a file of applications may have for this card: what its template shows."""
    words = (each.fact for each in card.characteristics if each.fact in CATEGORY_FACTS)
    return (*SCORING_COLUMNS, *dict.fromkeys(words))


def score_chunks(reading: TableReading, card: Scorecard, *, size: int = CHUNK_ROWS) -> Iterator[ScoredChunk]:
    """Score every readable row, `size` at a time; what the engine refuses joins what could not be read."""
    for parsed in reading.chunks(size):
        yield _score_chunk(parsed, card, reading)


def _score_chunk(parsed: ParsedChunk, card: Scorecard, reading: TableReading) -> ScoredChunk:
    readable = np.flatnonzero(parsed.accepted)
    facts = _facts_of(parsed, readable)
    outcomes = card.score(facts)
    if not outcomes.refused.any():
        return ScoredChunk(parsed=parsed, rows=readable, facts=facts, outcomes=outcomes)
    scored = np.flatnonzero(~outcomes.refused)
    refused = [(int(readable[row]), outcomes.refusal(row)) for row in np.flatnonzero(outcomes.refused).tolist()]
    errors = [_error(parsed, row, refusal, reading) for row, refusal in refused if refusal]
    return ScoredChunk(
        parsed=_with_rejected(parsed, errors),
        rows=readable[scored],
        facts=facts.take(scored),
        outcomes=outcomes.take(scored),
    )


def _with_rejected(parsed: ParsedChunk, errors: list[RowError]) -> ParsedChunk:
    """The chunk with these rows rejected too: its account still adds up, or cannot be made."""
    rejected = parsed.rejected.copy()
    rejected[[error.row_index - parsed.source.start for error in errors]] = True
    account = replace(
        parsed.account, accepted=parsed.account.accepted - len(errors), rejected=parsed.account.rejected + len(errors)
    )
    return replace(
        parsed,
        accepted=parsed.accepted & ~rejected,
        rejected=rejected,
        account=account,
        errors=tuple(sorted((*parsed.errors, *errors), key=lambda error: error.row_index)),
    )


def _facts_of(parsed: ParsedChunk, rows: Rows) -> Facts:
    read = parsed.columns
    words = {name: np.array(read[name].values, dtype=object)[rows] for name in CATEGORY_FACTS if name in read}
    numbers = {name: read[name].values[rows] for name in SCORING_COLUMNS if name in read}
    missing = {name: read[name].missing[rows] for name in (*numbers, *words) if read[name].missing.any()}
    return Facts(columns={**numbers, **words}, missing=missing)


def _error(parsed: ParsedChunk, position: int, refusal: Refusal, reading: TableReading) -> RowError:
    cell = parsed.source.columns[reading.match.columns[refusal.field]][position]
    return RowError(
        row_index=int(parsed.row_indexes[position]),
        row_number=int(parsed.row_numbers[position]),
        column=reading.match.header_of(refusal.field),
        field=refusal.field,
        code=refusal.code,
        params={"value": shown(cell)},
    )
