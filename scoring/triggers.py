"""What makes scores and decisions append-only, and cards in force immutable: the database itself refuses, whoever asks."""

from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def _same(*columns: str) -> str:
    """A row whose columns are what they were. In every SQL: not one knows the other's comparison with NULL."""
    return " AND ".join(
        f"((NEW.{name} IS NULL AND OLD.{name} IS NULL) OR COALESCE(NEW.{name} = OLD.{name}, FALSE))" for name in columns
    )


_PROPOSED_STAYS = _same(
    *("version_id", "content_hash", "last_edited_by_id", "proposed_by_id", "proposed_at", "reason", "wanted_from")
)
_DECIDED_STAYS = _same(
    "decided_by_id", "decided_at", "decision_reason", "effective_from", "simulation_id", "acknowledged"
)
# That an approval is cancelled before its time is seen to by a constraint.
_CANCELLED_AT_MOST = "(NEW.outcome = OLD.outcome OR (OLD.outcome = 'approved' AND NEW.outcome = 'cancelled'))"
_RECOMMENDED_STAYS = _same(
    *("loan_id", "score_id", "amount", "segment", "file_of_id", "advice", "note", "recommended_by_id", "recommended_at")
)
_ASKED_STAYS = _same(
    *("version_id", "content_hash", "definition", "against_id", "against_hash", "against_definition"),
    *("portfolio", "loss_given_default", "asked_by_id", "asked_at", "loan_count"),
)
_BEGUN_STAYS = _same("version_id", "content_hash", "definition", "reason", "begun_by_id", "begun_at", "until")

# table -> the condition under which an UPDATE is still allowed
WRITTEN_ONCE = {
    "access_disclosure": "",
    "scoring_score": "",
    "scoring_refusal": "",
    "scoring_runpart": "",
    "scoring_scoringrun": "NOT OLD.is_complete",
    "scoring_shadow": f"OLD.ended_at IS NULL AND {_BEGUN_STAYS}",
    "scoring_shadowrun": "",
    "scoring_shadowscore": "",
    "scoring_simulation": f"NOT OLD.is_complete AND {_ASKED_STAYS}",
    "scoring_cardproposal": f"{_PROPOSED_STAYS} AND (OLD.outcome = 'pending' OR ({_DECIDED_STAYS} AND {_CANCELLED_AT_MOST}))",
    "scoring_decision": f"OLD.outcome = 'pending' AND {_RECOMMENDED_STAYS}",
    "scoring_seal": "",
    "scoring_sealentry": "",
}
CARDS = "scoring_scorecardversion"
_FROZEN = "EXISTS (SELECT 1 FROM scoring_cardproposal WHERE version_id = OLD.id AND outcome IN ('pending', 'approved'))"
_CARD_STAYS = _same("name", "number", "definition", "content_hash")

_POSTGRES_FUNCTION = """
CREATE OR REPLACE FUNCTION bprs_written_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '% is written once', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation'; END $$
"""
_POSTGRES_FROZEN_CARD = f"""
CREATE OR REPLACE FUNCTION bprs_frozen_card() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF {_FROZEN} THEN
    RAISE EXCEPTION 'a proposed card stays as it is' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
  RETURN NEW;
END $$
"""


def install(schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Refuse UPDATE, DELETE (and on PostgreSQL TRUNCATE) on what is written once, as far as it exists yet."""
    vendor = schema_editor.connection.vendor
    if vendor == "postgresql":
        schema_editor.execute(_POSTGRES_FUNCTION, params=None)  # its % is no placeholder
    for table in _tables(schema_editor):
        for statement in _CREATE[vendor](table, WRITTEN_ONCE[table]):
            schema_editor.execute(statement)
    if "scoring_cardproposal" in _tables(schema_editor):
        for statement in _FREEZE[vendor]:
            schema_editor.execute(statement, params=None)


def remove(schema_editor: BaseDatabaseSchemaEditor) -> None:
    on_table = {"postgresql": " ON {table}", "sqlite": ""}[schema_editor.connection.vendor]
    for table in (*_tables(schema_editor), CARDS):
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
_CHANGES = {"update": f"NOT ({_CARD_STAYS})", "delete": "TRUE"}
_FREEZE = {
    "sqlite": [
        f"CREATE TRIGGER IF NOT EXISTS {CARDS}_no_{event} BEFORE {event.upper()} ON {CARDS} WHEN {changes} AND {_FROZEN} "
        "BEGIN SELECT RAISE(ABORT, 'a proposed card stays as it is'); END"
        for event, changes in _CHANGES.items()
    ],
    "postgresql": [
        _POSTGRES_FROZEN_CARD,
        *(
            f"CREATE OR REPLACE TRIGGER {CARDS}_no_{event} BEFORE {event.upper()} ON {CARDS} "
            f"FOR EACH ROW WHEN ({changes}) EXECUTE FUNCTION bprs_frozen_card()"
            for event, changes in _CHANGES.items()
        ),
    ],
}
