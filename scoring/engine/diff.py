"""
What changed between two cards, entry by entry.

Characteristics are matched by name, then by fact; bins by what they cover, wherever they stand. The bins of numbers of
two cards tile the same line: between two cut-offs that both have, as many bins on either side are the same bins with
their cut-offs moved, and a different number of them was split or merged.
"""

from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from itertools import zip_longest
from typing import Final, TypeAlias, TypeVar

from scoring.engine.arithmetic import CutOff
from scoring.engine.bands import PdBand, SegmentBand
from scoring.engine.binning import cut_offs_of
from scoring.engine.bins import Bin, NumericBin, ValuesBin
from scoring.engine.card_format import write_bin
from scoring.engine.characteristic import Characteristic
from scoring.engine.errors import Place
from scoring.engine.pairing import Pair, paired, paired_again
from scoring.engine.scorecard import Scorecard

T = TypeVar("T")
Band = TypeVar("Band", PdBand, SegmentBand)
Value: TypeAlias = int | str | None

CHARACTERISTICS: Final = "characteristics"


class Kind(StrEnum):
    CHANGED = "changed"
    ADDED = "added"
    REMOVED = "removed"
    MOVED = "moved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """
    One thing that is not as it was.

    - `what`: "base_points", "margin", "characteristic", "bin", "points", "cover", "label", "pd_band", "order", …
    - `characteristic`, `bin`: the labels of what it is about, as in the new card, or in the old if it is gone from there
    - `place`: the way to it in the new card, or in the old if it was removed
    """

    kind: Kind
    what: str
    place: Place
    before: Value = None
    after: Value = None
    characteristic: str = ""
    bin: str = ""


def differences(old: Scorecard, new: Scorecard) -> tuple[Difference, ...]:
    """Say everything that tells two cards apart but their version, in the order of the new card; none if nothing does."""
    pds = _pd_pairs(old.pd_bands, new.pd_bands)
    segments = paired(old.segment_bands, new.segment_bands, _segment_of)
    return (
        *_heading(old, new),
        *_characteristics(old, new),
        *_bands("pd_band", "pd_bands", pds, old.pd_bands, new.pd_bands),
        *_bands("segment_band", "segment_bands", segments, old.segment_bands, new.segment_bands),
    )


def _changed(what: str, place: Place, before: Value, after: Value, **about: str) -> Iterator[Difference]:
    if before != after:
        yield Difference(kind=Kind.CHANGED, what=what, place=place, before=before, after=after, **about)


def _heading(old: Scorecard, new: Scorecard) -> Iterator[Difference]:
    yield from _changed("name", ("name",), old.name, new.name)
    yield from _changed("base_points", ("base_points",), old.base_points, new.base_points)
    for end in ("lowest", "highest"):
        yield from _changed(end, ("score_range", end), getattr(old.score_range, end), getattr(new.score_range, end))
    yield from _changed("margin_method", ("margin", "method"), old.margin.method.value, new.margin.method.value)
    yield from _changed("margin_rate", ("margin", "rate"), f"{old.margin.rate:f}", f"{new.margin.rate:f}")


def _order(
    pairs: Sequence[Pair[T]], old: Sequence[T], place: Place, label: Callable[[T], str], about: str = ""
) -> Iterator[Difference]:
    """Say so if what stayed stands in another order."""
    stayed = [(pair.old, pair.new) for pair in pairs if pair.old is not None and pair.new is not None]
    before = [other for each in old for one, other in stayed if one is each]
    after = [other for _, other in stayed]
    if any(one is not other for one, other in zip(before, after, strict=True)):
        labels = [", ".join(label(each) for each in order) for order in (before, after)]
        yield Difference(
            kind=Kind.MOVED, what="order", place=place, before=labels[0], after=labels[1], characteristic=about
        )


def _characteristics(old: Scorecard, new: Scorecard) -> Iterator[Difference]:
    pairs = paired(old.characteristics, new.characteristics, lambda each: each.name)
    pairs = paired_again(pairs, lambda each: each.fact)
    yield from _order(pairs, old.characteristics, (CHARACTERISTICS,), lambda each: each.label)
    for pair in pairs:
        if pair.new is None and pair.old is not None:
            yield _whole(Kind.REMOVED, pair.old, (CHARACTERISTICS, old.characteristics.index(pair.old)))
        elif pair.new is not None:
            place: Place = (CHARACTERISTICS, new.characteristics.index(pair.new))
            yield from (
                (_whole(Kind.ADDED, pair.new, place),)
                if pair.old is None
                else _characteristic(pair.old, pair.new, (CHARACTERISTICS, old.characteristics.index(pair.old)), place)
            )


def _whole(kind: Kind, each: Characteristic, place: Place) -> Difference:
    text = "; ".join(f"{bin_.label}: {bin_.points}" for bin_ in each.bins)
    before, after = (None, text) if kind is Kind.ADDED else (text, None)
    return Difference(
        kind=kind, what="characteristic", place=place, before=before, after=after, characteristic=each.label
    )


def _characteristic(old: Characteristic, new: Characteristic, old_place: Place, place: Place) -> Iterator[Difference]:
    about = {"characteristic": new.label}
    yield from _changed("name", (*place, "name"), old.name, new.name, **about)
    yield from _changed("label", (*place, "label"), old.label, new.label, **about)
    yield from _changed("fact", (*place, "fact"), old.fact, new.fact, **about)
    yield from _changed("direction", (*place, "direction"), old.direction, new.direction, **about)
    yield from _changed("unlisted", (*place, "unlisted"), _unlisted(old), _unlisted(new), **about)
    pairs = _bin_pairs(old, new)
    yield from _order(pairs, old.bins, (*place, "bins"), lambda bin_: bin_.label, new.label)
    for pair in pairs:
        if pair.new is not None:
            yield from _bin(pair.old, pair.new, (*place, "bins", _index(new.bins, pair.new)), new.label)
        elif pair.old is not None:
            yield _lone_bin(Kind.REMOVED, pair.old, (*old_place, "bins", _index(old.bins, pair.old)), old.label)


def _unlisted(characteristic: Characteristic) -> str | None:
    return "refuse" if characteristic.refuses_unlisted else None


def _index(parts: Sequence[object], part: object) -> int:
    return next(index for index, each in enumerate(parts) if each is part)


def _bin(old: Bin | None, new: Bin, place: Place, label: str) -> Iterator[Difference]:
    if old is None:
        yield _lone_bin(Kind.ADDED, new, place, label)
        return
    about = {"characteristic": label, "bin": new.label}
    yield from _changed("points", (*place, "points"), old.points, new.points, **about)
    yield from _changed("cover", place, cover(old), cover(new), **about)
    yield from _changed("label", (*place, "label"), old.label, new.label, **about)


def _lone_bin(kind: Kind, bin_: Bin, place: Place, label: str) -> Difference:
    before, after = (None, bin_.points) if kind is Kind.ADDED else (bin_.points, None)
    return Difference(
        kind=kind, what="bin", place=place, before=before, after=after, characteristic=label, bin=bin_.label
    )


def cover(bin_: Bin) -> str:
    """What a bin covers, as text: "> 12, ≤ 24", "murabahah, salam", "other"."""
    written = write_bin(bin_)
    signs = {"above": "> ", "at_least": "≥ ", "below": "< ", "at_most": "≤ "}
    if isinstance(bin_, ValuesBin):
        return ", ".join(bin_.values)
    if isinstance(bin_, NumericBin):
        return ", ".join(f"{signs[key]}{written[key]}" for key in signs if key in written)
    return next(key for key, value in written.items() if value is True)


def _bin_pairs(old: Characteristic, new: Characteristic) -> list[Pair[Bin]]:
    """Pair the bins, the new ones in the order of their card."""
    numeric = [Pair[Bin](pair.old, pair.new) for pair in _numeric_pairs(old.numeric_bins, new.numeric_bins)]
    pairs = [*numeric, *_other_pairs(old.bins, new.bins)]
    there = [pair for bin_ in new.bins for pair in pairs if pair.new is bin_]
    return [*there, *(pair for pair in pairs if pair.new is None)]


def _numeric_pairs(old: Sequence[NumericBin], new: Sequence[NumericBin]) -> Iterator[Pair[NumericBin]]:
    """Pair the bins between every two cut-offs that both cards have."""
    common = set(cut_offs_of(old)) & set(cut_offs_of(new))
    nothing: list[NumericBin] = []
    for left, right in zip_longest(_runs(old, common), _runs(new, common), fillvalue=nothing):
        if len(left) == len(right):
            yield from (Pair(one, other) for one, other in zip(left, right, strict=True))
        else:
            yield from (Pair(None, bin_) for bin_ in right)
            yield from (Pair(bin_, None) for bin_ in left)


def _runs(bins: Sequence[NumericBin], cuts: AbstractSet[CutOff]) -> list[list[NumericBin]]:
    runs: list[list[NumericBin]] = [[bin_] for bin_ in bins[:1]]
    for cut_off, bin_ in zip(cut_offs_of(bins), bins[1:], strict=True):
        if cut_off in cuts:
            runs.append([])
        runs[-1].append(bin_)
    return runs


def _other_pairs(old: Sequence[Bin], new: Sequence[Bin]) -> list[Pair[Bin]]:
    """Pair the other bins: of words by the words, then by label; of the rest there is one of each kind."""
    before: list[Bin] = [bin_ for bin_ in old if not isinstance(bin_, NumericBin)]
    after: list[Bin] = [bin_ for bin_ in new if not isinstance(bin_, NumericBin)]
    pairs: list[Pair[Bin]] = paired(before, after, _words_or_kind)
    return paired_again(pairs, _kind_and_label)


def _words_or_kind(bin_: Bin) -> frozenset[str]:
    return frozenset(bin_.values if isinstance(bin_, ValuesBin) else (f"kind {type(bin_).__name__}",))


def _kind_and_label(bin_: Bin) -> str:
    return f"{type(bin_).__name__} {bin_.label}"


def _segment_of(band: SegmentBand) -> str:
    return band.segment


def _beginning(band: PdBand) -> int:
    return band.at_least


def _probability(band: PdBand) -> Decimal:
    return band.probability


def _pd_pairs(old: Sequence[PdBand], new: Sequence[PdBand]) -> list[Pair[PdBand]]:
    return paired_again(paired(old, new, _beginning), _probability)


def _bands(
    what: str, key: str, pairs: Sequence[Pair[Band]], old: Sequence[Band], new: Sequence[Band]
) -> Iterator[Difference]:
    for pair in pairs:
        before, after = (None if band is None else _band_text(band) for band in (pair.old, pair.new))
        place = (key, _index(old, pair.old) if pair.new is None else _index(new, pair.new))
        if pair.old is not None and pair.new is not None:
            yield from _changed(what, place, before, after)
        else:
            kind = Kind.ADDED if pair.old is None else Kind.REMOVED
            yield Difference(kind=kind, what=what, place=place, before=before, after=after)


def _band_text(band: PdBand | SegmentBand) -> str:
    meaning = f"{band.probability:f}" if isinstance(band, PdBand) else band.segment
    return f"≥ {band.at_least}: {meaning}"
