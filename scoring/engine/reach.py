"""What a card can reach: every combination of bins that can occur, and the scores they give."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Final, Self

from scoring.engine.bands import PdBand, SegmentBand
from scoring.engine.bins import Bin
from scoring.engine.characteristic import Characteristic
from scoring.engine.occurrence import Occurrence
from scoring.engine.scorecard import Scorecard

MOST_ENUMERATED: Final = 10_000

Combination = tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """
    The raw scores a card can give.

    - `raw_scores`: for each, how many combinations of bins give it
    - `best_raw`: by characteristic, for each bin the highest raw score with it; None if the bin can never occur
    - `is_exact`: False for a card too large to enumerate, whose combinations are all taken to be possible
    """

    card: Scorecard
    raw_scores: Mapping[int, int]
    best_raw: Mapping[str, tuple[int | None, ...]]
    is_exact: bool

    @classmethod
    def of(cls, card: Scorecard) -> Self:
        """Enumerate the card's combinations, or estimate from above where there are more than 10,000."""
        if prod(len(each.bins) for each in card.characteristics) > MOST_ENUMERATED:
            return cls(card=card, raw_scores=_all_sums(card), best_raw=_all_best(card), is_exact=False)
        combinations = list(_possible(card, Occurrence(margin=card.margin), ()))
        scored = [(combination, _raw_score(card, combination)) for combination in combinations]
        return cls(
            card=card,
            raw_scores=dict(sorted(Counter(raw for _, raw in scored).items())),
            best_raw={each.name: _best(scored, place, each) for place, each in enumerate(card.characteristics)},
            is_exact=True,
        )

    @property
    def combinations(self) -> int:
        return sum(self.raw_scores.values())

    @property
    def lowest_raw(self) -> int:
        return min(self.raw_scores)

    @property
    def highest_raw(self) -> int:
        return max(self.raw_scores)

    @property
    def lowest_score(self) -> int:
        return self.clamped(self.lowest_raw)

    @property
    def highest_score(self) -> int:
        return self.clamped(self.highest_raw)

    @property
    def clamped_below(self) -> int:
        """How many combinations fall below the score range."""
        return sum(count for raw, count in self.raw_scores.items() if raw < self.card.score_range.lowest)

    @property
    def clamped_above(self) -> int:
        """How many combinations rise above the score range."""
        return sum(count for raw, count in self.raw_scores.items() if raw > self.card.score_range.highest)

    @property
    def segments(self) -> dict[str, int]:
        """How many combinations end in each segment, in card order."""
        counts = _count_bands(self, [band.at_least for band in self.card.segment_bands])
        return {band.segment: count for band, count in zip(self.card.segment_bands, counts, strict=True)}

    @property
    def probabilities(self) -> list[tuple[PdBand, int]]:
        """How many combinations get each probability of default, in card order."""
        counts = _count_bands(self, [band.at_least for band in self.card.pd_bands])
        return list(zip(self.card.pd_bands, counts, strict=True))

    def clamped(self, raw: int) -> int:
        """Return the score a raw score becomes."""
        return min(max(raw, self.card.score_range.lowest), self.card.score_range.highest)

    def segment_of(self, raw: int) -> SegmentBand:
        """Return the segment band a raw score ends in."""
        return next(band for band in self.card.segment_bands if self.clamped(raw) >= band.at_least)


def _possible(card: Scorecard, occurrence: Occurrence, begun: Combination) -> Iterator[Combination]:
    """Extend a combination bin by bin, giving up as soon as it has become impossible."""
    if not occurrence.is_possible(_bins_of(card, begun)):
        return
    if len(begun) == len(card.characteristics):
        yield begun
        return
    for index in range(len(card.characteristics[len(begun)].bins)):
        yield from _possible(card, occurrence, (*begun, index))


def _bins_of(card: Scorecard, combination: Combination) -> list[tuple[Characteristic, Bin]]:
    return [(each, each.bins[index]) for each, index in zip(card.characteristics, combination, strict=False)]


def _raw_score(card: Scorecard, combination: Combination) -> int:
    return card.base_points + sum(bin_.points for _, bin_ in _bins_of(card, combination))


def _best(
    scored: Sequence[tuple[Combination, int]], place: int, characteristic: Characteristic
) -> tuple[int | None, ...]:
    return tuple(
        max((raw for combination, raw in scored if combination[place] == index), default=None)
        for index in range(len(characteristic.bins))
    )


def _all_sums(card: Scorecard) -> dict[int, int]:
    """Count the raw scores of all combinations without listing them, one characteristic after another."""
    sums = Counter({card.base_points: 1})
    for characteristic in card.characteristics:
        longer: Counter[int] = Counter()
        for raw, count in sums.items():
            for bin_ in characteristic.bins:
                longer[raw + bin_.points] += count
        sums = longer
    return dict(sorted(sums.items()))


def _all_best(card: Scorecard) -> dict[str, tuple[int | None, ...]]:
    highest = card.base_points + sum(each.highest_points for each in card.characteristics)
    return {
        each.name: tuple(highest - each.highest_points + bin_.points for bin_ in each.bins)
        for each in card.characteristics
    }


def _count_bands(reach: Reach, floors: Sequence[int]) -> list[int]:
    counts = [0] * len(floors)
    for raw, count in reach.raw_scores.items():
        counts[next(place for place, floor in enumerate(floors) if reach.clamped(raw) >= floor)] += count
    return counts
