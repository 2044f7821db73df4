"""Restoring a backup: made anew beside the site, proven there, and only then put in its place."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _

from bprs.access.models import Branch, User
from bprs.backups.databases import engine
from bprs.backups.engines import Scratch
from bprs.backups.file_trees import add_all, keep_aside, store_all
from bprs.backups.manifest import Manifest
from bprs.backups.proving import Proof, Site, migrate, prove
from bprs.backups.reading import checked_manifest, unpack
from bprs.backups.sealed_tar import BackupChanged
from bprs.disk import room_needed, writable
from bprs.errors import DomainError
from bprs.in_use import running, site_stopped
from bprs.jobs.models import Job
from bprs.stored_files import has_folders

OnProof = Callable[[Proof], None]


class SiteNotEmpty(DomainError):
    code = "site_not_empty"
    status = 409


class NotAsWritten(DomainError):
    code = "not_as_written"


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """The bank of a backup, beside the site's own."""

    manifest: Manifest
    scratch: Scratch
    files: Path
    proof: Proof


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """`old_database` is its name or file, `old_files` their folder; None where there were none, or no folder to keep."""

    manifest: Manifest
    old_database: str
    old_files: Path | None


def verify_backup(*, path: Path) -> tuple[Manifest, Proof]:
    """
    Restore it beside the site, count its rows, verify every score, file and seal in it, and forget it again.

    :raises DomainError: named for what is wrong with the backup
    """
    with _restored_beside(path) as beside:
        return beside.manifest, beside.proof


def restore_backup(
    *, path: Path, restored_at: datetime, is_replacing: bool, despite_findings: bool, on_proof: OnProof
) -> Restored:
    """
    Put the bank of the backup in the place of the site's, of which everything is kept under a dated name.

    Until the last step the site is what it was; that step is one: the new database has all its files by then.

    :param on_proof: told what verifying found, before anything is put in place
    :raises SiteRunning: if anybody serves, works, or is connected
    :raises SiteNotEmpty: if a bank is there that is not to be replaced
    :raises NotAsWritten: if verifying found something that is not to be disregarded
    :raises DomainError: named for what is wrong with the backup
    """
    with site_stopped():
        _refuse_work_in_hand(restored_at)
        with _restored_beside(path, is_replacing=is_replacing) as beside:
            on_proof(beside.proof)
            if not (beside.proof.is_clean or despite_findings):
                raise NotAsWritten(_("Nothing was restored: not everything in the backup is as it was written."))
            return _put_in_place(beside, stamp=f"{restored_at:%Y%m%d-%H%M%S}")


@contextmanager
def _restored_beside(path: Path, *, is_replacing: bool = True) -> Iterator[Beside]:
    manifest = checked_manifest(path, vendor=connection.vendor)
    if not is_replacing:
        _refuse_a_bank()
    place = _media_root().parent if has_folders() else Path(settings.DATA_DIR)
    with room_needed(), writable(place), _folder_in(place) as folder:
        dump, files = unpack(path, manifest, folder)
        with engine().scratch(dump) as scratch:
            _refuse_other_counts(scratch, manifest)
            site = Site(address=scratch.address, media_root=files)
            if not manifest.is_of_this_program:
                migrate(site)
            proof = prove(site, seal=manifest.seal, folder=folder)
            yield Beside(manifest=manifest, scratch=scratch, files=files, proof=proof)


@contextmanager
def _folder_in(place: Path) -> Iterator[Path]:
    place.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".restore-", dir=place) as name:
        yield Path(name)


def _put_in_place(beside: Beside, *, stamp: str) -> Restored:
    if not has_folders():
        store_all(beside.files)
        return Restored(manifest=beside.manifest, old_database=beside.scratch.take_the_place(stamp), old_files=None)
    tree = _media_root()
    aside = tree.with_name(f"{tree.name}.before-{stamp}") if tree.exists() else None
    try:
        if aside:
            keep_aside(tree, aside)
        add_all(beside.files, tree)
        old = beside.scratch.take_the_place(stamp)
    except Exception:
        if aside:
            shutil.rmtree(aside, ignore_errors=True)
        raise
    return Restored(manifest=beside.manifest, old_database=old, old_files=aside)


def _refuse_other_counts(scratch: Scratch, manifest: Manifest) -> None:
    there = scratch.row_counts()
    names = sorted({*there, *manifest.tables})
    different = [name for name in names if there.get(name) != manifest.tables.get(name)]
    if different:
        raise BackupChanged(
            _("Restored, the backup has other rows than were counted when it was made: %(tables)s.")
            % {"tables": ", ".join(different)}
        )


def _refuse_work_in_hand(at: datetime) -> None:
    """Of workers anywhere."""
    if _has(Job._meta.db_table) and Job.objects.filter(state=Job.State.RUNNING, leased_until__gt=at).exists():
        raise running()


def _refuse_a_bank() -> None:
    """A bank has somebody who can log in, or a branch; what migrations put there is none."""
    if _has(User._meta.db_table) and (User.objects.exists() or Branch.objects.exists()):
        raise SiteNotEmpty(
            _("There is a bank in the database already. To put the backup in its place, give --replace.")
        )


def _has(table: str) -> bool:
    return table in connection.introspection.table_names()


def _media_root() -> Path:
    return Path(settings.MEDIA_ROOT).absolute()
