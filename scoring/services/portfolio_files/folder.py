"""The folder that scores go to: each file whole or not at all, on the disk before its name is, and one writer at a time."""

import fcntl
import hashlib
import json
import os
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from django.utils.translation import gettext as _

from bprs.errors import DomainError

PLAN, MANIFEST, LOCK = "_plan.json", "_manifest.json", ".lock"
ACCOUNTS, REJECTED = "_parts", "_rejected"
BLOCK = 1024 * 1024


class FolderInUse(DomainError):
    code = "folder_in_use"
    status = 409


class WholeFileWriter:
    """A file that is written aside and hashed meanwhile; a file for Arrow."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._digest = hashlib.sha256()
        self.closed = False

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()

    def write(self, content: Any) -> int:
        self._digest.update(content)
        return self._file.write(content)

    def tell(self) -> int:
        return self._file.tell()

    def flush(self) -> None:
        self._file.flush()

    def close(self) -> None:
        """Arrow closes what it was given; the file stays open until it is put in place."""

    def readable(self) -> bool:
        return False

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return False

    def put(self, path: Path) -> None:
        """Put the file in place, over an earlier one of that name."""
        self._file.flush()
        os.fsync(self._file.fileno())
        Path(self._file.name).replace(path)
        _flush_folder(path.parent)


@contextmanager
def written_aside(folder: Path) -> Iterator[WholeFileWriter]:
    """A new file in this folder, which is gone unless it is put in place."""
    aside = folder / f".{uuid.uuid4().hex}.part"
    try:
        with aside.open("xb") as file:
            yield WholeFileWriter(file)
    finally:
        aside.unlink(missing_ok=True)


def write_json(path: Path, written: Mapping[str, object] | bytes) -> None:
    """Write it whole or not at all."""
    text = written if isinstance(written, bytes) else json.dumps(written, indent=1, ensure_ascii=False).encode()
    with written_aside(path.parent) as file:
        file.write(text)
        file.put(path)


def sha256_of(path: Path) -> str:
    """The hash of a file; "" if there is none."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while block := file.read(BLOCK):
                digest.update(block)
    except FileNotFoundError:
        return ""
    return digest.hexdigest()


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """
    Make the folder, and keep others from writing into it until this is left, or the process ends in any way.

    :raises FolderInUse: if somebody else does
    """
    for each in (folder, folder / ACCOUNTS, folder / REJECTED):
        each.mkdir(parents=True, exist_ok=True)
    with (folder / LOCK).open("wb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            message = _("Another command is writing into %(folder)s. Wait until it has ended.") % {"folder": folder}
            raise FolderInUse(message) from None
        yield


def sweep(folder: Path, *, kept: frozenset[str]) -> None:
    """Remove what attempts that died left behind, and parts that nothing accounts for."""
    for place in (folder, folder / ACCOUNTS, folder / REJECTED):
        for path in (*place.glob(".*.part"), *place.glob("part-*.parquet")):
            if str(path.relative_to(folder)) not in kept:
                path.unlink(missing_ok=True)


def _flush_folder(folder: Path) -> None:
    """A name is on the disk once its folder is."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
