"""Which database the site has."""

from django.db import connection

from bprs.backups import postgres, sqlite
from bprs.backups.engines import Engine

TABLES = {"sqlite": sqlite.TABLES, "postgresql": postgres.TABLES}


def engine() -> Engine:
    return postgres.Postgres() if connection.vendor == "postgresql" else sqlite.Sqlite()
