"""Proving what is stored: every score follows from its facts and its card, every loan carries its latest, every run is whole."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
import pyarrow as pa
from django.db.models import BigIntegerField, Count, F, FloatField, OuterRef, Q, QuerySet, Subquery, TextField
from django.db.models.functions import Cast
from django.utils.translation import gettext as _

from loans.models import Loan
from scoring.engine import content_hash_of
from scoring.models import Refusal, Score, ScorecardVersion, ScoringRun
from scoring.result_pages import scored_columns, scored_parts
from scoring.result_parts import ResultsChanged
from scoring.services.records import SEN
from scoring.services.replay import (
    Kept,
    coded,
    coded_rows,
    differences,
    facts_of_table,
    facts_of_texts,
    rows_marked,
)

CHUNK = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that is not as it was written: a stable code, and a sentence that names it."""

    code: str
    sentence: str


@dataclass(slots=True)
class Verification:
    """
    Reads everything once and changes nothing. `scores` and `rows` are how many were replayed so far.

    Costs a query for every 20,000 scores, a few for each table, and five for each scored file.
    """

    on_progress: Callable[[int], None] = lambda _done: None
    scores: int = 0
    rows: int = 0

    def findings(self) -> Iterator[Finding]:
        """Say of each thing that is not as it was written what and where it is."""
        sound: dict[int, ScorecardVersion] = {}
        for version in ScorecardVersion.objects.order_by("pk"):
            found = _card_finding(version)
            if found:
                yield found
            else:
                sound[version.pk] = version
        yield from self._scores(sound)
        yield from _loans()
        yield from _loan_runs()
        yield from self._file_runs(sound)

    def _scores(self, sound: dict[int, ScorecardVersion]) -> Iterator[Finding]:
        for columns in _score_chunks():
            versions = np.array(columns["version"])
            for key in np.unique(versions).tolist():
                if key in sound:
                    rows = np.flatnonzero(versions == key)
                    some = {name: [values[row] for row in rows] for name, values in columns.items()}
                    yield from _replayed(sound[key], some)
            self.scores += len(versions)
            self.on_progress(self.scores + self.rows)

    def _file_runs(self, sound: dict[int, ScorecardVersion]) -> Iterator[Finding]:
        for run in ScoringRun.objects.filter(stored_file__isnull=False).order_by("scored_at", "pk").iterator():
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


def _card_finding(version: ScorecardVersion) -> Finding | None:
    """Drafts may be unfinished; they are what their hash says all the same."""
    content = content_hash_of(version.definition)
    if (content, version.definition.get("version")) == (version.content_hash, version.label):
        return None
    sentence = _("Scorecard %(card)s is not what its content hash says. Its scores cannot be replayed.")
    return Finding(code="card_changed", sentence=sentence % {"card": version.label})


def _score_chunks() -> Iterator[dict[str, list[Any]]]:
    last = 0
    while True:
        rows = list(_score_rows().filter(pk__gt=last)[:CHUNK])
        if not rows:
            return
        yield {name: list(values) for name, values in zip(_COLUMNS, zip(*rows, strict=True), strict=True)}
        last = rows[-1][0]


_COLUMNS = (
    *("pk", "loan", "version", "facts", "raw_score", "credit_score", "default_probability", "segment"),
    *("dsr", "monthly_installment", "points", "bins", "incomplete"),
)


def _score_rows() -> QuerySet[Score, tuple[Any, ...]]:
    """JSON as the text that is stored, a decimal as a double, rupiah as the sen that they are: nothing is built for each row that is not compared."""
    texts = {name: Cast(name, TextField()) for name in ("facts", "points", "bins", "incomplete")}
    return Score.objects.order_by("pk").values_list(
        *("pk", "loan_id", "run__version_id", texts["facts"], "raw_score", "credit_score"),
        *(Cast("default_probability", FloatField()), "segment", "debt_service_ratio"),
        *(Cast("monthly_installment", BigIntegerField()), texts["points"], texts["bins"], texts["incomplete"]),
    )


def _replayed(version: ScorecardVersion, columns: dict[str, list[Any]]) -> Iterator[Finding]:
    kept = Kept(
        facts=facts_of_texts(columns["facts"]),
        raw_score=np.array(columns["raw_score"], dtype=np.int64),
        credit_score=np.array(columns["credit_score"], dtype=np.int64),
        default_probability=np.array(columns["default_probability"], dtype=np.float64),
        segment=columns["segment"],
        dsr=np.array([np.nan if ratio is None else ratio for ratio in columns["dsr"]], dtype=np.float64),
        monthly_installment=np.array(columns["monthly_installment"], dtype=np.float64) / SEN,
        points=coded(columns["points"]),
        bins=coded(columns["bins"]),
        incomplete=coded(columns["incomplete"]),
    )
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
    latest = Subquery(Score.objects.filter(loan=OuterRef("loan")).order_by("-pk").values("pk")[:1])
    carried = Q(
        loan__credit_score=F("credit_score"),
        loan__default_probability=F("default_probability"),
        loan__segment=F("segment"),
        loan__scored_at=F("run__scored_at"),
    )
    others = Score.objects.filter(pk=latest).exclude(pk__in=Score.objects.filter(carried).values("pk"))
    unfounded = Loan.objects.filter(scored_at__isnull=False, scores__isnull=True)
    numbers = [*others.values_list("loan__loan_number", flat=True), *unfounded.values_list("loan_number", flat=True)]
    for number in numbers:
        sentence = _("Financing %(number)s does not carry its latest score.") % {"number": number}
        yield Finding(code="loan_differs", sentence=sentence)


def _loan_runs() -> Iterator[Finding]:
    """Runs of stored loans: the rows that are there beside the counts that were taken."""
    scores = _counted(Score.objects)
    refusals = _counted(Refusal.objects)
    for run in ScoringRun.objects.filter(stored_file__isnull=True).order_by("scored_at", "pk"):
        yield from _run_findings(run, (scores.get(run.pk, 0), refusals.get(run.pk, 0)))


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
