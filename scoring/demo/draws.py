"""Drawing whole columns at random, and rounding them the way people do."""

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Ints: TypeAlias = npt.NDArray[np.int64]
Floats: TypeAlias = npt.NDArray[np.float64]
Bools: TypeAlias = npt.NDArray[np.bool_]
Days: TypeAlias = npt.NDArray[np.datetime64]
Texts: TypeAlias = npt.NDArray[np.object_]


def pick(rng: np.random.Generator, shares: Sequence[float], size: int) -> Ints:
    """Draw indices in proportion to the shares."""
    return pick_by_row(rng, np.array([shares]), np.zeros(size, dtype=np.int64))


def pick_by_row(rng: np.random.Generator, shares: npt.ArrayLike, rows: Ints) -> Ints:
    """Draw one index per entry of `rows`, each in proportion to the shares of its row of the table."""
    table = np.asarray(shares, dtype=np.float64)
    bounds = np.cumsum(table, axis=1)
    wanted = rng.random(len(rows)) * bounds[rows, -1]
    chosen = np.zeros(len(rows), dtype=np.int64)
    for column in range(table.shape[1] - 1):
        chosen += wanted >= bounds[rows, column]
    return chosen


def chance(rng: np.random.Generator, probability: npt.ArrayLike, size: int) -> Bools:
    """Say yes with this probability, row by row."""
    return rng.random(size) < np.asarray(probability)


def logistic(x: Floats) -> Floats:
    """Turn log-odds into a probability."""
    odds: Floats = 1.0 / (1.0 + np.exp(-x))
    return odds


def round_as_typed(amounts: Floats, steps: Sequence[tuple[float, int]]) -> Ints:
    """
    Round to the step people use at that size.

    :param steps: (below this amount, this step), rising; the last step also serves everything above
    """
    limits = np.array([limit for limit, _ in steps[:-1]])
    step = np.array([step for _, step in steps])[np.searchsorted(limits, amounts, side="right")]
    rounded: Ints = np.rint(amounts / step).astype(np.int64) * step
    return rounded


def texts(words: Sequence[Any]) -> Texts:
    """Make an array of Python strings, to be indexed and joined by columns."""
    column = np.empty(len(words), dtype=np.object_)
    column[:] = words
    return column
