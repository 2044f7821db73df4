"""Collecting static files for the web server, only when there is something new to collect."""

import hashlib
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command

FINGERPRINT = "collected"


def collect_static_files() -> bool:
    """Collect into STATIC_ROOT if it is missing or older than what the apps bring; say whether that was needed."""
    marker = Path(settings.STATIC_ROOT) / FINGERPRINT
    current = _fingerprint()
    if marker.exists() and marker.read_text() == current:
        return False
    call_command("collectstatic", interactive=False, verbosity=0)
    marker.parent.mkdir(parents=True, exist_ok=True)
    marker.write_text(current)
    return True


def _fingerprint() -> str:
    """Name, size and time of every file, and how they are stored."""
    digest = hashlib.sha256(settings.STORAGES["staticfiles"]["BACKEND"].encode())
    for finder in get_finders():
        for path, storage in finder.list(ignore_patterns=[]):
            status = Path(storage.path(path)).stat()
            digest.update(f"{path} {status.st_size} {status.st_mtime_ns}\n".encode())
    return digest.hexdigest()
