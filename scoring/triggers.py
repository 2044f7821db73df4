"""What makes scores append-only: the database itself refuses, whoever asks."""

from django.db.backends.base.schema import BaseDatabaseSchemaEditor

# table -> the condition under which an UPDATE is still allowed
WRITTEN_ONCE = {
    "scoring_score": "",
    "scoring_refusal": "",
    "scoring_runpart": "",
    "scoring_scoringrun": "NOT OLD.is_complete",
}

_POSTGRES_FUNCTION = """
CREATE OR REPLACE FUNCTION bprs_written_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '% is written once', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation'; END $$
"""


def install(schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Refuse UPDATE, DELETE (and on PostgreSQL TRUNCATE) on what is written once, as far as it exists yet."""
    vendor = schema_editor.connection.vendor
    if vendor == "postgresql":
        schema_editor.execute(_POSTGRES_FUNCTION, params=None)  # its % is no placeholder
    for table in _tables(schema_editor):
        for statement in _CREATE[vendor](table, WRITTEN_ONCE[table]):
            schema_editor.execute(statement)


def remove(schema_editor: BaseDatabaseSchemaEditor) -> None:
    on_table = {"postgresql": " ON {table}", "sqlite": ""}[schema_editor.connection.vendor]
    for table in _tables(schema_editor):
        for event in ("update", "delete", "truncate"):
            schema_editor.execute(f"DROP TRIGGER IF EXISTS {table}_no_{event}" + on_table.format(table=table))


def _tables(schema_editor: BaseDatabaseSchemaEditor) -> list[str]:
    existing = schema_editor.connection.introspection.table_names()
    return [table for table in WRITTEN_ONCE if table in existing]


def _sqlite(table: str, allowed: str) -> list[str]:
    unless = f"WHEN NOT ({allowed}) " if allowed else ""
    refuse = f"BEGIN SELECT RAISE(ABORT, '{table} is written once'); END"
    return [
        f"CREATE TRIGGER IF NOT EXISTS {table}_no_update BEFORE UPDATE ON {table} {unless}{refuse}",
        f"CREATE TRIGGER IF NOT EXISTS {table}_no_delete BEFORE DELETE ON {table} {refuse}",
    ]


def _postgresql(table: str, allowed: str) -> list[str]:
    unless = f"WHEN (NOT ({allowed})) " if allowed else ""
    refuse = "EXECUTE FUNCTION bprs_written_once()"
    return [
        f"CREATE OR REPLACE TRIGGER {table}_no_update BEFORE UPDATE ON {table} FOR EACH ROW {unless}{refuse}",
        f"CREATE OR REPLACE TRIGGER {table}_no_delete BEFORE DELETE ON {table} FOR EACH ROW {refuse}",
        f"CREATE OR REPLACE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT {refuse}",
    ]


_CREATE = {"sqlite": _sqlite, "postgresql": _postgresql}
