"""One import writes at a time: two of the same file would each find the other's rows missing and add them both."""

from django.db import connection

IMPORTS = 7_236_501  # any number that nothing else locks


def wait_for_other_imports() -> None:
    """Hold the right to write until this transaction ends. SQLite has one writer anyway."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [IMPORTS])
