"""Taking in a file: onto the storage while its hash is computed, never more than the limit."""

import hashlib
from collections.abc import Iterator
from datetime import datetime

from django.conf import settings
from django.core.files.base import File
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _

from bprs.access.models import User
from bprs.disk import room_needed
from bprs.errors import DomainError
from bprs.files.models import StoredFile, storage_path

MEGABYTE = 1024 * 1024


class FileTooLarge(DomainError):
    code = "file_too_large"
    status = 413


class _HashedFile(File):  # type: ignore[type-arg]  # bytes or text: as the upload has it
    """A file that hashes what is read of it. Never more than one chunk is in memory."""

    def __init__(self, upload: "UploadedFile[bytes]") -> None:
        super().__init__(upload.file, name=upload.name)
        self.sha256 = hashlib.sha256()

    def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
        for chunk in super().chunks(chunk_size):
            self.sha256.update(chunk)
            yield chunk


def refuse_larger_than_allowed(size: int) -> None:
    """
    Check a size, declared or counted.

    :raises FileTooLarge: if it is above `UPLOAD_MAX_BYTES`
    """
    if size > settings.UPLOAD_MAX_BYTES:
        limit = max(settings.UPLOAD_MAX_BYTES // MEGABYTE, 1)
        raise FileTooLarge(
            _("The file is larger than %(limit)s MB. Split it, or leave out what is not needed.") % {"limit": limit}
        )


def store_upload(*, upload: "UploadedFile[bytes]", owner: User, stored_at: datetime) -> StoredFile:
    """
    Keep the file under a token that only its owner can use.

    :raises FileTooLarge: if it is above `UPLOAD_MAX_BYTES`
    :raises DiskFull: if there is no room for it; nothing is kept then
    """
    refuse_larger_than_allowed(upload.size or 0)
    return keep_file(upload=upload, owner=owner, stored_at=stored_at)


def keep_file(*, upload: "UploadedFile[bytes]", owner: User, stored_at: datetime) -> StoredFile:
    """
    As `store_upload`, for a file of any size that we made ourselves.

    :raises DiskFull: if there is no room for it; nothing is kept then
    """
    storage, content = StoredFile._meta.get_field("content").storage, _HashedFile(upload)
    stored = StoredFile(owner=owner, filename=upload.name or "", size=upload.size or 0, created_at=stored_at)
    name = storage_path(stored, stored.filename)
    try:
        with room_needed():
            name = storage.save(name, content)
        stored.content.name, stored.sha256 = name, content.sha256.hexdigest()
        with transaction.atomic():
            stored.save(force_insert=True)
    except BaseException:
        storage.delete(name)
        raise
    return stored


def discard(stored: StoredFile) -> None:
    """Forget the file, once the transaction stands."""
    storage, name = stored.content.storage, str(stored.content.name)
    stored.delete()
    transaction.on_commit(lambda: storage.delete(name))
