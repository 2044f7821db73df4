"""Reading scores back, and saying why they are what they are."""

from dataclasses import dataclass

from loans.models import Loan
from scoring.engine import Contribution, contributions, reasons, recommendation, strengths
from scoring.models import Score


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """A score and why: what each characteristic gave, where points were lost, and where there is no better bin."""

    score: Score
    card_label: str
    base_points: int
    lowest_score: int
    highest_score: int
    characteristics: tuple[Contribution, ...]
    recommendation: str

    @property
    def reasons(self) -> tuple[Contribution, ...]:
        """The characteristics that lost points, most first, ties in card order."""
        return reasons(self.characteristics)

    @property
    def strengths(self) -> tuple[Contribution, ...]:
        """The characteristics with their best bin, what gained most first, ties in card order."""
        return strengths(self.characteristics)

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
        characteristics=contributions(card, score),
        recommendation=recommendation(segment=score.segment, dsr=score.debt_service_ratio),
    )


def latest_score(loan: Loan) -> Score | None:
    """The newest score of the loan, with its run and card; None if it has none."""
    return loan.scores.select_related("run__version").order_by("-id").first()
