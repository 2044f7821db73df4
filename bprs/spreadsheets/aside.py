"""Folders for what is unpacked or half written: gone when they are closed, and some time after whoever had them was killed."""

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

PREFIX, HELD = "bprs-aside-", ".held"
SECONDS_KEPT = 3600  # nobody writes into one for longer than that without a pause


class _HeldFolder(tempfile.TemporaryDirectory[str]):
    """Locked while it is open, or its process lives: what looks old to a clock that was set may be in use."""

    def __init__(self) -> None:
        super().__init__(prefix=PREFIX)
        self._lock = Path(self.name, HELD).open("wb")  # noqa: SIM115 closed with the folder
        fcntl.flock(self._lock, fcntl.LOCK_EX)

    def cleanup(self) -> None:
        super().cleanup()
        self._lock.close()


def new_folder() -> tempfile.TemporaryDirectory[str]:
    return _HeldFolder()


def remove_left_folders() -> int:
    """Remove our own that nobody holds and nothing has been written into for an hour; return how many."""
    before = time.time() - SECONDS_KEPT
    left = [path for path in Path(tempfile.gettempdir()).glob(f"{PREFIX}*") if _is_left(path, before)]
    for path in left:
        shutil.rmtree(path, ignore_errors=True)
    return len(left)


def _is_left(folder: Path, before: float) -> bool:
    with suppress(FileNotFoundError):  # it is closed at this moment
        is_ours = folder.is_dir() and folder.stat().st_uid == os.getuid()
        return is_ours and max(_times(folder)) < before and not _is_held(folder)
    return False


def _is_held(folder: Path) -> bool:
    with suppress(FileNotFoundError), (folder / HELD).open("rb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _times(folder: Path) -> Iterator[float]:
    yield from (path.lstat().st_mtime for path in (folder, *folder.rglob("*")))
