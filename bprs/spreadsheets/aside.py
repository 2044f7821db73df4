"""Folders for what is unpacked or half written: gone when they are closed, and some time after whoever had them was killed."""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

PREFIX = "bprs-aside-"
SECONDS_KEPT = 3600  # nobody writes into one for longer than that without a pause


def new_folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix=PREFIX)


def remove_left_folders() -> int:
    """Remove our own that nothing has been written into for an hour; return how many."""
    before = time.time() - SECONDS_KEPT
    left = [path for path in Path(tempfile.gettempdir()).glob(f"{PREFIX}*") if _is_left(path, before)]
    for path in left:
        shutil.rmtree(path, ignore_errors=True)
    return len(left)


def _is_left(folder: Path, before: float) -> bool:
    with suppress(FileNotFoundError):  # it is closed at this moment
        return folder.is_dir() and folder.stat().st_uid == os.getuid() and max(_times(folder)) < before
    return False


def _times(folder: Path) -> Iterator[float]:
    yield from (path.lstat().st_mtime for path in (folder, *folder.rglob("*")))
