"""Holding what is stored against its seals, and the seals against each other."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from hmac import compare_digest
from typing import Any

from django.db.models import Min, TextField
from django.db.models.functions import Cast
from django.utils.translation import gettext as _

from bprs.signatures import signature_by
from scoring.models import CardProposal, ScoringRun, Seal, SealEntry
from scoring.services.findings import Finding
from scoring.services.sealed_acts import ActKey, acts_of
from scoring.services.sealed_rows import ENCODING, RunTrees, moment
from scoring.services.sealing import Entry, root_of, signed_content, unsealed_runs

SEALED_WITHIN = timedelta(hours=1)
FINISHED_WITHIN = timedelta(days=1)
SEALS_AT_ONCE = 50


def last_number() -> int:
    """Only seals up to this one are judged by who began to read now: later ones cover what was not read."""
    return Seal.objects.order_by("-number").values_list("number", flat=True).first() or 0


@dataclass(slots=True, kw_only=True)
class SealCheck:
    """Against trees that hold every run and all its rows, read after `up_to` was the last seal."""

    trees: RunTrees
    up_to: int
    seals: int = 0
    _acts: dict[ActKey, str] = field(default_factory=dict)
    _keys: set[str] = field(default_factory=set)

    def findings(self) -> Iterator[Finding]:
        self._acts = acts_of(CardProposal.objects.all())
        previous: Seal | None = None
        for seal, entries in _seals_with_entries(self.up_to):
            yield from _gap(previous.number if previous else 0, seal.number)
            yield from self._seal(seal, previous, [entry for _text, entry in entries])
            for text, entry in entries:
                yield from self._entry(seal, text, entry)
            previous = seal
            self.seals += 1
        yield from self._left()

    def _seal(self, seal: Seal, previous: Seal | None, entries: Sequence[Entry]) -> Iterator[Finding]:
        if seal.encoding != ENCODING:
            yield _of_seal("seal_changed", _("Seal %(seal)s is of a kind this version does not know."), seal)
            return
        content = signed_content(seal, previous.hash if previous else "")
        if sha256(content).hexdigest() != seal.hash:
            yield _of_seal(
                "seal_changed", _("Seal %(seal)s was changed, or does not follow from the one before."), seal
            )
        yield from self._signature(seal, content)
        if (root_of(entries), len(entries)) != (seal.root, seal.entry_count):
            yield _of_seal("seal_changed", _("What seal %(seal)s covers was changed."), seal)

    def _signature(self, seal: Seal, content: bytes) -> Iterator[Finding]:
        signature = signature_by(seal.key_id, content)
        if signature is None:
            if seal.key_id not in self._keys:
                self._keys.add(seal.key_id)
                sentence = _(
                    "Seals from %(seal)s on were signed with the key %(key)s, which is not among SEAL_KEYS. "
                    "Put it back behind the first; if it never was yours, the chain was made anew."
                )
                yield Finding(code="seal_key_unknown", sentence=sentence % {"seal": seal, "key": seal.key_id})
        elif not compare_digest(signature, seal.hmac):
            yield _of_seal("seal_forged", _("Seal %(seal)s does not bear the signature of this bank."), seal)

    def _entry(self, seal: Seal, text: str, entry: Entry) -> Iterator[Finding]:
        if entry.run is None:
            yield from self._act(seal, entry)
            return
        tree = self.trees.take(text)
        named = {"run": str(entry.run)[:8], "seal": seal.number, "sealed": entry.row_count}
        if text not in self.trees.versions:
            sentence = _("Run %(run)s is gone; seal %(seal)s covers it, with %(sealed)s rows.")
            yield Finding(code="run_missing", sentence=sentence % named)
        elif tree is None or tree.root().hex() != entry.root:
            sentence = _(
                "Run %(run)s is not what seal %(seal)s covers: its own row, a score, a refusal or a part was changed, "
                "added, removed or moved. Sealed were %(sealed)s rows; there are %(there)s."
            )
            named["there"] = tree.size if tree else 0
            yield Finding(code="run_unlike_seal", sentence=sentence % named)

    def _act(self, seal: Seal, entry: Entry) -> Iterator[Finding]:
        if entry.proposal is not None and self._acts.get((entry.proposal, entry.act)) != entry.root:
            sentence = _("Proposal %(proposal)s of a scorecard is not what seal %(seal)s covers (%(act)s).")
            named = {"proposal": entry.proposal, "seal": seal.number, "act": SealEntry.Act(entry.act).label}
            yield Finding(code="proposal_unlike_seal", sentence=sentence % named)

    def _left(self) -> Iterator[Finding]:
        """Rows of runs that are not there. A run that was begun meanwhile is."""
        left = list(self.trees.left())
        there = self.trees.versions_of(left)
        for text in sorted(text for text, version in zip(left, there, strict=True) if not version):
            sentence = _("There are rows of run %(run)s, which is not there.")
            yield Finding(code="run_missing", sentence=sentence % {"run": text[:8]})


def waiting(*, at: datetime) -> Iterator[Finding]:
    """Notes on what is not sealed yet and ought to be."""
    counted = unsealed_runs().filter(scored_at__lt=at - SEALED_WITHIN)
    found = counted.aggregate(oldest=Min("scored_at"))
    if found["oldest"]:
        sentence = _("%(count)s complete runs are not sealed yet, the oldest of %(oldest)s. Is a worker running?")
        named = {"count": counted.count(), "oldest": moment(found["oldest"])[:16]}
        yield Finding(code="not_sealed", sentence=sentence % named, is_note=True)
    unfinished = ScoringRun.objects.filter(is_complete=False, scored_at__lt=at - FINISHED_WITHIN).count()
    if unfinished:
        sentence = _("%(count)s runs were never finished. What they scored is not sealed.")
        yield Finding(code="not_finished", sentence=sentence % {"count": unfinished}, is_note=True)


def _seals_with_entries(up_to: int) -> Iterator[tuple[Seal, list[tuple[str, Entry]]]]:
    names = ("seal", Cast("run", TextField()), "run", "proposal", "act", "row_count", "root")
    for start in range(0, up_to, SEALS_AT_ONCE):
        some = {"gt": start, "lte": min(start + SEALS_AT_ONCE, up_to)}
        entries: dict[int, list[tuple[str, Entry]]] = defaultdict(list)
        of_these = SealEntry.objects.filter(**{f"seal__{bound}": number for bound, number in some.items()})
        for number, *row in of_these.order_by("seal", "position").values_list(*names):
            entries[number].append(_entry_of(row))
        seals = Seal.objects.filter(**{f"number__{bound}": number for bound, number in some.items()})
        yield from ((seal, entries[seal.number]) for seal in seals.order_by("number"))


def _entry_of(row: Sequence[Any]) -> tuple[str, Entry]:
    text, run, proposal, act, row_count, root = row
    return text or "", Entry(run=run, proposal=proposal, act=act, row_count=row_count, root=root)


def _gap(last: int, number: int) -> Iterator[Finding]:
    if number != last + 1:
        sentence = _("Seals %(first)s to %(last)s are gone.") % {"first": last + 1, "last": number - 1}
        yield Finding(code="seal_missing", sentence=sentence)


def _of_seal(code: str, sentence: str, seal: Seal) -> Finding:
    return Finding(code=code, sentence=sentence % {"seal": seal.number})
