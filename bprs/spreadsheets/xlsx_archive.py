"""Unpack a workbook under count, and hand over only what was looked at."""

import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bprs.spreadsheets.aside import new_folder
from bprs.spreadsheets.contents import Source, open_bytes, size_of
from bprs.spreadsheets.limits import MEGABYTE, Limits
from bprs.spreadsheets.refusals import SpreadsheetRefused
from bprs.spreadsheets.xlsx_survey import Survey

HARMLESS_BYTES = MEGABYTE
LONGEST_TEXT = 4 * MEGABYTE
WORKBOOK, RELATIONSHIPS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
INDEXES = (WORKBOOK, RELATIONSHIPS, "[content_types].xml")
XML_PARTS = (".xml", ".rels")
UNREADABLE = (zipfile.BadZipFile, zlib.error, ValueError, NotImplementedError, OSError, EOFError, RuntimeError)
DECLARATIONS = re.compile(rb"<!(?!--|\[CDATA\[)")
OTHER_ENCODING = re.compile(rb"""<\?xml[^>]*encoding\s*=\s*["'](?!utf-?8["']|us-ascii["'])""", re.IGNORECASE)


@dataclass(slots=True, kw_only=True)
class Budget:
    """Counts what comes out of the archive, whatever the archive says about itself."""

    limits: Limits
    file_bytes: int
    inflated: int = field(default=0)

    def spend(self, size: int) -> None:
        self.inflated += size
        too_dense = self.inflated > max(HARMLESS_BYTES, self.limits.max_ratio * self.file_bytes)
        if too_dense or self.inflated > self.limits.max_inflated_bytes:
            raise SpreadsheetRefused("inflates_too_far")


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpacked:
    """A plain copy of the workbook's XML parts, and what was seen in each; parts by their names in lower case."""

    path: Path
    surveys: dict[str, Survey]
    parts: dict[str, bytes]


@contextmanager
def unpacked(source: Source, limits: Limits) -> Iterator[Unpacked]:
    """
    Unpack a workbook into a temporary archive that is not compressed and holds nothing unseen.

    :raises SpreadsheetRefused: if it is damaged, encrypted, grows too far, or declares a DTD
    """
    budget = Budget(limits=limits, file_bytes=size_of(source))
    with new_folder() as folder:
        path = Path(folder) / "workbook.xlsx"
        try:
            with open_bytes(source) as file, zipfile.ZipFile(file) as archive, zipfile.ZipFile(path, "w") as copy:
                result = _copy_parts(archive, copy, budget)
        except UNREADABLE as error:
            raise SpreadsheetRefused("broken_workbook") from error
        yield Unpacked(path=path, surveys=result[0], parts=result[1])


def _copy_parts(
    archive: zipfile.ZipFile, copy: zipfile.ZipFile, budget: Budget
) -> tuple[dict[str, Survey], dict[str, bytes]]:
    surveys: dict[str, Survey] = {}
    indexes: dict[str, bytes] = {}
    for entry in archive.infolist():
        if entry.flag_bits & 1:
            raise SpreadsheetRefused("encrypted_workbook")
        if not entry.filename.lower().endswith(XML_PARTS):
            _inflate_for_the_count(archive, entry, budget)
        elif entry.filename.lower() in INDEXES:
            indexes[entry.filename.lower()] = _copy_index(archive, copy, entry, budget)
        else:
            surveys[entry.filename.lower()] = _copy_part(archive, copy, entry, budget)
    return surveys, indexes


def _inflate_for_the_count(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, budget: Budget) -> None:
    for block in _blocks(archive, entry, budget):
        del block


def _copy_index(archive: zipfile.ZipFile, copy: zipfile.ZipFile, entry: zipfile.ZipInfo, budget: Budget) -> bytes:
    content = b""
    for block in _blocks(archive, entry, budget):
        content += block
        if len(content) > LONGEST_TEXT:
            raise SpreadsheetRefused("broken_workbook")
    _check_xml(content)
    if b"macroEnabled" in content or b"vbaProject" in content:
        raise SpreadsheetRefused("macros_not_accepted")
    copy.writestr(entry.filename, content)
    return content


def _copy_part(archive: zipfile.ZipFile, copy: zipfile.ZipFile, entry: zipfile.ZipInfo, budget: Budget) -> Survey:
    survey = Survey()
    with copy.open(entry.filename, "w", force_zip64=True) as part:
        for block in _whole_tags(_blocks(archive, entry, budget)):
            _check_xml(block)
            survey.add(block)
            part.write(block)
    return survey


def _blocks(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, budget: Budget) -> Iterator[bytes]:
    with archive.open(entry) as part:
        while block := part.read(MEGABYTE):
            budget.spend(len(block))
            yield block


def _whole_tags(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """The same bytes, cut where a row, a shared string or at least a tag ends."""
    rest = b""
    for block in blocks:
        rest += block
        cut = max(rest.rfind(b"row>") + 4, rest.rfind(b"si>") + 3)
        if cut < 5:  # noqa: PLR2004 neither was found
            cut = rest.rfind(b">") + 1 if len(rest) > LONGEST_TEXT else 0
        if cut:
            yield rest[:cut]
            rest = rest[cut:]
        if len(rest) > 2 * LONGEST_TEXT:
            raise SpreadsheetRefused("inflates_too_far")
    if rest:
        yield rest


def _check_xml(block: bytes) -> None:
    """The parts are UTF-8 without declarations; anything else could hide something from this look."""
    if DECLARATIONS.search(block):
        raise SpreadsheetRefused("dtd_not_accepted")
    if b"\x00" in block or block.startswith((b"\xff\xfe", b"\xfe\xff")) or OTHER_ENCODING.match(block.lstrip()[:200]):
        raise SpreadsheetRefused("broken_workbook")
