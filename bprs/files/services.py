"""Taking in a file: hashed, and onto the storage, never more than the limit."""

import hashlib
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
from bprs.recorded import are_surely_absent

MEGABYTE = 1024 * 1024


class FileTooLarge(DomainError):
    code = "file_too_large"
    status = 413


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
    storage, sha256 = StoredFile._meta.get_field("content").storage, _sha256_of(upload)
    stored = StoredFile(
        owner=owner, filename=upload.name or "", size=upload.size or 0, sha256=sha256, created_at=stored_at
    )
    name = storage_path(stored, stored.filename)
    try:
        with room_needed():
            name = storage.save(name, File(upload.file, name=upload.name))
        stored.content.name = name
        with transaction.atomic():
            stored.save(force_insert=True)
    except BaseException:
        if are_surely_absent(StoredFile.objects.filter(content=name)):
            storage.delete(name)
        raise
    return stored


def _sha256_of(upload: "UploadedFile[bytes]") -> str:
    """Read for itself: how a storage reads what it saves is its own affair."""
    upload.seek(0)
    digest = hashlib.sha256()
    for chunk in upload.chunks():
        digest.update(chunk)
    upload.seek(0)
    return digest.hexdigest()


def discard(stored: StoredFile) -> None:
    """Forget the file, once the transaction stands."""
    storage, name = stored.content.storage, str(stored.content.name)
    stored.delete()
    transaction.on_commit(lambda: storage.delete(name))
