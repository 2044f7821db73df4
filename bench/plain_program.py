"""
The baseline of bench.spreadsheets: what one would write with pandas in an afternoon. It validates nothing.

    python -m bench.plain_program FILE OUT.json|OUT.csv doubles|fractions
"""

import json
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pandas as pd  # type: ignore[import-untyped]  # its stubs are not among the requirements

from bench.engine import EXACT, FLOATS, score_row
from bench.process import Stopwatch, tell

Score = Callable[[tuple[int, int, int, int]], dict[str, Any]]
SCORE: dict[str, Score] = {
    "doubles": lambda row: score_row(row, FLOATS, float),
    "fractions": lambda row: score_row(row, EXACT, Fraction),
}


def read(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, sep=";") if path.suffix == ".csv" else pd.read_excel(path, engine="openpyxl")


def sen(cell: Any) -> int:
    if isinstance(cell, str):
        cell = cell.removeprefix("Rp ").removesuffix(",-").replace(".", "")
    return int(cell) * 100


def outcome(row: "pd.Series[Any]", score: Score) -> dict[str, Any]:
    return score(
        (sen(row["monthly_income"]), sen(row["assets_value"]), sen(row["loan_amount"]), int(row["tenor_months"]))
    )


def answer(frame: pd.DataFrame, score: Score) -> dict[str, Any]:
    """The answer of the bank's earlier program."""
    results = []
    for index, row in frame.iterrows():
        scored = outcome(row, score)
        results.append({"row_index": index, "score": scored["credit_score"], "segment": scored["segment"]})
    high = sum(result["segment"] == "high" for result in results)
    return {"total_rows": len(results), "high_risk_count": high, "results": results}


def to_csv(frame: pd.DataFrame, score: Score, path: Path) -> None:
    """The rows with what the command line writes beside them."""
    scored = [flat(outcome(row, score)) for _, row in frame.iterrows()]
    pd.concat([frame, pd.DataFrame(scored)], axis=1).to_csv(path, index=False)


def flat(scored: dict[str, Any]) -> dict[str, Any]:
    names = ("credit_score", "raw_score", "default_probability", "segment")
    points = {f"points_{name}": value for name, value in scored["points"].items()}
    ratio = scored["dsr"]
    numbers = {
        "dsr": None if ratio is None else float(ratio),
        "monthly_installment": float(scored["monthly_installment"]),
    }
    return {**{name: scored[name] for name in names}, **numbers, **points}


def main(source: Path, output: Path, score: Score) -> None:
    watch = Stopwatch()
    if output.suffix == ".csv":
        to_csv(read(source), score, output)
        return tell(**watch.read())
    told = answer(read(source), score)
    output.write_text(json.dumps(told))
    return tell(**watch.read(), rows=told["total_rows"], high_risk=told["high_risk_count"])


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), SCORE[sys.argv[3]])
