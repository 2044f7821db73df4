"""Each block as the PDF draws it."""

from collections.abc import Callable, Sequence
from typing import Any

from reportlab.graphics.shapes import Drawing, Rect
from reportlab.lib.units import mm
from reportlab.platypus import CondPageBreak, Flowable, KeepTogether, Spacer, Table

from bprs.display import signed
from scoring.paper.bars import Bar
from scoring.paper.blocks import (
    Beside,
    Block,
    Facts,
    Listing,
    Notice,
    Points,
    Prose,
    Result,
    Signatures,
    Terms,
    Together,
)
from scoring.paper.pdf_style import GAIN, INK, LINE, LOSS, PALE, PLAIN, SEGMENTS, WIDTH, para

BAR, BAR_HEIGHT = 44 * mm, 5.5
MAP_WIDTH, MAP_HEIGHT = 84 * mm, 38 * mm
GUTTER = 8 * mm


def drawn(block: Block, text: str) -> list[Flowable]:
    """
    :param text: the style of what is neither heading nor label
    """
    return _DRAWN[type(block)](block, text)


def _facts(block: Facts, text: str, width: float = WIDTH, label_width: float = 36 * mm) -> list[Flowable]:
    style = "code" if block.is_code else text
    rows = [[para(row.label, f"{text}-label"), para(row.value, style)] for row in block.rows]
    table = [Table(rows, [label_width, width - label_width], style=PLAIN)] if rows else []
    note = [para(block.note, "note")] if block.note else []
    return [*_heading(block.title), *table, *note]


def _beside(block: Beside, text: str) -> list[Flowable]:
    half = (WIDTH - GUTTER) / 2
    left, right = _facts(block.left, text, half, 30 * mm), _facts(block.right, text, half, 40 * mm)
    return [Table([[left, "", right]], [half, GUTTER, half], style=[*PLAIN, ("RIGHTPADDING", (0, 0), (-1, -1), 0)])]


def _notice(block: Notice, _text: str) -> list[Flowable]:
    return [para(block.text, "notice")]


def _result(block: Result, _text: str) -> list[Flowable]:
    said = [para(block.title, "segment"), *(para(line, "quiet") for line in block.lines)]
    style = [
        ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
        ("BOX", (0, 0), (-1, -1), 0.75, LINE),
        ("LINEBEFORE", (0, 0), (0, 0), 5, SEGMENTS[block.segment]),
        ("LEFTPADDING", (0, 0), (0, 0), 10),
    ]
    table = Table([[para(str(block.score), "score"), said]], [28 * mm, WIDTH - 28 * mm], style=style)
    return [Spacer(0, 5), table]


def _points(block: Points, _text: str) -> list[Flowable]:
    name, bin_, points, most = block.head
    widths = [46 * mm, WIDTH - 46 * mm - BAR - 36 * mm, BAR, 18 * mm, 18 * mm]
    head = [para(name, "body-label"), para(bin_, "body-label"), "", para(points, "number"), para(most, "number")]
    rows: list[list[Any]] = [head, *(_bar_row(bar) for bar in block.bars)]
    rows += [[para(label), "", "", para(number, "strong"), ""] for label, number in block.feet]
    last = len(block.bars) + 1
    style = [
        *PLAIN,
        ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
        ("LINEBELOW", (0, 0), (-1, 0), 0.75, LINE),
        ("LINEBELOW", (0, 1), (-1, last - 1), 0.25, PALE),
        ("LINEABOVE", (0, last + 1), (-1, last + 1), 0.75, INK),
        *(("SPAN", (0, row), (2, row)) for row in range(last, len(rows))),
    ]
    return [*_heading(block.title), Table(rows, widths, style=style, repeatRows=1)]


def _bar_row(bar: Bar) -> list[Any]:
    points, most = signed(bar.given.points), signed(bar.given.max_points)
    return [para(bar.label, "bold"), para(bar.bin_label), _bar(bar), para(points, "strong"), para(most, "number")]


def _bar(bar: Bar) -> Drawing:
    scale = BAR / 100 * 0.95
    drawing = Drawing(BAR, BAR_HEIGHT)
    drawing.add(_box(0, 0, 100 * scale, BAR_HEIGHT, PALE))
    drawing.add(_box(bar.start * scale, 0, bar.width * scale, BAR_HEIGHT, LOSS if bar.is_negative else GAIN))
    drawing.add(_box(bar.zero * scale - 0.4, -1, 0.8, BAR_HEIGHT + 2, INK))
    return drawing


def _box(x: float, y: float, width: float, height: float, color: Any) -> Rect:
    return Rect(x, y, width, height, fillColor=color, strokeColor=None, strokeWidth=0)


def _listing(block: Listing, text: str) -> list[Flowable]:
    items = enumerate(block.items, start=1)
    rows = [[para(f"{place}." if block.is_numbered else "•", text), para(item, text)] for place, item in items]
    return [*_heading(block.title), Table(rows, [8 * mm, WIDTH - 8 * mm], style=PLAIN)]


def _terms(block: Terms, _text: str) -> list[Flowable]:
    width = WIDTH - MAP_WIDTH - GUTTER
    head, rows = [para(each, "body-label") for each in block.head], [[para(each) for each in row] for row in block.rows]
    style = [*PLAIN, ("LINEBELOW", (0, 0), (-1, 0), 0.75, LINE)]
    table = Table([head, *rows], [22 * mm, 28 * mm, width - 50 * mm], style=style)
    legend = [[_swatch(segment), para(name, "quiet")] for segment, name in block.legend]
    legend += [[_mark(), para(block.asked_for, "quiet")]]
    key = Table(legend, [5 * mm, width - 5 * mm], style=[*PLAIN, ("VALIGN", (0, 0), (-1, -1), "MIDDLE")])
    axis = [para(f"{block.lowest} · {block.shortest}", "quiet"), para(block.longest, "right")]
    ends = Table([axis], [MAP_WIDTH / 2] * 2, style=[*PLAIN, ("RIGHTPADDING", (1, 0), (1, 0), 0)])
    picture = [para(block.highest, "quiet"), _map(block), ends]
    both = Table([[picture, "", [table, Spacer(0, 4), key]]], [MAP_WIDTH, GUTTER, width], style=PLAIN)
    return [KeepTogether([*_heading(block.title), both])]


def _map(block: Terms) -> Drawing:
    across, down = MAP_WIDTH / block.map.columns, MAP_HEIGHT / block.map.lines
    drawing = Drawing(MAP_WIDTH, MAP_HEIGHT)
    for area in block.map.areas:
        for run in area.runs:
            y = MAP_HEIGHT - (run.y + 1) * down
            drawing.add(_box(run.x * across, y, run.width * across, down, SEGMENTS[area.segment]))
    stored = block.map.stored
    mark = _mark_at((stored.x + 0.5) * across, MAP_HEIGHT - (stored.y + 0.5) * down)
    drawing.add(mark)
    return drawing


def _mark_at(x: float, y: float) -> Rect:
    return Rect(x - 2.5, y - 2.5, 5, 5, fillColor=PALE, strokeColor=INK, strokeWidth=1.4)


def _mark() -> Drawing:
    drawing = Drawing(8, 7)
    drawing.add(_mark_at(4, 3.5))
    return drawing


def _swatch(segment: str) -> Drawing:
    drawing = Drawing(8, 7)
    drawing.add(_box(0, 0, 8, 7, SEGMENTS[segment]))
    return drawing


def _prose(block: Prose, _text: str) -> list[Flowable]:
    return [para(block.text, "prose")]


def _signatures(block: Signatures, _text: str) -> list[Flowable]:
    places = max(len(block.places), 2)
    width = (WIDTH - GUTTER * (places - 1)) / places
    cells: list[Any] = []
    for role, name in block.places:
        cells += [[para(role, "body-label"), Spacer(0, 15 * mm), _line(width), para(name or " ")], ""]
    cells += ["", ""] * (places - len(block.places))
    return [Spacer(0, 6), Table([cells[:-1]], _spread(width, places), style=PLAIN)]


def _together(block: Together, text: str) -> list[Flowable]:
    """What is kept together inside would count as endless here: none of its blocks may be."""
    return [KeepTogether([each for part in block.blocks for each in drawn(part, text)])]


def _spread(width: float, places: int) -> Sequence[float]:
    return ([width, GUTTER] * places)[:-1]


def _line(width: float) -> Drawing:
    drawing = Drawing(width, 2)
    drawing.add(_box(0, 1, width * 0.85, 0.75, INK))
    return drawing


def _heading(title: str) -> list[Flowable]:
    return [CondPageBreak(16 * mm), para(title, "heading")] if title else [Spacer(0, 4)]


_DRAWN: dict[type, Callable[[Any, str], list[Flowable]]] = {
    Facts: _facts,
    Beside: _beside,
    Notice: _notice,
    Result: _result,
    Points: _points,
    Listing: _listing,
    Terms: _terms,
    Prose: _prose,
    Signatures: _signatures,
    Together: _together,
}
