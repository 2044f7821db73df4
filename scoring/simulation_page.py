"""What the page of a simulation shows: the matrix, the swaps, the scores over each other, the movers with their reasons."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from bprs.access.models import User
from bprs.badges import badge
from loans.badges import segment_badge
from loans.models import Loan, Segment
from scoring.engine import Mover, Scorecard, content_hash_of
from scoring.messages import sentence, shown_label
from scoring.models import Simulation
from scoring.portfolio import Portfolio
from scoring.simulation_figures import Figures, Line, Loss, Matrix, Step, figures_of, rupiah_of_sen

CHART_HEIGHT = 100
SWAPS: Mapping[str, str | Promise] = {
    "in": _("Swapped in: out of the worst segment"),
    "out": _("Swapped out: into the worst segment"),
    "stay": _("Better than the worst segment with both"),
    "stay_out": _("In the worst segment with both"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """In units of the drawing; the wide ones are the other card's."""

    x: float
    y: float
    width: float
    height: float
    side: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    width: int
    bars: tuple[Bar, ...]
    lowest: int
    highest: int
    most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """A characteristic that gives other points; a side that does not have it has no label."""

    label: str
    before: int | None
    after: int | None
    before_bin: str
    after_bin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MoverLine:
    """`loan` is None where it is not there any more, or not for this reader."""

    mover: Mover
    loan: Loan | None
    amount: Any
    before: SafeString
    after: SafeString
    reasons: tuple[Reason, ...]


def head_context(simulation: Simulation) -> dict[str, Any]:
    now_and_then = (
        (simulation.version, simulation.content_hash),
        (simulation.against, simulation.against_hash),
    )
    return {
        "simulation": simulation,
        "choices": Portfolio.from_dict(simulation.portfolio).choices(),
        "edited": [card.label for card, then in now_and_then if content_hash_of(card.definition) != then],
        "is_being_done": simulation.job is not None and not simulation.job.is_over,
    }


def results_context(simulation: Simulation, reader: User) -> dict[str, Any]:
    """Only of a simulation that is complete. Three queries: branches, and the loans of the movers."""
    figures, comparison = figures_of(simulation), simulation.comparison
    before, after = simulation.cards
    return {
        "figures": figures,
        **matrix_context(figures),
        "swaps": [(SWAPS[swap.kind], swap) for swap in figures.swaps],
        "chart": chart_of(figures.steps),
        "groups": [(gettext("Branch"), figures.branches), (gettext("Akad"), figures.akads)],
        "losses": _losses(figures),
        "movers": list(mover_lines(comparison.movers, simulation, reader)),
        "base_points": (before.base_points, after.base_points),
        "refusals": _refusals(comparison.before.refusals, comparison.after.refusals),
    }


def matrix_context(figures: Figures) -> dict[str, Any]:
    return {
        "columns": [segment_shown(segment) for segment in figures.matrix.segments],
        "lines": [(segment_shown(line.segment), line) for line in shown_lines(figures.matrix)],
    }


def segment_shown(segment: str) -> SafeString:
    if segment in Segment.values:
        return segment_badge(segment)
    return badge(segment or gettext("Not scored"), tone="plain", icon="" if segment else "block")


def shown_lines(matrix: Matrix) -> list[Line]:
    return [line for line in matrix.lines if line.segment or line.total.count]


def chart_of(steps: Sequence[Step]) -> Chart:
    most = max((max(step.before, step.after) for step in steps), default=0) or 1
    return Chart(
        width=len(steps) * 10,
        bars=tuple(_bars(steps, most)),
        lowest=steps[0].low,
        highest=steps[-1].high,
        most=most,
    )


def mover_lines(movers: Sequence[Mover], simulation: Simulation, reader: User) -> Iterator[MoverLine]:
    visible = Loan.objects.visible_to(reader).filter(pk__among=[mover.key for mover in movers])
    loans = {loan.pk: loan for loan in visible.select_related("customer__branch")}
    for mover in movers:
        yield MoverLine(
            mover=mover,
            loan=loans.get(mover.key),
            amount=rupiah_of_sen(mover.amount),
            before=segment_shown(mover.before.segment),
            after=segment_shown(mover.after.segment),
            reasons=tuple(_reasons(mover, *simulation.cards)),
        )


def _bars(steps: Sequence[Step], most: int) -> Iterator[Bar]:
    for index, step in enumerate(steps):
        for side, count, inset in (("before", step.before, 0.5), ("after", step.after, 3.0)):
            height = count / most * CHART_HEIGHT
            yield Bar(x=index * 10 + inset, y=CHART_HEIGHT - height, width=10 - 2 * inset, height=height, side=side)


def _reasons(mover: Mover, before: Scorecard, after: Scorecard) -> Iterator[Reason]:
    labels = {each.name: each.label for card in (before, after) for each in card.characteristics}
    for name, label in labels.items():
        points = mover.before.points.get(name), mover.after.points.get(name)
        bins = mover.before.bins.get(name, ""), mover.after.bins.get(name, "")
        if points[0] != points[1] or bins[0] != bins[1]:
            yield Reason(
                label=shown_label(label),
                before=points[0],
                after=points[1],
                before_bin=shown_label(bins[0]) if bins[0] else "",
                after_bin=shown_label(bins[1]) if bins[1] else "",
            )


def _losses(figures: Figures) -> list[tuple[str, tuple[Loss, Loss]]]:
    return [
        (gettext("All of it, were it owed in full"), figures.loss),
        (gettext("Only what is better than the worst segment"), figures.accepted_loss),
    ]


def _refusals(before: Mapping[str, int], after: Mapping[str, int]) -> list[tuple[str, int, int]]:
    reasons = sorted({*before, *after}, key=lambda reason: -max(before.get(reason, 0), after.get(reason, 0)))
    return [(_refusal_said(reason), before.get(reason, 0), after.get(reason, 0)) for reason in reasons]


def _refusal_said(reason: str) -> str:
    field, code = reason.split(" ", 1)
    return sentence(code, {"field": field})
