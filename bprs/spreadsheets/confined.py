"""Read a stranger's workbook in a process of its own, which is stopped before it hurts anyone."""

import json
import shutil
import signal
import subprocess
from dataclasses import asdict
from pathlib import Path

from bprs.spreadsheets.aside import new_folder
from bprs.spreadsheets.contents import Source, is_archive, open_bytes, refuse_size
from bprs.spreadsheets.limits import Limits
from bprs.spreadsheets.opening import DEFAULT_LIMITS, looked_over, open_table
from bprs.spreadsheets.reader_process import READERS
from bprs.spreadsheets.refusals import SpreadsheetRefused
from bprs.spreadsheets.tables import Table
from bprs.spreadsheets.wire import OUT_OF_MEMORY, receive_batches, receive_head
from bprs.spreadsheets.xlsx_table import SheetHead, XlsxTable

CODES = {
    OUT_OF_MEMORY: "needs_too_much_memory",
    -signal.SIGABRT: "needs_too_much_memory",  # what Rust does when it gets no memory
    -signal.SIGKILL: "took_too_long",
    -signal.SIGXCPU: "took_too_long",
    -signal.SIGSEGV: "broken_workbook",
    -signal.SIGBUS: "broken_workbook",
}


class ReaderFailed(RuntimeError):
    """The reading process ended as it never should: a bug of ours, with what it said last."""


def open_confined(
    source: Source, *, filename: str = "", sheet: str | None = None, limits: Limits = DEFAULT_LIMITS
) -> Table:
    """
    As `open_table`, with workbooks read in a process that may use no more than `max_seconds` and `max_memory`.

    :raises SpreadsheetRefused: as `open_table`, and if the workbook costs more than that
    :raises ReaderFailed: if that process fails in a way nobody foresaw
    """
    if not is_archive(source):
        return open_table(source, filename=filename, sheet=sheet, limits=limits)
    refuse_size(source, limits)
    with new_folder() as folder:
        table = _read_apart(source, sheet, limits, Path(folder))
    return looked_over(table, source, filename)


def _read_apart(source: Source, sheet: str | None, limits: Limits, folder: Path) -> XlsxTable:
    result = folder / "result"
    order = {
        "source": str(_on_disk(source, folder)),
        "result": str(result),
        "folder": str(folder),
        "sheet": sheet,
        "limits": asdict(limits),
    }
    _run(json.dumps(order), limits.max_seconds)
    with result.open("rb") as file:
        head = receive_head(file)
        if "refused" in head:
            raise SpreadsheetRefused(head["refused"], **head["params"])
        found = SheetHead(**{**head, "headers": tuple(head["headers"])})
        return XlsxTable(found, receive_batches(file))


def _on_disk(source: Source, folder: Path) -> Path:
    if isinstance(source, Path):
        return source.resolve()
    path = folder / "upload"
    with open_bytes(source) as file, path.open("wb") as copy:
        shutil.copyfileobj(file, copy)
    return path


def _run(order: str, seconds: int) -> None:
    """Have the order carried out to its end, or to the end of its time."""
    try:
        exit_code, said = READERS.run(order.encode(), seconds)
    except subprocess.TimeoutExpired as error:
        raise SpreadsheetRefused("took_too_long", limit=seconds) from error
    if exit_code in CODES:
        code = CODES[exit_code]
        raise SpreadsheetRefused(code, **({"limit": seconds} if code == "took_too_long" else {}))
    if exit_code:
        raise ReaderFailed(said.decode(errors="replace")[-2_000:])
