"""
The process in which a stranger's workbook is read: `python -m bprs.spreadsheets.xlsx_child`, with its order on standard input.

It knows no settings, no database and no secret, may use so much memory and so many seconds, and writes what it found to a file.
"""

import json
import sys
import tempfile
from pathlib import Path
from typing import Any, BinaryIO

from bprs.spreadsheets.contents import recognise
from bprs.spreadsheets.limits import Limits
from bprs.spreadsheets.refusals import SpreadsheetRefused
from bprs.spreadsheets.wire import OUT_OF_MEMORY, send
from bprs.spreadsheets.xlsx_archive import unpacked
from bprs.spreadsheets.xlsx_sheet import XlsxSheet


def main(order: dict[str, Any]) -> int:
    """Read the sheet that was ordered; the exit code says what became of it."""
    limits = Limits(**order["limits"])
    tempfile.tempdir = order["folder"]  # what is unpacked goes when that folder goes
    _confine(limits)
    try:
        with Path(order["result"]).open("wb") as result:
            _read(Path(order["source"]), order["sheet"], limits, result)
    except MemoryError:
        return OUT_OF_MEMORY
    return 0


def _read(source: Path, sheet: str | None, limits: Limits, result: BinaryIO) -> None:
    try:
        recognise(source, limits)
        with unpacked(source, limits) as parts:
            found = XlsxSheet(parts, sheet=sheet, limits=limits)
            head = {"sheet": found.name, "headers": found.headers, "header_row_number": found.header_row_number}
            send(result, head, found.batches())
    except SpreadsheetRefused as refused:
        result.seek(0)
        send(result, {"refused": refused.code, "params": refused.params}, [])


def _confine(limits: Limits) -> None:
    if sys.platform != "linux":  # elsewhere the clock alone stops a runaway
        return
    import resource  # noqa: PLC0415 not on every system

    pages_in_use = int(Path("/proc/self/statm").read_text().split()[0])
    memory = pages_in_use * resource.getpagesize() + limits.max_memory
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (limits.max_seconds, limits.max_seconds + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    ordered = sys.stdin.buffer.read()
    sys.exit(main(json.loads(ordered)) if ordered else 0)
