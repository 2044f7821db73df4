"""
The one way many rows are written: whole columns in one statement, and their history rows with them.

SQLite takes executemany, for updates into a temporary table; PostgreSQL takes COPY to insert and arrays to update, and for a
single row both take the plain statements, which cost less. Values are what the field takes; a JSON column may be given ready
JSON text. A column given as one plain value holds it in every row.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeGuard

from django.db import connections, models, router
from django.db.backends.base.base import BaseDatabaseWrapper

from bprs.lookups import among, as_array
from bprs.prepared import plans_kept

Column = Sequence[Any]
_TAKEN_AS_THEY_ARE = (models.JSONField, models.CharField, models.TextField, models.IntegerField, models.FloatField)


def insert_columns(model: type[models.Model], columns: Mapping[str, object], *, count: int) -> None:
    """
    Insert `count` rows in one statement. No history: see `insert_with_history`.

    :param columns: field name -> one value per row, or one plain value for every row
    """
    if not count:
        return
    connection = connections[router.db_for_write(model)]
    fields = [_field(model, name) for name in columns]
    prepared = [_prepared(f, v, count, connection) for f, v in zip(fields, columns.values(), strict=True)]
    _insert(model, fields, list(zip(*prepared, strict=True)), connection)


def insert_row(row: models.Model) -> None:
    """Insert one new row as it stands, whose primary key is known. No history: see `record_history`."""
    connection, fields = connections[router.db_for_write(type(row))], row._meta.concrete_fields
    values = [field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields]
    _insert(type(row), fields, [values], connection)


def _insert(
    model: type[models.Model], fields: Sequence[Any], rows: Sequence[Column], connection: BaseDatabaseWrapper
) -> None:
    names = ", ".join(_quoted(field, connection) for field in fields)
    table = connection.ops.quote_name(model._meta.db_table)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql" and len(rows) > 1:
            with connection.wrap_database_errors, cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
            return
        marks = ", ".join(["%s"] * len(fields))
        _execute_for(connection, cursor, f"INSERT INTO {table} ({names}) VALUES ({marks})", rows)  # noqa: S608 names are ours


def reserve_keys(model: type[models.Model], count: int) -> list[int]:
    """Primary keys for rows about to be inserted in this transaction: what points at them need not look them up."""
    connection = connections[router.db_for_write(model)]
    table, pk = model._meta.db_table, _pk(model).column
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT pg_get_serial_sequence(%s, %s)", [f'"{table}"', pk])
            (sequence,) = cursor.fetchone()  # found once: in the statement below it would be for every key
            cursor.execute("SELECT nextval(%s::regclass) FROM generate_series(1, %s)", [sequence, count])
            return [key for (key,) in cursor.fetchall()]
        # Whoever writes has SQLite to himself until the transaction ends.
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        (last,) = cursor.fetchone() or (0,)
        return list(range(last + 1, last + 1 + count))


def update_columns(model: type[models.Model], pks: Column, columns: Mapping[str, object]) -> None:
    """
    Set the columns of the rows with these primary keys in one statement. No history: see `record_history`.

    :param columns: field name -> one value per row, or one plain value for every row
    """
    if not len(pks):
        return
    connection = connections[router.db_for_write(model)]
    fields = {_field(model, name): value for name, value in columns.items()}
    same = {f: _prepare(f, v, connection) for f, v in fields.items() if not _is_column(v)}
    each = {f: _prepared(f, v, len(pks), connection) for f, v in fields.items() if _is_column(v)}
    if len(pks) == 1:
        same, each = same | {field: value for field, (value,) in each.items()}, {}
    _update(model, pks, same, each, connection)


def _update(
    model: type[models.Model],
    pks: Column,
    same: Mapping[Any, Any],
    each: Mapping[Any, Column],
    connection: BaseDatabaseWrapper,
) -> None:
    table, pk = connection.ops.quote_name(model._meta.db_table), _quoted(_pk(model), connection)
    settings = [f"{_quoted(field, connection)} = %s" for field in same]
    settings += [f"{_quoted(field, connection)} = v.c{place}" for place, field in enumerate(each, 1)]
    sql = f"UPDATE {table} SET {', '.join(settings)}"  # noqa: S608 names are ours
    with connection.cursor() as cursor:
        if each:
            with _as_rows(cursor, {_pk(model): pks, **each}, connection) as (rows, values):
                cursor.execute(f"{sql} FROM {rows} WHERE {table}.{pk} = v.c0", [*same.values(), *values])
        elif len(pks) == 1:
            with plans_kept(connection):
                cursor.execute(f"{sql} WHERE {pk} = %s", [*same.values(), pks[0]])
        else:
            test, among_pks = among(pks, connection)
            cursor.execute(f"{sql} WHERE {pk} {test}", [*same.values(), among_pks])


def update_rows(model: type[models.Model], changes: Mapping[Any, Mapping[str, Any]]) -> None:
    """
    Set other columns in other rows: one statement per set of columns. No history: see `record_history`.

    :param changes: primary key -> field name -> value
    """
    shapes: defaultdict[tuple[str, ...], list[Any]] = defaultdict(list)
    for pk, values in changes.items():
        shapes[tuple(sorted(values))].append(pk)
    for names, pks in shapes.items():
        update_columns(model, pks, {name: [changes[pk][name] for pk in pks] for name in names})


def delete_rows(model: type[models.Model], pks: Column) -> None:
    """
    Delete the rows with these primary keys in one statement. No history: see `record_history`, before.

    :raises django.db.IntegrityError: if another table's rows point at one of them
    """
    connection = connections[router.db_for_write(model)]
    table, pk = connection.ops.quote_name(model._meta.db_table), connection.ops.quote_name(_pk(model).column)
    test, among_pks = among(pks, connection)
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {table} WHERE {pk} {test}", [among_pks])  # noqa: S608 names are ours


def record_history(
    model: Any, pks: Column, *, changed_by: models.Model, changed_at: datetime, kind: str, reason: str = ""
) -> None:
    """
    Copy the rows as they stand now into the model's history, in one statement.

    :param kind: "+" created, "~" changed, "-" about to be deleted
    """
    history = model.history.model
    connection = connections[router.db_for_write(model)]
    tracked = [connection.ops.quote_name(f.column) for f in history.tracked_fields]
    own = {
        "history_date": changed_at,
        "history_type": kind,
        "history_user": changed_by.pk,
        "history_change_reason": reason,
    }
    own_fields = [_field(history, name) for name in own]
    values = [f.get_db_prep_save(v, connection) for f, v in zip(own_fields, own.values(), strict=True)]
    # PostgreSQL cannot tell the type of a selected parameter; SQLite would make the number 2026 of a date it casts.
    needs_cast = connection.vendor == "postgresql"
    casts = ", ".join(f"CAST(%s AS {f.db_type(connection)})" if needs_cast else "%s" for f in own_fields)
    names = ", ".join([*tracked, *(_quoted(f, connection) for f in own_fields)])
    quote = connection.ops.quote_name
    test, among_pks = among(pks, connection)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {quote(history._meta.db_table)} ({names}) SELECT {', '.join(tracked)}, {casts} "  # noqa: S608 names are ours
            f"FROM {quote(model._meta.db_table)} WHERE {quote(_pk(model).column)} {test}",
            [*values, among_pks],
        )


def _execute_for(connection: BaseDatabaseWrapper, cursor: Any, sql: str, rows: Sequence[Column]) -> None:
    if len(rows) == 1:
        with plans_kept(connection):
            cursor.execute(sql, rows[0])
    else:
        cursor.executemany(sql, rows)


@contextmanager
def _as_rows(
    cursor: Any, columns: Mapping[Any, Column], connection: BaseDatabaseWrapper
) -> Iterator[tuple[str, list[Any]]]:
    """What follows FROM to have the columns as `v.c0`, `v.c1`, …, and its parameters."""
    names = [f"c{place}" for place in range(len(columns))]
    if connection.vendor == "postgresql":
        arrays = ", ".join(f"%s::{_cast(field, connection)}[]" for field in columns)
        yield f"unnest({arrays}) AS v({', '.join(names)})", [as_array(column) for column in columns.values()]
        return
    # One statement, for SQLite keeps what every statement changes until the savepoint around it is over.
    table = f"temp.bulk_{len(names)}"
    cursor.execute(f"CREATE TEMPORARY TABLE IF NOT EXISTS bulk_{len(names)} ({', '.join(names)})")
    cursor.execute(f"DELETE FROM {table}")  # noqa: S608 what it was used for last
    marks = ", ".join(["%s"] * len(names))
    cursor.executemany(f"INSERT INTO {table} VALUES ({marks})", list(zip(*columns.values(), strict=True)))  # noqa: S608
    yield f"(SELECT +c0 AS c0, {', '.join(names[1:])} FROM {table}) AS v", []  # noqa: S608 the plus: read it first


def _prepared(field: Any, column: Any, count: int, connection: BaseDatabaseWrapper) -> Column:
    """Every distinct value is prepared once; JSON text passes as it is."""
    if not _is_column(column):
        return [_prepare(field, column, connection)] * count
    if isinstance(field.target_field if isinstance(field, models.ForeignKey) else field, _TAKEN_AS_THEY_ARE):
        return column
    distinct = {value: _prepare(field, value, connection) for value in set(column)}
    return [distinct[value] for value in column]


def _prepare(field: Any, value: Any, connection: BaseDatabaseWrapper) -> Any:
    if isinstance(field, models.JSONField) and isinstance(value, str):
        return value
    return field.get_db_prep_save(value, connection)


def _is_column(value: Any) -> TypeGuard[Column]:
    return isinstance(value, list | tuple)


def _cast(field: Any, connection: BaseDatabaseWrapper) -> str:
    return str(field.cast_db_type(connection) if not field.primary_key else "bigint")


def _field(model: type[models.Model], name: str) -> Any:
    return model._meta.get_field(name)


def _pk(model: type[models.Model]) -> Any:
    return model._meta.pk


def _quoted(field: Any, connection: BaseDatabaseWrapper) -> str:
    return connection.ops.quote_name(field.column)
