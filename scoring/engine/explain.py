"""Why a score is what it is: the points each characteristic lost against its best bin, and its strengths."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from scoring.engine.characteristic import Characteristic
from scoring.engine.outcomes import NO_BIN, Outcomes
from scoring.engine.scorecard import Scorecard


class Scored(Protocol):
    """One scored row, fresh or read back: points and bin labels by characteristic, all "" for a refused row."""

    @property
    def points(self) -> Mapping[str, int]: ...

    @property
    def bins(self) -> Mapping[str, str]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Contribution:
    """What one characteristic gave one row, beside the most and the least it can give."""

    name: str
    label: str
    bin_label: str
    points: int
    max_points: int
    min_points: int

    @property
    def lost(self) -> int:
        return self.max_points - self.points

    @property
    def gained(self) -> int:
        return self.points - self.min_points


def contributions(card: Scorecard, row: Scored) -> tuple[Contribution, ...]:
    """List what every characteristic of the card gave this row, in card order; nothing for a refused row."""
    return tuple(_contribution(each, row) for each in card.characteristics if row.bins[each.name])


def reasons(given: Sequence[Contribution]) -> tuple[Contribution, ...]:
    """List where points were lost, most first, ties in card order."""
    return tuple(sorted((each for each in given if each.lost), key=lambda each: -each.lost))


def strengths(given: Sequence[Contribution]) -> tuple[Contribution, ...]:
    """List the best bins there are, what gained most over the worst first, ties in card order."""
    return tuple(sorted((each for each in given if each.gained and not each.lost), key=lambda each: -each.gained))


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


def recommendation(*, segment: str, dsr: float | None) -> str:
    """Write the line the API promises, such as "Segment MEDIUM - DSR: 0.19"; "" for a refused row."""
    if not segment:
        return ""
    return f"Segment {segment.upper()} - DSR: {'n/a' if dsr is None else round(dsr, 2)}"


def _contribution(characteristic: Characteristic, row: Scored) -> Contribution:
    return Contribution(
        name=characteristic.name,
        label=characteristic.label,
        bin_label=row.bins[characteristic.name],
        points=row.points[characteristic.name],
        max_points=characteristic.highest_points,
        min_points=characteristic.lowest_points,
    )
