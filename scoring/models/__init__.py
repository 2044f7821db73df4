"""How applications are judged, and what came of it."""

from scoring.models.cards import CardActivation, CardProposal, CardStatus, NoActiveScorecard, ScorecardVersion
from scoring.models.decisions import Decision, DecisionLimit, DecisionReason
from scoring.models.overview import Overview, OverviewCell
from scoring.models.runs import RunPart, ScoringRun, Source
from scoring.models.scores import LoanSelection, Refusal, Score, keep_loan
from scoring.models.seals import Seal, SealEntry
from scoring.models.shadows import Shadow, ShadowRun, ShadowScore
from scoring.models.simulations import Simulation

__all__ = [
    "CardActivation",
    "CardProposal",
    "CardStatus",
    "Decision",
    "DecisionLimit",
    "DecisionReason",
    "LoanSelection",
    "NoActiveScorecard",
    "Overview",
    "OverviewCell",
    "Refusal",
    "RunPart",
    "Score",
    "ScorecardVersion",
    "ScoringRun",
    "Seal",
    "SealEntry",
    "Shadow",
    "ShadowRun",
    "ShadowScore",
    "Simulation",
    "Source",
    "keep_loan",
]
