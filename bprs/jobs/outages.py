"""A PostgreSQL that is restarted takes what was being done along; that is no fault of the work."""

from datetime import datetime

from django.db import InterfaceError, OperationalError, connection

LOST = (OperationalError, InterfaceError)
WHILE_IT_ENDS_OR_BEGINS = {"57P01", "57P02", "57P03"}


def is_lost(error: Exception) -> bool:
    """Whether there is no connection to PostgreSQL any more. Whatever else it refuses, it answers with a code."""
    if connection.vendor != "postgresql" or not isinstance(error, LOST):
        return False
    code = getattr(error.__cause__, "sqlstate", "")
    return isinstance(error, InterfaceError) or code is None or code in WHILE_IT_ENDS_OR_BEGINS


def server_began_at() -> datetime | None:
    """
    When the server was started; None for SQLite, which has none.

    One that restarts its processes because one of them crashed keeps its time: work that crashes it is told apart so.

    :raises OperationalError: if it does not answer
    """
    if connection.vendor != "postgresql":
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_postmaster_start_time()")
        (began_at,) = cursor.fetchone()
    return began_at  # type: ignore[no-any-return]  # the driver's
