"""What is to be scored, part by part: written down before anything is, and the same in every attempt."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from bprs.spreadsheets.amounts import Locale, Mark, NumberStyle
from bprs.spreadsheets.csv_ranges import CsvPart, CsvRange
from bprs.spreadsheets.csv_table import CsvLayout, CsvTable
from bprs.spreadsheets.limits import Limits
from bprs.spreadsheets.parquet_table import ParquetTable
from bprs.spreadsheets.tables import Table
from scoring.services.portfolio_files.inputs import InputFile

FORMAT = 1
UNBOUNDED = 2**60
# The operator's own machine and files: what protects a shared server would only be in the way.
LIMITS = Limits(max_bytes=UNBOUNDED, max_rows=UNBOUNDED, max_columns=10_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What was asked for. Work goes on in a folder only if it is asked for the same again."""

    inputs: tuple[InputFile, ...]
    card_label: str
    card_sha256: str
    locale: Locale
    mapping: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class RowGroups:
    """Row groups of a Parquet file that follow one another."""

    numbers: tuple[int, ...]
    first_row: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeFile:
    """All of a CSV file that cannot be cut between lines, because rows go over several of them."""

    first_row: int = 0


Piece = RowGroups | CsvRange | WholeFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A piece of an input; `rows` is None where they were not counted."""

    input: int
    piece: Piece
    rows: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LookedThrough:
    """What was found out about an input as a whole: what groups its digits, and how it is written if it is CSV."""

    group: Mark | None
    layout: CsvLayout | None = None

    @property
    def style(self) -> NumberStyle:
        return NumberStyle(group=self.group, reason="numbers_as_before")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything that is to be done, in order."""

    format: int
    asked: Asked
    looked_through: tuple[LookedThrough, ...]
    parts: tuple[Part, ...]

    @property
    def rows(self) -> int | None:
        """How many rows there are in all, if they were counted."""
        counts = [part.rows for part in self.parts]
        return None if None in counts else sum(filter(None, counts))


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One part with all that a worker needs for it; nothing in it but plain values."""

    index: int
    plan: str  # the hash of the plan
    folder: str
    input: InputFile
    looked_through: LookedThrough
    piece: Piece
    card: str  # the canonical JSON of it
    locale: Locale
    mapping: Mapping[str, str]
    sentences: Mapping[str, str]  # why a row is rejected, by code, in the language of the operator

    def table(self) -> Table:
        """
        Open what is to be read.

        :raises SpreadsheetRefused: if it is not what was planned
        :raises OSError: if it cannot be read
        """
        path, layout = Path(self.input.path), self.looked_through.layout
        match self.piece:
            case RowGroups(numbers=numbers, first_row=first_row):
                return ParquetTable(path, row_groups=numbers, first_row=first_row)
            case CsvRange() as piece if layout is not None:
                return CsvPart(path, layout=layout, part=piece)
            case _:
                return CsvTable(path, limits=LIMITS)


PLANS = TypeAdapter(Plan)


def plan_text(plan: Plan) -> bytes:
    """A plan as it is written down; the same plan is the same text."""
    written: dict[str, Any] = PLANS.dump_python(plan, mode="json")
    for each in written["looked_through"]:
        if each["layout"]:
            each["layout"]["dialect"]["marks"].sort()
    return json.dumps(written, indent=1, sort_keys=True, ensure_ascii=False).encode()


def tasks_of(plan: Plan, *, folder: Path, card: str, sentences: Mapping[str, str]) -> Sequence[Task]:
    """The parts of a plan, ready to be sent out."""
    digest = hashlib.sha256(plan_text(plan)).hexdigest()
    return [
        Task(
            index=index,
            plan=digest,
            folder=str(folder),
            input=plan.asked.inputs[part.input],
            looked_through=plan.looked_through[part.input],
            piece=part.piece,
            card=card,
            locale=plan.asked.locale,
            mapping=plan.asked.mapping,
            sentences=sentences,
        )
        for index, part in enumerate(plan.parts)
    ]
