"""What a score means: its range, the probability of default and the segment, band by band."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Final, Protocol

from scoring.engine.bins import MOST_DECIMALS, check_text, check_whole
from scoring.engine.errors import ScorecardError

WIDEST_RANGE: Final = 10_000
MOST_BANDS: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreRange:
    """The scores a card may give, both ends included; raw points beyond are clamped to them."""

    lowest: int
    highest: int

    def __post_init__(self) -> None:
        check_whole(self.lowest, where="the lowest score")
        check_whole(self.highest, where="the highest score")
        ends = {"lowest": self.lowest, "highest": self.highest}
        if self.lowest >= self.highest:
            raise ScorecardError("range_empty", ends)
        if self.highest - self.lowest > WIDEST_RANGE:
            raise ScorecardError("range_too_wide", ends)


@dataclass(frozen=True, slots=True, kw_only=True)
class PdBand:
    """The probability of default of every score from `at_least` up to the band above."""

    at_least: int
    probability: Decimal

    def __post_init__(self) -> None:
        check_whole(self.at_least, where="where a PD band begins")
        exponent = self.probability.as_tuple().exponent
        if not isinstance(exponent, int) or exponent < -MOST_DECIMALS or not 0 <= self.probability <= 1:
            raise ScorecardError("probability_unusable", {"probability": self.probability})


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentBand:
    """The segment of every score from `at_least` up to the band above. It names the risk."""

    at_least: int
    segment: str

    def __post_init__(self) -> None:
        check_whole(self.at_least, where="where a segment band begins")
        check_text(self.segment, where="the name of a segment")


class Band(Protocol):
    """Anything that holds from a score upwards."""

    @property
    def at_least(self) -> int: ...


def band_faults(bands: Sequence[Band], score_range: ScoreRange, *, kind: str) -> Iterator[ScorecardError]:
    """Say where the bands do not descend, lie outside the range, or leave a score of it without a band."""
    if not bands:
        yield ScorecardError("bands_empty", {"bands": kind})
        return
    if len(bands) > MOST_BANDS:
        yield ScorecardError("too_many_bands", {"bands": kind})
    ends = {"bands": kind, "lowest": score_range.lowest, "highest": score_range.highest}
    for place, band in enumerate(bands):
        if not score_range.lowest <= band.at_least <= score_range.highest:
            yield ScorecardError("bands_leave_range", {**ends, "at_least": band.at_least}, ((place, "at_least"),))
    for place, (upper, lower) in enumerate(pairwise(bands), start=1):
        if upper.at_least <= lower.at_least:
            params = {"bands": kind, "upper": upper.at_least, "lower": lower.at_least}
            yield ScorecardError("bands_not_descending", params, ((place, "at_least"),))
    if bands[-1].at_least > score_range.lowest:
        place = len(bands) - 1
        yield ScorecardError("bands_leave_bottom", {**ends, "at_least": bands[-1].at_least}, ((place, "at_least"),))


def segment_faults(bands: Sequence[SegmentBand]) -> Iterator[ScorecardError]:
    """Say which segments are named twice."""
    seen: set[str] = set()
    for place, band in enumerate(bands):
        if band.segment in seen:
            yield ScorecardError("segment_twice", {"segment": band.segment}, ((place, "segment"),))
        seen.add(band.segment)
