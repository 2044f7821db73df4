"""Files that are made while they are sent."""

from collections.abc import Iterator
from pathlib import PurePath

from django.http import StreamingHttpResponse
from django.utils.http import content_disposition_header

MEDIA_TYPES = {
    ".csv": "text/csv; charset=utf-8",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".parquet": "application/vnd.apache.parquet",
    ".json": "application/json",
    ".pdf": "application/pdf",
    ".sql": "application/sql; charset=utf-8",
}


def file_answer(content: Iterator[bytes], filename: str) -> StreamingHttpResponse:
    """Hand out a file under its name; the name's ending says what it is."""
    disposition = content_disposition_header(as_attachment=True, filename=filename) or ""
    media_type = MEDIA_TYPES[PurePath(filename).suffix]
    return StreamingHttpResponse(content, content_type=media_type, headers={"Content-Disposition": disposition})
