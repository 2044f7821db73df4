"""What a worker does for scoring."""

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from bprs.jobs.models import Job
from bprs.jobs.work import Part, Work
from bprs.spreadsheets import Language
from scoring.engine import Comparison
from scoring.models import LoanSelection, RunPart, ScoringRun, Simulation
from scoring.portfolio import Portfolio
from scoring.services.applications import ScoredChunk
from scoring.services.open_runs import close_loan_run, score_into
from scoring.services.run_workbooks import new_workbook, put_in_place
from scoring.services.score_file import close_run, opened_for_reading, parts_of, warnings_of, write_part
from scoring.services.shadow import compare_shadowed, shadowed
from scoring.services.simulate import close_simulation, compare_loans, stretches


class _ScoringWork(Work):
    """Work under a run that was opened when it was asked for."""

    @property
    def run_id(self) -> UUID:
        return UUID(self.param("run_id"))

    @classmethod
    def result_url(cls, job: Job) -> str:
        return reverse("admin:scoring_scoringrun_change", args=[job.params["run_id"]])


class ScoreFileWork(_ScoringWork):
    """Score a file with the card of its run; a part is a file of results."""

    title = _("Scoring of a file")

    def parts(self, skip: Container[int]) -> Iterator[Part]:
        """:raises SpreadsheetRefused: if the file cannot be read"""
        run = ScoringRun.objects.select_related("version", "stored_file").get(pk=self.run_id)
        with opened_for_reading(run) as reading:
            ScoringRun.objects.filter(pk=run.pk, is_complete=False).update(warnings=warnings_of(reading))
            for index, chunks in parts_of(reading, run.version.card):
                if index not in skip:
                    scored = list(chunks)
                    rows = sum(chunk.parsed.account.rows_read for chunk in scored)
                    yield Part(index=index, rows=rows, run=partial(self._write, run, index, scored))

    def conclude(self, results: Sequence[Mapping[str, Any]], *, at: datetime, is_whole: bool) -> Mapping[str, Any]:
        run = close_run(run_id=self.run_id, is_whole=is_whole, at=at)
        return {
            "run_id": str(run.pk),
            "total_rows": run.scored_count,
            "high_risk_count": run.high_risk_count,
            "rows_read": run.rows_read,
            "rejected_rows": run.rejected_count,
            "blank_rows": run.blank_count,
        }

    def _write(self, run: ScoringRun, index: int, scored: list[ScoredChunk]) -> Mapping[str, Any]:
        part = write_part(run, index, scored)
        part.save(force_insert=True)
        return _account(part)


class ScoreLoansWork(_ScoringWork):
    """Score the loans that were selected when the job was asked for."""

    title = _("Scoring of financing")

    def parts(self, skip: Container[int]) -> Iterator[Part]:
        selections = LoanSelection.objects.filter(job=self.job)
        for index in selections.order_by("index").values_list("index", flat=True):
            if index not in skip:
                loan_ids = selections.get(index=index).loan_ids
                score = partial(score_into, run_id=self.run_id, loan_ids=loan_ids)
                yield Part(index=index, rows=len(loan_ids), run=score)

    def conclude(self, results: Sequence[Mapping[str, Any]], *, at: datetime, is_whole: bool) -> Mapping[str, Any]:
        return close_loan_run(run_id=self.run_id, is_whole=is_whole, at=at)


class WriteWorkbookWork(_ScoringWork):
    """Write the results of a file into a workbook: outside of any transaction, for it takes minutes."""

    title = _("Workbook of results")
    beginning = _("The workbook is being written. It can be downloaded once it is done.")

    @property
    def language(self) -> Language | None:
        """That of the people it is for; None if it is for programs."""
        layout = self.job.params.get("layout")
        return layout if layout in ("id", "en") else None

    def parts(self, skip: Container[int]) -> Iterator[Part]:
        """:raises ResultsChanged: if the results are not what was written"""
        run = ScoringRun.objects.select_related("version").get(pk=self.run_id)
        if 0 in skip:
            return
        with new_workbook(run, self.language) as workbook:
            yield Part(index=0, rows=self.job.total_count or 0, run=partial(self._keep, run, workbook))

    def conclude(self, results: Sequence[Mapping[str, Any]], *, at: datetime, is_whole: bool) -> Mapping[str, Any]:
        return {"run_id": str(self.run_id)}

    def _keep(self, run: ScoringRun, workbook: Path) -> Mapping[str, Any]:
        put_in_place(run, self.language, workbook)
        return {}


class SimulateWork(Work):
    """Score stored financing with two cards and compare; a part is a stretch of keys. Nothing is written but the result."""

    title = _("Simulation of a scorecard")
    beginning = _("Financing is being read and scored with both scorecards. Nothing of it is changed.")

    @classmethod
    def result_url(cls, job: Job) -> str:
        return reverse("admin:scoring_simulation_change", args=[job.params["simulation_id"]])

    def parts(self, skip: Container[int]) -> Iterator[Part]:
        """Reading and computing need no transaction."""
        simulation = Simulation.objects.select_related("shadow", "against").get(pk=self.param("simulation_id"))
        compared = _comparer(simulation)
        for index, keys in enumerate(stretches(int(self.param("first")), int(self.param("last")))):
            if index not in skip:
                comparison = compared(keys)
                yield Part(index=index, rows=int(comparison.total.sum("count")), run=comparison.to_dict)

    def conclude(self, results: Sequence[Mapping[str, Any]], *, at: datetime, is_whole: bool) -> Mapping[str, Any]:
        simulation_id = UUID(self.param("simulation_id"))
        close_simulation(simulation_id=simulation_id, results=results, finished_at=at, is_whole=is_whole)
        return {"simulation_id": str(simulation_id)}


def _comparer(simulation: Simulation) -> Callable[[tuple[int, int]], Comparison]:
    """Of stored financing by its keys, or of what a shadow scored by the keys of that."""
    if simulation.shadow is not None:
        scores = shadowed(simulation.shadow, simulation.against)
        return lambda keys: compare_shadowed(simulation, scores.filter(pk__range=keys))
    loans = Portfolio.from_dict(simulation.portfolio).loans()
    return lambda keys: compare_loans(simulation, loans.filter(pk__range=keys))


def _account(part: RunPart) -> Mapping[str, Any]:
    return {
        "rows_read": part.rows_read,
        "accepted": part.scored_count,
        "rejected": part.rejected_count,
        "blank": part.blank_count,
        "high_risk": part.high_risk_count,
    }
