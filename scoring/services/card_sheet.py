"""The points table of a card as one sheet that people print, sign and file."""

from collections.abc import Iterator, Sequence
from typing import BinaryIO, Final

import xlsxwriter
from django.utils.translation import gettext as _
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from bprs.display import exact_percentage
from bprs.spreadsheets.safe_values import Value, safe_value
from bprs.spreadsheets.writing import write_cell
from loans.models import Segment
from scoring.engine import Bin, Scorecard
from scoring.engine.diff import cover
from scoring.messages import COVERS, METHOD_LABELS, shown_label, shown_stretches
from scoring.models import ScorecardVersion

A4: Final = 9
WIDTHS: Final = (30, 30, 10, 40)

Line = tuple[str, Sequence[Value]]  # a style, and the cells


def write_card_sheet(target: BinaryIO, version: ScorecardVersion, card: Scorecard) -> None:
    """Write the sheet in the active language; no text of the card becomes a formula."""
    with xlsxwriter.Workbook(target, {"in_memory": True}) as book:
        sheet = book.add_worksheet(version.label[:31])
        styles = {
            "title": book.add_format({"bold": True, "font_size": 16}),
            "head": book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"}),
            "line": book.add_format({"text_wrap": True, "valign": "top"}),
        }
        _set_up_print(sheet, version)
        for row, (style, cells) in enumerate(_lines(version, card)):
            _write(sheet, row, cells, styles[style])


def _set_up_print(sheet: Worksheet, version: ScorecardVersion) -> None:
    for column, width in enumerate(WIDTHS):
        sheet.set_column(column, column, width)
    sheet.set_paper(A4)
    sheet.fit_to_pages(1, 0)
    sheet.set_footer(f"&L{version.label} {version.content_hash[:16]}&R&P / &N")


def _write(sheet: Worksheet, row: int, cells: Sequence[Value], style: Format) -> None:
    for column, cell in enumerate(cells):
        write_cell(sheet, row, column, safe_value(cell), style)


def _lines(version: ScorecardVersion, card: Scorecard) -> Iterator[Line]:
    yield "title", (f"{_(card.name)} ({version.label})",)
    yield "line", (_("Content hash"), version.content_hash)
    yield "line", (_("Base points"), card.base_points)
    yield "line", (_("Lowest score"), card.score_range.lowest)
    yield "line", (_("Highest score"), card.score_range.highest)
    yield "line", (_("Margin"), f"{exact_percentage(card.margin.rate)} {METHOD_LABELS[card.margin.method]}")
    yield "line", ()
    yield "head", (_("Characteristic"), _("Bin"), _("Points"), _("What it covers"))
    for characteristic in card.characteristics:
        for place, bin_ in enumerate(characteristic.bins):
            yield (
                "line",
                ("" if place else _(characteristic.label), shown_label(bin_.label), bin_.points, _covers(bin_)),
            )
    yield "line", ()
    yield "head", (_("Score"), _("Risk segment"))
    for segment in card.segment_bands:
        yield "line", (f"≥ {segment.at_least}", _segment(segment.segment))
    yield "line", ()
    yield "head", (_("Score"), _("Probability of default"))
    for band in card.pd_bands:
        yield "line", (f"≥ {band.at_least}", exact_percentage(band.probability))


def _covers(bin_: Bin) -> str:
    written = cover(bin_)
    return str(COVERS.get(written) or shown_stretches(written))


def _segment(segment: str) -> str:
    return str(Segment(segment).label) if segment in Segment.values else segment
