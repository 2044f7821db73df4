"""What a paper says, block by block. A page and a PDF draw the same blocks and decide on nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from scoring.paper.bars import Bar
from scoring.paper.terms_map import Map


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    label: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Labels and values; `note` is what somebody wrote, however long it is."""

    kind: ClassVar[str] = "facts"
    title: str
    rows: tuple[Row, ...] = ()
    note: str = ""
    is_code: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    kind: ClassVar[str] = "beside"
    left: Facts
    right: Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    kind: ClassVar[str] = "notice"
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    kind: ClassVar[str] = "result"
    score: int
    segment: str
    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Points:
    """A table with a bar in each row. `feet` close it: a label and a number each, the last is the sum."""

    kind: ClassVar[str] = "points"
    title: str
    head: tuple[str, str, str, str]
    bars: tuple[Bar, ...]
    feet: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    kind: ClassVar[str] = "listing"
    title: str
    items: tuple[str, ...]
    is_numbered: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The map of amounts and tenors, and the same in a table."""

    kind: ClassVar[str] = "terms"
    title: str
    map: Map
    lowest: str
    highest: str
    shortest: str
    longest: str
    asked_for: str
    legend: tuple[tuple[str, str], ...]
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prose:
    kind: ClassVar[str] = "prose"
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Signatures:
    """A line to sign on for each: what stands above it, and below."""

    kind: ClassVar[str] = "signatures"
    places: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Together:
    """On one page if a page holds them."""

    kind: ClassVar[str] = "together"
    blocks: "tuple[Block, ...]"


Block = Facts | Beside | Notice | Result | Points | Listing | Terms | Prose | Signatures | Together


@dataclass(frozen=True, slots=True, kw_only=True)
class Letterhead:
    name: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """
    One document. `made_at` and `foot` say when and by whom: nothing else differs between two prints of the same.

    :param name: of the file, without its ending
    :param state: what is shown beside the title; a letter has none, and names its subject itself
    :param page: what numbers its pages, with `%(number)d` and `%(count)d`
    """

    name: str
    language: str
    is_letter: bool = False
    letterhead: Letterhead
    title: str
    state: str = ""
    blocks: Sequence[Block]
    foot: str
    page: str
    made_at: datetime
