"""What a card can and cannot do, as it is shown beside it: while it is edited, and when it is proposed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from scoring.engine import Level, Reach
from scoring.findings import examine_card, finding_sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentShare:
    segment: str
    combinations: int
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CardLint:
    """
    `faults` are the paths of what cannot stay as it is: "characteristics.0.bins.2.points".

    `warnings` are pairs: the sentence an approver takes note of, and what it says in the reader's language.
    """

    blocking: tuple[str, ...]
    faults: tuple[str, ...]
    warnings: tuple[tuple[str, str], ...]
    remarks: tuple[str, ...]
    reach: Reach | None
    segments: tuple[SegmentShare, ...]

    @property
    def is_usable(self) -> bool:
        return not self.blocking


def card_lint(definition: Mapping[str, Any]) -> CardLint:
    examination = examine_card(definition)
    findings, reach = examination.findings, examination.reach
    blocking = [each for each in findings if each.level is Level.BLOCKING]
    return CardLint(
        blocking=tuple(finding_sentence(each) for each in blocking),
        faults=tuple(path for each in blocking for path in each.paths if path),
        warnings=tuple((each.message, finding_sentence(each)) for each in findings if each.level is Level.WARNING),
        remarks=tuple(finding_sentence(each) for each in findings if each.level is Level.INFO),
        reach=reach,
        segments=() if reach is None else _segments(reach),
    )


def _segments(reach: Reach) -> tuple[SegmentShare, ...]:
    return tuple(
        SegmentShare(segment=segment, combinations=count, share=round(100 * count / reach.combinations, 2))
        for segment, count in reach.segments.items()
    )
