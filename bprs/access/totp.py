"""Six digits that change every half minute (RFC 6238), and codes for who lost the phone that shows them."""

import base64
import hashlib
import hmac
import secrets
from urllib.parse import quote

DIGITS = 6
STEP_SECONDS = 30
SECRET_BYTES = 20  # as long as the hash, as RFC 4226 recommends
NEIGHBOURS = (-1, 0, 1)  # a phone's clock may be half a minute off
RECOVERY_CODES = 8
RECOVERY_BYTES = 10  # 80 bits, 16 letters


def new_secret() -> str:
    return _letters(SECRET_BYTES)


def code_at(secret: str, step: int) -> str:
    digest = hmac.digest(base64.b32decode(secret), step.to_bytes(8, "big"), "sha1")
    offset = digest[-1] & 15
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**DIGITS:0{DIGITS}}"


def step_of(code: str, *, secret: str, unix_time: float, after: int) -> int | None:
    """The step whose code this is, of now and its neighbours; none that was used up already."""
    now = int(unix_time) // STEP_SECONDS
    steps = [now + offset for offset in NEIGHBOURS if now + offset > after]
    fitting = [step for step in steps if hmac.compare_digest(code_at(secret, step), plain(code))]
    return max(fitting, default=None)


def address_of(secret: str, *, issuer: str, account: str) -> str:
    """What the QR code says to the app."""
    return f"otpauth://totp/{quote(issuer)}:{quote(account)}?secret={secret}&issuer={quote(issuer)}"


def new_recovery_codes() -> list[str]:
    return [in_fours(_letters(RECOVERY_BYTES)) for _ in range(RECOVERY_CODES)]


def hash_of(recovery_code: str) -> str:
    """SHA-256 is enough: the code is 80 random bits, not a password."""
    return hashlib.sha256(plain(recovery_code).encode()).hexdigest()


def in_fours(text: str) -> str:
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))


def plain(code: str) -> str:
    """As it was made, however it was typed."""
    return "".join(letter for letter in code.upper() if letter.isascii() and letter.isalnum())


def _letters(length: int) -> str:
    return base64.b32encode(secrets.token_bytes(length)).decode().rstrip("=")
