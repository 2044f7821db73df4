"""Personal identifiers at rest: encrypted to be read back, and a keyed hash beside it to be found by."""

import base64
import hashlib
import hmac
from collections.abc import Iterable
from functools import lru_cache

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings

CHECKED = "keys"  # the tag of checks that try the keys on what is stored


def encrypt(text: str) -> str:
    """Return the text encrypted with the first of FIELD_ENCRYPTION_KEYS."""
    return encrypt_all([text])[0]


def encrypt_all(texts: Iterable[str]) -> list[str]:
    """As `encrypt` each of them."""
    box = _box(tuple(settings.FIELD_ENCRYPTION_KEYS))
    return [box.encrypt(text.encode()).decode() for text in texts]


def decrypt(ciphertext: str) -> str:
    """
    Return the text that was encrypted with any of FIELD_ENCRYPTION_KEYS.

    :raises cryptography.fernet.InvalidToken: if no key fits
    """
    return _box(tuple(settings.FIELD_ENCRYPTION_KEYS)).decrypt(ciphertext.encode()).decode()


def keyed_hash(text: str) -> str:
    """Return 64 hex digits that are the same for the same text and tell nothing without FIELD_INDEX_KEY."""
    return keyed_hashes([text])[0]


def keyed_hashes(texts: Iterable[str]) -> list[str]:
    """As `keyed_hash` each of them."""
    key = settings.FIELD_INDEX_KEY.encode()
    return [hmac.digest(key, text.encode(), "sha256").hex() for text in texts]


@lru_cache(maxsize=4)
def _box(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(base64.urlsafe_b64encode(hashlib.sha256(key.encode()).digest())) for key in keys])
