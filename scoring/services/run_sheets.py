"""The scored rows of a file as people read them: its own columns as they came, and the outcome beside them in words."""

from collections.abc import Iterable, Iterator, Mapping
from typing import cast

import numpy as np
import pyarrow as pa
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from bprs.spreadsheets import Cell, Chunk, TableReading
from bprs.spreadsheets.identities import identity_places, masked_cells
from bprs.spreadsheets.safe_values import Value
from bprs.spreadsheets.text_cells import TextCells
from loans.models import Segment
from scoring.engine import RAW_FACTS, FactKind
from scoring.models import ScoringRun
from scoring.result_pages import scored_parts
from scoring.services.outgoing import rounded, taken
from scoring.services.records import Rows

OUTCOME: dict[str, str | Promise] = {
    "row_number": _("Row"),
    "credit_score": _("Score"),
    "raw_score": _("raw score"),
    "default_probability": _("PD"),
    "segment": _("Segment"),
    "dsr": _("DSR"),
    "monthly_installment": _("Installment"),
}
NUMBERS = (FactKind.MONEY, FactKind.WHOLE)
Column = Iterable[Value]


def sheet_headers(run: ScoringRun, reading: TableReading) -> list[str]:
    """In the active language, but for those of the file itself."""
    points = gettext("points")
    of_points = [f"{gettext(each.label)} ({points})" for each in run.version.card.characteristics]
    return [*reading.table.headers, *(capfirst(str(title)) for title in OUTCOME.values()), *of_points]


def sheet_columns(run: ScoringRun, reading: TableReading, *, is_text: bool) -> Iterator[list[Column]]:
    """
    Read the file again beside its results, a chunk in memory at a time. What was scored as a number is one; NIKs and phone
    numbers are masked, as on every screen.

    :param is_text: whether it becomes a text, where digits are numbers as they are

    :raises ResultsChanged: if the results are not what was written
    """
    facts, hidden = _facts_by_place(reading), identity_places(reading.table.headers)
    outcome = [*OUTCOME, *(f"points_{each.name}" for each in run.version.card.characteristics)]
    parts = scored_parts(run, ["row_index", *facts.values(), *outcome])
    for chunk, scored in _side_by_side(reading.table.chunks(), parts):
        rows = scored["row_index"].to_numpy() - chunk.start
        numbers = {place: scored[name] for place, name in facts.items() if not (is_text and _is_digits(chunk, place))}
        given = [_given(chunk, place, rows, numbers) for place in range(len(chunk.columns))]
        for place in hidden:
            given[place] = list(masked_cells(cast("Iterable[Cell]", given[place])))
        yield [*given, *(_outcome(scored, name) for name in outcome)]


def _facts_by_place(reading: TableReading) -> dict[int, str]:
    return {place: name for name, place in reading.match.columns.items() if RAW_FACTS.get(name) in NUMBERS}


def _side_by_side(chunks: Iterator[Chunk], parts: Iterator[pa.Table]) -> Iterator[tuple[Chunk, pa.Table]]:
    """Each chunk with the results of its rows; both go on in the order of the file."""
    part = next(parts, None)
    for chunk in chunks:
        while part is not None:
            inside = int(np.searchsorted(part["row_index"].to_numpy(), chunk.start + len(chunk)))
            if inside:
                yield chunk, part.slice(0, inside)
            part = part.slice(inside)
            if len(part):
                break
            part = next(parts, None)


def _is_digits(chunk: Chunk, place: int) -> bool:
    cells = chunk.columns[place]
    return isinstance(cells, TextCells) and cells.are_whole_numbers()


def _given(chunk: Chunk, place: int, rows: Rows, numbers: Mapping[int, pa.ChunkedArray]) -> Column:
    column: Column = numbers[place].combine_chunks() if place in numbers else taken(chunk.columns[place], rows)
    return column


def _outcome(scored: pa.Table, name: str) -> pa.Array:
    column = scored[name].combine_chunks()
    if name != "segment":
        return rounded(column)
    labels = [str(Segment(segment).label) for segment in column.dictionary.to_pylist()]
    return pa.DictionaryArray.from_arrays(column.indices, pa.array(labels, pa.string())).cast(pa.string())
