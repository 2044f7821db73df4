"""Why a score is what it is: the points each characteristic lost against its best bin, and its strengths."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scoring.engine.characteristic import Characteristic
from scoring.engine.outcomes import NO_BIN, Outcomes, RowOutcome
from scoring.engine.scorecard import Scorecard


@dataclass(frozen=True, slots=True, kw_only=True)
class Contribution:
    """What one characteristic gave one row, beside the most and the least it can give."""

    characteristic: str
    label: str
    bin_label: str
    points: int
    highest_points: int
    lowest_points: int

    @property
    def points_lost(self) -> int:
        return self.highest_points - self.points

    @property
    def points_gained(self) -> int:
        return self.points - self.lowest_points


def reasons(card: Scorecard, outcomes: Outcomes, row: int) -> tuple[Contribution, ...]:
    """List where this row lost points, most first, ties in card order. A refused row has no reasons."""
    lost = [each for each in contributions(card, outcomes, row) if each.points_lost]
    return tuple(sorted(lost, key=lambda each: -each.points_lost))


def strengths(card: Scorecard, outcomes: Outcomes, row: int) -> tuple[Contribution, ...]:
    """List where this row has the best bin there is, what gained most over the worst first, ties in card order."""
    best = [each for each in contributions(card, outcomes, row) if each.points_gained and not each.points_lost]
    return tuple(sorted(best, key=lambda each: -each.points_gained))


def contributions(card: Scorecard, outcomes: Outcomes, row: int) -> tuple[Contribution, ...]:
    """List what every characteristic gave this row, in card order; nothing for a refused row."""
    if outcomes.refusal(row) is not None:
        return ()
    return tuple(_contribution(each, outcomes, row) for each in card.characteristics)


def points_lost(card: Scorecard, outcomes: Outcomes) -> npt.NDArray[np.int32]:
    """Return the points lost as a matrix, a row per application and a column per characteristic; 0 for a refused row."""
    lost = np.zeros((len(outcomes), len(card.characteristics)), dtype=np.int32)
    for column, characteristic in enumerate(card.characteristics):
        scored = outcomes.bins[characteristic.name] != NO_BIN
        np.subtract(
            characteristic.highest_points, outcomes.points[characteristic.name], out=lost[:, column], where=scored
        )
    return lost


def reason_order(lost: npt.NDArray[np.int32]) -> npt.NDArray[np.int8]:
    """
    Rank the characteristics of every row by points lost, most first, ties in card order.

    :param lost: the matrix of `points_lost`
    :returns: a matrix of the same shape: positions in the card, then -1 where nothing more was lost
    """
    order = np.argsort(-lost, axis=1, kind="stable").astype(np.int8)
    order[np.take_along_axis(lost, order.astype(np.intp), axis=1) == 0] = -1
    return order


def recommendation(outcome: RowOutcome) -> str:
    """Write the line the API promises, such as "Segment MEDIUM - DSR: 0.19"; "" for a refused row."""
    if outcome.refusal is not None:
        return ""
    dsr = "n/a" if outcome.dsr is None else round(outcome.dsr, 2)
    return f"Segment {outcome.segment.upper()} - DSR: {dsr}"


def _contribution(characteristic: Characteristic, outcomes: Outcomes, row: int) -> Contribution:
    return Contribution(
        characteristic=characteristic.name,
        label=characteristic.label,
        bin_label=outcomes.bin_label(characteristic.name, row),
        points=int(outcomes.points[characteristic.name][row]),
        highest_points=characteristic.highest_points,
        lowest_points=characteristic.lowest_points,
    )
