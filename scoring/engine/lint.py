"""What a card can never do, said before anybody has to find it out."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from scoring.engine.bin_lint import apart, bin_findings
from scoring.engine.findings import Finding, Level, blocking, info, warning
from scoring.engine.inspection import inspect
from scoring.engine.reach import Reach
from scoring.engine.scorecard import Scorecard
from scoring.engine.terms import Terms, term_findings

NO_TERMS = Terms()


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """What is to be said of a card; without blocking findings of its form also the card, and what it can reach."""

    findings: tuple[Finding, ...]
    card: Scorecard | None = None
    reach: Reach | None = None

    @property
    def is_blocked(self) -> bool:
        return any(finding.level is Level.BLOCKING for finding in self.findings)


def examine(written: object, terms: Terms = NO_TERMS) -> Examination:
    """
    Say all that is wrong with a card, written or built, and what it can never do, from its combinations of bins.

    :param terms: the words the bank uses; none are checked if none are given
    """
    card, faults = (written, ()) if isinstance(written, Scorecard) else inspect(written)
    if card is None:
        return Examination(findings=tuple(blocking(each.code, *each.places, **each.params) for each in faults))
    reach, wording = Reach.of(card), tuple(term_findings(card, terms))
    if not reach.combinations:
        return Examination(findings=wording, card=card)
    return Examination(findings=(*wording, *_findings(reach)), card=card, reach=reach)


def lint(card: object) -> tuple[Finding, ...]:
    """The findings alone."""
    return examine(card).findings


def _findings(reach: Reach) -> Iterator[Finding]:
    yield from _never(reach)
    yield from _clamped(reach)
    yield from bin_findings(reach)
    yield from _rising(reach.card)
    yield from _numbers(reach)
    yield from apart(reach)


def _never(reach: Reach) -> Iterator[Finding]:
    ends = reach.card.score_range
    if reach.highest_score < ends.highest:
        yield warning(
            "highest_score", ("score_range", "highest"), highest=reach.highest_score, range_highest=ends.highest
        )
    if reach.lowest_score > ends.lowest:
        yield warning("lowest_score", ("score_range", "lowest"), lowest=reach.lowest_score, range_lowest=ends.lowest)
    for place, (segment, count) in enumerate(reach.segments.items()):
        if not count:
            yield warning("segment_never", ("segment_bands", place), segment=segment)
    for place, (band, count) in enumerate(reach.probabilities):
        if not count:
            yield warning("probability_never", ("pd_bands", place), probability=format(band.probability, "f"))


def _clamped(reach: Reach) -> Iterator[Finding]:
    ends = reach.card.score_range
    if reach.clamped_below:
        yield warning("clamped_below", clamped=reach.clamped_below, count=reach.combinations, range_lowest=ends.lowest)
    if reach.clamped_above:
        yield warning(
            "clamped_above", clamped=reach.clamped_above, count=reach.combinations, range_highest=ends.highest
        )


def _rising(card: Scorecard) -> Iterator[Finding]:
    for place, (upper, lower) in enumerate(pairwise(card.pd_bands)):
        if upper.probability > lower.probability:
            yield warning(
                "probability_rises",
                ("pd_bands", place, "probability"),
                ("pd_bands", place + 1, "probability"),
                upper=format(upper.probability, "f"),
                upper_score=upper.at_least,
                lower=format(lower.probability, "f"),
            )


def _numbers(reach: Reach) -> Iterator[Finding]:
    if not reach.is_exact:
        yield info("not_enumerated", count=reach.combinations)
    yield info("combinations", count=reach.combinations, lowest=reach.lowest_raw, highest=reach.highest_raw)
    counts = ", ".join(f"{segment} {count}" for segment, count in reach.segments.items())
    yield info("segment_counts", counts=counts, by_segment=reach.segments)
