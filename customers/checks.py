"""What a start refuses: keys that do not open what is stored. Nothing else would tell before a NIK is there twice."""

from collections.abc import Iterator, Sequence

from cryptography.fernet import InvalidToken
from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import DatabaseError

from bprs.encryption import CHECKED, decrypt, keyed_hash
from customers.models import Customer

HINT = "Put back the one that this database was begun with, into the environment or the data directory; and keep a copy elsewhere."


def register_checks() -> None:
    register(check_keys, Tags.database, CHECKED)


def check_keys(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **_: object
) -> list[CheckMessage]:
    """Try them, where the database was asked for, on its first NIK: later ones may be of a day with wrong keys."""
    first = Customer.objects.filter(nik_hash__isnull=False).order_by("pk").values_list("nik_ciphertext", "nik_hash")
    try:
        return [fault for row in first[:1] for fault in _faults(*row)] if "default" in (databases or ()) else []
    except DatabaseError:  # not migrated yet: there is none
        return []


def _faults(ciphertext: str, digest: str | None) -> Iterator[CheckMessage]:
    try:
        nik = decrypt(ciphertext)
    except InvalidToken:
        yield Error("None of FIELD_ENCRYPTION_KEYS opens the NIKs that are stored.", hint=HINT, id="bprs.E014")
        return
    if keyed_hash(nik) != digest:
        yield Error("FIELD_INDEX_KEY is not the key by which the stored NIKs are found.", hint=HINT, id="bprs.E015")
