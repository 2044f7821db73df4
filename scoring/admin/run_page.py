"""What the page of a run shows: the account of its rows, figures and charts, the rows themselves, what was rejected."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _

from bprs.display import percentage
from bprs.jobs.models import Job
from loans.models import Segment
from scoring.engine import RAW_FACTS
from scoring.messages import FACT_LABELS
from scoring.models import ScoringRun
from scoring.result_pages import scored_columns
from scoring.result_rows import Order, row_page
from scoring.run_errors import error_groups
from scoring.run_figures import TOTALS, RunFigures, Step, run_figures, run_totals
from scoring.selectors import file_warnings

ROWS_ON_A_PAGE = 50
ERRORS_LISTED = 500
OUTCOME = ("row_index", "row_number", "credit_score", "segment", "default_probability", "dsr", "monthly_installment")
ORDERS: Mapping[Order, str | Promise] = {
    "file": _("Order of the file"),
    "lowest": _("Lowest score first"),
    "highest": _("Highest score first"),
}
UNFINISHED: Mapping[Job.State, str | Promise] = {
    Job.State.QUEUED: _("Scoring has not begun yet. What is here so far is not the whole file."),
    Job.State.RUNNING: _("The file is still being scored. What is here so far is not the whole file."),
    Job.State.DONE: _("Some rows of the file were not reached."),
    Job.State.PARTLY_DONE: _("Some parts of the file could not be scored and were left out."),
    Job.State.FAILED: _("The file could not be scored to its end."),
    Job.State.CANCELLED: _("Scoring was cancelled. Only what was scored until then is here."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """A count of rows, with the sign that ties it to the one before."""

    name: str
    label: str
    count: int
    sign: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Something to choose among what is shown."""

    label: str | Promise
    url: str
    is_chosen: bool


def tiles(totals: Mapping[str, int]) -> list[Tile]:
    """read = scored + rejected + blank."""
    return [
        Tile(name="read", label=pgettext("rows", "read"), count=totals["rows_read"]),
        Tile(name="scored", label=pgettext("rows", "scored"), count=totals["scored_count"], sign="="),
        Tile(name="rejected", label=pgettext("rows", "rejected"), count=totals["rejected_count"], sign="+"),
        Tile(name="blank", label=pgettext("rows", "blank"), count=totals["blank_count"], sign="+"),
    ]


def account_context(run: ScoringRun) -> dict[str, Any]:
    """Where the rows went so far, and whether there is more to come."""
    totals = run_totals(run)
    is_unfinished = run.job is not None and not run.is_complete
    return {
        "tiles": tiles(totals),
        **{name: totals[name] for name in TOTALS},
        "warnings": [warning["message"] for warning in file_warnings(run)],
        "unfinished": UNFINISHED[Job.State(run.job.state)] if run.job and is_unfinished else "",
        "job_error": run.job.error.get("message", "") if run.job and is_unfinished else "",
        "is_being_done": run.job is not None and not run.job.is_over,
    }


def run_context(run: ScoringRun) -> dict[str, Any]:
    """
    What is on the page of any run, that of a file or that of stored loans.

    :raises ResultsChanged: if the results of a file are not what was written
    """
    account = account_context(run)
    figures = run_figures(run) if account["scored_count"] else None
    return {
        **account,
        "figures": figures,
        "charts": figures and charts(run, figures),
        "score_steps": figures and [step for step in figures.scores if step.count],
        "dsr_steps": figures and dsr_steps(figures),
    }


def file_context(request: HttpRequest, run: ScoringRun) -> dict[str, Any]:
    """
    What the page of a file's run has besides: its rejected rows and its table.

    :raises ResultsChanged: if the results are not what was written
    """
    return {"error_groups": error_groups(run, limit=ERRORS_LISTED), **table_context(request, run)}


def table_context(request: HttpRequest, run: ScoringRun) -> dict[str, Any]:
    """
    A page of the scored rows, as the address asks for it.

    :raises ResultsChanged: if the results are not what was written
    """
    segment, order, number = _segment(request), _order(request), _number(request)
    offset = (number - 1) * ROWS_ON_A_PAGE
    facts = [name for name in RAW_FACTS if name in scored_columns(run)]
    page = row_page(run, (*OUTCOME, *facts), segment=segment, order=order, offset=offset, limit=ROWS_ON_A_PAGE)
    chosen = {"segment": segment.value if segment else "", "order": order}
    return {
        "fact_names": [(name, FACT_LABELS[name]) for name in facts],
        "rows": [{**row, "facts": [(name, row[name]) for name in facts]} for row in page.rows],
        "rows_count": page.count,
        "first_row": offset + 1,
        "last_row": offset + len(page.rows),
        "segment_choices": _segment_choices(run, chosen),
        "order_choices": [_choice(run, label, chosen, order=name) for name, label in ORDERS.items()],
        "previous_url": _table_url(run, chosen, page=number - 1) if number > 1 else "",
        "next_url": _table_url(run, chosen, page=number + 1) if offset + ROWS_ON_A_PAGE < page.count else "",
    }


def charts(run: ScoringRun, figures: RunFigures) -> dict[str, Any]:
    """What the script draws; the same figures stand in tables beside the charts."""
    card = run.version.card
    lowest, highest = card.score_range.lowest, card.score_range.highest
    bands = card.segment_bands
    ends = [highest, *(band.at_least for band in bands[:-1])]
    zones = [
        {
            "segment": band.segment,
            "label": str(Segment(band.segment).label),
            "start": max(band.at_least, lowest),
            "end": end,
        }
        for band, end in zip(bands, ends, strict=True)
    ]
    bars = [{"low": step.low, "high": step.high, "count": step.count} for step in figures.scores]
    steps = [{"label": label, "count": count} for label, count in dsr_steps(figures)]
    return {"scores": {"lowest": lowest, "highest": highest, "zones": zones, "bars": bars}, "dsr": steps}


def dsr_steps(figures: RunFigures) -> list[tuple[str, int]]:
    steps = [(_dsr_label(step), step.count) for step in figures.dsr]
    return [*steps, (gettext("no income"), figures.no_income_count)]


def _dsr_label(step: Step) -> str:
    if step.low is None:
        return f"< {percentage(step.high or 0, 0)}"
    if step.high is None:
        return f"≥ {percentage(step.low, 0)}"
    return f"{step.low * 100:.0f}–{percentage(step.high, 0)}"  # noqa: RUF001 from one to the other


def _segment(request: HttpRequest) -> Segment | None:
    asked = request.GET.get("segment", "")
    return Segment(asked) if asked in Segment.values else None


def _order(request: HttpRequest) -> Order:
    asked = request.GET.get("order", "")
    return next((order for order in ORDERS if order == asked), "file")


def _number(request: HttpRequest) -> int:
    asked = request.GET.get("page", "")
    return max(int(asked), 1) if asked.isascii() and asked.isdigit() and len(asked) <= len("9999999") else 1


def _segment_choices(run: ScoringRun, chosen: Mapping[str, str]) -> list[Choice]:
    everything = _choice(run, gettext("All"), chosen, segment="")
    return [everything, *(_choice(run, each.label, chosen, segment=each.value) for each in Segment)]


def _choice(run: ScoringRun, label: str | Promise, chosen: Mapping[str, str], **change: str) -> Choice:
    url = _table_url(run, {**chosen, **change})
    return Choice(label=label, url=url, is_chosen={**chosen, **change} == chosen)


def _table_url(run: ScoringRun, chosen: Mapping[str, str], *, page: int = 1) -> str:
    asked = {"segment": chosen["segment"], "order": "" if chosen["order"] == "file" else chosen["order"]}
    query = urlencode({name: value for name, value in {**asked, "page": page if page > 1 else ""}.items() if value})
    return f"{reverse('admin:scoring_scoringrun_change', args=[run.pk])}?{query}#rows"
