"""Which stored financing is meant: everything, or what fits all of the choices."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date
from typing import Any, Self

from django.db.models import Q
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bprs.access.models import Branch, User
from bprs.errors import DomainError
from loans.models import Akad, Loan, LoanQuerySet, Purpose, Status

DATES = {
    "applied_from": "application_date__gte",
    "applied_to": "application_date__lte",
    "disbursed_from": "disbursed_date__gte",
    "disbursed_to": "disbursed_date__lte",
}
LISTS = {
    "branches": "customer__branch__code__in",
    "akads": "akad__in",
    "purposes": "purpose__in",
    "statuses": "status__in",
}
LABELS = {
    "branches": gettext_lazy("Branch"),
    "akads": gettext_lazy("Akad"),
    "purposes": gettext_lazy("Purpose"),
    "statuses": gettext_lazy("Status"),
    "applied_from": gettext_lazy("Applied from"),
    "applied_to": gettext_lazy("Applied up to"),
    "disbursed_from": gettext_lazy("Disbursed from"),
    "disbursed_to": gettext_lazy("Disbursed up to"),
}
_WORDS: dict[str, Callable[[str], str]] = {
    "akads": lambda value: str(Akad(value).label),
    "purposes": lambda value: str(Purpose(value).label),
    "statuses": lambda value: str(Status(value).label),
}


class PortfolioRefused(DomainError):
    """The choices cannot mean what was wanted; `fields` says which."""

    code = "portfolio_refused"
    status = 422


@dataclass(frozen=True, slots=True, kw_only=True)
class Portfolio:
    """An empty choice leaves nothing out. Both ends of a stretch of time are in it; `branches` are codes."""

    branches: tuple[str, ...] = ()
    akads: tuple[str, ...] = ()
    purposes: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    applied_from: date | None = None
    applied_to: date | None = None
    disbursed_from: date | None = None
    disbursed_to: date | None = None

    def loans(self) -> LoanQuerySet:
        chosen = {**LISTS, **DATES}
        given = {lookup: getattr(self, name) for name, lookup in chosen.items() if getattr(self, name)}
        return Loan.objects.filter(Q(**given))

    def seen_by(self, user: User) -> Self:
        """
        Leave out what the user may not see, and say so by naming the branches.

        :raises PortfolioRefused: for a branch that is not there or not the user's, or a time that ends before it begins
        """
        self._refuse_backward_times()
        codes = set(Branch.objects.visible_to(user).values_list("code", flat=True))
        unknown = [code for code in self.branches if code not in codes]
        if unknown:
            raise _refused("branches", _("There is no such branch here: %(codes)s.") % {"codes": ", ".join(unknown)})
        if self.branches or user.has_every_branch():
            return self
        if not codes:
            raise _refused("branches", _("You work in no branch, so there is no financing for you to see."))
        return type(self)(**{**asdict(self), "branches": tuple(sorted(codes))})

    def to_dict(self) -> dict[str, Any]:
        """Write down the choices that were made; `from_dict` reads them back."""
        written = {
            name: value.isoformat() if isinstance(value, date) else list(value or ())
            for name, value in asdict(self).items()
        }
        return {name: value for name, value in written.items() if value}

    @classmethod
    def from_dict(cls, written: Mapping[str, Any]) -> Self:
        read: dict[str, Any] = {name: tuple(written[name]) for name in LISTS if name in written}
        read |= {name: date.fromisoformat(written[name]) for name in DATES if name in written}
        return cls(**read)

    def choices(self) -> list[tuple[str, str]]:
        """Say for people what was chosen, by what it is."""
        named = [(field.name, getattr(self, field.name)) for field in fields(self)]
        return [(str(LABELS[name]), _in_words(name, value)) for name, value in named if value]

    def _refuse_backward_times(self) -> None:
        for since, until in (("applied_from", "applied_to"), ("disbursed_from", "disbursed_to")):
            begin, end = getattr(self, since), getattr(self, until)
            if begin and end and end < begin:
                raise _refused(until, _("The last day is before the first."))


def _refused(field: str, reason: str) -> PortfolioRefused:
    return PortfolioRefused(reason, fields={field: reason})


def _in_words(name: str, value: date | Sequence[str]) -> str:
    if isinstance(value, date):
        return str(date_format(value, "j M Y"))
    return ", ".join(_WORDS[name](each) if name in _WORDS else each for each in value)
