"""The figures of the overview: cells added up, one query a chart."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Self

from django.db.models import Max, Min, Sum

from bprs.access.models import User
from scoring.models import Decision, OverviewCell
from scoring.models.overview import OverviewCellQuerySet

NPF, DEFAULT, NOBODY = "npf", "default", "0"
Series = Mapping[str, "Tally"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    count: int = 0
    amount: Decimal = Decimal(0)
    waited: timedelta = timedelta(0)
    expected: Decimal = Decimal(0)

    def __add__(self, other: Self) -> "Tally":
        return Tally(
            count=self.count + other.count,
            amount=self.amount + other.amount,
            waited=self.waited + other.waited,
            expected=self.expected + other.expected,
        )

    @property
    def average_days(self) -> float:
        return self.waited / timedelta(days=1) / self.count


NOTHING = Tally()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Whose overview, and of what: the months of application are whole ones, named by their first day."""

    user: User
    branch_id: int | None = None
    akad: str = ""
    since: date | None = None
    until: date | None = None

    def cells(self) -> OverviewCellQuerySet:
        chosen = {"branch": self.branch_id, "akad": self.akad, "month__gte": self.since, "month__lte": self.until}
        return OverviewCell.objects.visible_to(self.user).filter(
            **{name: value for name, value in chosen.items() if value}
        )


def months_known(user: User) -> list[date]:
    """The first day of every month from the first application to the last, newest first."""
    ends = OverviewCell.objects.visible_to(user).aggregate(first=Min("month"), last=Max("month"))
    if ends["first"] is None:
        return []
    first, last = (end.year * 12 + end.month - 1 for end in (ends["first"], ends["last"]))
    return [date(month // 12, month % 12 + 1, 1) for month in range(last, first - 1, -1)]


def tallies(scope: Scope, chart: OverviewCell.Chart) -> dict[str, dict[str, Tally]]:
    """Key of the chart -> series -> what it adds up to. One query."""
    summed: dict[str, dict[str, Tally]] = defaultdict(dict)
    for row, tally in _summed(scope, chart, "key", "series"):
        summed[row["key"]][row["series"]] = tally
    return summed


def decisions_by(scope: Scope) -> tuple[dict[str, dict[str, Tally]], dict[str, dict[str, Tally]]]:
    """What was decided on the files of each account officer, and in each branch. One query."""
    officers: dict[str, dict[str, Tally]] = defaultdict(dict)
    branches: dict[str, dict[str, Tally]] = defaultdict(dict)
    for row, tally in _summed(scope, OverviewCell.Chart.DECISIONS, "key", "branch", "series"):
        for found in (officers[row["key"]], branches[str(row["branch"])]):
            found[row["series"]] = found.get(row["series"], NOTHING) + tally
    return officers, branches


def whole(series: Series) -> Tally:
    return sum(series.values(), NOTHING)


def approved(series: Series) -> Tally:
    return _of(series, (Decision.Outcome.APPROVED, Decision.Override.LOW_SIDE))


def against_the_score(series: Series) -> Tally:
    return _of(series, (Decision.Override.LOW_SIDE, Decision.Override.HIGH_SIDE))


def _of(series: Series, names: Iterable[str]) -> Tally:
    return sum((series.get(name, NOTHING) for name in names), NOTHING)


def _summed(scope: Scope, chart: OverviewCell.Chart, *by: str) -> Iterator[tuple[dict[str, Any], Tally]]:
    sums = {f"sum_{name}": Sum(name) for name in ("count", "amount", "waited", "expected")}
    for row in scope.cells().filter(chart=chart).order_by(*by).values(*by).annotate(**sums):
        yield row, Tally(**{name.removeprefix("sum_"): row[name] for name in sums})
