"""A paper as PDF: A4, text that can be selected, page numbers, and the same bytes for the same paper."""

from collections.abc import Callable
from io import BytesIO
from threading import Lock
from typing import Any

from django.utils.timezone import localtime
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, PageTemplate, Table

from scoring.paper.blocks import Paper
from scoring.paper.pdf_blocks import drawn
from scoring.paper.pdf_style import FONT, INK, PLAIN, QUIET, WIDTH, para, register_fonts

SIDE, TOP, BOTTOM = (A4[0] - WIDTH) / 2, 14 * mm, 18 * mm


_one_at_a_time = Lock()  # ReportLab reads a shared font file while it cuts subsets of it: threads would mix them up


def pdf_of(paper: Paper) -> bytes:
    """Drawn twice: the first time counts the pages."""
    with _one_at_a_time:
        register_fonts()
        count, _ = _built(paper, page_count=0)
        return _built(paper, page_count=count)[1]


def _built(paper: Paper, *, page_count: int) -> tuple[int, bytes]:
    file = BytesIO()
    frame = Frame(SIDE, BOTTOM, WIDTH, A4[1] - TOP - BOTTOM, 0, 0, 0, 0)
    template = PageTemplate(frames=[frame], onPage=_foot(paper, page_count))
    document = BaseDocTemplate(
        file,
        pagesize=A4,
        pageTemplates=[template],
        title=paper.title,
        author=paper.letterhead.name,
        subject=paper.foot,
        creator="BPRS Scoring",
        lang=paper.language,
        invariant=1,
    )
    text = "letter" if paper.is_letter else "body"
    document.build([*_head(paper), *(each for block in paper.blocks for each in drawn(block, text))])
    return document.page, file.getvalue()


def _head(paper: Paper) -> list[Flowable]:
    lines = [para(paper.letterhead.name, "bank"), *(para(line, "quiet") for line in paper.letterhead.lines)]
    return [*lines, Rule(), *([] if paper.is_letter else [_title(paper)])]


def _title(paper: Paper) -> Flowable:
    style = [
        *PLAIN,
        ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
        ("BOX", (1, 0), (1, 0), 1.2, INK),
        ("BOTTOMPADDING", (1, 0), (1, 0), 4),
    ]
    return Table([[para(paper.title, "title"), para(paper.state, "state")]], [WIDTH - 62 * mm, 62 * mm], style=style)


class Rule(Flowable):  # type: ignore[misc]  # the library has no types
    """The line below the letterhead."""

    def wrap(self, width: float, _height: float) -> tuple[float, float]:
        return width, 4 * mm

    def draw(self) -> None:
        self.canv.setLineWidth(1.2)
        self.canv.line(0, 2.5 * mm, WIDTH, 2.5 * mm)


def _foot(paper: Paper, page_count: int) -> Callable[[Canvas, Any], None]:
    made = localtime(paper.made_at).strftime("D:%Y%m%d%H%M%S%z")
    stamp = f"{made[:-2]}'{made[-2:]}'"

    def draw(canvas: Canvas, document: Any) -> None:
        canvas.setDateFormatter(lambda *_parts: stamp)
        canvas.saveState()
        canvas.setFont(FONT, 7.5)
        canvas.setFillColor(QUIET)
        canvas.drawString(SIDE, 10 * mm, paper.foot)
        canvas.drawRightString(A4[0] - SIDE, 10 * mm, paper.page % {"number": document.page, "count": page_count})
        canvas.restoreState()

    return draw
