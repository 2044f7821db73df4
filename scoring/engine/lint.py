"""What a card can never do, said before anybody has to find it out."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise
from types import MappingProxyType
from typing import Final

from scoring.engine.bins import Bin, NumericBin
from scoring.engine.characteristic import Characteristic
from scoring.engine.errors import CARD_MESSAGES, Place, ScorecardError, card_sentence
from scoring.engine.inspection import inspect
from scoring.engine.reach import Reach
from scoring.engine.scorecard import Scorecard


class Level(StrEnum):
    """Blocking: not a card at all. Warning: legal, but somebody should know. Info: how it is."""

    BLOCKING = "blocking"
    WARNING = "warning"
    INFO = "info"


FINDING_MESSAGES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "combinations": "%(count)s combinations of bins can occur; their raw scores run from %(lowest)s to %(highest)s.",
        "not_enumerated": "The card has %(count)s combinations, too many to check which can occur: all are taken to be possible.",
        "segment_counts": "Combinations by segment: %(counts)s.",
        "highest_score": "The highest score is %(highest)s; nothing reaches the %(range_highest)s where the range ends.",
        "lowest_score": "The lowest score is %(lowest)s; nothing falls to the %(range_lowest)s where the range begins.",
        "segment_never": "The segment %(segment)s is never assigned.",
        "probability_never": "The probability of default %(probability)s is never assigned.",
        "clamped_below": "%(clamped)s of %(count)s combinations fall below %(range_lowest)s and are clamped together.",
        "clamped_above": "%(clamped)s of %(count)s combinations rise above %(range_highest)s and are clamped together.",
        "always_worst": "%(label)s %(bins)s: always %(segment)s, however good the rest.",
        "bin_never": "%(label)s: no application can fall into “%(bin)s”.",
        "probability_rises": "A higher score has a higher probability of default: %(upper)s from %(upper_score)s, %(lower)s below.",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """
    One thing to know about a card: `code` is stable, `params` fill the message, `message` is the English sentence.

    `places` lead to the parts of the written card that it speaks of.
    """

    level: Level
    code: str
    params: Mapping[str, object] = field(default_factory=dict)
    places: tuple[Place, ...] = ((),)

    @property
    def message(self) -> str:
        if self.code in CARD_MESSAGES:
            return card_sentence(self.code, self.params)
        return FINDING_MESSAGES[self.code] % self.params

    @property
    def paths(self) -> tuple[str, ...]:
        """The places as text: "characteristics.0.bins.2.points"; an empty one is the card as a whole."""
        return tuple(".".join(map(str, place)) for place in self.places)

    def __str__(self) -> str:
        return self.message


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """What is to be said of a card; without blocking findings of its form also the card, and what it can reach."""

    findings: tuple[Finding, ...]
    card: Scorecard | None = None
    reach: Reach | None = None

    @property
    def is_blocked(self) -> bool:
        return any(finding.level is Level.BLOCKING for finding in self.findings)


def examine(written: object) -> Examination:
    """Say all that is wrong with a written card, or what the card can never do, from its combinations of bins, exactly."""
    card, faults = (written, ()) if isinstance(written, Scorecard) else inspect(written)
    if card is None:
        return Examination(findings=tuple(map(_blocking, faults)))
    reach = Reach.of(card)
    findings = (*_never(reach), *_clamped(reach), *_bins(reach), *_rising(card), *_numbers(reach))
    return Examination(findings=findings, card=card, reach=reach)


def lint(card: object) -> tuple[Finding, ...]:
    """The findings alone."""
    return examine(card).findings


def _blocking(fault: ScorecardError) -> Finding:
    return Finding(level=Level.BLOCKING, code=fault.code, params=fault.params, places=fault.places)


def _warning(code: str, **params: object) -> Finding:
    return Finding(level=Level.WARNING, code=code, params=params)


def _info(code: str, **params: object) -> Finding:
    return Finding(level=Level.INFO, code=code, params=params)


def _never(reach: Reach) -> Iterator[Finding]:
    ends = reach.card.score_range
    if reach.highest_score < ends.highest:
        yield _warning("highest_score", highest=reach.highest_score, range_highest=ends.highest)
    if reach.lowest_score > ends.lowest:
        yield _warning("lowest_score", lowest=reach.lowest_score, range_lowest=ends.lowest)
    for segment, count in reach.segments.items():
        if not count:
            yield _warning("segment_never", segment=segment)
    for band, count in reach.probabilities:
        if not count:
            yield _warning("probability_never", probability=format(band.probability, "f"))


def _clamped(reach: Reach) -> Iterator[Finding]:
    ends = reach.card.score_range
    if reach.clamped_below:
        yield _warning("clamped_below", clamped=reach.clamped_below, count=reach.combinations, range_lowest=ends.lowest)
    if reach.clamped_above:
        yield _warning(
            "clamped_above", clamped=reach.clamped_above, count=reach.combinations, range_highest=ends.highest
        )


def _bins(reach: Reach) -> Iterator[Finding]:
    worst = reach.card.segment_bands[-1]
    for characteristic in reach.card.characteristics:
        best = dict(zip(characteristic.bins, reach.best_raw[characteristic.name], strict=True))
        for bin_, raw in best.items():
            if raw is None:
                yield _warning(
                    "bin_never", characteristic=characteristic.name, label=characteristic.label, bin=bin_.label
                )
        stuck = [bin_ for bin_, raw in best.items() if raw is not None and reach.segment_of(raw) == worst]
        if 0 < len(stuck) < len(best):
            yield _always_worst(characteristic, stuck, worst.segment)


def _always_worst(characteristic: Characteristic, stuck: list[Bin], segment: str) -> Finding:
    return _warning(
        "always_worst",
        characteristic=characteristic.name,
        label=characteristic.label,
        bins=", ".join(_stretches(characteristic, stuck)),
        bin_labels=tuple(bin_.label for bin_ in stuck),
        segment=segment,
    )


def _stretches(characteristic: Characteristic, bins: list[Bin]) -> Iterator[str]:
    """Name the bins, those that follow one another along the numbers as one stretch: "> 24"."""
    yield from (f"“{bin_.label}”" for bin_ in bins if not isinstance(bin_, NumericBin))
    stretch: list[NumericBin] = []
    for bin_ in characteristic.numeric_bins:
        if bin_ in bins:
            stretch.append(bin_)
        elif stretch:
            yield _stretch_text(stretch)
            stretch = []
    if stretch:
        yield _stretch_text(stretch)


def _stretch_text(stretch: list[NumericBin]) -> str:
    first, last = stretch[0], stretch[-1]
    lower = "" if first.lower is None else f"{'≥' if first.lower_included else '>'} {first.lower:f}"
    upper = "" if last.upper is None else f"{'≤' if last.upper_included else '<'} {last.upper:f}"
    return " … ".join(end for end in (lower, upper) if end)


def _rising(card: Scorecard) -> Iterator[Finding]:
    for upper, lower in pairwise(card.pd_bands):
        if upper.probability > lower.probability:
            yield _warning(
                "probability_rises",
                upper=format(upper.probability, "f"),
                upper_score=upper.at_least,
                lower=format(lower.probability, "f"),
            )


def _numbers(reach: Reach) -> Iterator[Finding]:
    if not reach.is_exact:
        yield _info("not_enumerated", count=reach.combinations)
    yield _info("combinations", count=reach.combinations, lowest=reach.lowest_raw, highest=reach.highest_raw)
    counts = ", ".join(f"{segment} {count}" for segment, count in reach.segments.items())
    yield _info("segment_counts", counts=counts, by_segment=reach.segments)
