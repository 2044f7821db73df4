"""What the overview says first: five figures, each the sum of a chart below it."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bprs.display import short_rupiah
from loans.models import Status
from scoring.admin.overview_parts import Figure, Links, counted, share
from scoring.overview import NOTHING, NPF, Series, against_the_score, approved, whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """`value` at a glance, and beside it what it is of: a number that leads to the financing behind it."""

    name: str
    label: str | Promise
    value: str
    figure: Figure
    beside: str = ""


def headlines_of(portfolio: Mapping[str, Series], decisions: Mapping[str, Series], links: Links) -> list[Headline]:
    return [*_standing(portfolio, links), *_deciding(decisions, links)]


def _standing(portfolio: Mapping[str, Series], links: Links) -> list[Headline]:
    running = sum(map(whole, portfolio.values()), NOTHING)
    npf = sum((series.get(NPF, NOTHING) for series in portfolio.values()), NOTHING)
    asked = {"status__exact": Status.DISBURSED.value}
    return [
        Headline(
            name="running",
            label=gettext_lazy("Running financing"),
            value=short_rupiah(running.amount),
            figure=counted(running, links(**asked)),
            beside=_("financing"),
        ),
        Headline(
            name="npf",
            label=gettext_lazy("NPF rate"),
            value=_share_of(npf.amount, running.amount),
            figure=counted(npf, links(**asked, repaid="npf")),
            beside=short_rupiah(npf.amount),
        ),
    ]


def _deciding(decisions: Mapping[str, Series], links: Links) -> list[Headline]:
    every, yes, against = (
        sum(map(add_up, decisions.values()), NOTHING) for add_up in (whole, approved, against_the_score)
    )
    of_all = _("of %(count)s") % {"count": number_format(every.count, force_grouping=True)}
    return [
        Headline(
            name="approved",
            label=gettext_lazy("Approval rate"),
            value=_share_of(yes.count, every.count),
            figure=counted(yes, links(decided="approved")),
            beside=of_all,
        ),
        Headline(
            name="against",
            label=gettext_lazy("Override rate"),
            value=_share_of(against.count, every.count),
            figure=counted(against, links(decided="against")),
            beside=of_all,
        ),
        Headline(
            name="days",
            label=gettext_lazy("Days from application to decision"),
            value=number_format(every.average_days, 1) if every.count else "—",
            figure=counted(every, links(decided="any")),
            beside=_("decided"),
        ),
    ]


def _share_of(part: Decimal | int, all_of_it: Decimal | int) -> str:
    return share(part, all_of_it) if all_of_it else "—"
