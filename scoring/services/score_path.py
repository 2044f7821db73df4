"""File to file on the command line: the input's columns with the outcome beside them, streamed."""

import os
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from django.utils.translation import get_language, gettext
from django.utils.translation import gettext as _

from bprs.errors import DomainError
from bprs.spreadsheets import FileWarning, Limits, RejectedWriter, RowAccount, open_table
from bprs.spreadsheets.amounts import Locale
from bprs.spreadsheets.rejected import Language
from scoring.engine import Scorecard
from scoring.services.applications import ScoredChunk, read_applications, score_chunks
from scoring.services.sinks import Sink, open_sink

GIGABYTE = 1024**3
# The operator's own machine and file: what protects a shared server would only be in the way.
LOCAL_LIMITS = Limits(max_bytes=64 * GIGABYTE, max_inflated_bytes=8 * GIGABYTE, max_rows=1_000_000_000)
SUFFIXES = (".csv", ".xlsx", ".parquet")
ROWS_AT_ONCE = 20_000


class OutputRefused(DomainError):
    code = "output_refused"


@dataclass(slots=True, kw_only=True)
class FileSummary:
    """What became of the rows, how many landed in each segment, and what to look at in the file as a whole."""

    warnings: tuple[FileWarning, ...] = ()
    account: RowAccount = field(default_factory=RowAccount)
    segments: Counter[str] = field(default_factory=Counter)
    rejected_path: Path | None = None


def score_path(  # noqa: PLR0913 one parameter per choice the operator has
    *,
    source: Path,
    output: Path,
    card: Scorecard,
    rejected: Path | None = None,
    sheet: str | None = None,
    locale: Locale = "id",
    mapping: Mapping[str, str] = MappingProxyType({}),
    on_progress: Callable[[int], None] | None = None,
) -> FileSummary:
    """
    Score a CSV or XLSX file into a CSV, XLSX or Parquet file, by the suffix of `output`. Memory stays flat.

    Rejected rows go, with their reasons, to `rejected` or else beside the output. A file appears whole or not at all.

    :param mapping: what columns are read as, by their titles, where the operator says so
    :raises SpreadsheetRefused: if the input cannot be read
    :raises UnknownColumn: if the mapping does not fit the file or the card
    :raises OutputRefused: if the output would overwrite the input or has another suffix
    """
    rejected = rejected or output.with_name(f"{output.stem}.rejected.xlsx")
    _refuse_bad_targets(source, output, rejected)
    reading = read_applications(
        source,
        card=card,
        limits=LOCAL_LIMITS,
        filename=source.name,
        locale=locale,
        sheet=sheet,
        mapping=mapping,
        opener=open_table,
    )
    summary = FileSummary(warnings=reading.warnings)
    with _whole_or_not(output) as part, _whole_or_not(rejected) as rejected_part:
        with (
            open_sink(part, output.suffix.lower(), reading, card) as sink,
            RejectedWriter(rejected_part, reading, language=_language(), translate=gettext) as rejects,
            _written_behind(sink) as write,
        ):
            for chunk in score_chunks(reading, card, size=ROWS_AT_ONCE):
                write(chunk)
                rejects.write(chunk.parsed)
                summary.account += chunk.parsed.account
                summary.segments.update(chunk.outcomes.segment_counts())
                if on_progress:
                    on_progress(summary.account.rows_read)
        if not summary.account.rejected:
            rejected_part.unlink()
    if summary.account.rejected:
        summary.rejected_path = rejected
    else:
        rejected.unlink(missing_ok=True)  # of an earlier run into the same output: it would mislead
    return summary


@contextmanager
def _written_behind(sink: Sink) -> Iterator[Callable[[ScoredChunk], None]]:
    """Write while the next chunk is read: never more than one waits, and a fault in writing is raised here."""
    with ThreadPoolExecutor(max_workers=1) as writer:
        waiting: deque[Future[None]] = deque()

        def write(chunk: ScoredChunk) -> None:
            waiting.append(writer.submit(sink.write, chunk))
            if len(waiting) > 1:
                waiting.popleft().result()

        yield write
        for written in waiting:
            written.result()


def _refuse_bad_targets(source: Path, output: Path, rejected: Path) -> None:
    if output.suffix.lower() not in SUFFIXES:
        raise OutputRefused(_("The output ends in .csv, .xlsx or .parquet."))
    if rejected.suffix.lower() != ".xlsx":
        raise OutputRefused(_("The file of rejected rows ends in .xlsx."))
    if len({path.resolve() for path in (source, output, rejected)}) < len((source, output, rejected)):
        raise OutputRefused(_("The input, the output and the file of rejected rows must be different files."))


@contextmanager
def _whole_or_not(path: Path) -> Iterator[Path]:
    """Write beside the target and put it in place at the end, if it is still there then."""
    part = path.with_name(f".{path.stem}.{os.getpid()}.part{path.suffix}")
    try:
        yield part
        if part.exists():
            part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _language() -> Language:
    return "en" if (get_language() or "id").startswith("en") else "id"
