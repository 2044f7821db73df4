"""Making a backup: the database as of one moment, every file its rows refer to, and a manifest, in one sealed file."""

import io
import json
import os
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from bprs.backups.databases import TABLES, engine
from bprs.backups.engines import names_in, row_counts
from bprs.backups.manifest import DATABASE, FILES, MANIFEST, Manifest, fingerprints
from bprs.backups.sealed_tar import Member, SealedTarWriter
from bprs.disk import NO_SPACE, flush_folder, for_us_alone, room_needed, writable
from bprs.errors import DomainError


class BackupExists(DomainError):
    code = "backup_exists"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the database says of itself, as of the moment it was dumped; `files` are names with the hash of their rows."""

    migrations: tuple[str, ...]
    tables: dict[str, int]
    seal: dict[str, object] | None
    files: list[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    members: list[Member]
    lacking: list[str]
    changed: list[str]


def make_backup(*, target: Path, made_at: datetime) -> Manifest:
    """
    Write the backup whole, or nothing. It takes the disk twice the size of the database for a while.

    :raises BackupExists: if there is a file of that name; it stays as it is
    :raises NotWritable: if it cannot be written there
    :raises DatabaseRefused: if the database cannot be dumped
    :raises DiskFull: if there is no room for it
    """
    if target.exists():
        raise _exists(target)
    with (
        room_needed(),
        writable(target),
        tempfile.TemporaryDirectory(prefix=f".{target.name}.", dir=target.parent) as folder,
    ):
        dump, whole = Path(folder, DATABASE), Path(folder, "whole")
        with engine().dump(dump):
            facts = _facts()
        manifest = _write(whole, dump, facts, made_at)
        _put(whole, target)
    return manifest


def _facts() -> Facts:
    with connection.cursor() as cursor:
        tables = row_counts(cursor, names_in(cursor, TABLES[connection.vendor]))
    applied = MigrationRecorder(connection).applied_migrations()
    return Facts(
        migrations=tuple(sorted(f"{app}.{name}" for app, name in applied)),
        tables=tables,
        seal=import_string(settings.BACKUP_SEAL)(),
        files=[kept for path in settings.BACKUP_FILES for kept in import_string(path)()],
    )


def _write(whole: Path, dump: Path, facts: Facts, made_at: datetime) -> Manifest:
    with open(whole, "xb", opener=for_us_alone) as file:
        tar = SealedTarWriter(file)
        with dump.open("rb") as content:
            database = tar.add(DATABASE, content, dump.stat().st_size)
        dump.unlink()
        manifest = _manifest(facts, made_at, database, _copy_files(tar, facts.files))
        said = manifest.to_bytes()
        tar.add(MANIFEST, io.BytesIO(said), len(said))
        tar.seal()
        file.flush()
        os.fsync(file.fileno())
    return manifest


def _copy_files(tar: SealedTarWriter, files: list[tuple[str, str]]) -> Copied:
    """One that was tidied away since the moment of the dump is lacking; the rest is copied all the same."""
    copied = Copied(members=[], lacking=[], changed=[])
    for name, sha256 in files:
        try:
            content: Any = default_storage.open(name)
        except FileNotFoundError:
            copied.lacking.append(name)
            continue
        with content:
            member = tar.add(f"{FILES}{name}", content, content.size)
        copied.members.append(member)
        if member.sha256 != sha256:
            copied.changed.append(name)
    return copied


def _manifest(facts: Facts, made_at: datetime, database: Member, copied: Copied) -> Manifest:
    return Manifest(
        made_at=made_at.isoformat(timespec="seconds"),
        vendor=connection.vendor,
        migrations=facts.migrations,
        tables=facts.tables,
        keys=fingerprints(),
        seal=json.loads(json.dumps(facts.seal)),
        members=(database, *copied.members),
        lacking=tuple(copied.lacking),
        changed=tuple(copied.changed),
    )


def _put(whole: Path, target: Path) -> None:
    """Under its name only now that it is whole, and never over another."""
    try:
        os.link(whole, target)
    except FileExistsError:
        raise _exists(target) from None
    except OSError as error:
        if error.errno in NO_SPACE or target.exists():
            raise
        whole.rename(target)  # a file system that knows no links
    flush_folder(target.parent)


def _exists(target: Path) -> BackupExists:
    return BackupExists(_("%(file)s is there already; a backup replaces nothing.") % {"file": target})
