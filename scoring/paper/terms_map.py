"""The map of amounts and tenors, ready to draw: on a page as SVG, on paper as boxes."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, groupby
from typing import Any, NamedTuple

from scoring.engine import Scorecard
from scoring.services.what_if import LoanWhatIf, TermsMap


class Run(NamedTuple):
    x: int
    y: int
    width: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """The cells of one segment: runs of cells in one line, from the upper left corner of the map."""

    segment: str
    runs: tuple[Run, ...]

    @property
    def outline(self) -> str:
        """What SVG draws in one stroke."""
        return "".join(f"M{run.x} {run.y}h{run.width}v1h-{run.width}z" for run in self.runs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    x: int
    y: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Map:
    """The score of every amount with every tenor, as areas of one colour; the largest amount is the first line."""

    terms: TermsMap
    areas: tuple[Area, ...]
    stored: Cell
    chosen: Cell | None

    @property
    def columns(self) -> int:
        return len(self.terms.tenors)

    @property
    def lines(self) -> int:
        return len(self.terms.amounts)


def map_of(asked: LoanWhatIf, terms: TermsMap) -> Map:
    return Map(
        terms=terms,
        areas=tuple(_areas(asked.version.card, terms)),
        stored=_nearest(terms, asked.stored),
        chosen=None if asked.terms == asked.stored else _nearest(terms, asked.terms),
    )


def ranges_of(numbers: Sequence[int]) -> str:
    """Ascending whole numbers as people write them: 11-12, 14-24."""
    runs = [list(run) for _offset, run in groupby(enumerate(numbers), key=lambda pair: pair[1] - pair[0])]
    return ", ".join(str(run[0][1]) if len(run) == 1 else f"{run[0][1]}-{run[-1][1]}" for run in runs)


def _areas(card: Scorecard, terms: TermsMap) -> Iterator[Area]:
    """Neighbouring tenors of one amount and segment are one box of the outline."""
    segment_of = {score: card.segment_of(score) for score in set(chain.from_iterable(terms.scores))}
    found: defaultdict[str, list[Run]] = defaultdict(list)
    for y, scores in enumerate(reversed(terms.scores)):
        x = 0
        for segment, cells in groupby(segment_of[score] for score in scores):
            width = sum(1 for _cell in cells)
            found[segment].append(Run(x, y, width))
            x += width
    return (Area(segment=segment, runs=tuple(runs)) for segment, runs in found.items())


def _nearest(terms: TermsMap, values: Mapping[str, Any]) -> Cell:
    x = min(range(len(terms.tenors)), key=lambda place: abs(terms.tenors[place] - values["tenor_months"]))
    y = min(range(len(terms.amounts)), key=lambda place: abs(terms.amounts[place] - values["loan_amount"]))
    return Cell(x=x, y=len(terms.amounts) - 1 - y)
