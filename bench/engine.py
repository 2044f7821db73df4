"""
Rows a second of the engine beside plain Python loops: `python -m bench.engine [rows ...]`.

Timed is `card.score(facts)` on int64 columns, every outcome column written: scores, points and bins of each
characteristic, ratios, installment, probability, segment, refusals. Building the facts is timed for neither side.

The loops score one row at a time by the same rules, validity and thresholds included, into a dict a row: one works
in fractions throughout and is exact; one works in floats, is wrong at some thresholds, and shows what exactness costs.
They run on at most 20,000 rows, since their rate does not depend on how many there are.
"""

# ruff: noqa: PLR2004, T201 - the loop spells the card out as a plain program would, and a measurement prints
import sys
from collections.abc import Callable, Iterable
from fractions import Fraction
from statistics import median
from time import perf_counter
from typing import Any, Final

import numpy as np

from scoring.engine import STANDARD_1, Facts, Scorecard

CARD: Final = Scorecard.from_dict(STANDARD_1)
ROWS: Final = (1_000, 10_000, 100_000, 1_000_000, 10_000_000)
LOOP_ROWS: Final = 20_000
EXACT: Final = tuple(Fraction(text) for text in ("1.15", "0.30", "0.40", "0.50", "1.2", "0.8"))
FLOATS: Final = tuple(float(number) for number in EXACT)


def applications(length: int) -> Facts:
    """Draw amounts as people type them, multiples of Rp 250,000, so that some rows lie exactly on a cut-off."""
    random = np.random.default_rng(2026)
    return Facts.from_sen(
        monthly_income=random.integers(0, 200, length) * 25_000_000,
        assets_value=random.integers(0, 2_000, length) * 25_000_000,
        loan_amount=random.integers(1, 1_000, length) * 25_000_000,
        tenor_months=random.integers(1, 61, length),
    )


def score_row(row: tuple[int, int, int, int], numbers: tuple[Any, ...], number: Callable[[int], Any]) -> dict[str, Any]:
    """Score one row as somebody would write it down, in the kind of numbers that is handed in."""
    income, assets, amount, tenor = row
    if not (0 <= income < 10**17 and 0 <= assets < 10**17 and 0 < amount < 10**17 and 1 <= tenor <= 360):
        return {"refused": True}
    debt_ratio, healthy, fair, strained, ample, enough = numbers
    installment = number(amount) / 100 * debt_ratio / tenor
    dsr = installment / (number(income) / 100) if income else None
    acr = number(assets) / amount
    points = {
        "dsr": -200
        if dsr is None
        else 150
        if dsr <= healthy
        else 100
        if dsr <= fair
        else 0
        if dsr <= strained
        else -150,
        "acr": 100 if acr >= ample else 50 if acr >= enough else -50,
        "tenor": 50 if tenor <= 12 else 20 if tenor <= 24 else -20 if tenor <= 36 else -50,
    }
    raw = 300 + sum(points.values())
    score = min(max(raw, 300), 850)
    return {
        "credit_score": score,
        "raw_score": raw,
        "points": points,
        "dsr": dsr,
        "asset_coverage_ratio": acr,
        "monthly_installment": installment,
        "default_probability": 0.01 if score >= 750 else 0.05 if score >= 650 else 0.15 if score >= 550 else 0.40,
        "segment": "low" if score >= 700 else "medium" if score >= 550 else "high",
    }


def loop_exact(rows: Iterable[tuple[int, int, int, int]]) -> list[dict[str, Any]]:
    return [score_row(row, EXACT, Fraction) for row in rows]


def loop_floats(rows: Iterable[tuple[int, int, int, int]]) -> list[dict[str, Any]]:
    return [score_row(row, FLOATS, float) for row in rows]


def seconds(work: Callable[[], object], *, times: int = 5) -> float:
    """Return the median of a few runs after a first one that does not count."""
    work()
    taken = []
    for _ in range(times):
        begun = perf_counter()
        work()
        taken.append(perf_counter() - begun)
    return median(taken)


def rows_of(facts: Facts, most: int) -> list[tuple[int, int, int, int]]:
    return list(zip(*(column[:most].tolist() for column in facts.columns.values()), strict=True))


def check(facts: Facts) -> None:
    """See that engine and exact loop agree before comparing how fast they are."""
    outcomes = CARD.score(facts)
    expected = loop_exact(rows_of(facts, len(facts)))
    for name in ("credit_score", "raw_score", "default_probability"):
        if getattr(outcomes, name).tolist() != [row[name] for row in expected]:
            raise SystemExit(f"The engine and the exact loop disagree about {name}.")


def single_row() -> None:
    facts = applications(1)
    values = {name: column.tolist() for name, column in facts.columns.items()}
    scoring = seconds(lambda: CARD.score(facts), times=2_000)
    whole = seconds(lambda: CARD.score(Facts.from_values(**values)).row(0), times=2_000)
    print(f"one row: {scoring * 1e6:.0f} µs scored; {whole * 1e6:.0f} µs from plain values to a plain outcome\n")


def compare(length: int) -> None:
    facts = applications(length)
    rows = rows_of(facts, LOOP_ROWS)
    engine = length / seconds(lambda: CARD.score(facts), times=5 if length > LOOP_ROWS else 50)
    exact = len(rows) / seconds(lambda: loop_exact(rows), times=3)
    floats = len(rows) / seconds(lambda: loop_floats(rows), times=3)
    print(
        f"{length:>11,}{engine:>16,.0f}{exact:>14,.0f}{engine / exact:>8,.0f}x{floats:>14,.0f}{engine / floats:>8,.0f}x"
    )


def main() -> None:
    check(applications(5_000))
    single_row()
    print(f"{'rows':>11}{'engine rows/s':>16}{'exact loop':>14}{'ratio':>9}{'float loop':>14}{'ratio':>9}")
    for length in [int(argument) for argument in sys.argv[1:]] or ROWS:
        compare(length)
    print(f"\nOne core, numpy {np.__version__}. Loops measured on at most {LOOP_ROWS:,} rows. Medians.")


if __name__ == "__main__":
    main()
