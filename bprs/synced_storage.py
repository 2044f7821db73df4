"""Where uploads are kept: as Django does it, and on the disk before the database says that they are there."""

from pathlib import Path
from typing import Any

from django.core.files.storage import FileSystemStorage

from bprs.disk import flush_file, flush_folder


class SyncedFiles(FileSystemStorage):
    """What was saved outlives a loss of power, its name included."""

    def _save(self, name: str, content: Any) -> str:
        saved: str = super()._save(name, content)  # type: ignore[misc]  # documented, and not in the stubs
        path = Path(self.path(saved))
        flush_file(path)
        for folder in (path.parent, path.parent.parent):  # the first file of a folder makes it
            flush_folder(folder)
        return saved
