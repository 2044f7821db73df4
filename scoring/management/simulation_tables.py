"""What the command prints about a simulation."""

from django.utils.translation import gettext as _
from rich import box
from rich.table import Table

from bprs.display import percentage, short_rupiah
from loans.models import Segment
from scoring.models import Simulation
from scoring.simulation_figures import Cell, Figures


def matrix_table(simulation: Simulation, figures: Figures) -> Table:
    """Segments of the other card as lines, those of the card as columns, with counts and rupiah."""
    title = _("From segments of %(other)s (lines) to those of %(card)s")
    table = _table(title % {"other": simulation.against.label, "card": simulation.version.label})
    table.add_column("")
    for segment in figures.matrix.segments:
        table.add_column(_named(segment), justify="right")
    table.add_column(_("Total"), justify="right")
    for line in figures.matrix.lines:
        table.add_row(_named(line.segment), *map(_shown, line.cells), _shown(line.total))
    table.add_section()
    table.add_row(_("Total"), *map(_shown, figures.matrix.totals), _shown(figures.matrix.all))
    return table


def figures_table(simulation: Simulation, figures: Figures) -> Table:
    table = _table(_("Swaps and losses"))
    table.add_column("")
    for heading in (simulation.against.label, simulation.version.label):
        table.add_column(heading, justify="right")
    swapped_in, swapped_out = figures.swapped_in, figures.swapped_out
    for label, swap in ((_("Out of the worst segment"), swapped_in), (_("Into the worst segment"), swapped_out)):
        rate = "" if swap.default_rate is None else percentage(swap.default_rate, 1)
        defaults = _("%(defaulted)s of %(known)s defaulted") % {"defaulted": swap.defaulted, "known": swap.known}
        table.add_row(label, "", f"{swap.count} ({short_rupiah(swap.amount)}); {defaults} {rate}".strip())
    table.add_row(_("Expected loss"), *(short_rupiah(loss.expected) for loss in figures.loss))
    averages = (figures.score.before, figures.score.after)
    table.add_row(_("Average score"), *("-" if score is None else f"{score:.0f}" for score in averages))
    return table


def _table(title: str) -> Table:
    return Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))


def _named(segment: str) -> str:
    if segment in Segment.values:
        return str(Segment(segment).label)
    return segment or _("Not scored")


def _shown(cell: Cell) -> str:
    return f"{cell.count} {short_rupiah(cell.amount)}" if cell.count else "0"
