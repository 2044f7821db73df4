"""One score and why, for paper."""

from datetime import datetime
from typing import Any

from loans.models import Loan
from scoring.admin.score_panel import as_scored
from scoring.messages import FACT_LABELS
from scoring.models import Score
from scoring.reasons import fact_text
from scoring.selectors import explain, latest_score


def printed_score(loan: Loan, score: Score, *, printed_at: datetime) -> dict[str, Any]:
    """What the sheet says; of an earlier score that there is a later one. Two queries."""
    latest = latest_score(loan)
    return {
        "loan": loan,
        "latest": as_scored(explain(score)),
        "version": score.run.version,
        "facts": [(FACT_LABELS[name], fact_text(name, value)) for name, value in score.facts.items()],
        "is_superseded": latest is not None and latest.pk != score.pk,
        "printed_at": printed_at,
    }
