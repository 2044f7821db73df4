"""How applications are judged, and what came of it."""

from scoring.models.cards import NoActiveScorecard, ScorecardVersion
from scoring.models.runs import RunPart, ScoringRun, Source
from scoring.models.scores import LoanSelection, Refusal, Score, keep_loan

__all__ = [
    "LoanSelection",
    "NoActiveScorecard",
    "Refusal",
    "RunPart",
    "Score",
    "ScorecardVersion",
    "ScoringRun",
    "Source",
    "keep_loan",
]
