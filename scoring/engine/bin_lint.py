"""What the bins of a card never do, and what they do against what was meant."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from scoring.engine.bins import Bin, NumericBin
from scoring.engine.characteristic import Characteristic
from scoring.engine.errors import Place
from scoring.engine.findings import Finding, info, warning
from scoring.engine.reach import Reach
from scoring.engine.sketch import Direction


def bin_findings(reach: Reach) -> Iterator[Finding]:
    """Say of each characteristic which bins never occur, which nothing makes up for, and whether it decides alone."""
    for place, characteristic in enumerate(reach.card.characteristics):
        at: Place = ("characteristics", place)
        yield from _never(reach, characteristic, at)
        yield from _always_worst(reach, characteristic, at)
        yield from _deciding(reach, characteristic, at)
        yield from _against_direction(characteristic, at)


def _never(reach: Reach, characteristic: Characteristic, at: Place) -> Iterator[Finding]:
    for index, best in enumerate(reach.best_raw[characteristic.name]):
        if best is None:
            yield warning(
                "bin_never",
                (*at, "bins", index),
                characteristic=characteristic.name,
                label=characteristic.label,
                bin=characteristic.bins[index].label,
            )


def _always_worst(reach: Reach, characteristic: Characteristic, at: Place) -> Iterator[Finding]:
    best, worst = reach.best_raw[characteristic.name], reach.card.segment_bands[-1]
    stuck = [index for index, raw in enumerate(best) if raw is not None and reach.segment_of(raw) == worst]
    bins = [characteristic.bins[index] for index in stuck]
    if 0 < len(stuck) < len(best):
        yield warning(
            "always_worst",
            *((*at, "bins", index) for index in stuck),
            characteristic=characteristic.name,
            label=characteristic.label,
            bins=", ".join(_stretches(characteristic, bins)),
            bin_labels=tuple(bin_.label for bin_ in bins),
            segment=worst.segment,
        )


def _deciding(reach: Reach, characteristic: Characteristic, at: Place) -> Iterator[Finding]:
    """Say so if two bins lead to different segments whatever the other characteristics give."""
    best, worst = reach.best_raw[characteristic.name], reach.worst_raw[characteristic.name]
    tops = [(raw, index) for index, raw in enumerate(best) if raw is not None]
    bottoms = [(raw, index) for index, raw in enumerate(worst) if raw is not None]
    if not tops:
        return
    (top, low), (bottom, high) = min(tops), max(bottoms)
    if reach.segment_of(top).at_least < reach.segment_of(bottom).at_least:
        yield warning(
            "decides_alone",
            (*at, "bins", low),
            (*at, "bins", high),
            label=characteristic.label,
            worse_bin=characteristic.bins[low].label,
            worse_segment=reach.segment_of(top).segment,
            better_bin=characteristic.bins[high].label,
            better_segment=reach.segment_of(bottom).segment,
        )


def _against_direction(characteristic: Characteristic, at: Place) -> Iterator[Finding]:
    if characteristic.direction is None:
        return
    bins = characteristic.numeric_bins
    is_rising = characteristic.direction is Direction.HIGHER_IS_BETTER
    for worse, better in pairwise(bins if is_rising else bins[::-1]):
        if worse.points > better.points:
            places = ((*at, "bins", characteristic.bins.index(bin_), "points") for bin_ in (worse, better))
            yield warning(
                "against_direction",
                *places,
                label=characteristic.label,
                better_bin=better.label,
                better_points=better.points,
                worse_bin=worse.label,
                worse_points=worse.points,
            )


def apart(reach: Reach) -> Iterator[Finding]:
    """Say which characteristics have bins that never meet because they rest on the same facts."""
    places = {each.name: place for place, each in enumerate(reach.card.characteristics)}
    for (one, two), table in reach.meetings.items():
        rows, columns = (np.flatnonzero([raw is not None for raw in reach.best_raw[name]]) for name in (one, two))
        never = np.argwhere(~table[np.ix_(rows, columns)])
        if len(never):
            left, right = (reach.card.characteristics[places[name]] for name in (one, two))
            labels = [(left.bins[rows[row]].label, right.bins[columns[column]].label) for row, column in never]
            yield info(
                "never_together",
                ("characteristics", places[one]),
                ("characteristics", places[two]),
                label=left.label,
                other=right.label,
                never=len(never),
                pairs=len(rows) * len(columns),
                bin=labels[0][0],
                other_bin=labels[0][1],
                bins_apart=tuple(labels),
            )


def _stretches(characteristic: Characteristic, bins: Sequence[Bin]) -> Iterator[str]:
    """Name the bins, those that follow one another along the numbers as one stretch: "> 24"."""
    yield from (f"“{bin_.label}”" for bin_ in bins if not isinstance(bin_, NumericBin))
    stretch: list[NumericBin] = []
    for bin_ in characteristic.numeric_bins:
        if bin_ in bins:
            stretch.append(bin_)
        elif stretch:
            yield _stretch_text(stretch)
            stretch = []
    if stretch:
        yield _stretch_text(stretch)


def _stretch_text(stretch: list[NumericBin]) -> str:
    first, last = stretch[0], stretch[-1]
    lower = "" if first.lower is None else f"{'≥' if first.lower_included else '>'} {first.lower:f}"
    upper = "" if last.upper is None else f"{'≤' if last.upper_included else '<'} {last.upper:f}"
    return " … ".join(end for end in (lower, upper) if end)
