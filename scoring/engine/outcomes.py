"""Outcomes: what a scorecard says of many applications, column by column, and of one of them in plain values."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isnan

import numpy as np

from scoring.engine.arrays import AnyColumn, CodeColumn, FloatColumn, Mask, ObjectColumn, ScoreColumn, SmallColumn
from scoring.engine.refusals import NOT_REFUSED, REFUSALS, Refusal

NO_SEGMENT = -1
NO_BIN = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class RowOutcome:
    """
    One row in plain Python values.

    With a `refusal` nothing was scored: scores and points are 0, the segment is "", the other numbers are None.
    `dsr` is None without income or with an unknown one. `incomplete` names the facts that were taken as zero.
    """

    credit_score: int
    raw_score: int
    points: Mapping[str, int]
    bins: Mapping[str, str]
    dsr: float | None
    asset_coverage_ratio: float | None
    monthly_installment: float | None
    default_probability: float | None
    segment: str
    refusal: Refusal | None
    incomplete: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Outcomes:
    """
    Columns of one length n, in the order of the facts.

    - `credit_score`, `raw_score`: int32; `points`: int32 by characteristic, in card order
    - `bins`: int8 by characteristic, the position in the card of the bin that gave the points; -1 for none
    - `monthly_installment`: float64 rupiah; `dsr`, `asset_coverage_ratio`: float64, NaN where there is none
    - `default_probability`: float64; `segment`: int8 index into `segment_names`, -1 for none
    - `refusal_index`: uint8 index into `REFUSALS`, 0 for a scored row
    - `incomplete`: by name, True where the fact was not known and was taken as zero

    A refused row carries 0 in the scores and points, -1 in the indices and NaN in the rest.
    """

    credit_score: ScoreColumn
    raw_score: ScoreColumn
    points: Mapping[str, ScoreColumn]
    bins: Mapping[str, SmallColumn]
    bin_labels: Mapping[str, tuple[str, ...]]
    monthly_installment: FloatColumn
    dsr: FloatColumn
    asset_coverage_ratio: FloatColumn
    default_probability: FloatColumn
    segment: SmallColumn
    segment_names: tuple[str, ...]
    refusal_index: CodeColumn
    incomplete: Mapping[str, Mask]

    def __len__(self) -> int:
        return len(self.credit_score)

    @property
    def refused(self) -> Mask:
        refused: Mask = self.refusal_index != NOT_REFUSED
        return refused

    @property
    def segments(self) -> ObjectColumn:
        """The segment of every row as text, "" for a refused one."""
        return np.array([*self.segment_names, ""], dtype=np.object_)[self.segment]

    def refusal(self, row: int) -> Refusal | None:
        return REFUSALS[int(self.refusal_index[row])]

    def refusal_counts(self) -> dict[Refusal, int]:
        """Count the refused rows by what was wrong with them."""
        counts = np.bincount(self.refusal_index, minlength=len(REFUSALS)).tolist()
        return {
            refusal: count for refusal, count in zip(REFUSALS, counts, strict=True) if refusal is not None and count
        }

    def segment_counts(self) -> dict[str, int]:
        """Count the scored rows by segment, in card order, zeros included."""
        counts = np.bincount(self.segment.astype(np.intp) + 1, minlength=len(self.segment_names) + 1).tolist()
        return dict(zip(self.segment_names, counts[1:], strict=True))

    def row(self, row: int) -> RowOutcome:
        """Take one row out of the columns."""
        return RowOutcome(
            credit_score=int(self.credit_score[row]),
            raw_score=int(self.raw_score[row]),
            points={name: int(column[row]) for name, column in self.points.items()},
            bins={name: self.bin_label(name, row) for name in self.bins},
            dsr=_value(self.dsr, row),
            asset_coverage_ratio=_value(self.asset_coverage_ratio, row),
            monthly_installment=_value(self.monthly_installment, row),
            default_probability=_value(self.default_probability, row),
            segment="" if self.segment[row] == NO_SEGMENT else self.segment_names[self.segment[row]],
            refusal=self.refusal(row),
            incomplete=tuple(name for name, mask in self.incomplete.items() if mask[row]),
        )

    def bin_label(self, characteristic: str, row: int) -> str:
        """Return the label of the bin that gave the points, "" for a refused row."""
        index = self.bins[characteristic][row]
        return "" if index == NO_BIN else self.bin_labels[characteristic][index]

    def take(self, rows: AnyColumn | slice) -> "Outcomes":
        """Pick rows by a slice (without copying), by positions or by a mask."""
        return Outcomes(
            credit_score=self.credit_score[rows],
            raw_score=self.raw_score[rows],
            points={name: column[rows] for name, column in self.points.items()},
            bins={name: column[rows] for name, column in self.bins.items()},
            bin_labels=self.bin_labels,
            monthly_installment=self.monthly_installment[rows],
            dsr=self.dsr[rows],
            asset_coverage_ratio=self.asset_coverage_ratio[rows],
            default_probability=self.default_probability[rows],
            segment=self.segment[rows],
            segment_names=self.segment_names,
            refusal_index=self.refusal_index[rows],
            incomplete={name: mask[rows] for name, mask in self.incomplete.items()},
        )


def _value(column: FloatColumn, row: int) -> float | None:
    value = float(column[row])
    return None if isnan(value) else value
