"""The rejected rows, as they came, with what is wrong beside them: mend them and bring the file again."""

from collections.abc import Callable, Iterable, Iterator
from itertools import groupby

import numpy as np

from bprs.spreadsheets.chunk_reading import ParsedChunk, RowError
from bprs.spreadsheets.column_spec import Language
from bprs.spreadsheets.tables import REJECTION_HEADERS, Table
from bprs.spreadsheets.writing import Target, XlsxWriter

Translate = Callable[[str], str]
__all__ = ["Language", "RejectedWriter", "write_rejected"]

LANGUAGE_PLACE: dict[Language, int] = {"id": 0, "en": 1}


class RejectedWriter:
    """
    Writes the rejected rows chunk by chunk: the original cells, and one more column, which reading ignores.

    `translate` turns an English template into the officer's language (gettext).
    """

    def __init__(self, target: Target, table: Table, *, language: Language = "id", translate: Translate = str) -> None:
        self._places = [place for place, header in enumerate(table.headers) if header not in REJECTION_HEADERS]
        self._translate = translate
        headers = [table.headers[place] for place in self._places]
        headers.append(REJECTION_HEADERS[LANGUAGE_PLACE[language]])
        self._writer = XlsxWriter(target, headers, ["any"] * len(headers))
        self.rows = 0

    def write(self, chunk: ParsedChunk) -> None:
        """Append the rejected rows of one chunk."""
        reasons = {row: self._reason(errors) for row, errors in _errors_by_row(chunk)}
        for row in np.flatnonzero(chunk.rejected).tolist():
            cells = chunk.source.row(row)
            surplus = chunk.source.surplus.get(row, [])
            self._writer.write_rows([[*(cells[place] for place in self._places), reasons[row], *surplus]])
            self.rows += 1

    def _reason(self, errors: Iterable[RowError]) -> str:
        sentences = (self._translate(error.message) % error.params for error in errors)
        return "; ".join(dict.fromkeys(sentences))

    def close(self) -> None:
        self._writer.close()

    def __enter__(self) -> "RejectedWriter":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def write_rejected(
    target: Target,
    table: Table,
    chunks: Iterable[ParsedChunk],
    *,
    language: Language = "id",
    translate: Translate = str,
) -> int:
    """Write the rejected rows of all chunks; returns how many there are."""
    with RejectedWriter(target, table, language=language, translate=translate) as writer:
        for chunk in chunks:
            writer.write(chunk)
        return writer.rows


def _errors_by_row(chunk: ParsedChunk) -> Iterator[tuple[int, list[RowError]]]:
    for index, errors in groupby(chunk.errors, key=lambda error: error.row_index):
        yield index - chunk.source.start, list(errors)
