"""Backups for tests, and what a command answers."""

import io
import json
import tarfile
from pathlib import Path
from typing import Any

from django.core.management import CommandError, call_command
from django.db import connection

from bprs.backups.manifest import Manifest, fingerprints, known_migrations
from bprs.backups.sealed_tar import SealedTarWriter

MEMBERS = {
    "database": b"rows" * 300,
    "files/uploads/1f": b"a;b\n1;2\n",
    "files/runs/7/00000-scored-ab.parquet": b"PAR1",
}


def forged(path: Path, *, contents: dict[str, bytes] | None = None, form: int = 1, **said: Any) -> Path:
    """Sealed as ours, whatever it says."""
    with path.open("xb") as file:
        tar = SealedTarWriter(file)
        members = tuple(add(tar, name, content) for name, content in (contents or MEMBERS).items())
        facts = {
            "made_at": "2026-11-23T01:00:00+07:00",
            "vendor": connection.vendor,
            "migrations": tuple(sorted(known_migrations())),
            "tables": {},
            "keys": fingerprints(),
            "seal": None,
            "members": members,
            "lacking": (),
            "changed": (),
        }
        manifest = {**json.loads(Manifest(**{**facts, **said}).to_bytes()), "format": form}
        add(tar, "manifest.json", json.dumps(manifest).encode())
        tar.seal()
    return path


def add(tar: SealedTarWriter, name: str, content: bytes) -> Any:
    return tar.add(name, io.BytesIO(content), len(content))


def run(*arguments: str | Path) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of a command."""
    out, err = io.StringIO(), io.StringIO()
    try:
        call_command(*map(str, arguments), stdout=out, stderr=err)
    except CommandError as refusal:
        return refusal.returncode, out.getvalue(), str(refusal)
    except SystemExit as ended:
        return int(ended.code or 0), out.getvalue(), err.getvalue()
    return 0, out.getvalue(), err.getvalue()


def contents_of(path: Path) -> dict[str, bytes]:
    """As any tar reads it."""
    with tarfile.open(path) as tar:
        files = {info.name: tar.extractfile(info) for info in tar}
        return {name: file.read() for name, file in files.items() if file}
