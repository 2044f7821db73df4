"""
Queries that every call asks: the ORM writes their SQL once in a process, and later only their values change.

Writing it takes the ORM about half a millisecond, several times what a database takes to answer.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeAlias

from django.conf import settings
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import QuerySet

Kind: TypeAlias = type[int] | type[str] | type[datetime]
LARGEST_INTEGER = 2**63 - 1
_STAND_INS: Mapping[Kind, Callable[[int], Any]] = {
    int: lambda place: LARGEST_INTEGER - 1 - place,
    str: lambda place: f"\N{LEFT-POINTING DOUBLE ANGLE QUOTATION MARK}{place}",
    datetime: lambda place: datetime(8999, 12, 31, microsecond=place, tzinfo=UTC),
}


@contextmanager
def plans_kept(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """
    Have PostgreSQL parse and plan what is executed meanwhile once for a connection.

    For what finds its rows by key: one plan is right for every value then, as it is not for the lists people filter.
    """
    raw: Any = connection.connection
    if connection.vendor != "postgresql" or not settings.PREPARED_STATEMENTS:
        yield
        return
    raw.prepare_threshold = 1
    try:
        yield
    finally:
        raw.prepare_threshold = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Statement:
    """`params` are those of the SQL, `slots` the places among them where a value goes, with its name."""

    alias: str
    sql: str
    params: tuple[Any, ...]
    slots: tuple[tuple[int, str], ...]
    converters: Mapping[int, tuple[Sequence[Callable[..., Any]], Any]]


class Prepared:
    """
    One query of `values_list` and the values it is asked with.

    :param build: makes the query; called once, with stand-ins, so that its shape depends on no value
    :param kinds: name of a value -> its type
    """

    def __init__(self, build: Callable[..., QuerySet[Any, tuple[Any, ...]]], **kinds: Kind) -> None:
        self._build, self._kinds = build, kinds
        self._statement: _Statement | None = None

    def rows(self, **values: int | str | datetime) -> list[tuple[Any, ...]]:
        """Ask with these values. As everywhere, nothing is found by a number that no database could hold."""
        statement = self._known()
        return list(_converted(self.stored_rows(**values), statement, connections[statement.alias]))

    def stored_rows(self, **values: int | str | datetime) -> list[tuple[Any, ...]]:
        """The same, as the database keeps it."""
        if any(isinstance(value, int) and value > LARGEST_INTEGER for value in values.values()):
            return []
        statement = self._known()
        connection, params = connections[statement.alias], list(statement.params)
        for place, name in statement.slots:
            params[place] = _adapted(values[name], connection)
        with connection.cursor() as cursor, plans_kept(connection):
            cursor.execute(statement.sql, params)
            return list(cursor.fetchall())

    def _known(self) -> _Statement:
        if self._statement is None:
            self._statement = self._written()
        return self._statement

    def _written(self) -> _Statement:
        """:raises ValueError: if a value does not occur in the query"""
        stand_ins = {name: _STAND_INS[kind](place) for place, (name, kind) in enumerate(self._kinds.items())}
        query = self._build(**stand_ins)
        compiler = query.query.get_compiler(query.db)
        sql, params = compiler.as_sql()
        names = {_adapted(value, compiler.connection): name for name, value in stand_ins.items()}
        slots = tuple((place, names[value]) for place, value in enumerate(params) if _is_one_of(value, names))
        if missing := set(stand_ins) - {name for _place, name in slots}:
            raise ValueError(f"The query does not ask for {', '.join(sorted(missing))}.")
        converters = compiler.get_converters([column for column, _sql, _alias in compiler.select])
        return _Statement(alias=query.db, sql=sql, params=tuple(params), slots=slots, converters=converters)


def _is_one_of(value: Any, names: Mapping[Any, str]) -> bool:
    return isinstance(value, int | str | datetime) and value in names


def _adapted(value: Any, connection: BaseDatabaseWrapper) -> Any:
    return connection.ops.adapt_datetimefield_value(value) if isinstance(value, datetime) else value


def _converted(
    rows: Sequence[tuple[Any, ...]], statement: _Statement, connection: BaseDatabaseWrapper
) -> Iterator[tuple[Any, ...]]:
    for row in rows:
        values = list(row)
        for place, (converters, expression) in statement.converters.items():
            for convert in converters:
                values[place] = convert(values[place], expression, connection)
        yield tuple(values)
