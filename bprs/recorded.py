"""
What became of a transaction that failed. Usually nothing; but where the answer to a commit is lost, or something fails after
it, the rows may be there. What belongs to them outside of the database must not be removed then.
"""

from typing import Any

from django.db import DatabaseError, InterfaceError
from django.db.models import QuerySet


def are_surely_absent(rows: "QuerySet[Any]") -> bool:
    """Whether the database says that there are none. False where it cannot say: what is left behind can be tidied later."""
    try:
        return not rows.exists()
    except (DatabaseError, InterfaceError):
        return False
