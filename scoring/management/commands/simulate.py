"""Say what a scorecard would do to stored financing."""

import time
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _
from rich.console import Console

from bprs.access.models import User
from bprs.jobs.models import Job
from bprs.jobs.tasks import run_job
from bprs.management.refusals import refuse_unmigrated, said_plainly
from loans.models import Akad, Purpose, Status
from scoring.management.cards import card_labelled
from scoring.management.people import active_user
from scoring.management.simulation_tables import figures_table, matrix_table
from scoring.models import Simulation
from scoring.models.simulations import USUAL_LOSS
from scoring.portfolio import Portfolio
from scoring.services.simulate import simulate
from scoring.simulation_figures import figures_of

NOT_SIMULATED = 2
SECONDS_BETWEEN_LOOKS = 0.5


class Command(BaseCommand):
    help = (
        "Score stored financing with a scorecard and with another one, say who would land in which segment, and keep it. "
        "No financing and no score is changed. Exit codes: 0 done; 2 not done."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("card", help="a label such as rescaled-1")
        parser.add_argument("--against", default="", metavar="LABEL", help="default: the card in force")
        parser.add_argument("--user", required=True, help="who asks: their branches and rights apply")
        parser.add_argument("--branch", nargs="+", default=(), metavar="CODE", help="branch codes")
        parser.add_argument("--akad", nargs="+", default=(), choices=Akad.values, metavar="AKAD")
        parser.add_argument("--purpose", nargs="+", default=(), choices=Purpose.values, metavar="PURPOSE")
        parser.add_argument("--status", nargs="+", default=(), choices=Status.values, metavar="STATUS")
        for name in ("applied-from", "applied-to", "disbursed-from", "disbursed-to"):
            parser.add_argument(f"--{name}", type=date.fromisoformat, metavar="YYYY-MM-DD")
        parser.add_argument(
            "--lgd", type=Decimal, default=USUAL_LOSS, help=f"loss given default, 0 to 1 (default: {USUAL_LOSS})"
        )

    def handle(self, *, card: str, against: str, user: str, lgd: Decimal, **options: Any) -> None:
        refuse_unmigrated(exit_code=NOT_SIMULATED)
        now = timezone.now()
        with said_plainly(exit_code=NOT_SIMULATED):
            simulation = simulate(
                version=card_labelled(card, at=now),
                against=card_labelled(against, at=now),
                portfolio=_portfolio(options),
                loss_given_default=_share(lgd),
                asked_by=_allowed(user),
                asked_at=now,
            )
        if simulation.job is not None:
            _wait_for(simulation.job)
            simulation.refresh_from_db()
        self._say(simulation)

    def _say(self, simulation: Simulation) -> None:
        if not simulation.is_complete:
            message = simulation.job.error.get("message", "") if simulation.job else ""
            raise CommandError(message or _("It was not finished, so there is no result."), returncode=NOT_SIMULATED)
        figures = figures_of(simulation)
        console = Console(file=self.stdout)  # type: ignore[arg-type]  # it writes and flushes
        console.print(matrix_table(simulation, figures))
        console.print(figures_table(simulation, figures))
        self.stdout.write(_("Kept as simulation %(id)s.") % {"id": simulation.pk})


def _portfolio(options: dict[str, Any]) -> Portfolio:
    lists = {"branches": "branch", "akads": "akad", "purposes": "purpose", "statuses": "status"}
    dates = ("applied_from", "applied_to", "disbursed_from", "disbursed_to")
    chosen: dict[str, Any] = {name: tuple(options[option]) for name, option in lists.items()}
    return Portfolio(**chosen, **{name: options[name] for name in dates})


def _share(lgd: Decimal) -> Decimal:
    if not 0 <= lgd <= 1:
        raise CommandError(_("The loss given default is from 0 to 1."), returncode=NOT_SIMULATED)
    return lgd


def _allowed(username: str) -> User:
    user = active_user(username, exit_code=NOT_SIMULATED)
    if not user.has_perm("scoring.simulate_card"):
        message = _("%(name)s may not simulate a scorecard.") % {"name": username}
        raise CommandError(message, returncode=NOT_SIMULATED)
    return user


def _wait_for(job: Job) -> None:
    """Do the work here, unless a worker was quicker to take it."""
    run_job(str(job.pk))
    job.refresh_from_db()
    while not job.is_over:
        time.sleep(SECONDS_BETWEEN_LOOKS)
        job.refresh_from_db()
