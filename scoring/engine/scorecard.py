"""The scorecard: frozen, checked when it is built, written as a plain dict."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Self

from scoring.engine.arithmetic import DebtRatios
from scoring.engine.bands import PdBand, ScoreRange, SegmentBand, band_faults, segment_faults
from scoring.engine.bins import check_text, check_whole
from scoring.engine.card_format import (
    CARD,
    FORMAT,
    check_format,
    fields_of,
    items_of,
    read_characteristic,
    read_margin,
    read_pd_band,
    read_range,
    read_segment_band,
    write_characteristic,
    write_margin,
)
from scoring.engine.characteristic import Characteristic
from scoring.engine.errors import ScorecardError, refuse_first
from scoring.engine.facts import Facts
from scoring.engine.margin import Margin
from scoring.engine.outcomes import Outcomes
from scoring.engine.score import Scorer

MOST_CHARACTERISTICS = 100


def list_faults(names: Sequence[object]) -> Iterator[ScorecardError]:
    """Say what is wrong with the characteristics as a list, by their names."""
    if not names:
        yield ScorecardError("no_characteristics")
    if len(names) > MOST_CHARACTERISTICS:
        yield ScorecardError("too_many_characteristics")
    for place, name in enumerate(names):
        if name in names[:place]:
            yield ScorecardError("characteristic_twice", {"characteristic": name}, ((place, "name"),))


def content_hash_of(written: Mapping[str, Any]) -> str:
    """Return the SHA-256 of the canonical JSON of a written card, finished or not, in hex."""
    return sha256(canonical_json(written).encode()).hexdigest()


def canonical_json(written: Mapping[str, Any]) -> str:
    """The one way to write a card: keys in order, no space."""
    return json.dumps(written, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scorecard:
    """
    A weighted scorecard: base points plus the points of one bin per characteristic, clamped to the score range.

    `version` is the label decisions cite, such as "standard-1"; `name` is for people.

    :raises ScorecardError: with a code and an exact sentence, for anything that could leave a row without an answer
    """

    name: str
    version: str
    base_points: int
    score_range: ScoreRange
    margin: Margin
    characteristics: tuple[Characteristic, ...]
    pd_bands: tuple[PdBand, ...]
    segment_bands: tuple[SegmentBand, ...]
    _scorer: Scorer = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        check_text(self.name, where="the name of the card")
        check_text(self.version, where="the version of the card")
        check_whole(self.base_points, where="the base points")
        refuse_first(list_faults([each.name for each in self.characteristics]))
        refuse_first(band_faults(self.pd_bands, self.score_range, kind="PD"))
        refuse_first(band_faults(self.segment_bands, self.score_range, kind="segment"))
        refuse_first(segment_faults(self.segment_bands))
        object.__setattr__(self, "_scorer", self._make_ready())

    @classmethod
    def from_dict(cls, written: object) -> Self:
        """
        Read a card from its plain dict.

        :raises ScorecardError: for anything missing, unknown or wrong in it
        """
        fields = fields_of(written, CARD)
        check_format(fields["format"])
        parts = items_of(fields["characteristics"], where="the list of characteristics")
        return cls(
            name=fields["name"],
            version=fields["version"],
            base_points=fields["base_points"],
            score_range=read_range(fields["score_range"]),
            margin=read_margin(fields["margin"]),
            characteristics=tuple(read_characteristic(part) for part in parts),
            pd_bands=tuple(map(read_pd_band, items_of(fields["pd_bands"], where="the list of PD bands"))),
            segment_bands=tuple(
                map(read_segment_band, items_of(fields["segment_bands"], where="the list of segment bands"))
            ),
        )

    def to_dict(self) -> dict[str, Any]:
        """Write the card as a plain dict; `from_dict` reads it back identically."""
        return {
            "format": FORMAT,
            "version": self.version,
            "name": self.name,
            "base_points": self.base_points,
            "score_range": {"lowest": self.score_range.lowest, "highest": self.score_range.highest},
            "margin": write_margin(self.margin),
            "characteristics": [write_characteristic(each) for each in self.characteristics],
            "pd_bands": [
                {"at_least": band.at_least, "probability": format(band.probability, "f")} for band in self.pd_bands
            ],
            "segment_bands": [{"at_least": band.at_least, "segment": band.segment} for band in self.segment_bands],
        }

    def content_hash(self) -> str:
        """Return the SHA-256 of the card's canonical JSON, in hex: same content, same hash."""
        return content_hash_of(self.to_dict())

    def score(self, facts: Facts, *, assume_zero_for: Collection[str] = ()) -> Outcomes:
        """
        Score columns of facts; a row that cannot be scored carries its refusal, and none raises.

        A missing fact refuses its row, unless every characteristic that rests on it, and there is one, has a bin for
        missing: then the row falls into these bins and the ratios made from the fact are NaN.

        :param assume_zero_for: monthly_income and assets_value may be taken as zero where they are missing (stored
            customers); such rows are marked in `Outcomes.incomplete`. Where the card has bins for missing they win: it
            says itself what unknown means, nothing is taken as zero, and the row is not incomplete
        """
        return self._scorer.score(facts, assume_zero_for=assume_zero_for)

    @property
    def may_be_missing(self) -> frozenset[str]:
        """The raw facts an application may lack: every characteristic that rests on one says what missing earns."""
        return self._scorer.answered

    def segment_of(self, credit_score: int) -> str:
        """The segment of a score; of one below the range that of the lowest."""
        bands = self.segment_bands
        return next((band.segment for band in bands if credit_score >= band.at_least), bands[-1].segment)

    @property
    def debt_ratios(self) -> DebtRatios:
        """Total debt over amount for every tenor."""
        return self._scorer.debt_ratios

    def _make_ready(self) -> Scorer:
        return Scorer.of(
            base_points=self.base_points,
            score_range=self.score_range,
            margin=self.margin,
            characteristics=self.characteristics,
            pd_bands=self.pd_bands,
            segment_bands=self.segment_bands,
        )
