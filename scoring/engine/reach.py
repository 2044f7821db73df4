"""What a card can reach: every combination of bins that can occur, and the scores they give."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Self

from scoring.engine.arrays import MaskTable
from scoring.engine.bands import PdBand, SegmentBand
from scoring.engine.counting import Count, count_numbers, count_words
from scoring.engine.meeting import Groups
from scoring.engine.scorecard import Scorecard
from scoring.engine.vocabulary import CATEGORY_FACTS

Meetings = Mapping[tuple[str, str], MaskTable]
RawByBin = Mapping[str, tuple[int | None, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """
    The raw scores a card can give.

    - `raw_scores`: for each, how many combinations of bins give it
    - `best_raw`, `worst_raw`: by characteristic, for each bin the highest and the lowest raw score with it; None if the
      bin can never occur
    - `meetings`: for every two characteristics that share facts, which bin of the one can occur with which of the other
    Nothing of all this if no application can be scored: every word is refused.
    - `is_exact`: False for a card too large to count exactly, whose combinations are all taken to be possible
    """

    card: Scorecard
    raw_scores: Mapping[int, int]
    best_raw: RawByBin
    worst_raw: RawByBin
    meetings: Meetings
    is_exact: bool

    @classmethod
    def of(cls, card: Scorecard) -> Self:
        """Count the combinations that can occur; from above, bin by bin, if that would take too long."""
        groups = _by_fact(card)
        numbers = count_numbers(groups, card.margin)
        words = [count_words(groups[fact]) for fact in CATEGORY_FACTS if groups[fact]]
        counts = [numbers, *words] if numbers else [Count.of_bins(each) for each in card.characteristics]
        return cls(
            card=card,
            raw_scores=_sums(card.base_points, counts),
            best_raw=dict(_by_bin(card.base_points, counts, best=True)),
            worst_raw=dict(_by_bin(card.base_points, counts, best=False)),
            meetings=_in_card_order(card, {pair: table for count in counts for pair, table in count.meetings()}),
            is_exact=numbers is not None,
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


def _by_fact(card: Scorecard) -> Groups:
    groups = defaultdict(list)
    for each in card.characteristics:
        groups[each.fact].append(each)
    return groups


def _in_card_order(card: Scorecard, meetings: Meetings) -> Meetings:
    return {
        (one.name, two.name): meetings[one.name, two.name]
        if (one.name, two.name) in meetings
        else meetings[two.name, one.name].T
        for one, two in combinations(card.characteristics, 2)
        if {(one.name, two.name), (two.name, one.name)} & meetings.keys()
    }


def _sums(base_points: int, counts: Sequence[Count]) -> dict[int, int]:
    """Count the raw scores of everything that goes with everything, one count after another."""
    sums = Counter({base_points: 1})
    for count in counts:
        longer: Counter[int] = Counter()
        for raw, number in sums.items():
            for points, times in count.sums.items():
                longer[raw + points] += number * times
        sums = longer
    return dict(sorted(sums.items()))


def _by_bin(base_points: int, counts: Sequence[Count], *, best: bool) -> Iterator[tuple[str, tuple[int | None, ...]]]:
    """Yield for each characteristic the best or the worst raw score of every bin, whatever else is chosen."""
    extremes = [max(count.sums) if best else min(count.sums) for count in counts if count.sums]
    is_scorable = len(extremes) == len(counts)
    for place, count in enumerate(counts):
        rest = base_points + sum(extremes) - extremes[place] if is_scorable else None
        for name, sums in count.by_bin(best=best):
            yield name, tuple(None if points is None or rest is None else rest + points for points in sums)


def _count_bands(reach: Reach, floors: Sequence[int]) -> list[int]:
    counts = [0] * len(floors)
    for raw, count in reach.raw_scores.items():
        counts[next(place for place, floor in enumerate(floors) if reach.clamped(raw) >= floor)] += count
    return counts
