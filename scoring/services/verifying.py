"""Proving what is stored: every score follows from its facts and its card, every loan carries its latest, every run is whole."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import compress
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from django.db.models import Count, Exists, F, OuterRef, Q
from django.utils.translation import gettext as _

from loans.models import Loan
from scoring.engine import content_hash_of
from scoring.models import CardProposal, Refusal, RunPart, Score, ScorecardVersion, ScoringRun
from scoring.result_pages import scored_columns, scored_parts
from scoring.result_parts import ResultsChanged
from scoring.services.anchors import Anchor, anchor_findings
from scoring.services.checking_seals import SealCheck, last_number, waiting
from scoring.services.findings import Finding
from scoring.services.replay import (
    Kept,
    coded_rows,
    differences,
    facts_of_table,
    kept_in,
    rows_marked,
)
from scoring.services.sealed_rows import RunTrees
from scoring.services.stored_scores import Columns, parsed, score_chunks


@dataclass(slots=True)
class Verification:
    """
    Reads everything once and changes nothing. `scores` and `rows` are how many were replayed so far.

    Costs a query for every 20,000 scores and every 50 seals, a few for each table, and five for each scored file.
    """

    on_progress: Callable[[int], None] = lambda _done: None
    anchor: Anchor | None = None
    at: datetime | None = None
    scores: int = 0
    rows: int = 0
    seals: int = 0

    def findings(self) -> Iterator[Finding]:
        """Say of each thing that is not as it was written what and where it is. What ought to be sealed by `at` is noted."""
        up_to, trees = last_number(), RunTrees()
        sound: dict[int, ScorecardVersion] = {}
        proposed = _proposed_hashes()
        for version in ScorecardVersion.objects.order_by("pk"):
            found = _card_finding(version, proposed[version.pk])
            if found:
                yield found
            else:
                sound[version.pk] = version
        trees.add_runs(ScoringRun.objects.all())
        yield from self._scores(sound, trees)
        yield from _loans()
        yield from _loan_runs()
        yield from self._file_runs(sound)
        yield from self._seals(trees, up_to)

    def _seals(self, trees: RunTrees, up_to: int) -> Iterator[Finding]:
        trees.add_refusals(Refusal.objects.all())
        trees.add_parts(RunPart.objects.all())
        check = SealCheck(trees=trees, up_to=up_to)
        yield from check.findings()
        self.seals = check.seals
        if self.anchor:
            yield from anchor_findings(self.anchor)
        if self.at:
            yield from waiting(at=self.at)

    def _scores(self, sound: dict[int, ScorecardVersion], trees: RunTrees) -> Iterator[Finding]:
        for columns in score_chunks():
            facts = parsed(columns["facts"])
            trees.add_scores(columns, facts)
            versions = np.array(trees.versions_of(columns["run"]))
            for key in np.unique(versions).tolist():
                if key in sound:
                    yield from _replayed(sound[key], *_taken(columns, facts, versions == key))
            self.scores += len(versions)
            self.on_progress(self.scores + self.rows)

    def _file_runs(self, sound: dict[int, ScorecardVersion]) -> Iterator[Finding]:
        for run in ScoringRun.objects.filter(stored_file__isnull=False).order_by("scored_at", "pk").iterator():
            if run.is_complete:  # until then it has parts, and no totals
                yield from _run_findings(run, _part_counts(run))
            if run.version_id in sound:
                run.version = sound[run.version_id]
                yield from self._parts(run)

    def _parts(self, run: ScoringRun) -> Iterator[Finding]:
        try:
            for table in scored_parts(run, scored_columns(run)):
                found = differences(run.version.card, _kept_in(table, run))
                for row, names in rows_marked(found):
                    where = _("Row %(row)s of run %(run)s") % {"row": table["row_number"][row], "run": str(run)}
                    yield _differs(where, names)
                self.rows += len(table)
                self.on_progress(self.scores + self.rows)
        except ResultsChanged as changed:
            yield Finding(code=changed.code, sentence=str(changed))


def _proposed_hashes() -> dict[int, set[str]]:
    """What versions were when they were proposed, where they must still be that."""
    hashes: dict[int, set[str]] = defaultdict(set)
    for version, content_hash in CardProposal.objects.freezing().values_list("version", "content_hash"):
        hashes[version].add(content_hash)
    return hashes


def _card_finding(version: ScorecardVersion, proposed: set[str]) -> Finding | None:
    """Drafts may be unfinished; they are what their hash says all the same."""
    content = content_hash_of(version.definition)
    if version.definition.get("version") == version.label and {version.content_hash} | proposed == {content}:
        return None
    sentence = _("Scorecard %(card)s is not what its content hash says. Its scores cannot be replayed.")
    return Finding(code="card_changed", sentence=sentence % {"card": version.label})


def _taken(columns: Columns, facts: list[Any], mask: npt.NDArray[np.bool_]) -> tuple[Columns, list[Any]]:
    if mask.all():
        return columns, facts
    return {name: tuple(compress(values, mask)) for name, values in columns.items()}, list(compress(facts, mask))


def _replayed(version: ScorecardVersion, columns: Columns, facts: list[Any]) -> Iterator[Finding]:
    kept = kept_in(columns, facts)
    for row, names in rows_marked(differences(version.card, kept)):
        named = {"score": columns["pk"][row], "loan": columns["loan"][row]}
        yield _differs(_("Score %(score)s of financing %(loan)s") % named, names)


def _kept_in(table: pa.Table, run: ScoringRun) -> Kept:
    names = [each.name for each in run.version.card.characteristics]
    nobody = np.zeros(len(table), dtype=np.int64)
    return Kept(
        facts=facts_of_table(table),
        raw_score=table["raw_score"].to_numpy().astype(np.int64),
        credit_score=table["credit_score"].to_numpy().astype(np.int64),
        default_probability=table["default_probability"].to_numpy(),
        segment=table["segment"].to_pylist(),
        dsr=table["dsr"].to_numpy(zero_copy_only=False),
        monthly_installment=table["monthly_installment"].to_numpy(),
        points=coded_rows(table, "points", names),
        bins=coded_rows(table, "bin", names),
        incomplete=(nobody, [[]]),
    )


def _differs(where: str, names: Sequence[str]) -> Finding:
    sentence = _("%(where)s does not follow from its facts and its card: %(names)s.")
    return Finding(code="score_differs", sentence=sentence % {"where": where, "names": ", ".join(names)})


def _loans() -> Iterator[Finding]:
    later = Score.objects.filter(loan=OuterRef("loan"), pk__gt=OuterRef("pk"))
    carried = Q(
        loan__credit_score=F("credit_score"),
        loan__default_probability=F("default_probability"),
        loan__segment=F("segment"),
        loan__scored_at=F("run__scored_at"),
    )
    others = Score.objects.filter(~Exists(later)).exclude(carried)
    unfounded = Loan.objects.filter(scored_at__isnull=False, scores__isnull=True)
    found = list(others.values_list("loan_id", "loan__loan_number"))
    numbers = [number for _pk, number in found if number] + list(unfounded.values_list("loan_number", flat=True))
    for number in numbers:
        sentence = _("Financing %(number)s does not carry its latest score.") % {"number": number}
        yield Finding(code="loan_differs", sentence=sentence)
    if gone := [pk for pk, number in found if not number]:
        yield from _gone(gone)


def _gone(loan_ids: list[int]) -> Iterator[Finding]:
    """Scored financing goes when its import is undone, and its history says so; its scores stay."""
    removed = set(Loan.history.filter(id__among=loan_ids, history_type="-").values_list("id", flat=True))
    for pk in loan_ids:
        if pk not in removed:
            sentence = _("Financing with the key %(key)s is gone, and its history does not say that it was removed.")
            yield Finding(code="loan_differs", sentence=sentence % {"key": pk})


def _loan_runs() -> Iterator[Finding]:
    """Runs of stored loans: the rows that are there beside the counts that were taken. One that differs is read again: it may be at work."""
    runs = list(ScoringRun.objects.filter(stored_file__isnull=True).values_list("pk", "scored_count", "rejected_count"))
    scores, refusals = _counted(Score.objects), _counted(Refusal.objects)
    differing = [pk for pk, scored, refused in runs if (scores.get(pk, 0), refusals.get(pk, 0)) != (scored, refused)]
    for run in ScoringRun.objects.filter(pk__in=differing).order_by("scored_at", "pk"):
        yield from _run_findings(run, (run.scores.count(), run.refusals.count()))


def _counted(rows: Any) -> dict[UUID, int]:
    return dict(rows.order_by().values_list("run_id").annotate(Count("pk")))


def _part_counts(run: ScoringRun) -> tuple[int, int]:
    parts = list(run.parts.values_list("scored_count", "rejected_count"))
    return sum(scored for scored, _rejected in parts), sum(rejected for _scored, rejected in parts)


def _run_findings(run: ScoringRun, there: tuple[int, int]) -> Iterator[Finding]:
    if (run.scored_count, run.rejected_count) != there:
        sentence = _("Run %(run)s counted %(scored)s scored and %(rejected)s refused rows; there are %(s)s and %(r)s.")
        named = {"run": str(run), "scored": run.scored_count, "rejected": run.rejected_count}
        yield Finding(code="run_differs", sentence=sentence % {**named, "s": there[0], "r": there[1]})
