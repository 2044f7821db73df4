"""`python -m bench.lint` examines scorecards as the editor does and prints what one examination takes."""

import random
from collections.abc import Sequence
from itertools import pairwise
from statistics import median
from time import process_time
from typing import Any

from scoring.engine import ANNUAL_1, RAW_FACTS, RESCALED_1, STANDARD_1, DerivedFact, FactKind, examine

ROUNDS = 5
SPANS = {
    "monthly_income": (1e6, 5e7),
    "assets_value": (1e6, 1e9),
    "loan_amount": (1e6, 5e8),
    "tenor_months": (3, 120),
    DerivedFact.MONTHLY_INSTALLMENT.value: (1e5, 2e7),
    DerivedFact.DEBT_SERVICE_RATIO.value: (0.05, 1.5),
    DerivedFact.ASSET_COVERAGE_RATIO.value: (0.1, 4.0),
}
WORDS = [fact for fact, kind in RAW_FACTS.items() if kind is FactKind.CATEGORY]
WIDE = {
    "over all facts": [*SPANS, *WORDS, *list(SPANS)[:6]],
    "over all numbers": [*SPANS, *SPANS, "tenor_months"],
    "over incomes, assets and amounts": [
        "loan_amount",
        "monthly_income",
        "assets_value",
        "debt_service_ratio",
        "asset_coverage_ratio",
    ]
    * 3,
}


def main() -> None:
    chance = random.Random(1)  # noqa: S311 a measurement keeps no secrets
    cards = {str(card["version"]): dict(card) for card in (STANDARD_1, RESCALED_1, ANNUAL_1)}
    for method in ("once", "annuity"):
        cards |= {f"15 of 6 bins, {name}, {method}": _card(facts, method, chance) for name, facts in WIDE.items()}
    for name, card in cards.items():
        reach = examine(card).reach
        if reach is None or not reach.is_exact:
            raise SystemExit(f"{name} was not counted exactly")
        print(f"{name:55} {1000 * _seconds(card):7.1f} ms {reach.combinations:>12,} combinations")  # noqa: T201 a measurement


def _seconds(card: dict[str, Any]) -> float:
    times = []
    for _ in range(ROUNDS):
        began = process_time()
        examine(card)
        times.append(process_time() - began)
    return median(times)


def _card(facts: Sequence[str], method: str, chance: random.Random) -> dict[str, Any]:
    parts = [_characteristic(fact, f"c{place}", chance) for place, fact in enumerate(facts)]
    return {**STANDARD_1, "margin": {"method": method, "rate": "0.123457"}, "characteristics": parts}


def _characteristic(fact: str, name: str, chance: random.Random) -> dict[str, Any]:
    covers = _word_bins() if fact in WORDS else _number_bins(SPANS[fact], chance)
    none = [{"no_value": True}] if fact == DerivedFact.DEBT_SERVICE_RATIO.value else []
    bins = [
        {"label": str(place), **cover, "points": chance.randint(-99, 99)} for place, cover in enumerate(covers + none)
    ]
    return {"name": name, "label": name, "fact": fact, "bins": bins}


def _word_bins() -> list[dict[str, Any]]:
    return [*({"values": [f"word {place}"]} for place in range(5)), {"other": True}]


def _number_bins(span: tuple[float, float], chance: random.Random) -> list[dict[str, Any]]:
    decimals = 0 if span[1] > 100 else 2  # noqa: PLR2004 ratios are small
    cuts = sorted({round(chance.uniform(*span), decimals) for _ in range(5)})
    texts = [f"{cut:.{decimals}f}" for cut in cuts]
    inner = [{"above": lower, "at_most": upper} for lower, upper in pairwise(texts)]
    return [{"at_most": texts[0]}, *inner, {"above": texts[-1]}]


if __name__ == "__main__":
    main()
