"""Finding a file again by its token, and all that are kept."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from bprs.access.models import User
from bprs.errors import DomainError
from bprs.files.models import StoredFile


class UnknownFile(DomainError):
    code = "unknown_file"
    status = 404


def file_of(*, owner: User, token: str) -> StoredFile:
    """
    The file behind a token of this user.

    :raises UnknownFile: the same for a token that never was, another user's, and anything that is no token
    """
    stored = StoredFile.objects.filter(owner=owner, token=token).first()
    if stored is None:
        raise UnknownFile(_("There is no uploaded file with this token."))
    return stored


def kept_uploads() -> Iterator[tuple[str, str]]:
    """Name in the storage and SHA-256 of every file that is recorded."""
    yield from StoredFile.objects.order_by("pk").values_list("content", "sha256").iterator()
