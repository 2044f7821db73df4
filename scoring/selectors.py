"""Reading scores back, and saying why they are what they are."""

from dataclasses import dataclass

from loans.models import Loan
from scoring.engine import Scorecard
from scoring.models import Score


@dataclass(frozen=True, slots=True, kw_only=True)
class CharacteristicPoints:
    """What one characteristic gave, and what it could have given."""

    name: str
    label: str
    bin_label: str
    points: int
    min_points: int
    max_points: int

    @property
    def lost(self) -> int:
        return self.max_points - self.points

    @property
    def share(self) -> int:
        """Where the points stand between the fewest and the most, as a percentage for a bar."""
        width = self.max_points - self.min_points
        return round(100 * (self.points - self.min_points) / width) if width else 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """A score and its reasons: `reasons` are the characteristics that lost points, most first, ties in card order."""

    score: Score
    card_label: str
    base_points: int
    lowest_score: int
    highest_score: int
    characteristics: tuple[CharacteristicPoints, ...]
    recommendation: str

    @property
    def reasons(self) -> tuple[CharacteristicPoints, ...]:
        losing = [characteristic for characteristic in self.characteristics if characteristic.lost]
        return tuple(sorted(losing, key=lambda characteristic: -characteristic.lost))

    @property
    def incomplete(self) -> list[str]:
        return list(self.score.incomplete)


def explain(score: Score) -> Explanation:
    """Say what each characteristic of the card it was made with gave, and what it could have given."""
    version = score.run.version
    card = version.card
    return Explanation(
        score=score,
        card_label=version.label,
        base_points=card.base_points,
        lowest_score=card.score_range.lowest,
        highest_score=card.score_range.highest,
        characteristics=_characteristics(card, score),
        recommendation=_recommendation(score.segment, score.debt_service_ratio),
    )


def latest_score(loan: Loan) -> Score | None:
    """The newest score of the loan, with its run and card; None if it has none."""
    return loan.scores.select_related("run__version").order_by("-id").first()


def _characteristics(card: Scorecard, score: Score) -> tuple[CharacteristicPoints, ...]:
    return tuple(
        CharacteristicPoints(
            name=each.name,
            label=each.label,
            bin_label=score.bins[each.name],
            points=score.points[each.name],
            min_points=each.lowest_points,
            max_points=each.highest_points,
        )
        for each in card.characteristics
    )


def _recommendation(segment: str, dsr: float | None) -> str:
    return f"Segment {segment.upper()} - DSR: {'n/a' if dsr is None else round(dsr, 2)}"
