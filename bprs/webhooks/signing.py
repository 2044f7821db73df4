"""Secrets and signatures as standardwebhooks.com has them: HMAC-SHA256 over id, timestamp and body."""

import base64
import hmac
import secrets
from collections.abc import Iterable

PREFIX = "whsec_"
SECRET_BYTES = 32  # the standard asks for 24 to 64


def new_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def signed_headers(*, message_id: str, unix_time: int, body: str, signers: Iterable[str]) -> dict[str, str]:
    """The three headers that say which message this is, when it is sent, and that it is ours; one signature a secret."""
    content = f"{message_id}.{unix_time}.{body}".encode()
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(unix_time),
        "webhook-signature": " ".join(_signature(secret, content) for secret in signers),
    }


def _signature(secret: str, content: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    return f"v1,{base64.b64encode(hmac.digest(key, content, 'sha256')).decode()}"
