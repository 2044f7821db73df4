"""Which stored financing a command is to score, and in whose name."""

from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from typing import Any

from django.core.management.base import CommandError
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from bprs.access.models import Branch, User
from loans.models import Akad, Loan, Status
from scoring.management.people import active_user

SOME_REFUSED, NOTHING_SCORED = 1, 2


def add_selection_arguments(parser: ArgumentParser) -> None:
    """All filters apply at once."""
    parser.add_argument("--user", required=True, help="who scores: their branches and rights apply")
    parser.add_argument("--status", nargs="+", choices=Status.values, metavar="STATUS", help=", ".join(Status.values))
    parser.add_argument("--akad", nargs="+", choices=Akad.values, metavar="AKAD", help=", ".join(Akad.values))
    parser.add_argument("--branch", nargs="+", metavar="CODE", help="branch codes")
    parser.add_argument("--loan-number", nargs="+", metavar="NUMBER", help="financing numbers")
    parser.add_argument("--unscored", action="store_true", help="only what has no score yet")


def scorer(username: str) -> User:
    """The person who answers for the scores; the command asks for the same right as the button does."""
    user = active_user(username, exit_code=NOTHING_SCORED)
    if not user.has_perm("scoring.score_loan"):
        raise CommandError(_("%(name)s may not score financing.") % {"name": username}, returncode=NOTHING_SCORED)
    return user


def chosen_loans(scored_by: User, options: Mapping[str, Any]) -> QuerySet[Loan]:
    """
    What the filters leave of the financing this person may see.

    :raises CommandError: for a branch or a number that is none of it
    """
    lookups = {
        "status": "status__in",
        "akad": "akad__in",
        "branch": "customer__branch__code__in",
        "loan_number": "loan_number__in",
    }
    _refuse_unknown_branches(scored_by, options["branch"] or ())
    given = {lookup: options[name] for name, lookup in lookups.items() if options[name]}
    loans = Loan.objects.visible_to(scored_by).filter(**given)
    _refuse_unknown_numbers(loans, options["loan_number"] or ())
    return loans.filter(scored_at__isnull=True) if options["unscored"] else loans


def _refuse_unknown_branches(scored_by: User, codes: Sequence[str]) -> None:
    known = set(Branch.objects.visible_to(scored_by).values_list("code", flat=True)) if codes else set()
    unknown = [code for code in codes if code not in known]
    if unknown:
        raise CommandError(
            _("There is no such branch here: %(codes)s.") % {"codes": ", ".join(unknown)}, returncode=NOTHING_SCORED
        )


def _refuse_unknown_numbers(loans: QuerySet[Loan], numbers: Sequence[str]) -> None:
    """A number that is named and not found is a mistake, not an empty selection."""
    found = set(loans.values_list("loan_number", flat=True)) if numbers else set()
    unknown = [number for number in numbers if number not in found]
    if unknown:
        raise CommandError(
            _("There is no such financing here: %(numbers)s.") % {"numbers": ", ".join(unknown)},
            returncode=NOTHING_SCORED,
        )
