"""Sealing what is complete: off every hot path, by whoever comes first."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from itertools import accumulate
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet, TextField
from django.db.models.functions import Cast

from bprs.bulk import insert_columns
from bprs.signatures import current_key_id, sign
from scoring.merkle import MerkleTree, leaf_hash
from scoring.models import Refusal, RunPart, Score, ScoringRun, Seal, SealEntry
from scoring.services.sealed_acts import unsealed_acts
from scoring.services.sealed_rows import ENCODING, RunTrees, canonical, moment
from scoring.services.stored_scores import parsed, score_chunks_of, uncollected

logger = logging.getLogger(__name__)
RUNS_AT_ONCE, SCORES_AT_ONCE = 5_000, 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What a seal says of one thing: of a run, or of an act in the life of a scorecard."""

    run: UUID | None = None
    proposal: int | None = None
    act: str = ""
    row_count: int = 1
    root: str

    def leaf(self) -> bytes:
        if self.run:
            return leaf_hash(canonical(["run", str(self.run), self.row_count, self.root]))
        return leaf_hash(canonical(["proposal", self.proposal, self.act, self.row_count, self.root]))


def seal_new(*, at: datetime, scores_at_once: int = SCORES_AT_ONCE) -> int:
    """
    Seal everything complete that is not sealed yet, at most 5,000 runs or about a million scores to a seal.

    What is hashed is written once, so nothing is locked meanwhile. Of two who seal at once the number of the seal lets
    one be first; the other leaves the rest to it. Returns how many things were sealed.
    """
    sealed = 0
    while entries := new_entries(scores_at_once):
        try:
            write_seal(entries, at=at)
        except IntegrityError:
            logger.info("Somebody else sealed first")
            break
        sealed += len(entries)
    return sealed


def new_entries(scores_at_once: int = SCORES_AT_ONCE) -> list[Entry]:
    """What the next seal would cover."""
    return [*_acts(), *_runs(_next_runs(scores_at_once))]


@transaction.atomic
def write_seal(entries: Sequence[Entry], *, at: datetime) -> Seal:
    """:raises IntegrityError: if somebody else made the seal of this number, or sealed one of these things"""
    last = Seal.objects.order_by("-number").first()
    seal = Seal(
        number=last.number + 1 if last else 1,
        previous=last,
        sealed_at=at,
        encoding=ENCODING,
        entry_count=len(entries),
        row_count=sum(entry.row_count for entry in entries),
        root=root_of(entries),
        key_id=current_key_id(),
    )
    content = signed_content(seal, last.hash if last else "")
    seal.hash, seal.hmac = sha256(content).hexdigest(), sign(content)
    seal.save(force_insert=True)
    names = ("run", "proposal", "act", "row_count", "root")
    columns = {name: [getattr(entry, name) for entry in entries] for name in names}
    insert_columns(SealEntry, {"seal": seal.pk, "position": list(range(len(entries))), **columns}, count=len(entries))
    return seal


def unsealed_runs() -> QuerySet[ScoringRun]:
    return ScoringRun.objects.filter(is_complete=True, seal_entry__isnull=True)


def root_of(entries: Sequence[Entry]) -> str:
    return MerkleTree(entry.leaf() for entry in entries).root().hex()


def signed_content(seal: Seal, previous_hash: str) -> bytes:
    """What the hash of a seal is of, and what is signed."""
    names = ("encoding", "number", "entry_count", "row_count", "root", "key_id")
    said = {name: getattr(seal, name) for name in names}
    return canonical({**said, "previous": previous_hash, "sealed_at": moment(seal.sealed_at)})


def _acts() -> list[Entry]:
    return [Entry(proposal=pk, act=act, root=root) for (pk, act), root in unsealed_acts().items()]


def _next_runs(scores_at_once: int) -> list[tuple[UUID, str]]:
    """The oldest first, up to the run that goes beyond the limit."""
    keys = ("pk", Cast("pk", TextField()), "scored_count")
    rows: list[Any] = list(unsealed_runs().order_by("scored_at", "pk").values_list(*keys)[:RUNS_AT_ONCE])
    scores_before = accumulate((scored for _pk, _text, scored in rows), initial=0)
    return [(pk, text) for (pk, text, _), before in zip(rows, scores_before, strict=False) if before < scores_at_once]


def _runs(runs: Sequence[tuple[UUID, str]]) -> list[Entry]:
    pks, trees = [pk for pk, _text in runs], RunTrees()
    trees.add_runs(ScoringRun.objects.filter(pk__in=pks))
    scores = Score.objects.filter(run__in=pks, loan__isnull=False).order_by("pk").values_list("pk", flat=True)
    with uncollected():
        for columns in score_chunks_of(list(scores)):
            trees.add_scores(columns, parsed(columns["facts"]))
    trees.add_refusals(Refusal.objects.filter(run__in=pks))
    trees.add_parts(RunPart.objects.filter(run__in=pks))
    grown = [(pk, trees.take(text)) for pk, text in runs]
    return [Entry(run=pk, row_count=tree.size, root=tree.root().hex()) for pk, tree in grown if tree]
