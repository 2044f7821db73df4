"""Signing with keys that the database does not have: the first of SEAL_KEYS signs, all of them verify."""

import hashlib
import hmac

from django.conf import settings


def sign(content: bytes) -> str:
    """Return 64 hex digits that nobody can make without the first of SEAL_KEYS."""
    return _signature(settings.SEAL_KEYS[0], content)


def current_key_id() -> str:
    """Which key signs today: 16 hex digits that tell nothing of it."""
    return _id_of(settings.SEAL_KEYS[0])


def signature_by(key_id: str, content: bytes) -> str | None:
    """What that key signs it with; None if it is none of SEAL_KEYS."""
    known = {_id_of(key): key for key in settings.SEAL_KEYS}
    return _signature(known[key_id], content) if key_id in known else None


def _signature(key: str, content: bytes) -> str:
    return hmac.digest(key.encode(), content, "sha256").hex()


def _id_of(key: str) -> str:
    return hashlib.sha256(b"seal key " + key.encode()).hexdigest()[:16]
