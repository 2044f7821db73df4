"""Score stored financing."""

from collections.abc import Sequence
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from rich.console import Console

from bprs.access.models import User
from bprs.management.refusals import refuse_unmigrated, said_plainly
from loans.models import Akad, Loan, Status
from scoring.management.people import active_user
from scoring.management.tables import portfolio_table
from scoring.messages import sentence
from scoring.models import ScoringRun, Source
from scoring.services.score_loans import score_loans

SOME_REFUSED, NOTHING_SCORED = 1, 2
REFUSALS_SHOWN = 20


class Command(BaseCommand):
    help = (
        "Score stored financing with the card in force; filters narrow it, all of them apply at once. "
        "Exit codes: 0 all scored; 1 some refused, each named on standard error; 2 nothing scored."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--user", required=True, help="who scores: their branches and rights apply")
        parser.add_argument(
            "--status", nargs="+", choices=Status.values, metavar="STATUS", help=", ".join(Status.values)
        )
        parser.add_argument("--akad", nargs="+", choices=Akad.values, metavar="AKAD", help=", ".join(Akad.values))
        parser.add_argument("--branch", nargs="+", metavar="CODE", help="branch codes")
        parser.add_argument("--loan-number", nargs="+", metavar="NUMBER", help="financing numbers")
        parser.add_argument("--unscored", action="store_true", help="only what has no score yet")

    def handle(self, *, user: str, **options: Any) -> None:
        refuse_unmigrated(exit_code=NOTHING_SCORED)
        scored_by = _scorer(user)
        loans = _chosen(scored_by, options)
        _refuse_unknown_numbers(loans, options["loan_number"] or ())
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


def _scorer(username: str) -> User:
    """The person who answers for the scores; the command asks for the same right as the button does."""
    user = active_user(username, exit_code=NOTHING_SCORED)
    if not user.has_perm("scoring.score_loan"):
        raise CommandError(_("%(name)s may not score financing.") % {"name": username}, returncode=NOTHING_SCORED)
    return user


def _chosen(scored_by: User, options: dict[str, Any]) -> QuerySet[Loan]:
    lookups = {
        "status": "status__in",
        "akad": "akad__in",
        "branch": "customer__branch__code__in",
        "loan_number": "loan_number__in",
    }
    given = {lookup: options[name] for name, lookup in lookups.items() if options[name]}
    loans = Loan.objects.visible_to(scored_by).filter(**given)
    return loans.filter(scored_at__isnull=True) if options["unscored"] else loans


def _refuse_unknown_numbers(loans: QuerySet[Loan], numbers: Sequence[str]) -> None:
    """A number that is named and not found is a mistake, not an empty selection."""
    found = set(loans.values_list("loan_number", flat=True)) if numbers else set()
    unknown = [number for number in numbers if number not in found]
    if unknown:
        raise CommandError(
            _("There is no such financing here: %(numbers)s.") % {"numbers": ", ".join(unknown)},
            returncode=NOTHING_SCORED,
        )
