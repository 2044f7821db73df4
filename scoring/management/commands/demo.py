"""Load the demo bank."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from bprs.management.refusals import refuse_unmigrated, said_plainly
from scoring.demo.bank import CUSTOMERS, LOANS, SEED, DemoBank, make_demo_bank
from scoring.management.tables import first_loans_table, portfolio_table
from scoring.models import ScoringRun
from scoring.services.demo_bank import holds_customers, open_demo_bank


class Command(BaseCommand):
    help = (
        "Load the demo bank into an empty database and score its portfolio. The same seed, sizes and day make the "
        "same bank. Exit codes: 0 loaded (or --if-empty and not empty); 1 refused."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--customers", type=_count, default=CUSTOMERS, help=f"how many (default {CUSTOMERS})")
        parser.add_argument("--loans", type=_count, default=LOANS, help=f"how many (default {LOANS})")
        parser.add_argument("--seed", type=_count, default=SEED, help=f"another number, another bank (default {SEED})")
        parser.add_argument("--if-empty", action="store_true", help="do nothing, quietly, when there are customers")

    def handle(self, *, customers: int, loans: int, seed: int, if_empty: bool, **_options: Any) -> None:
        refuse_unmigrated()
        if if_empty and holds_customers():
            return
        if loans and not customers:
            raise CommandError(_("Financing needs customers: give --customers."))
        with said_plainly():
            today = timezone.localdate()
            run = self._load(make_demo_bank(today=today, seed=seed, customers=customers, loans=loans))
        self._say(run, customers=customers, loans=loans)

    def _load(self, bank: DemoBank) -> ScoringRun:
        """With a bar on a terminal; nothing is drawn into a log file."""
        with _progress() as progress:
            task = progress.add_task(_("Loading the demo bank"), total=len(bank.customers) + len(bank.loans))
            return open_demo_bank(
                bank=bank, opened_at=timezone.now(), on_progress=lambda count: progress.advance(task, count)
            )

    def _say(self, run: ScoringRun, *, customers: int, loans: int) -> None:
        counts = {"customers": customers, "loans": loans, "scored": run.scored_count, "refused": run.rejected_count}
        counts["left"] = loans - run.rows_read
        self.stdout.write(
            _(
                "Loaded the demo bank: %(customers)s customers, %(loans)s financings; %(scored)s scored, %(refused)s could "
                "not be, %(left)s are left to score."
            )
            % counts
        )
        console = Console(file=self.stdout)  # type: ignore[arg-type]  # it writes and flushes, all that rich asks
        console.print(portfolio_table(run), first_loans_table(run))


def _progress() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty(), transient=True)


def _count(text: str) -> int:
    number = int(text)
    if number < 0:
        raise ValueError(text)
    return number
