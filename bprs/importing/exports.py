"""Rows on their way out: columns, and the file they make, with flat memory."""

from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import partial
from operator import itemgetter
from tempfile import TemporaryFile
from typing import Any, BinaryIO

from django.db.models import QuerySet
from django.utils.formats import number_format
from django.utils.functional import Promise, lazy
from django.utils.translation import gettext as _

from bprs.errors import DomainError
from bprs.spreadsheets import COLUMNS
from bprs.spreadsheets.writing import FileFormat, open_writer
from bprs.wording import screen_language, title_of

READ_AT_ONCE = 5000


def as_it_is(value: Any) -> Any:
    return value


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportColumn:
    """
    A column that goes out: where its value comes from, and how it is shown there.

    Of several sources `read` makes one value. Without a title it goes out under the heading the list shows.
    `masked` goes out in its place to who may not see whom it identifies.
    """

    source: str | tuple[str, ...]
    title: str | Promise = ""
    kind: str = "text"
    read: Callable[..., Any] = as_it_is
    masked: "ExportColumn | None" = None

    @property
    def is_identity(self) -> bool:
        return self.masked is not None

    @property
    def sources(self) -> tuple[str, ...]:
        return (self.source,) if isinstance(self.source, str) else self.source


def outgoing(name: str, source: str = "", read: Callable[[Any], Any] | None = None) -> ExportColumn:
    """A column that the intake reads back."""
    kind = COLUMNS[name].kind
    if kind == "choice":
        read = partial(word_for, name)
    return ExportColumn(
        title=lazy(title_of, str)(name),
        source=source or name,
        kind=kind if kind in ("money", "whole", "date") else "text",
        read=read or as_it_is,
    )


def word_for(name: str, value: Any) -> str:
    """A choice in the language of the screen; the intake reads it back in any."""
    spec = COLUMNS[name]
    words = dict(zip(spec.choices, spec.words(screen_language()), strict=True))
    return words.get(str(value), "")


def rows_out(queryset: "QuerySet[Any]", columns: Sequence[ExportColumn]) -> Generator[list[Any]]:
    """
    The rows as they are, in the order of the queryset; numbers and dates stay what they are.

    To be closed by who reads them: a cursor that the garbage collector closes in the middle of another query of the same
    connection waits for itself, for ever.
    """
    sources = list(dict.fromkeys(source for column in columns for source in column.sources))
    cells = [_reader(column, sources) for column in columns]
    for row in queryset.values_list(*sources).iterator(chunk_size=READ_AT_ONCE):
        yield [cell(row) for cell in cells]


def _reader(column: ExportColumn, sources: Sequence[str]) -> Callable[[tuple[Any, ...]], Any]:
    places = [sources.index(source) for source in column.sources]
    if len(places) > 1:
        several, read = itemgetter(*places), column.read
        return lambda row: read(*several(row))
    place, read = places[0], column.read
    return itemgetter(place) if read is as_it_is else lambda row: read(row[place])


class TooManyToExport(DomainError):
    code = "too_many_to_export"


def refuse_more_than(most: int, queryset: "QuerySet[Any]") -> None:
    """:raises TooManyToExport: before anything is written"""
    if queryset.order_by()[: most + 1].count() > most:
        sentence = _(
            "An export holds at most %(most)s rows. Filter the list, for example by branch or date, and export the parts."
        )
        raise TooManyToExport(sentence % {"most": number_format(most, force_grouping=True)})


def file_of(
    queryset: "QuerySet[Any]", columns: Sequence[ExportColumn], file_format: FileFormat
) -> tuple[BinaryIO, int]:
    """A file on the disk with the rows under the titles of the columns, ready to be read, and how many they are."""
    headers, kinds = [str(column.title) for column in columns], [column.kind for column in columns]
    count = 0
    with ExitStack() as unless_whole:
        file = unless_whole.enter_context(TemporaryFile())
        with open_writer(file, headers, kinds, file_format=file_format) as writer:
            for row in unless_whole.enter_context(closing(rows_out(queryset, columns))):
                writer.write_rows([row])
                count += 1
        file.seek(0)
        unless_whole.pop_all()
    return file, count
