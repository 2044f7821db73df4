"""Scoring: facts in, outcomes out, block by block. One row and ten million go the same way."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from scoring.engine.arithmetic import DebtRatios, Derived, derive, forget
from scoring.engine.arrays import FloatColumn, Mask, SmallColumn
from scoring.engine.bands import Band, PdBand, ScoreRange, SegmentBand
from scoring.engine.binning import Binner, Values
from scoring.engine.characteristic import Characteristic
from scoring.engine.facts import Facts
from scoring.engine.margin import Margin
from scoring.engine.outcomes import NO_BIN, Outcomes
from scoring.engine.refusals import NOT_REFUSED, RefusalCode, refusal_index
from scoring.engine.validity import Block, block_of, check_assumed, complete, gaps_in
from scoring.engine.vocabulary import CATEGORY_FACTS

ROWS_PER_BLOCK: Final = 32_768  # measured: large enough to forget the call overhead, small enough for the cache


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scorer:
    """
    A scorecard made ready to score: everything that depends on the card alone, looked up once.

    `answered` are the raw facts that may be missing: all characteristics that rest on one have a bin for it.
    """

    base_points: int
    score_range: ScoreRange
    names: tuple[str, ...]
    bin_labels: Mapping[str, tuple[str, ...]]
    binners: tuple[Binner, ...]
    answered: frozenset[str]
    debt_ratios: DebtRatios
    probability_of: FloatColumn
    segment_of: SmallColumn
    segment_names: tuple[str, ...]

    @classmethod
    def of(
        cls,
        *,
        base_points: int,
        score_range: ScoreRange,
        margin: Margin,
        characteristics: Sequence[Characteristic],
        pd_bands: Sequence[PdBand],
        segment_bands: Sequence[SegmentBand],
    ) -> Self:
        probabilities = np.array([float(band.probability) for band in pd_bands])
        return cls(
            base_points=base_points,
            score_range=score_range,
            names=tuple(characteristic.name for characteristic in characteristics),
            bin_labels={each.name: tuple(bin_.label for bin_ in each.bins) for each in characteristics},
            binners=tuple(Binner.of(characteristic) for characteristic in characteristics),
            answered=_answered(characteristics),
            debt_ratios=DebtRatios.of(margin),
            probability_of=probabilities[_band_by_score(pd_bands, score_range)],
            segment_of=_band_by_score(segment_bands, score_range),
            segment_names=tuple(band.segment for band in segment_bands),
        )

    def score(self, facts: Facts, *, assume_zero_for: Collection[str] = ()) -> Outcomes:
        """Score every row that can be scored; see `Scorecard.score`."""
        check_assumed(assume_zero_for)
        gaps = gaps_in(facts, self.answered)
        assumed = gaps_in(facts, [name for name in assume_zero_for if name not in self.answered])
        words = [binner.fact for binner in self.binners if binner.fact in CATEGORY_FACTS]
        ready = complete(facts, {**assumed, **gaps}, words)
        outcomes = self._empty(len(facts), assumed)
        with np.errstate(divide="ignore", invalid="ignore"):
            for rows in _blocks(len(facts)):
                here = {name: mask[rows] for name, mask in gaps.items()}
                self._score_block(block_of(ready.take(rows), here), outcomes.take(rows))
        return outcomes

    def _empty(self, length: int, assumed: Mapping[str, Mask]) -> Outcomes:
        """Make room for the outcomes: one array for each type, because few large ones cost less than many."""
        scores = np.empty((len(self.names) + 2, length), np.int32)
        indices = np.empty((len(self.names) + 1, length), np.int8)
        figures = np.empty((4, length), np.float64)
        return Outcomes(
            credit_score=scores[0],
            raw_score=scores[1],
            points=dict(zip(self.names, scores[2:], strict=True)),
            segment=indices[0],
            bins=dict(zip(self.names, indices[1:], strict=True)),
            monthly_installment=figures[0],
            dsr=figures[1],
            asset_coverage_ratio=figures[2],
            default_probability=figures[3],
            bin_labels=self.bin_labels,
            segment_names=self.segment_names,
            refusal_index=np.zeros(length, np.uint8),
            incomplete=assumed,
        )

    def _score_block(self, block: Block, out: Outcomes) -> None:
        """Fill `out`, a window on the outcome columns, for one block."""
        derived = {
            "monthly_installment": out.monthly_installment,
            "debt_service_ratio": out.dsr,
            "asset_coverage_ratio": out.asset_coverage_ratio,
        }
        derive(block.numbers, self.debt_ratios, Derived(**derived))
        if block.gaps:
            forget(derived, block.gaps)
        values = Values(
            numbers=block.numbers,
            words=block.words,
            derived=derived,
            gaps=block.gaps,
            debt_ratios=self.debt_ratios,
        )
        out.raw_score.fill(self.base_points)
        for name, binner in zip(self.names, self.binners, strict=True):
            binner.apply(values, bins=out.bins[name], points=out.points[name])
            np.add(out.raw_score, out.points[name], out=out.raw_score)
        self._judge(out)
        self._refuse(block, out)

    def _judge(self, out: Outcomes) -> None:
        """Clamp the raw score and look up what the score means."""
        np.clip(out.raw_score, self.score_range.lowest, self.score_range.highest, out=out.credit_score)
        step = out.credit_score.astype(np.intp) - self.score_range.lowest
        self.probability_of.take(step, out=out.default_probability, mode="clip")
        self.segment_of.take(step, out=out.segment, mode="clip")

    def _refuse(self, block: Block, out: Outcomes) -> None:
        """Enter the refusals and blank what was computed for their rows from stand-ins."""
        if block.refusals is not None:
            out.refusal_index[:] = block.refusals
        for name, binner in zip(self.names, self.binners, strict=True):
            if binner.fact in CATEGORY_FACTS:
                unlisted = (out.bins[name] == NO_BIN) & (out.refusal_index == NOT_REFUSED)
                out.refusal_index[unlisted] = refusal_index(binner.fact, RefusalCode.NOT_LISTED)
        refused = out.refused
        if refused.any():
            _blank(out, refused)


def _answered(characteristics: Sequence[Characteristic]) -> frozenset[str]:
    """List the facts of which every characteristic that rests on them says what missing earns."""
    unanswered = {name for each in characteristics if not each.has_missing_bin for name in each.may_lack}
    return frozenset(name for each in characteristics for name in each.may_lack if name not in unanswered)


def _blank(out: Outcomes, refused: Mask) -> None:
    for scores in (out.credit_score, out.raw_score, *out.points.values()):
        scores[refused] = 0
    for indices in (out.segment, *out.bins.values()):
        indices[refused] = NO_BIN
    for figures in (out.monthly_installment, out.dsr, out.asset_coverage_ratio, out.default_probability):
        figures[refused] = np.nan


def _blocks(length: int) -> Iterator[slice]:
    for start in range(0, length, ROWS_PER_BLOCK):
        yield slice(start, min(start + ROWS_PER_BLOCK, length))


def _band_by_score(bands: Sequence[Band], score_range: ScoreRange) -> SmallColumn:
    """List for every score of the range, from the lowest up, which band it belongs to."""
    scores = np.arange(score_range.lowest, score_range.highest + 1)
    bands_above: SmallColumn = np.sum([scores < band.at_least for band in bands], axis=0, dtype=np.int8)
    return bands_above
