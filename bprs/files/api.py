"""Handing in files by program."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from ninja import File, Router, Schema
from ninja.decorators import decorate_view
from ninja.files import UploadedFile
from pydantic import Field

from bprs.access.auth import Needs, Request
from bprs.files import services
from bprs.files.models import StoredFile
from bprs.http.handlers import refused

router = Router(tags=["files"])
MULTIPART_OVERHEAD = 64 * 1024


class StoredFileOut(Schema):
    stored_path: str = Field(
        alias="token", description="An opaque token; give it as file_path.", examples=["upload_Kx3..."]
    )
    filename: str = Field(examples=["pengajuan.xlsx"])
    size: int = Field(description="In bytes.", examples=[10240])
    sha256: str


def refuse_before_reading(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Turn away what declares itself too large before a byte of it is written anywhere."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            services.refuse_larger_than_allowed(int(request.META.get("CONTENT_LENGTH") or 0) - MULTIPART_OVERHEAD)
        except services.FileTooLarge as refusal:
            return refused(request, refusal)
        return view(request, *args, **kwargs)

    return guarded


@router.post("/upload", auth=Needs("files.add_storedfile"), response=StoredFileOut, summary="Upload a file")
@decorate_view(refuse_before_reading)
def upload_file(request: Request, file: File[UploadedFile]) -> StoredFile:
    """Hand in a CSV or XLSX file, to be scored with POST /predictions/bulk. Only the caller can use its token."""
    return services.store_upload(upload=file, owner=request.auth.user, stored_at=timezone.now())
