"""What a chart of the overview is made of, and the addresses its numbers lead to."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.safestring import SafeString

from bprs.display import percentage
from scoring.overview import Scope, Tally

Links = Callable[..., str]
SHARE_DIGITS = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """`count` is there where the link leads to as many financings."""

    text: str
    url: str = ""
    count: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """How much of the whole width; the tone names a class."""

    percent: float
    tone: str = "plain"

    @property
    def above(self) -> float:
        """What is left over a column."""
        return 100 - self.percent


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    label: str | SafeString
    bars: tuple[Bar, ...]
    figures: tuple[Figure, ...]

    @property
    def last(self) -> str:
        """What the bars show, as a number."""
        return self.figures[-1].text


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """With a `peak`, what its highest bar says, its rows follow each other in time: drawn as columns, with the table to unfold."""

    name: str
    title: str | Promise
    help: str | Promise
    heads: tuple[str | Promise, ...]
    rows: list[Row] = field(default_factory=list)
    keys: tuple[tuple[str, str | Promise], ...] = ()
    peak: str = ""
    is_wide: bool = False

    @property
    def ends(self) -> list[Row]:
        """The first and the last, and what is between them in the middle: what a line of columns is labelled with."""
        last = len(self.rows) - 1
        return [self.rows[place] for place in sorted({0, last // 2, last})]


def links_of(scope: Scope) -> Links:
    """Addresses of the list of financing, narrowed to what the overview is of."""
    narrowed = {
        "customer__branch__id__exact": scope.branch_id,
        "akad__exact": scope.akad,
        "application_date_from": scope.since,
        "application_date_to": _last_day(scope.until) if scope.until else None,
    }
    base = {name: value for name, value in narrowed.items() if value}
    address = reverse("admin:loans_loan_changelist")
    return lambda **asked: f"{address}?{urlencode({**base, **asked})}"


def counted(tally: Tally, url: str) -> Figure:
    text = number_format(tally.count, force_grouping=True)
    return Figure(text=text, url=url if tally.count else "", count=tally.count)


def ratio(part: Decimal | float, all_of_it: Decimal | float) -> float:
    return float(part) / float(all_of_it) if all_of_it else 0.0


def percent_of(part: Decimal | float, all_of_it: Decimal | float) -> float:
    return 100 * ratio(part, all_of_it)


def share(part: Decimal | float, all_of_it: Decimal | float) -> str:
    return percentage(ratio(part, all_of_it), SHARE_DIGITS)


def _last_day(month: date) -> date:
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
