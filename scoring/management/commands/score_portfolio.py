"""Score all stored financing again, by several background workers."""

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from bprs.jobs.models import Job
from bprs.jobs.selectors import is_unattended
from bprs.management.refusals import refuse_unmigrated, said_plainly
from scoring.management.selection import NOTHING_SCORED, SOME_REFUSED, add_selection_arguments, chosen_loans, scorer
from scoring.models import ScoringRun, Source
from scoring.services.score_selection import score_in_jobs

SECONDS_BETWEEN_LOOKS = 0.5


class Command(BaseCommand):
    help = (
        "Score stored financing with the card in force by the background workers: what is chosen is divided into jobs of "
        "their own runs, which several workers do at once. Filters narrow it, all of them apply at once. Exit codes: "
        "0 all scored; 1 some refused, or a job was not done to its end; 2 nothing scored."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        add_selection_arguments(parser)
        parser.add_argument(
            "--jobs",
            type=int,
            default=settings.Q_CLUSTER["workers"],
            metavar="N",
            help="how many workers may do it at once (default: the number that serve starts, %(default)s)",
        )
        parser.add_argument("--no-wait", action="store_true", help="end as soon as the jobs are queued")

    def handle(self, *, user: str, jobs: int, no_wait: bool, **options: Any) -> None:
        refuse_unmigrated(exit_code=NOTHING_SCORED)
        if jobs < 1:
            raise CommandError(_("There must be at least one job."), returncode=NOTHING_SCORED)
        scored_by = scorer(user)
        with said_plainly(exit_code=NOTHING_SCORED):
            runs = score_in_jobs(
                loans=chosen_loans(scored_by, options),
                scored_by=scored_by,
                scored_at=timezone.now(),
                source=Source.COMMAND,
                most_jobs=jobs,
            )
            if not runs:
                raise CommandError(_("Nothing was scored."), returncode=NOTHING_SCORED)
            self.stdout.write(
                _("%(count)s jobs are queued; they go on whatever becomes of this command.") % {"count": len(runs)}
            )
            if not no_wait:
                self._wait_for([run.pk for run in runs])

    def _wait_for(self, run_ids: Sequence[UUID]) -> None:
        self._watch(run_ids)
        runs = list(ScoringRun.objects.filter(pk__in=run_ids).select_related("job"))
        scored, refused = sum(run.scored_count for run in runs), sum(run.rejected_count for run in runs)
        self.stdout.write(_("Scored %(scored)s; %(refused)s refused.") % {"scored": scored, "refused": refused})
        unfinished = [run.job for run in runs if run.job and run.job.state != Job.State.DONE]
        for job in unfinished:
            self.stderr.write(_("The job %(job)s is %(state)s.") % {"job": job.pk, "state": job.get_state_display()})
        if not scored:
            raise CommandError(_("Nothing was scored."), returncode=NOTHING_SCORED)
        if refused or unfinished:
            raise SystemExit(SOME_REFUSED)

    def _watch(self, run_ids: Sequence[UUID]) -> None:
        """Until every job is over. Nobody may be there to do them: that is said once."""
        is_told = False
        with _progress() as show:
            while waiting := _unfinished(run_ids):
                show(run_ids)
                if not is_told and all(is_unattended(job, at=timezone.now()) for job in waiting):
                    is_told = True
                    self.stderr.write(_("No worker takes up the jobs. Start one with manage.py work."))
                time.sleep(SECONDS_BETWEEN_LOOKS)


def _unfinished(run_ids: Sequence[UUID]) -> list[Job]:
    return list(Job.objects.filter(runs__in=run_ids, state__in=Job.UNFINISHED))


@contextmanager
def _progress() -> Iterator[Callable[[Sequence[UUID]], None]]:
    """A bar on a terminal; nothing is drawn into a log file."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty(), transient=True) as progress:
        task = progress.add_task(_("Financing"), total=None)

        def show(run_ids: Sequence[UUID]) -> None:
            counts = Job.objects.filter(runs__in=run_ids).aggregate(done=Sum("done_count"), all=Sum("total_count"))
            progress.update(task, completed=counts["done"] or 0, total=counts["all"])

        yield show
