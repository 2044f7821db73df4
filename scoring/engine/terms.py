"""What a card says in words that others must understand: the bank's akads, purposes and segments, and what is not known."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from scoring.engine.cells import word_cells
from scoring.engine.findings import Finding, blocking, warning
from scoring.engine.scorecard import Scorecard
from scoring.engine.vocabulary import CATEGORY_FACTS, NUMERIC_FACTS


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The words a bank uses: its segments, and what its applications say of akad and purpose. None are checked if empty."""

    segments: tuple[str, ...] = ()
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def term_findings(card: Scorecard, terms: Terms) -> Iterator[Finding]:
    yield from _missing(card)
    yield from _refused(card)
    yield from _segments(card, terms)
    yield from _words(card, terms)


def _missing(card: Scorecard) -> Iterator[Finding]:
    """Say which facts some characteristics take when they are unknown, and others do not."""
    for fact in (*NUMERIC_FACTS, *CATEGORY_FACTS):
        asked = [(place, each) for place, each in enumerate(card.characteristics) if fact in each.may_lack]
        answering = [each for _, each in asked if each.has_missing_bin]
        silent = [(place, each) for place, each in asked if not each.has_missing_bin]
        if answering and silent:
            yield blocking(
                "missing_unanswered",
                *(("characteristics", place, "bins") for place, _ in silent),
                label=answering[0].label,
                fact=fact,
                others=", ".join(each.label for _, each in silent),
            )


def _refused(card: Scorecard) -> Iterator[Finding]:
    for fact in CATEGORY_FACTS:
        asked = [each for each in card.characteristics if each.fact == fact]
        if asked and not word_cells(asked):
            places = [place for place, each in enumerate(card.characteristics) if each.fact == fact]
            yield blocking("nothing_scored", *(("characteristics", place) for place in places), fact=fact)


def _segments(card: Scorecard, terms: Terms) -> Iterator[Finding]:
    for place, band in enumerate(card.segment_bands):
        if terms.segments and band.segment not in terms.segments:
            yield blocking(
                "segment_unknown",
                ("segment_bands", place, "segment"),
                segment=band.segment,
                known=", ".join(terms.segments),
            )


def _words(card: Scorecard, terms: Terms) -> Iterator[Finding]:
    for place, each in enumerate(card.characteristics):
        known = terms.words.get(each.fact, ())
        unlisted = [word for word in known if word not in each.listed_values] if each.refuses_unlisted else []
        unknown = [word for word in each.listed_values if known and word not in known]
        for code, words in (("word_refused", unlisted), ("word_unknown", unknown)):
            if words:
                yield warning(code, ("characteristics", place, "bins"), label=each.label, words=", ".join(words))
