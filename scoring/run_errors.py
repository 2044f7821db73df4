"""What was wrong with the rejected rows of a file, reason by reason: how many, and the first of each."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import reduce

import pyarrow as pa
import pyarrow.compute as pc

from scoring.models import ScoringRun
from scoring.result_pages import Row, rejected_parts
from scoring.selectors import FileError, file_errors_of

KEY = ["column", "field", "code"]
Key = tuple[str, str, str]


@dataclass(slots=True, kw_only=True)
class ErrorGroup:
    """`first` are a few of them in the order of the file."""

    column: str
    code: str
    count: int
    first: list[FileError]

    @property
    def unlisted(self) -> int:
        return self.count - len(self.first)


@dataclass(slots=True)
class _Found:
    count: int = 0
    rows: list[Row] = field(default_factory=list)


def error_groups(run: ScoringRun, *, limit: int) -> list[ErrorGroup]:
    """
    Count what was wrong by column and reason, the most frequent first, with no more than `limit` rows in all.

    :raises ResultsChanged: if the results are not what was written
    """
    found: dict[Key, _Found] = {}
    for part in rejected_parts(run):
        for key, count in _counts(part):
            group = found.setdefault(key, _Found())
            group.count += count
            if len(group.rows) < limit:
                group.rows += _rows_of(part, key, limit - len(group.rows))
    groups = sorted(found.items(), key=lambda each: -each[1].count)
    share = max(limit // len(groups), 1) if groups else 0
    return [_group(key, each, share) for key, each in groups]


def _counts(part: pa.Table) -> Iterator[tuple[Key, int]]:
    for row in part.group_by(KEY).aggregate([([], "count_all")]).to_pylist():
        yield (row["column"], row["field"], row["code"]), row["count_all"]


def _rows_of(part: pa.Table, key: Key, limit: int) -> list[Row]:
    is_each = (pc.equal(part[name], value) for name, value in zip(KEY, key, strict=True))
    rows: list[Row] = part.filter(reduce(pc.and_, is_each)).slice(0, limit).to_pylist()
    return rows


def _group(key: Key, found: _Found, share: int) -> ErrorGroup:
    column, name, code = key
    return ErrorGroup(column=column or name, code=code, count=found.count, first=file_errors_of(found.rows[:share]))
