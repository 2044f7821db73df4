"""Reading a backup: its seal and its manifest before anything of it is believed, and every hash while it is unpacked."""

import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from django.utils.translation import gettext as _

from bprs.backups.manifest import DATABASE, FILES, MANIFEST, Manifest, read_manifest, refuse_misfit
from bprs.backups.sealed_tar import BackupChanged, check_seal, extract
from bprs.disk import for_us_alone, not_read
from bprs.errors import DomainError


class NotReadable(DomainError):
    code = "not_readable"


def checked_manifest(path: Path, *, vendor: str) -> Manifest:
    """
    Read the whole file, and see that this site can use it.

    :raises NotReadable: if it cannot be read
    :raises BackupChanged: if it is not, to the bit, what was written
    :raises DomainError: as `refuse_misfit` says
    """
    with _readable(path):
        check_seal(path)
        with tarfile.open(path, "r:") as tar:
            content = tar.extractfile(MANIFEST)
            manifest = read_manifest(content.read() if content else b"")
    refuse_misfit(manifest, vendor=vendor)
    return manifest


def unpack(path: Path, manifest: Manifest, folder: Path) -> tuple[Path, Path]:
    """
    Put the dump of the database and a tree of files into the folder; return both.

    :raises BackupChanged: if anything is not what the manifest says
    """
    dump, files = folder / DATABASE, folder / FILES
    files.mkdir()
    with tarfile.open(path, "r:") as tar:
        for member in manifest.members:
            target = folder / _safe(member.name)
            target.parent.mkdir(parents=True, exist_ok=True)
            with open(target, "xb", opener=for_us_alone) as file:
                extract(tar, member, file)
    return dump, files


def _safe(name: str) -> str:
    """:raises BackupChanged: for a name that leads out of the folder"""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or not (name == DATABASE or name.startswith(FILES)):
        raise BackupChanged(_("%(name)s in the backup is not what was put there.") % {"name": name})
    return name


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise NotReadable(not_read(path, error)) from None
