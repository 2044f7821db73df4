"""Telling the log what leaves the masked screens."""

from collections.abc import Sequence
from datetime import datetime

from bprs.access.models import Disclosure, User


def note_export(  # noqa: PLR0913 what the log holds
    *,
    list_name: str,
    query: str,
    columns: Sequence[str],
    file_format: str,
    row_count: int,
    made_by: User,
    made_at: datetime,
    remote_address: str | None,
    with_identities: bool = False,
) -> Disclosure:
    """Write down that rows of a list leave as a file; `query` says which."""
    return Disclosure.objects.create(
        kind=Disclosure.Kind.EXPORT,
        list_name=list_name,
        query=query,
        columns=list(columns),
        file_format=file_format,
        row_count=row_count,
        made_by=made_by,
        made_at=made_at,
        remote_address=remote_address,
        with_identities=with_identities,
    )


def note_unmasking(
    *, list_name: str, subject: str, fields: Sequence[str], made_by: User, made_at: datetime, remote_address: str | None
) -> Disclosure:
    """Write down that identifying fields of one row were shown whole."""
    return Disclosure.objects.create(
        kind=Disclosure.Kind.UNMASKING,
        list_name=list_name,
        subject=subject,
        columns=list(fields),
        row_count=1,
        made_by=made_by,
        made_at=made_at,
        remote_address=remote_address,
        with_identities=True,
    )
