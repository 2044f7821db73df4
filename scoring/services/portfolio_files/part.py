"""One part on a worker: read, scored, written, accounted for. Neither a database nor settings are needed."""

import json
from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import TypeAdapter, ValidationError

from bprs.disk import NO_SPACE
from bprs.spreadsheets import RowAccount, RowError, SpreadsheetRefused
from bprs.spreadsheets.amounts import SEN
from scoring.engine import Scorecard
from scoring.engine.arrays import IntColumn
from scoring.services.applications import ScoredChunk, applications_in, score_chunks
from scoring.services.portfolio_files.folder import (
    ACCOUNTS,
    REJECTED,
    WholeFileWriter,
    sha256_of,
    write_json,
    written_aside,
)
from scoring.services.portfolio_files.plan import Task
from scoring.services.sinks import ParquetSink

ROWS_AT_ONCE = 65_536
LOW_HALF = 2**32 - 1
REJECTED_SCHEMA = pa.schema(
    {
        "file": pa.string(),
        "row_number": pa.int64(),
        "column": pa.string(),
        "field": pa.string(),
        "code": pa.string(),
        "message": pa.string(),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PartAccount:
    """
    What became of the rows of a part, as it is written beside it.

    `exposure` is the sum of what is asked for in the scored rows, in rupiah, exact; `faults` counts what is wrong, by code.
    """

    index: int
    plan: str
    input: str
    first_row: int
    rows_read: int
    scored: int
    rejected: int
    blank: int
    exposure: Decimal
    segments: Mapping[str, int]
    faults: Mapping[str, int]
    scored_file: str
    scored_sha256: str
    rejected_file: str
    rejected_sha256: str

    @property
    def files(self) -> frozenset[str]:
        return frozenset(filter(None, (self.scored_file, self.rejected_file)))


@dataclass(frozen=True, slots=True, kw_only=True)
class PartDone:
    """A finished part; `was_there` if an earlier attempt had finished it."""

    account: PartAccount
    was_there: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAside:
    """A part that could not be scored: a code, and what the system said."""

    index: int
    code: str
    detail: str = ""


Outcome = PartDone | SetAside
ACCOUNT = TypeAdapter(PartAccount)


def do_part(task: Task) -> Outcome:
    """Score a part, unless it is there already, to the bit."""
    try:
        found = _finished(task)
        return PartDone(account=found, was_there=True) if found else _score(task)
    except SpreadsheetRefused as refused:
        return SetAside(index=task.index, code=refused.code, detail=str(refused))
    except OSError as error:
        code = "disk_full" if error.errno in NO_SPACE else "unreadable"
        return SetAside(index=task.index, code=code, detail=str(error))
    except pa.ArrowException as error:
        return SetAside(index=task.index, code="unreadable", detail=str(error))


def account_path(folder: Path, index: int) -> Path:
    return folder / ACCOUNTS / f"{part_name(index)}.json"


def part_name(index: int) -> str:
    return f"part-{index:05}"


def _finished(task: Task) -> PartAccount | None:
    """What an earlier attempt finished of the same plan, if all of it is still what it wrote."""
    folder = Path(task.folder)
    try:
        account = ACCOUNT.validate_json(account_path(folder, task.index).read_bytes())
    except (FileNotFoundError, ValidationError):
        return None
    is_ours = account.plan == task.plan and account.index == task.index
    return account if is_ours and _are_intact(folder, account) else None


def _are_intact(folder: Path, account: PartAccount) -> bool:
    is_scored_intact = sha256_of(folder / account.scored_file) == account.scored_sha256
    if not account.rejected_file:
        return is_scored_intact
    return is_scored_intact and sha256_of(folder / account.rejected_file) == account.rejected_sha256


def _score(task: Task) -> Outcome:
    if not task.input.is_unchanged():
        return SetAside(index=task.index, code="input_changed")
    folder, tally = Path(task.folder), _Tally()
    with written_aside(folder) as scored, written_aside(folder / REJECTED) as rejected:
        _write(task, tally, scored, rejected)
        if not task.input.is_unchanged():
            return SetAside(index=task.index, code="input_changed")
        account = _account(task, tally, scored.sha256, rejected.sha256 if tally.faults else "")
        scored.put(folder / account.scored_file)
        if account.rejected_file:
            rejected.put(folder / account.rejected_file)
    write_json(account_path(folder, task.index), ACCOUNT.dump_python(account, mode="json"))
    return PartDone(account=account)


def _write(task: Task, tally: "_Tally", scored: WholeFileWriter, rejected: WholeFileWriter) -> None:
    card = _card(task.card)
    reading = applications_in(
        task.table(), card=card, locale=task.locale, mapping=task.mapping, style=task.looked_through.style
    )
    with ParquetSink(scored, reading, card) as sink, ExitStack() as opened:
        rejects: pq.ParquetWriter | None = None
        for chunk in score_chunks(reading, card, size=ROWS_AT_ONCE):
            sink.write(chunk)
            tally.add(chunk)
            if chunk.parsed.errors:
                rejects = rejects or opened.enter_context(pq.ParquetWriter(rejected, REJECTED_SCHEMA))
                rejects.write_table(_rejected_table(task, chunk.parsed.errors))


def _rejected_table(task: Task, errors: tuple[RowError, ...]) -> pa.Table:
    """One row for each fault."""
    columns = {
        "file": [task.input.path] * len(errors),
        "row_number": [error.row_number for error in errors],
        "column": [error.column for error in errors],
        "field": [error.field for error in errors],
        "code": [str(error.code) for error in errors],
        "message": [task.sentences[error.code] % error.params for error in errors],
    }
    return pa.table(columns, schema=REJECTED_SCHEMA)


@dataclass(slots=True, kw_only=True)
class _Tally:
    account: RowAccount = field(default_factory=RowAccount)
    sen: int = 0
    segments: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)

    @property
    def exposure(self) -> Decimal:
        return Decimal(f"{self.sen // SEN}.{self.sen % SEN:02}")

    def add(self, chunk: ScoredChunk) -> None:
        self.account += chunk.parsed.account
        self.sen += _exact_sum(chunk.facts.columns["loan_amount"])
        self.segments.update(chunk.outcomes.segment_counts())
        self.faults.update(str(error.code) for error in chunk.parsed.errors)


def _exact_sum(sen: IntColumn) -> int:
    """The sum of amounts, of which a hundred can be more than 64 bits hold: by halves."""
    return int(np.sum(sen >> 32)) * 2**32 + int(np.sum(sen & LOW_HALF))


def _account(task: Task, tally: _Tally, scored_sha256: str, rejected_sha256: str) -> PartAccount:
    name = part_name(task.index)
    return PartAccount(
        index=task.index,
        plan=task.plan,
        input=task.input.path,
        first_row=task.piece.first_row,
        rows_read=tally.account.rows_read,
        scored=tally.account.accepted,
        rejected=tally.account.rejected,
        blank=tally.account.blank,
        exposure=tally.exposure,
        segments=dict(tally.segments),
        faults=dict(sorted(tally.faults.items())),
        scored_file=f"{name}-{scored_sha256[:16]}.parquet",
        scored_sha256=scored_sha256,
        rejected_file=f"{REJECTED}/{name}-{rejected_sha256[:16]}.parquet" if rejected_sha256 else "",
        rejected_sha256=rejected_sha256,
    )


@lru_cache(maxsize=4)
def _card(written: str) -> Scorecard:
    return Scorecard.from_dict(json.loads(written))
