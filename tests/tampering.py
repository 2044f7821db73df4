"""What somebody could do who owns the database."""

from django.db import connection

from scoring.models import CardProposal
from scoring.triggers import CARDS, WRITTEN_ONCE


def drop_triggers() -> None:
    on_table = " ON {}" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        for table in (*WRITTEN_ONCE, CARDS):
            for event in ("update", "delete"):
                cursor.execute(f"DROP TRIGGER IF EXISTS {table}_no_{event}" + on_table.format(table))


def behind_the_back(statement: str, *params: int | float | str | None) -> None:
    drop_triggers()
    with connection.cursor() as cursor:
        cursor.execute(statement, params)


def put_no_card_in_force() -> None:
    """No service can bring this about."""
    drop_triggers()
    CardProposal.objects.all().delete()
