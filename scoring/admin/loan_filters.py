"""Filters of the list of financing that ask what came of it: how it was decided, paid out and repaid."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter

from loans.models import LoanQuerySet
from loans.selectors import DEFAULTED, NON_PERFORMING, OUTCOME_KNOWN
from scoring.models import Decision

QUARTERS_OFFERED, MONTHS_OFFERED = 20, 24
_FINAL = Q(outcome__in=[Decision.Outcome.APPROVED, Decision.Outcome.REJECTED])
_DECIDED = {
    "any": _FINAL,
    "approved": Q(outcome=Decision.Outcome.APPROVED),
    "rejected": Q(outcome=Decision.Outcome.REJECTED),
    "against": _FINAL & ~Q(override=""),
    "low_side": Q(override=Decision.Override.LOW_SIDE),
    "high_side": Q(override=Decision.Override.HIGH_SIDE),
}
_REPAID = {
    "npf": Q(collectibility__in=NON_PERFORMING),
    "defaulted": DEFAULTED,
    "good": OUTCOME_KNOWN & ~DEFAULTED,
    "known": OUTCOME_KNOWN,
}


class DecidedFilter(DropdownFilter):
    """Financing decided on here; what head office recorded as approved has no decision."""

    title = _("decision")
    parameter_name = "decided"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("any", str(_("Decided"))),
            ("approved", str(_("Approved"))),
            ("rejected", str(_("Rejected"))),
            ("against", str(_("Against the score"))),
            ("low_side", str(Decision.Override.LOW_SIDE.label)),
            ("high_side", str(Decision.Override.HIGH_SIDE.label)),
        ]

    def queryset(self, request: HttpRequest, queryset: LoanQuerySet) -> LoanQuerySet:
        condition = _DECIDED.get(self.value() or "")
        return queryset if condition is None else queryset.filter(_has_decision(condition))


class DecidedInFilter(DropdownFilter):
    title = _("month of decision")
    parameter_name = "decided_in"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(f"{month:%Y-%m}", date_format(month, "F Y")) for month in _months_back(MONTHS_OFFERED)]

    def queryset(self, request: HttpRequest, queryset: LoanQuerySet) -> LoanQuerySet:
        month = _number_of(self.value(), 12)
        if month is None:
            return queryset
        since, until = (
            timezone.make_aware(datetime.combine(_month(each), datetime.min.time())) for each in (month, month + 1)
        )
        return queryset.filter(_has_decision(_FINAL & Q(decided_at__gte=since, decided_at__lt=until)))


class VintageFilter(DropdownFilter):
    title = _("quarter of disbursement")
    parameter_name = "vintage"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        today = timezone.localdate()
        latest = today.year * 4 + (today.month - 1) // 3
        offered = [f"{n // 4}-{n % 4 + 1}" for n in range(latest, latest - QUARTERS_OFFERED, -1)]
        return [*((value, quarter_named(value)) for value in offered), ("none", str(_("No date of disbursement")))]

    def queryset(self, request: HttpRequest, queryset: LoanQuerySet) -> LoanQuerySet:
        if self.value() == "none":
            return queryset.filter(disbursed_date__isnull=True)
        quarter = _number_of(self.value(), 4)
        if quarter is None:
            return queryset
        return queryset.filter(disbursed_date__gte=_month(quarter * 3), disbursed_date__lt=_month(quarter * 3 + 3))


class RepaymentFilter(DropdownFilter):
    title = _("repayment")
    parameter_name = "repaid"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("npf", str(_("Non-performing: collectibility 3 to 5"))),
            ("defaulted", str(_("Defaulted: non-performing or written off"))),
            ("good", str(_("Not defaulted so far"))),
            ("known", str(_("With a known outcome"))),
        ]

    def queryset(self, request: HttpRequest, queryset: LoanQuerySet) -> LoanQuerySet:
        condition = _REPAID.get(self.value() or "")
        return queryset if condition is None else queryset.filter(condition)


def quarter_named(value: str) -> str:
    """«2025-3» as people write it."""
    year, _dash, quarter = value.partition("-")
    return str(_("Q%(quarter)s %(year)s") % {"quarter": quarter, "year": year})


def _has_decision(condition: Q) -> Exists:
    return Exists(Decision.objects.filter(condition, loan=OuterRef("pk")))


def _number_of(value: str | None, parts: int) -> int | None:
    """Of «year-part», counted from the year 0; None if it is none."""
    year, _dash, part = (value or "").partition("-")
    if not (year.isdecimal() and part.isdecimal() and 1900 <= int(year) <= 2200 and 1 <= int(part) <= parts):  # noqa: PLR2004
        return None
    return int(year) * parts + int(part) - 1


def _month(number: int) -> date:
    return date(number // 12, number % 12 + 1, 1)


def _months_back(count: int) -> Iterator[date]:
    today = timezone.localdate()
    latest = today.year * 12 + today.month - 1
    return (_month(number) for number in range(latest, latest - count, -1))
