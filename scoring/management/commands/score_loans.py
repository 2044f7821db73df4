"""Score stored financing."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _
from rich.console import Console

from bprs.management.refusals import refuse_unmigrated, said_plainly
from scoring.management.selection import (
    NOTHING_SCORED,
    SOME_REFUSED,
    add_selection_arguments,
    chosen_loans,
    scorer,
)
from scoring.management.tables import portfolio_table
from scoring.messages import sentence
from scoring.models import ScoringRun, Source
from scoring.services.score_loans import score_loans

REFUSALS_SHOWN = 20


class Command(BaseCommand):
    help = (
        "Score stored financing with the card in force; filters narrow it, all of them apply at once. "
        "Exit codes: 0 all scored; 1 some refused, each named on standard error; 2 nothing scored."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        add_selection_arguments(parser)

    def handle(self, *, user: str, **options: Any) -> None:
        refuse_unmigrated(exit_code=NOTHING_SCORED)
        scored_by = scorer(user)
        loans = chosen_loans(scored_by, options)
        with said_plainly(exit_code=NOTHING_SCORED):
            run = score_loans(loans=loans, scored_by=scored_by, scored_at=timezone.now(), source=Source.COMMAND)
        self._say(run)
        if not run.scored_count:
            raise CommandError(_("Nothing was scored."), returncode=NOTHING_SCORED)
        if run.rejected_count:
            raise SystemExit(SOME_REFUSED)

    def _say(self, run: ScoringRun) -> None:
        counts = {"scored": run.scored_count, "refused": run.rejected_count}
        self.stdout.write(_("Scored %(scored)s; %(refused)s refused.") % counts)
        if run.scored_count:
            Console(file=self.stdout).print(portfolio_table(run))  # type: ignore[arg-type]  # it writes and flushes
        for refusal in run.refusals.select_related("loan").order_by("pk")[:REFUSALS_SHOWN]:
            self.stderr.write(f"{refusal.loan}: {sentence(refusal.code, refusal.params)}")
        if run.rejected_count > REFUSALS_SHOWN:
            self.stderr.write(_("… and %(count)s more.") % {"count": run.rejected_count - REFUSALS_SHOWN})
