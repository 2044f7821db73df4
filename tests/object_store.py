"""A storage such as django-storages has: names and contents, no paths, no folders, and what is saved replaces what was."""

from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from django.core.files.base import ContentFile, File
from django.core.files.storage import Storage
from django.utils import timezone


class ObjectStore(Storage):
    """
    One flat folder, so that several processes share it. As those for S3 do, it reads what it saves without asking for chunks.

    :param location: the folder
    """

    def __init__(self, location: str) -> None:
        self._location = Path(location)
        self._location.mkdir(parents=True, exist_ok=True)

    def _object(self, name: str) -> Path:
        return self._location / quote(name, safe="")

    def _open(self, name: str, mode: str = "rb") -> "File[Any]":
        return ContentFile(self._object(name).read_bytes(), name=name)

    def _save(self, name: str, content: "File[Any]") -> str:
        self._object(name).write_bytes(content.read())
        return name

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        return name

    def delete(self, name: str) -> None:
        self._object(name).unlink(missing_ok=True)

    def exists(self, name: str) -> bool:
        return self._object(name).exists()

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        below = [name.removeprefix(f"{path}/") for name in self.names() if name.startswith(f"{path}/")]
        return sorted({name.partition("/")[0] for name in below if "/" in name}), [n for n in below if "/" not in n]

    def size(self, name: str) -> int:
        return self._object(name).stat().st_size

    def get_modified_time(self, name: str) -> datetime:
        return datetime.fromtimestamp(self._object(name).stat().st_mtime, tz=timezone.get_current_timezone())

    def names(self) -> list[str]:
        return sorted(unquote(each.name) for each in self._location.iterdir())


class NeverReplacing(ObjectStore):
    """One whose files get another name where there is one already."""

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        return self.get_alternative_name(name, "") if self.exists(name) else name
