"""What can be said of a card: each finding with a stable code, a sentence, and the places it speaks of."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from scoring.engine.errors import CARD_MESSAGES, Place, card_sentence


class Level(StrEnum):
    """Blocking: not a card that can be used. Warning: legal, but somebody should know. Info: how it is."""

    BLOCKING = "blocking"
    WARNING = "warning"
    INFO = "info"


FINDING_MESSAGES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "combinations": "%(count)s combinations of bins can occur; their raw scores run from %(lowest)s to %(highest)s.",
        "never_together": "%(label)s and %(other)s rest on the same facts: %(never)s of their %(pairs)s pairs of bins never meet, such as “%(bin)s” with “%(other_bin)s”.",
        "not_enumerated": "The card has %(count)s combinations, too many to check which can occur: all are taken to be possible.",
        "segment_counts": "Combinations by segment: %(counts)s.",
        "highest_score": "The highest score is %(highest)s; nothing reaches the %(range_highest)s where the range ends.",
        "lowest_score": "The lowest score is %(lowest)s; nothing falls to the %(range_lowest)s where the range begins.",
        "segment_never": "The segment %(segment)s is never assigned.",
        "probability_never": "The probability of default %(probability)s is never assigned.",
        "clamped_below": "%(clamped)s of %(count)s combinations fall below %(range_lowest)s and are clamped together.",
        "clamped_above": "%(clamped)s of %(count)s combinations rise above %(range_highest)s and are clamped together.",
        "always_worst": "%(label)s %(bins)s: always %(segment)s, however good the rest.",
        "decides_alone": "%(label)s can decide alone: whatever the rest, “%(worse_bin)s” ends in %(worse_segment)s at best and “%(better_bin)s” in %(better_segment)s at worst.",
        "against_direction": "%(label)s: “%(better_bin)s” should earn at least as much as “%(worse_bin)s”, and earns %(better_points)s instead of %(worse_points)s.",
        "bin_never": "%(label)s: no application can fall into “%(bin)s”.",
        "missing_unanswered": "%(label)s says what an unknown %(fact)s earns, but %(others)s does not, so such an application would be refused. Give each of them a bin for missing, or none.",
        "nothing_scored": "No application can be scored: every %(fact)s is refused.",
        "segment_unknown": "The segment %(segment)s is unknown; the segments are %(known)s.",
        "word_refused": "%(label)s has no bin for %(words)s: such applications would be refused.",
        "word_unknown": "%(label)s lists %(words)s, which no application can have.",
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


def blocking(code: str, *places: Place, **params: object) -> Finding:
    return Finding(level=Level.BLOCKING, code=code, params=params, places=places or ((),))


def warning(code: str, *places: Place, **params: object) -> Finding:
    return Finding(level=Level.WARNING, code=code, params=params, places=places or ((),))


def info(code: str, *places: Place, **params: object) -> Finding:
    return Finding(level=Level.INFO, code=code, params=params, places=places or ((),))
