"""Cards and applicants for the engine's tests: each names only what differs."""

from copy import deepcopy
from typing import Any

from scoring.engine import ANNUAL_1, STANDARD_1, Facts, Refusal, RefusalCode, RowOutcome, Scorecard

STANDARD = Scorecard.from_dict(STANDARD_1)
ANNUAL = Scorecard.from_dict(ANNUAL_1)


def written_card(**changes: Any) -> dict[str, Any]:
    """The standard card in its written form, with some keys replaced."""
    return {**deepcopy(dict(STANDARD_1)), **changes}


def card_with(*characteristics: dict[str, Any], **changes: Any) -> Scorecard:
    return Scorecard.from_dict(written_card(characteristics=list(characteristics), **changes))


def with_margin(method: str, rate: str = "0.15") -> Scorecard:
    return Scorecard.from_dict(written_card(margin={"method": method, "rate": rate}))


def numeric(fact: str, *bins: dict[str, Any], name: str | None = None) -> dict[str, Any]:
    return {"name": name or fact, "label": fact, "fact": fact, "bins": list(bins)}


def applicant(**changes: Any) -> dict[str, Any]:
    """The first row of the bank's acceptance spreadsheet, with some facts replaced."""
    facts = {"monthly_income": 5_000_000, "assets_value": 20_000_000, "loan_amount": 10_000_000, "tenor_months": 12}
    return {**facts, **changes}


def facts_of(*applicants: dict[str, Any]) -> Facts:
    names = {name for each in applicants for name in each}
    return Facts.from_values(**{name: [each.get(name) for each in applicants] for name in names})


def score_one(card: Scorecard = STANDARD, **changes: Any) -> RowOutcome:
    return card.score(facts_of(applicant(**changes))).row(0)


def refused(field: str, code: str) -> Refusal:
    return Refusal(field=field, code=RefusalCode(code))
