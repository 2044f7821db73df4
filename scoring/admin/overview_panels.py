"""The charts of the overview: each a table whose numbers lead to the financing behind them, with its bars."""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal

from django.utils.formats import date_format, number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bprs.access.models import Branch, User
from bprs.badges import badge
from bprs.display import percentage, short_rupiah
from loans.badges import segment_badge
from loans.models import Segment, Status
from scoring.admin.loan_filters import quarter_named
from scoring.admin.overview_headlines import Headline, headlines_of
from scoring.admin.overview_parts import (
    SHARE_DIGITS,
    Bar,
    Figure,
    Links,
    Panel,
    Row,
    counted,
    links_of,
    percent_of,
    ratio,
    share,
)
from scoring.models import OverviewCell
from scoring.overview import (
    DEFAULT,
    NOBODY,
    NOTHING,
    NPF,
    Scope,
    Series,
    Tally,
    against_the_score,
    approved,
    decisions_by,
    tallies,
    whole,
)
from scoring.services.overview import STEP

Chart = OverviewCell.Chart


def overview_of(
    scope: Scope, branches: Iterable[Branch], officers: Iterable[User]
) -> tuple[list[Headline], list[Panel]]:
    """Six queries."""
    links = links_of(scope)
    portfolio = tallies(scope, Chart.PORTFOLIO)
    by_officer, by_branch = decisions_by(scope)
    officer_rows = [(NOBODY, _("Nobody's"), {"officer": "none"})]
    officer_rows = [(str(each.pk), each.known_as, {"officer": str(each.pk)}) for each in officers] + officer_rows
    branch_rows = [(str(each.pk), str(each), {"customer__branch__id__exact": str(each.pk)}) for each in branches]
    panels = [
        _portfolio(portfolio, links),
        _vintages(scope, links),
        _defaults(scope, links),
        _scores(scope, links),
        _speed(scope, links),
        _decisions("branches", gettext_lazy("Decisions by branch"), by_branch, branch_rows, links),
        _decisions("officers", gettext_lazy("Decisions by account officer"), by_officer, officer_rows, links),
    ]
    return headlines_of(portfolio, by_branch, links), panels


def _portfolio(found: Mapping[str, Series], links: Links) -> Panel:
    most = max((whole(series).amount for series in found.values()), default=Decimal(0))

    def row(segment: str) -> Row:
        asked = {"status__exact": Status.DISBURSED.value}
        asked |= {"segment__exact": segment} if segment else {"scored": "no"}
        amount = whole(found[segment]).amount
        return Row(
            label=segment_badge(segment) if segment else badge(_("Not scored")),
            bars=(Bar(percent=percent_of(amount, most), tone=segment or "plain"),),
            figures=_standing(found[segment], asked, links),
        )

    return Panel(
        name="portfolio",
        title=gettext_lazy("Running financing by risk segment"),
        help=gettext_lazy(
            "Disbursed and not yet settled, by the amount financed. NPF is what of it is of collectibility 3 to 5; the rate is of the amount."
        ),
        heads=(gettext_lazy("Segment"), *_STANDING_HEADS),
        rows=[row(segment) for segment in (*Segment.values, "") if segment in found],
    )


_STANDING_HEADS = (
    gettext_lazy("Financing"),
    gettext_lazy("Amount"),
    gettext_lazy("NPF"),
    gettext_lazy("NPF rate"),
)


def _standing(series: Series, asked: Mapping[str, str], links: Links) -> tuple[Figure, ...]:
    """What runs, and what of it is not performing."""
    running, npf = whole(series), series.get(NPF, NOTHING)
    return (
        counted(running, links(**asked)),
        Figure(text=short_rupiah(running.amount)),
        counted(npf, links(**asked, repaid="npf")),
        Figure(text=share(npf.amount, running.amount)),
    )


def _vintages(scope: Scope, links: Links) -> Panel:
    found = tallies(scope, Chart.VINTAGE)
    rates = {key: ratio(series.get(NPF, NOTHING).amount, whole(series).amount) for key, series in found.items()}
    most = max(rates.values(), default=0.0)

    def row(quarter: str) -> Row:
        asked = {"status__exact": Status.DISBURSED.value, "vintage": quarter or "none"}
        return Row(
            label=quarter_named(quarter) if quarter else _("No date of disbursement"),
            bars=(Bar(percent=percent_of(rates[quarter], most), tone="high"),),
            figures=_standing(found[quarter], asked, links),
        )

    return Panel(
        name="vintage",
        title=gettext_lazy("NPF by quarter of disbursement"),
        help=gettext_lazy(
            "What of the running financing that was disbursed in a quarter is of collectibility 3 to 5 today. Bars: the rate of the amount."
        ),
        heads=(gettext_lazy("Disbursed"), *_STANDING_HEADS),
        rows=[row(quarter) for quarter in sorted(found)],
        peak=percentage(most, SHARE_DIGITS),
    )


def _defaults(scope: Scope, links: Links) -> Panel:
    found = {Decimal(key): series for key, series in tallies(scope, Chart.DEFAULTS).items()}

    def row(probability: Decimal) -> Row:
        series = found[probability]
        all_of_it, bad = whole(series), series.get(DEFAULT, NOTHING)
        exact = f"{probability.normalize():f}"
        asked = {"scored": "yes", "default_probability_from": exact, "default_probability_to": exact}
        return Row(
            label=percentage(probability, SHARE_DIGITS),
            bars=(
                Bar(percent=100 * ratio(all_of_it.expected, all_of_it.count), tone="plain"),
                Bar(percent=100 * ratio(bad.count, all_of_it.count), tone="high"),
            ),
            figures=(
                counted(all_of_it, links(**asked, repaid="known")),
                Figure(text=number_format(all_of_it.expected, 1, force_grouping=True)),
                counted(bad, links(**asked, repaid="defaulted")),
                Figure(text=share(bad.count, all_of_it.count)),
            ),
        )

    return Panel(
        name="defaults",
        title=gettext_lazy("Expected and observed default"),
        help=gettext_lazy(
            "Scored financing whose outcome is known, by the probability of default of its latest score. Defaulted is of collectibility 3 to 5, or written off; what still runs well may yet default."
        ),
        heads=(
            gettext_lazy("PD"),
            gettext_lazy("Financing"),
            gettext_lazy("Expected"),
            gettext_lazy("Defaulted"),
            gettext_lazy("Observed"),
        ),
        rows=[row(probability) for probability in sorted(found)],
        keys=(("plain", gettext_lazy("expected")), ("high", gettext_lazy("observed"))),
    )


def _scores(scope: Scope, links: Links) -> Panel:
    found = {int(key): whole(series) for key, series in tallies(scope, Chart.SCORES).items()}
    most, every = max((each.count for each in found.values()), default=0), sum(each.count for each in found.values())

    def row(low: int) -> Row:
        high = low + STEP - 1
        asked = links(credit_score_from=low, credit_score_to=high)
        return Row(
            label=f"{low}–{high}",  # noqa: RUF001 the dash of a range
            bars=(Bar(percent=percent_of(found[low].count, most)),),
            figures=(counted(found[low], asked), Figure(text=share(found[low].count, every))),
        )

    return Panel(
        name="scores",
        title=gettext_lazy("Distribution of scores"),
        help=gettext_lazy("All scored financing, whatever became of it, by its latest score."),
        heads=(gettext_lazy("Score"), gettext_lazy("Financing"), gettext_lazy("Share")),
        rows=[row(low) for low in sorted(found)],
    )


def _decisions(
    name: str,
    title: str | Promise,
    found: Mapping[str, Mapping[str, Tally]],
    lines: Iterable[tuple[str, str, dict[str, str]]],
    links: Links,
) -> Panel:
    def row(series: Mapping[str, Tally], label: str, asked: dict[str, str]) -> Row:
        every, yes, against = whole(series), approved(series), against_the_score(series)
        return Row(
            label=label,
            bars=(
                Bar(percent=percent_of(yes.count, every.count), tone="low"),
                Bar(percent=percent_of(against.count, every.count), tone="medium"),
            ),
            figures=(
                counted(every, links(**asked, decided="any")),
                counted(yes, links(**asked, decided="approved")),
                Figure(text=share(yes.count, every.count)),
                counted(against, links(**asked, decided="against")),
                Figure(text=share(against.count, every.count)),
                Figure(text=number_format(every.average_days, 1)),
            ),
        )

    return Panel(
        name=name,
        title=title,
        help=gettext_lazy(
            "Financing approved or rejected here, not what was recorded as decided elsewhere. Against the score: a high risk approved, or a low risk rejected. Days are from the application to the decision, on average."
        ),
        heads=(
            gettext_lazy("Branch") if name == "branches" else gettext_lazy("Account officer"),
            gettext_lazy("Decided"),
            gettext_lazy("Approved"),
            gettext_lazy("Approval rate"),
            gettext_lazy("Against the score"),
            gettext_lazy("Override rate"),
            gettext_lazy("Days"),
        ),
        rows=[row(found[key], label, asked) for key, label, asked in lines if key in found],
        is_wide=True,
        keys=(("low", gettext_lazy("approved")), ("medium", gettext_lazy("against the score"))),
    )


def _speed(scope: Scope, links: Links) -> Panel:
    found = {key: whole(series) for key, series in tallies(scope, Chart.SPEED).items()}
    most = max((each.average_days for each in found.values()), default=0.0)

    def row(month: str) -> Row:
        tally = found[month]
        return Row(
            label=date_format(date.fromisoformat(f"{month}-01"), "M Y"),
            bars=(Bar(percent=percent_of(tally.average_days, most)),),
            figures=(
                counted(tally, links(decided_in=month)),
                Figure(text=number_format(tally.average_days, 1)),
            ),
        )

    return Panel(
        name="speed",
        title=gettext_lazy("Days from application to decision"),
        help=gettext_lazy(
            "The average over what was approved or rejected in a month, from the day of the application."
        ),
        heads=(gettext_lazy("Decided in"), gettext_lazy("Decided"), gettext_lazy("Days")),
        rows=[row(month) for month in sorted(found)],
        peak=_("%(days)s days") % {"days": number_format(most, 1)},
    )
