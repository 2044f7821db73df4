"""
The columns that stand beside rejected rows: where each row stood, and what to mend in it. Reading leaves them out.

The last header also says how the file wrote its numbers, so that what is left of it is read no other way.
"""

import re
from collections.abc import Iterable, Sequence

from bprs.spreadsheets.amounts import GROUP_BY_LOCALE, Mark, other
from bprs.spreadsheets.column_spec import Language

ROW_HEADERS: dict[Language, str] = {"id": "Baris di berkas asal", "en": "Row in the original file"}
MEND_HEADERS: dict[Language, str] = {"id": "Yang harus diperbaiki", "en": "What to mend"}
LIKE: dict[Language, str] = {"id": "angka seperti", "en": "numbers like"}
MARKS = tuple(GROUP_BY_LOCALE.values())
# A million as each kind of file writes it; a file that mixes both has to do without marks.
MILLIONS: dict[Mark | None, str] = {
    **{mark: f"1{mark}000{mark}000{other(mark)}00" for mark in MARKS},
    None: "1000000",
}
_MEND = re.compile(
    rf"\s*(?:{'|'.join(MEND_HEADERS.values())})\s*(?:\(\s*(?:{'|'.join(LIKE.values())})\s+(?P<million>[0-9.,]+)\s*\)\s*)?",
    re.IGNORECASE,
)
_ROW = re.compile(rf"\s*(?:{'|'.join(ROW_HEADERS.values())})\s*", re.IGNORECASE)


def remark_headers(language: Language, group: Mark | None) -> tuple[str, str]:
    """The headers over the remarks on the rows of a file that groups digits so."""
    return ROW_HEADERS[language], f"{MEND_HEADERS[language]} ({LIKE[language]} {MILLIONS[group]})"


def is_remark(header: str) -> bool:
    """Whether an earlier reading wrote this column."""
    return bool(_MEND.fullmatch(header) or _ROW.fullmatch(header))


def origin_place(headers: Sequence[str]) -> int | None:
    """Where rows say where they stood in the file they came from, if they were rejected before."""
    return next((place for place, header in enumerate(headers) if _ROW.fullmatch(header)), None)


def groups_of_origin(headers: Iterable[str]) -> frozenset[Mark]:
    """How the file that the rows came from grouped digits; nothing if this is no file of rejected rows."""
    found = [match["million"] for header in headers if (match := _MEND.fullmatch(header))]
    groups = {mark for mark in MARKS if MILLIONS[mark] in found}
    return frozenset(MARKS if MILLIONS[None] in found else groups)
