"""What the commands print about a scoring run."""

from decimal import Decimal

from django.db.models import Count, Sum
from django.utils.translation import gettext as _
from rich import box
from rich.table import Table

from bprs.display import percentage, rupiah, short_rupiah
from loans.models import Segment
from scoring.models import ScoringRun
from scoring.selectors import explain

FIRST_LOANS = 8


def portfolio_table(run: ScoringRun) -> Table:
    """Segments with the number of loans, their share, and the exposure in rupiah with its share."""
    table = Table(
        title=_("Portfolio scored with %(card)s") % {"card": run.version.label},
        title_justify="left",
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
    )
    table.add_column(_("Segment"))
    for heading in (_("Financing"), _("Share"), _("Exposure"), _("Share of exposure")):
        table.add_column(heading, justify="right")
    found = run.scores.order_by().values("segment").annotate(loans=Count("pk"), sum=Sum("loan__principal_amount"))
    by_segment = {row["segment"]: (row["loans"], row["sum"] or Decimal(0)) for row in found}
    exposure = sum((amount for _count, amount in by_segment.values()), Decimal(0))
    for segment in Segment:
        count, amount = by_segment.get(segment.value, (0, Decimal(0)))
        table.add_row(
            str(segment.label),
            f"{count}",
            _share(count, run.scored_count),
            short_rupiah(amount),
            _share(amount, exposure),
        )
    table.add_section()
    table.add_row(_("Total"), f"{run.scored_count}", "", short_rupiah(exposure), "")
    return table


def first_loans_table(run: ScoringRun) -> Table:
    """The first loans of the run with the points each characteristic gave."""
    scores = run.scores.select_related("loan", "run__version").order_by("loan__loan_number")[:FIRST_LOANS]
    characteristics = run.version.card.characteristics
    table = Table(title=_("The first of them"), title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column(_("Financing"), no_wrap=True)
    for heading in (_("Amount"), _("Months"), *(each.name for each in characteristics), _("Score")):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column(_("Segment"))
    for score in scores:
        points = {each.name: each.points for each in explain(score).characteristics}
        table.add_row(
            str(score.loan),
            rupiah(Decimal(score.facts["loan_amount"])),
            f"{score.facts['tenor_months']}",
            *(f"{points[each.name]:+d}" for each in characteristics),
            f"{score.credit_score}",
            str(score.get_segment_display()),
        )
    return table


def _share(part: Decimal | int, whole: Decimal | int) -> str:
    return percentage(Decimal(part) / Decimal(whole), 1) if whole else "-"
