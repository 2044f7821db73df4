"""Outcomes as rows: columns in, columns out, money as text so that nothing is rounded on the way to the database."""

import json
from typing import Any, TypedDict

import numpy as np
import numpy.typing as npt

from scoring.engine import RAW_FACTS, FactKind, Facts, Outcomes

Rows = npt.NDArray[np.intp]
SEN = 100


class ScoreColumns(TypedDict):
    """The columns of Score that follow from facts and outcome; JSON and decimals as text."""

    facts: list[str]
    raw_score: list[int]
    credit_score: list[int]
    default_probability: list[str]
    segment: list[str]
    debt_service_ratio: list[float | None]
    monthly_installment: list[str]
    points: list[str]
    bins: list[str]
    incomplete: list[str]


def score_columns(*, facts: Facts, outcomes: Outcomes, rows: Rows) -> ScoreColumns:
    """
    Write down the outcomes of these rows.

    :param rows: positions of rows that were scored, none of which was refused
    """
    some, given = outcomes.take(rows), facts.take(rows)
    points, bins = _points_and_bins(some)
    return {
        "facts": _facts_text(given),
        "raw_score": some.raw_score.tolist(),
        "credit_score": some.credit_score.tolist(),
        "default_probability": _as_text(some.default_probability, "{:.6f}"),
        "segment": some.segments.tolist(),
        "debt_service_ratio": [None if np.isnan(ratio) else ratio for ratio in some.dsr.tolist()],
        "monthly_installment": [f"{rupiah:.2f}" for rupiah in some.monthly_installment.tolist()],
        "points": points,
        "bins": bins,
        "incomplete": _incomplete_text(some),
    }


def _as_text(column: npt.NDArray[np.float64], form: str) -> list[str]:
    """Few distinct values: each is written once."""
    values, where = np.unique(column, return_inverse=True)
    texts = [form.format(value) for value in values.tolist()]
    return [texts[index] for index in where.tolist()]


def _points_and_bins(outcomes: Outcomes) -> tuple[list[str], list[str]]:
    """A card has few combinations of bins: the text of each is made once."""
    first, where = _combinations(outcomes)
    names, rows, index = tuple(outcomes.bins), first.tolist(), where.tolist()
    points = [json.dumps({name: int(outcomes.points[name][row]) for name in names}) for row in rows]
    bins = [json.dumps({name: outcomes.bin_labels[name][outcomes.bins[name][row]] for name in names}) for row in rows]
    return [points[i] for i in index], [bins[i] for i in index]


def _combinations(outcomes: Outcomes) -> tuple[Rows, Rows]:
    """
    Number the combinations of bins that occur.

    :returns: a row that has each of them, and for each row which of them it has
    """
    first, where = np.zeros(min(len(outcomes), 1), np.intp), np.zeros(len(outcomes), np.intp)
    for name, bins in outcomes.bins.items():
        # Numbered anew at every step, so that no card has too many for an integer.
        codes = where * len(outcomes.bin_labels[name]) + bins
        _, first, where = np.unique(codes, return_index=True, return_inverse=True)
    return first, where


def _facts_text(facts: Facts) -> list[str]:
    forms, columns = [], []
    for name in facts.columns:
        form, values = _written(facts, name)
        forms.append(f'"{name}": {form}')
        columns += values
    form = "{" + ", ".join(forms) + "}"
    return [form % row for row in zip(*columns, strict=True)]


def _written(facts: Facts, name: str) -> tuple[str, list[list[Any]]]:
    """How a fact is put down, and the columns that go into it."""
    if RAW_FACTS[name] is FactKind.MONEY:
        form, values = '"%d.%02d"', [part.tolist() for part in np.divmod(facts.columns[name], SEN)]
    else:
        column = facts.columns[name].tolist()
        known = {value: json.dumps(value) for value in set(column)}
        form, values = "%s", [[known[value] for value in column]]
    if name not in facts.missing:
        return form, values
    gone = facts.missing[name].tolist()
    texts = ["null" if is_gone else form % row for is_gone, row in zip(gone, zip(*values, strict=True), strict=True)]
    return "%s", [texts]


def _incomplete_text(outcomes: Outcomes) -> list[str]:
    texts = ["[]"] * len(outcomes)
    rows = {row for mask in outcomes.incomplete.values() for row in np.flatnonzero(mask).tolist()}
    for row in rows:
        texts[row] = json.dumps([name for name, mask in outcomes.incomplete.items() if mask[row]])
    return texts
