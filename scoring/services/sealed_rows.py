"""
The bytes a seal stands for, version 1: canonical JSON of every row, hashed into one Merkle tree for each run.

Canonical is: UTF-8, keys sorted, no spaces, whole numbers; a double is its 64 bits read as a signed integer, nothing
is the bits of NaN, money is in sen, a time is ISO 8601 in UTC with microseconds. The leaves of a run are its own row,
its scores, its refusals and its parts, each in the order they were written. Whatever changes here gets a new version,
and what was sealed before is still verified as it was sealed.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from itertools import groupby, repeat
from typing import Any
from uuid import UUID

import numpy as np
import orjson
from django.db.models import QuerySet, TextField
from django.db.models.functions import Cast

from scoring.merkle import LEAF, MerkleTree, leaf_hash
from scoring.models import Refusal, RunPart, ScoringRun
from scoring.services.stored_scores import CHUNK, Columns, doubles

ENCODING = 1
_RUN = (
    *("version__name", "version__number", "version__content_hash", "scored_by_id", "source", "sheet", "locale"),
    *("stored_file__sha256", "stored_file__size", "job_id", "batch_key", "rows_read", "scored_count", "rejected_count"),
    *("blank_count", "high_risk_count", "is_complete", "warnings"),
)
_PART = (
    *("index", "start", "rows_read", "scored_count", "rejected_count", "blank_count", "high_risk_count", "error_count"),
    *("scored_sha256", "rejected_sha256"),
)


def canonical(value: object) -> bytes:
    return orjson.dumps(value, repr, orjson.OPT_SORT_KEYS)


def moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")


class RunTrees:
    """The Merkle trees of runs, by the text of their keys in the database: runs first, then scores, refusals, parts."""

    def __init__(self) -> None:
        self.versions: dict[str, int] = {}  # of every run that is there
        self._trees: dict[str, MerkleTree] = {}

    def add_runs(self, runs: QuerySet[ScoringRun]) -> None:
        rows = runs.values_list(_text("pk"), "version_id", "pk", "scored_at", *_RUN)
        for text, version, pk, scored_at, *values in rows.iterator(CHUNK):
            self.versions[text] = version
            named = dict(zip(_RUN, values, strict=True))
            self._grow([text], [leaf_hash(canonical(["run", str(pk), moment(scored_at), named]))])

    def add_scores(self, columns: Columns, facts: Sequence[Any]) -> None:
        """:param facts: those of the columns, read"""
        self._grow(columns["run"], _score_leaves(columns, facts))

    def add_refusals(self, refusals: QuerySet[Refusal]) -> None:
        rows = refusals.order_by("pk").values_list(_text("run"), "pk", "loan_id", "field", "code", "params")
        self._add("refusal", rows)

    def add_parts(self, parts: QuerySet[RunPart]) -> None:
        self._add("part", parts.order_by("run", "index").values_list(_text("run"), *_PART))

    def versions_of(self, runs: Sequence[str]) -> list[int]:
        """The versions their runs were made with; 0 of a run that is not there."""
        strangers = set(runs) - self.versions.keys()
        if strangers:  # begun meanwhile, unless somebody removed them
            keys = [key for key in map(key_of, strangers) if key]
            self.versions |= dict(ScoringRun.objects.filter(pk__in=keys).values_list(_text("pk"), "version_id"))
        return [self.versions.get(run, 0) for run in runs]

    def take(self, run: str) -> MerkleTree | None:
        """Hand out the tree of a run, and forget it; None if nothing of it was read."""
        return self._trees.pop(run, None)

    def left(self) -> Iterable[str]:
        return self._trees.keys()

    def _add(self, what: str, rows: QuerySet[Any, tuple[Any, ...]]) -> None:
        for run, some in groupby(rows.iterator(CHUNK), key=lambda row: row[0]):
            leaves = [leaf_hash(canonical([what, *row])) for _run, *row in some]
            self._tree(run).add(leaves)

    def _grow(self, runs: Sequence[str], leaves: list[bytes]) -> None:
        start = 0
        for run, same in groupby(runs):
            end = start + sum(1 for _ in same)
            self._tree(run).add(leaves[start:end])
            start = end

    def _tree(self, run: str) -> MerkleTree:
        tree = self._trees.get(run)
        if tree is None:
            tree = self._trees[run] = MerkleTree()
        return tree


def key_of(text: str) -> UUID | None:
    """None for what no application wrote."""
    try:
        return UUID(text)
    except ValueError:
        return None


def _score_leaves(columns: Columns, facts: Sequence[Any]) -> list[bytes]:
    dumps, option = orjson.dumps, orjson.OPT_SORT_KEYS
    rows = zip(
        *(repeat("score"), columns["pk"], columns["loan"], facts, columns["raw_score"], columns["credit_score"]),
        *(_bits(columns["default_probability"]), columns["segment"], _bits(columns["debt_service_ratio"])),
        *(columns["monthly_installment"], _json(columns["points"]), _json(columns["bins"])),
        _json(columns["incomplete"]),
        strict=False,
    )
    return [sha256(LEAF + dumps(row, repr, option)).digest() for row in rows]


def _bits(values: Sequence[float | None]) -> list[int]:
    bits: list[int] = doubles(values).view(np.int64).tolist()
    return bits


def _json(texts: Sequence[str]) -> list[orjson.Fragment]:
    """Few are distinct: each is brought into its canonical form once."""
    known = {text: _fragment(text) for text in set(texts)}
    return [known[text] for text in texts]


def _fragment(text: str) -> orjson.Fragment:
    try:
        return orjson.Fragment(canonical(orjson.loads(text)))
    except orjson.JSONDecodeError:
        return orjson.Fragment(canonical({"no JSON": text}))


def _text(name: str) -> Cast:
    return Cast(name, TextField())
