"""
Files we make ourselves, in the default storage: a directory that all machines share, or an object store.

A name stands for its content: a file is put in place whole, once it is kept, and never appears by halves. Nothing here
asks for a path, which an object store does not have.
"""

import os
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from django.core.files import File
from django.core.files.storage import FileSystemStorage, default_storage

from bprs.disk import flush_file, flush_folder, for_us_alone


def has_folders() -> bool:
    """Whether files are kept in a directory, and not in an object store."""
    return isinstance(default_storage, FileSystemStorage)


def put(name: str, content: bytes | memoryview) -> None:
    """
    Keep the content under this name, in the place of what was there.

    :raises OSError: if it cannot be written, a full disk included; nothing is left behind then
    """
    with aside(name) as path:
        path.write_bytes(content)
        put_in_place(path, name)


@contextmanager
def aside(name: str) -> Iterator[Path]:
    """A file on this machine to be written and put in place; what was not put is forgotten."""
    if not has_folders():
        with tempfile.NamedTemporaryFile(prefix="bprs-") as file:
            yield Path(file.name)
        return
    target = Path(default_storage.path(name))
    if not target.parent.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        flush_folder(target.parent.parent)
    path = target.with_name(f".{uuid.uuid4().hex}.part")
    try:
        os.close(for_us_alone(str(path), os.O_WRONLY | os.O_CREAT | os.O_EXCL))
        yield path
    finally:
        path.unlink(missing_ok=True)


def put_in_place(path: Path, name: str) -> None:
    """Of `aside`, what is written."""
    if has_folders():
        flush_file(path)
        target = path.replace(default_storage.path(name))
        flush_folder(target.parent)
        return
    with path.open("rb") as file:
        saved = default_storage.save(name, File(file))
        if saved != name:  # a storage that replaces nothing
            default_storage.delete(saved)
            default_storage.delete(name)
            file.seek(0)
            default_storage.save(name, File(file))


def content_of(name: str) -> bytes:
    """:raises FileNotFoundError: if there is no such file"""
    with default_storage.open(name) as file:
        content: bytes = file.read()
        return content


def files_in(folder: str) -> list[str]:
    """Their names, those that are being written included."""
    return [f"{folder}/{name}" for name in _listed(folder)[1]]


def folders_in(folder: str) -> list[str]:
    return [f"{folder}/{name}" for name in _listed(folder)[0]]


def _listed(folder: str) -> tuple[list[str], list[str]]:
    try:
        return default_storage.listdir(folder)
    except FileNotFoundError:
        return [], []


def is_older(name: str, before: datetime) -> bool:
    """Whether the file was last written before then; not if it is gone."""
    try:
        return bool(default_storage.get_modified_time(name) < before)
    except FileNotFoundError:
        return False


def remove(name: str) -> None:
    """It may be gone already."""
    default_storage.delete(name)


def remove_folder(folder: str) -> None:
    """With all that is in it."""
    for name in files_in(folder):
        remove(name)
    remove_if_empty(folder)


def remove_if_empty(folder: str) -> None:
    """An object store has no folders, only names."""
    if has_folders() and not any(_listed(folder)):
        default_storage.delete(folder)
