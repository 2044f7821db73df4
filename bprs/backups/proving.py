"""Proving a database that was made of a backup, with the program itself, in a process that is pointed at it."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from bprs.backups.engines import refused

AS_WRITTEN, FOUND = 0, 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Where a database and its files are."""

    address: str
    media_root: Path

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """`manage.py`, with our own keys."""
        own = {"DATABASE_URL": self.address, "FILE_STORAGE": "", "MEDIA_ROOT": str(self.media_root)}
        env = {**os.environ, **_keys(), **own}
        command = (sys.executable, "manage.py", *arguments)
        return subprocess.run(  # noqa: S603 ours
            command, cwd=settings.BASE_DIR, env=env, capture_output=True, text=True, check=False
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What `verify` said, line by line, and whether it found nothing."""

    lines: tuple[str, ...]
    is_clean: bool


def migrate(site: Site) -> None:
    """
    Bring the tables to what this program wants.

    :raises DatabaseRefused: if that fails
    """
    done = site.run("migrate", "--no-input", "--verbosity", "0")
    if done.returncode:
        raise refused("migrate", done.stderr)


def prove(site: Site, *, seal: Mapping[str, object] | None, folder: Path) -> Proof:
    """
    Verify every score, file and seal, with the head of the chain that was recorded as the anchor.

    :raises DatabaseRefused: if it could not be verified
    """
    anchor = folder / "anchor.json"
    anchor.write_text(json.dumps(seal))
    done = site.run("verify", *(("--anchor", str(anchor)) if seal else ()))
    if done.returncode not in (AS_WRITTEN, FOUND):
        raise refused("verify", done.stderr)
    return Proof(lines=tuple(done.stdout.splitlines()), is_clean=done.returncode == AS_WRITTEN)


def _keys() -> dict[str, str]:
    return {
        "FIELD_ENCRYPTION_KEYS": ",".join(settings.FIELD_ENCRYPTION_KEYS),
        "FIELD_INDEX_KEY": settings.FIELD_INDEX_KEY,
        "SEAL_KEYS": ",".join(settings.SEAL_KEYS),
    }
