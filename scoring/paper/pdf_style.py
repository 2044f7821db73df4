"""What the PDF is set in. The font is shipped with the software: paper needs no font of the machine."""

from functools import cache
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib.colors import HexColor
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import registerFont, registerFontFamily
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Paragraph

FONT, BOLD = "DejaVuCondensed", "DejaVuCondensedBold"
FONTS = Path(__file__).parent / "fonts"
WIDTH = 178 * mm
INK, QUIET, LINE, PALE = HexColor("#1f2937"), HexColor("#4b5563"), HexColor("#9ca3af"), HexColor("#e5e7eb")
# From light to dark, so that they differ in grey too.
SEGMENTS = {"low": HexColor("#bbf7d0"), "medium": HexColor("#f59e0b"), "high": HexColor("#991b1b")}
GAIN, LOSS = HexColor("#0f766e"), HexColor("#b91c1c")

PLAIN: list[tuple[Any, ...]] = [
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ("LEFTPADDING", (0, 0), (-1, -1), 0),
    ("RIGHTPADDING", (0, 0), (-1, -1), 6),
    ("TOPPADDING", (0, 0), (-1, -1), 1),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 1),
]
_BODY = ParagraphStyle("body", fontName=FONT, fontSize=8.5, leading=11, textColor=INK, splitLongWords=1)


def _styled(name: str, **values: object) -> ParagraphStyle:
    return ParagraphStyle(name, parent=_BODY, **values)


STYLES = {
    "body": _BODY,
    "bold": _styled("bold", fontName=BOLD),
    "quiet": _styled("quiet", textColor=QUIET, fontSize=8, leading=10),
    "number": _styled("number", alignment=2),
    "strong": _styled("strong", fontName=BOLD, alignment=2),
    "code": _styled("code", fontSize=7.5, leading=9.5),
    "bank": _styled("bank", fontName=BOLD, fontSize=12, leading=15),
    "title": _styled("title", fontName=BOLD, fontSize=13, leading=16),
    "state": _styled("state", fontName=BOLD, fontSize=9.5, leading=13, alignment=1),
    "heading": _styled("heading", fontName=BOLD, fontSize=9.5, leading=12, spaceBefore=6, spaceAfter=2, keepWithNext=1),
    "letter": _styled("letter", fontSize=10, leading=14),
    "body-label": _styled("body-label", textColor=QUIET),
    "letter-label": _styled("letter-label", textColor=QUIET, fontSize=10, leading=14),
    "prose": _styled("prose", fontSize=10, leading=14, spaceBefore=7),
    "note": _styled(
        "note", borderColor=LINE, borderWidth=0.5, borderPadding=4, spaceBefore=7, spaceAfter=6, leftIndent=5,
        rightIndent=5,
    ),
    "notice": _styled(
        "notice", textColor=HexColor("#78350f"), borderColor=HexColor("#92400e"), borderWidth=0.75, borderPadding=4,
        spaceBefore=8, spaceAfter=5, leftIndent=5, rightIndent=5,
    ),
    "score": _styled("score", fontName=BOLD, fontSize=26, leading=29),
    "right": _styled("right", textColor=QUIET, fontSize=8, leading=10, alignment=2),
    "segment": _styled("segment", fontName=BOLD, fontSize=11, leading=14),
}  # fmt: skip


@cache
def register_fonts() -> None:
    registerFont(TTFont(FONT, str(FONTS / "DejaVuSansCondensed.ttf")))
    registerFont(TTFont(BOLD, str(FONTS / "DejaVuSansCondensed-Bold.ttf")))
    registerFontFamily(FONT, normal=FONT, bold=BOLD, italic=FONT, boldItalic=BOLD)


def para(text: str, style: str = "body") -> Paragraph:
    """Whatever people wrote is text, never markup."""
    return Paragraph("<br/>".join(escape(line) for line in text.splitlines()), STYLES[style])
