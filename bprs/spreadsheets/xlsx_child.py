"""
The process in which strangers' workbooks are read: `python -m bprs.spreadsheets.xlsx_child`, an order a line on standard input.

It knows no settings, no database and no secret. It opens no workbook itself: for each order it forks a process that may
use so much memory and so many seconds, writes what it found to a file and ends.
"""

import gc
import json
import os
import sys
import tempfile
import traceback
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

from bprs.spreadsheets.contents import recognise
from bprs.spreadsheets.limits import Limits
from bprs.spreadsheets.refusals import SpreadsheetRefused
from bprs.spreadsheets.wire import OUT_OF_MEMORY, send
from bprs.spreadsheets.xlsx_archive import unpacked
from bprs.spreadsheets.xlsx_sheet import XlsxSheet

FAILED = 1
MOST_SAID = 4_000


def main() -> None:
    """Have orders carried out until no more can come, and tell of each how it ended."""
    gc.disable()  # measured: rows of cells make no cycles, and looking for some takes a tenth of the time
    for line in sys.stdin.buffer:
        exit_code, said = _in_a_fork(json.loads(line))
        told = json.dumps({"exit_code": exit_code, "said": said[-MOST_SAID:].decode(errors="replace")})
        sys.stdout.buffer.write(told.encode() + b"\n")
        sys.stdout.buffer.flush()


def _in_a_fork(order: dict[str, Any]) -> tuple[int, bytes]:
    """Carry an order out in a process of its own; returns its exit code and what it said."""
    reading, writing = os.pipe()
    process = os.fork()
    if not process:
        _carry_out_and_end(order, said=writing)
    os.close(writing)
    with os.fdopen(reading, "rb") as file:
        said = file.read()
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), said


def _carry_out_and_end(order: dict[str, Any], *, said: int) -> NoReturn:
    exit_code = FAILED
    try:
        for stream in (sys.stdout, sys.stderr):
            os.dup2(said, stream.fileno())
        exit_code = carry_out(order)
    except BaseException:  # noqa: BLE001 whatever it is, it ends here and not where this was forked
        traceback.print_exc()
        sys.stderr.flush()
    finally:
        os._exit(exit_code)


def carry_out(order: dict[str, Any]) -> int:
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
            send(result, found.head, found.batches())
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
    main()
