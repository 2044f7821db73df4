"""Files people and programs hand in, known outside by an opaque token only."""

import secrets
import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

UPLOADS = "uploads"


def new_token() -> str:
    return f"upload_{secrets.token_urlsafe(24)}"


def storage_path(_stored: "StoredFile", _filename: str) -> str:
    """Never the client's own name: nothing a client says becomes a path."""
    return f"{UPLOADS}/{uuid.uuid4().hex}"


class StoredFile(models.Model):
    token = models.CharField(_("token"), max_length=50, unique=True, default=new_token, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("owner"), on_delete=models.PROTECT, related_name="stored_files"
    )
    filename = models.CharField(_("file name"), max_length=255)
    content = models.FileField(_("content"), upload_to=storage_path)
    size = models.PositiveBigIntegerField(_("size in bytes"))
    sha256 = models.CharField("SHA-256", max_length=64)
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        verbose_name = _("stored file")
        verbose_name_plural = _("stored files")

    def __str__(self) -> str:
        return self.filename
