"""A file system of a few megabytes, and filling it."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest


class NotRoot(Exception):
    """Only root can mount a small disk."""


@contextmanager
def small_disk(folder: Path, *, megabytes: int) -> Iterator[Path]:
    """:raises NotRoot: if it cannot be mounted"""
    disk = folder / "disk"
    disk.mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(disk)]
    if subprocess.run(mounting, check=False).returncode:
        raise NotRoot("only root can mount a small disk")
    try:
        yield disk
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


@contextmanager
def small_disk_or_skip(folder: Path, *, megabytes: int = 16) -> Iterator[Path]:
    """The same for a test, which is skipped where it cannot be mounted."""
    try:
        with small_disk(folder, megabytes=megabytes) as disk:
            yield disk
    except NotRoot as reason:
        pytest.skip(str(reason))


@contextmanager
def filled(disk: Path, *, but: int = 0) -> Iterator[None]:
    """Full but for so many bytes."""
    ballast = disk / "ballast"
    free = os.statvfs(disk).f_bavail * os.statvfs(disk).f_bsize
    with suppress(OSError):  # others write meanwhile
        ballast.write_bytes(b"x" * max(free - but, 0))
    try:
        yield
    finally:
        ballast.unlink()


def files_on(disk: Path) -> list[Path]:
    return [path for path in disk.rglob("*") if path.is_file() and path.name != "ballast"]
