"""The rejected rows, as they came, with what is wrong beside them: mend them and bring the file again."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import groupby

import numpy as np

from bprs.spreadsheets.amounts import SEN, NumberStyle, parse_money
from bprs.spreadsheets.cells import Cell
from bprs.spreadsheets.chunk_reading import ParsedChunk, RowError
from bprs.spreadsheets.column_spec import NUMBERS, Language
from bprs.spreadsheets.columns import COLUMNS
from bprs.spreadsheets.identities import identity_places, masked_cell
from bprs.spreadsheets.reading import TableReading
from bprs.spreadsheets.remarks import is_remark, remark_headers
from bprs.spreadsheets.writing import Target, XlsxWriter

Translate = Callable[[str], str]
__all__ = ["Language", "RejectedRows", "RejectedWriter", "write_rejected"]

MOST_SEN_IN_A_DOUBLE = 10**15


class RejectedRows:
    """
    Writes rejected rows, each with its row number in the file they came from and what is to be mended.

    The numbers that could be read are written as numbers, so that only what has to be mended stays text. `columns` has
    the places of the fields, and `style` how the file wrote its numbers. For who did not bring the file, identities
    are hidden.
    """

    def __init__(
        self,
        target: Target,
        headers: Sequence[str],
        *,
        columns: Mapping[str, int],
        style: NumberStyle,
        language: Language = "id",
        hides_identities: bool = False,
    ) -> None:
        self._hidden = identity_places(headers) if hides_identities else ()
        self._places = [place for place, header in enumerate(headers) if not is_remark(header)]
        self._fields = {place: name for name, place in columns.items() if COLUMNS[name].kind in NUMBERS}
        self._style = style
        titles = [*(headers[place] for place in self._places), *remark_headers(language, style.group)]
        self._writer = XlsxWriter(target, titles, ["any"] * len(titles))
        self._width = len(headers)
        self.rows = 0

    def write(self, cells: Sequence[Cell], *, row_number: int, faulty: Collection[str], reason: str) -> None:
        """
        Append a row. Of its cells those beyond the last header come last; `faulty` are the fields that are to be
        mended, "" for the row as a whole.
        """
        kept = [self._kept(place, cells[place], faulty) for place in self._places]
        self._writer.write_rows([[*kept, row_number, reason, *cells[self._width :]]])
        self.rows += 1

    def _kept(self, place: int, cell: Cell, faulty: Collection[str]) -> object:
        if place in self._hidden:
            return masked_cell(cell)
        name = self._fields.get(place)
        if name is None or name in faulty or "" in faulty or not isinstance(cell, str):
            return cell
        sen = parse_money(cell, self._style)
        return Decimal(sen) / SEN if isinstance(sen, int) and sen < MOST_SEN_IN_A_DOUBLE else cell

    def close(self) -> None:
        self._writer.close()

    def __enter__(self) -> "RejectedRows":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class RejectedWriter:
    """
    Writes the rejected rows of a table chunk by chunk.

    `translate` turns an English template into the officer's language (gettext).
    """

    def __init__(
        self,
        target: Target,
        reading: TableReading,
        *,
        language: Language = "id",
        translate: Translate = str,
        hides_identities: bool = False,
    ) -> None:
        self._translate = translate
        self._rows = RejectedRows(
            target,
            reading.table.headers,
            columns={spec.name: reading.match.columns[spec.name] for spec in reading.plan.specs},
            style=reading.style,
            language=language,
            hides_identities=hides_identities,
        )

    @property
    def rows(self) -> int:
        return self._rows.rows

    def write(self, chunk: ParsedChunk) -> None:
        """Append the rejected rows of one chunk."""
        errors_of = dict(_errors_by_row(chunk))
        for row in np.flatnonzero(chunk.rejected).tolist():
            self._rows.write(
                [*chunk.source.row(row), *chunk.source.surplus.get(row, [])],
                row_number=int(chunk.row_numbers[row]),
                faulty={error.field for error in errors_of[row]},
                reason=self._reason(errors_of[row]),
            )

    def _reason(self, errors: Iterable[RowError]) -> str:
        return "; ".join(dict.fromkeys(map(self._sentence, errors)))

    def _sentence(self, error: RowError) -> str:
        said = self._translate(error.message) % error.params
        return f"{error.column}: {said}" if error.column else said

    def close(self) -> None:
        self._rows.close()

    def __enter__(self) -> "RejectedWriter":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def write_rejected(
    target: Target,
    reading: TableReading,
    *,
    language: Language = "id",
    translate: Translate = str,
) -> int:
    """Write the rejected rows of a table; returns how many there are."""
    with RejectedWriter(target, reading, language=language, translate=translate) as writer:
        for chunk in reading:
            writer.write(chunk)
        return writer.rows


def _errors_by_row(chunk: ParsedChunk) -> Iterator[tuple[int, list[RowError]]]:
    for index, errors in groupby(chunk.errors, key=lambda error: error.row_index):
        yield index - chunk.source.start, list(errors)
