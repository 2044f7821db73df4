"""Personal identifiers at rest: encrypted to be read back, and a keyed hash beside it to be found by."""

import base64
import hashlib
import hmac
from functools import lru_cache

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings


def encrypt(text: str) -> str:
    """Return the text encrypted with the first of FIELD_ENCRYPTION_KEYS."""
    return _box(tuple(settings.FIELD_ENCRYPTION_KEYS)).encrypt(text.encode()).decode()


def decrypt(ciphertext: str) -> str:
    """
    Return the text that was encrypted with any of FIELD_ENCRYPTION_KEYS.

    :raises cryptography.fernet.InvalidToken: if no key fits
    """
    return _box(tuple(settings.FIELD_ENCRYPTION_KEYS)).decrypt(ciphertext.encode()).decode()


def keyed_hash(text: str) -> str:
    """Return 64 hex digits that are the same for the same text and tell nothing without FIELD_INDEX_KEY."""
    return hmac.new(settings.FIELD_INDEX_KEY.encode(), text.encode(), hashlib.sha256).hexdigest()


@lru_cache(maxsize=4)
def _box(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(base64.urlsafe_b64encode(hashlib.sha256(key.encode()).digest())) for key in keys])
