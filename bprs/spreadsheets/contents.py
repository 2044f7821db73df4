"""What a file is, by its content; its name proves nothing."""

import io
import zipfile
from pathlib import Path
from typing import Literal, Protocol, cast

from bprs.spreadsheets.limits import MEGABYTE, Limits
from bprs.spreadsheets.refusals import SpreadsheetRefused

FileKind = Literal["csv", "xlsx"]


class Readable(Protocol):
    """What is asked of a file: to be read, and to be read again."""

    def read(self, size: int = ..., /) -> bytes: ...
    def seek(self, offset: int, whence: int = ..., /) -> int: ...


Source = Path | Readable

ZIP = b"PK\x03\x04"
EMPTY_ZIP = b"PK\x05\x06"
OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
HTML = (b"<html", b"<!doctype html", b"<table", b"<?xml", b"<meta", b"<head")
BINARY = (
    b"%PDF",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"{\\rtf",
    b"Rar!",
    b"7z\xbc\xaf",
    b"\x1f\x8b",
    b"PAR1",
    b"SQLite format 3",
)
NAMES_IN_A_WORKBOOK = (b"[Content_Types].xml", b"xl/workbook.xml", b"xl/worksheets/")
HEAD_BYTES = 4_096


class ByteView(io.RawIOBase):
    """An independent reading position over a file that is shared and stays open."""

    def __init__(self, source: Readable) -> None:
        super().__init__()
        self._source = source
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size()}[whence]
        self._position = max(0, start + offset)
        return self._position

    def tell(self) -> int:
        return self._position

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]  # any writable buffer arrives as one
        self._source.seek(self._position)
        data = self._source.read(len(buffer))
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)

    def _size(self) -> int:
        self._source.seek(0, io.SEEK_END)
        return cast("io.IOBase", self._source).tell()


def open_bytes(source: Source) -> io.BufferedReader:
    """The file from its beginning, independent of any other reader of it."""
    return source.open("rb") if isinstance(source, Path) else io.BufferedReader(ByteView(source), MEGABYTE)


def size_of(source: Source) -> int:
    with open_bytes(source) as file:
        return file.seek(0, io.SEEK_END)


def recognise(source: Source, limits: Limits) -> FileKind:
    """
    Say whether this is a workbook or a text.

    :raises SpreadsheetRefused: if it is empty, too large, or neither
    """
    refuse_size(source, limits)
    if is_archive(source):
        _check_is_xlsx(source)
        return "xlsx"
    with open_bytes(source) as file:
        _check_is_text(source, file.read(HEAD_BYTES))
    return "csv"


def is_archive(source: Source) -> bool:
    """Whether it begins like an archive, as workbooks do."""
    with open_bytes(source) as file:
        return file.read(len(ZIP)) in (ZIP, EMPTY_ZIP)


def refuse_size(source: Source, limits: Limits) -> None:
    """
    Check that there is something, and not too much of it.

    :raises SpreadsheetRefused: if not
    """
    size = size_of(source)
    if size == 0:
        raise SpreadsheetRefused("empty_file")
    if size > limits.max_bytes:
        raise SpreadsheetRefused("file_too_large", limit=f"{limits.max_bytes / MEGABYTE:g}")


def _check_is_text(source: Source, head: bytes) -> None:
    if head.startswith(OLE2):
        raise SpreadsheetRefused(_ole2_code(source))
    if head.removeprefix(b"\xef\xbb\xbf").lstrip().lower().startswith(HTML):
        raise SpreadsheetRefused("html_not_accepted")
    if head.startswith(BINARY):
        raise SpreadsheetRefused("not_a_spreadsheet")
    if any(name in head or name in _tail(source) for name in NAMES_IN_A_WORKBOOK):
        raise SpreadsheetRefused("broken_workbook")


def _tail(source: Source) -> bytes:
    """The end of the file, where an archive lists what it holds."""
    with open_bytes(source) as file:
        file.seek(max(0, size_of(source) - HEAD_BYTES))
        return file.read()


def _ole2_code(source: Source) -> str:
    """An OLE2 file is an encrypted workbook or an old one, or something else altogether."""
    with open_bytes(source) as file:
        content = file.read()
    if "EncryptedPackage".encode("utf-16-le") in content:
        return "encrypted_workbook"
    names = ("Workbook".encode("utf-16-le"), "Book".encode("utf-16-le"))
    return "xls_not_accepted" if any(name in content for name in names) else "not_a_spreadsheet"


def _check_is_xlsx(source: Source) -> None:
    with open_bytes(source) as file:
        names = _names_in(file)
    if len(names) != len(set(names)):
        raise SpreadsheetRefused("broken_workbook")
    if any(name.endswith("vbaproject.bin") for name in names):
        raise SpreadsheetRefused("macros_not_accepted")
    if "xl/workbook.bin" in names:
        raise SpreadsheetRefused("xlsb_not_accepted")
    if "xl/workbook.xml" not in names:
        raise SpreadsheetRefused("ods_not_accepted" if "content.xml" in names else "not_a_spreadsheet")


def _names_in(file: io.BufferedReader) -> list[str]:
    try:
        with zipfile.ZipFile(file) as archive:
            return [name.lower() for name in archive.namelist()]
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, EOFError) as error:
        raise SpreadsheetRefused("broken_workbook") from error
