"""`name__among=[...]`: any number of values in one parameter, where `__in` takes one parameter a value."""

import json
from collections.abc import Sequence
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Field, Lookup
from django.db.models.sql.compiler import SQLCompiler


class Among(Lookup):
    """Equal to one of many texts or whole numbers."""

    lookup_name = "among"

    def get_prep_lookup(self) -> list[Any]:
        return list(self.rhs)

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, tuple[str | int, ...]]:
        left, params = self.process_lhs(compiler, connection)
        test, values = among(self.rhs, connection)
        return f"{left} {test}", (*params, values)


def among(values: Sequence[Any], connection: BaseDatabaseWrapper) -> tuple[str, Any]:
    """What follows the name of a column in SQL, and its one parameter."""
    if connection.vendor == "postgresql":
        return "= ANY(%s)", list(values)
    return "IN (SELECT value FROM json_each(%s))", json.dumps(list(values))


def register_lookups() -> None:
    Field.register_lookup(Among)
