"""The scoring engine: columns of facts in, columns of outcomes out. Pure: no Django, no clock, no I/O."""

from scoring.engine.bands import PdBand, ScoreRange, SegmentBand
from scoring.engine.bins import Bin, MissingBin, NoValueBin, NumericBin, OtherBin, ValuesBin
from scoring.engine.characteristic import Characteristic
from scoring.engine.compare import Book, compare
from scoring.engine.comparison import Comparison, Judged, Mover, Scores, Side, Tally
from scoring.engine.diff import Difference, Kind, differences
from scoring.engine.errors import CARD_MESSAGES, Place, ScorecardError
from scoring.engine.explain import (
    Contribution,
    contributions,
    points_lost,
    reason_order,
    reasons,
    recommendation,
    strengths,
)
from scoring.engine.facts import Facts
from scoring.engine.findings import FINDING_MESSAGES, Finding, Level
from scoring.engine.improvement import Better, Fault, Remark, remark
from scoring.engine.intervals import Interval
from scoring.engine.lint import Examination, examine, lint
from scoring.engine.margin import Margin, MarginMethod
from scoring.engine.outcomes import Outcomes, RowOutcome
from scoring.engine.reach import Reach
from scoring.engine.refusals import NOT_REFUSED, REFUSAL_MESSAGES, REFUSALS, Refusal, RefusalCode
from scoring.engine.scorecard import Scorecard, canonical_json, content_hash_of
from scoring.engine.sketch import Direction
from scoring.engine.sql import is_exact_in_sql, scorecard_sql
from scoring.engine.standard import ANNUAL_1, RESCALED_1, STANDARD_1
from scoring.engine.terms import Terms
from scoring.engine.vocabulary import RAW_FACTS, DerivedFact, FactKind
from scoring.engine.whatif import Application, Change, WhatIf

__all__ = [
    "ANNUAL_1",
    "CARD_MESSAGES",
    "FINDING_MESSAGES",
    "NOT_REFUSED",
    "RAW_FACTS",
    "REFUSALS",
    "REFUSAL_MESSAGES",
    "RESCALED_1",
    "STANDARD_1",
    "Application",
    "Better",
    "Bin",
    "Book",
    "Change",
    "Characteristic",
    "Comparison",
    "Contribution",
    "DerivedFact",
    "Difference",
    "Direction",
    "Examination",
    "FactKind",
    "Facts",
    "Fault",
    "Finding",
    "Interval",
    "Judged",
    "Kind",
    "Level",
    "Margin",
    "MarginMethod",
    "MissingBin",
    "Mover",
    "NoValueBin",
    "NumericBin",
    "OtherBin",
    "Outcomes",
    "PdBand",
    "Place",
    "Reach",
    "Refusal",
    "RefusalCode",
    "Remark",
    "RowOutcome",
    "ScoreRange",
    "Scorecard",
    "ScorecardError",
    "Scores",
    "SegmentBand",
    "Side",
    "Tally",
    "Terms",
    "ValuesBin",
    "WhatIf",
    "canonical_json",
    "compare",
    "content_hash_of",
    "contributions",
    "differences",
    "examine",
    "is_exact_in_sql",
    "lint",
    "points_lost",
    "reason_order",
    "reasons",
    "recommendation",
    "remark",
    "scorecard_sql",
    "strengths",
]
