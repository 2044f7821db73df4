"""Keys that must exist before Django starts: made once, kept in files only their owner can read."""

import os
import secrets
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from bprs.disk import flush_file, flush_folder


def read_or_create(path: Path) -> str:
    """
    Return the key in the file; on the first call make one of 384 random bits.

    Two processes starting at once agree: the file appears whole, by link, and the loser reads the winner's.

    :raises ImproperlyConfigured: if there is none and it cannot be made, or what is there is none
    """
    try:
        return _read(path) if path.exists() else _made(path)
    except OSError as error:
        raise ImproperlyConfigured(f"{path} cannot be read or made: {error.strerror}.") from None


def _read(path: Path) -> str:
    try:
        key = path.read_text().strip()
    except UnicodeDecodeError:
        key = ""
    if not key:
        raise ImproperlyConfigured(f"{path} holds no key. Put back the one that was there, from where you keep a copy.")
    return key


def _made(path: Path) -> str:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)  # the database is kept beside the keys
    own = path.with_name(f"{path.name}.{os.getpid()}")
    own.touch(mode=0o600)
    own.write_text(secrets.token_urlsafe(48))
    flush_file(own)  # what a key encrypted is flushed, too
    try:
        os.link(own, path)
    except FileExistsError:
        pass
    finally:
        own.unlink()
    flush_folder(path.parent)
    return _read(path)
