"""Everything that is wrong with a written card, each fault with its places: what `Scorecard.from_dict` says, not only first."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, TypeVar

from scoring.engine.bands import band_faults, segment_faults
from scoring.engine.bins import Bin, check_text, check_whole
from scoring.engine.card_format import (
    CARD,
    CHARACTERISTIC,
    ENDS,
    MARGIN,
    MARKS,
    PD_BAND,
    RANGE,
    SEGMENT_BAND,
    Shape,
    bin_of,
    check_format,
    decimal_of,
    direction_of,
    items_of,
    method_of,
    read_bin,
    read_margin,
    read_pd_band,
    read_range,
    read_segment_band,
    refuses_unlisted,
)
from scoring.engine.coverage import FACTS, check_fact, check_name, coverage_faults
from scoring.engine.errors import Place, ScorecardError
from scoring.engine.scorecard import Scorecard, list_faults
from scoring.engine.sketch import Direction, Sketch

T = TypeVar("T")
Cells = Mapping[str, Callable[[object], object]]

CARD_CELLS: Final[Cells] = {
    "format": check_format,
    "version": partial(check_text, where="the version of the card"),
    "name": partial(check_text, where="the name of the card"),
    "base_points": partial(check_whole, where="the base points"),
}
MARGIN_CELLS: Final[Cells] = {"method": method_of, "rate": partial(decimal_of, where="the margin rate")}
RANGE_CELLS: Final[Cells] = {
    "lowest": partial(check_whole, where="the lowest score"),
    "highest": partial(check_whole, where="the highest score"),
}
PD_CELLS: Final[Cells] = {
    "at_least": partial(check_whole, where="where a PD band begins"),
    "probability": partial(decimal_of, where="a probability of default"),
}
SEGMENT_CELLS: Final[Cells] = {
    "at_least": partial(check_whole, where="where a segment band begins"),
    "segment": partial(check_text, where="the name of a segment"),
}
LISTS: Final = {"pd_bands": "the list of PD bands", "segment_bands": "the list of segment bands"}


def heading_cells(name: object) -> Cells:
    return {
        "name": check_name,
        "label": partial(check_text, where=f"the label of {name}"),
        "fact": partial(check_fact, of=name),
        "direction": partial(direction_of, of=name),
    }


def label_cells(label: object) -> Cells:
    return {
        "label": partial(check_text, where="the label of a bin"),
        "points": partial(check_whole, where=f"the points of “{label}”"),
    }


def end_cells(of: object) -> Cells:
    return {key: partial(decimal_of, where=f"“{key}” of a bin of {of}") for key in ENDS}


def inspect(written: object) -> tuple[Scorecard | None, tuple[ScorecardError, ...]]:
    """Return the card, or everything that keeps it from being one."""
    inspector = Inspector()
    inspector.card(written)
    card = None if inspector.faults else inspector.attempt((), Scorecard.from_dict, written)
    return card, tuple(inspector.faults)


@dataclass(slots=True)
class Inspector:
    """Reads a card part by part, and goes on where reading the whole would stop."""

    faults: list[ScorecardError] = field(default_factory=list)

    def attempt(self, at: Place, read: Callable[..., T], *args: object) -> T | None:
        try:
            return read(*args)
        except ScorecardError as fault:
            self.faults.append(fault.within(*at))
            return None

    def add(self, at: Place, faults: Iterable[ScorecardError]) -> None:
        self.faults += [fault.within(*at) for fault in faults]

    def part(self, at: Place, written: Any, shape: Shape, cells: Cells, read: Callable[[object], T]) -> T | None:
        """Read an object cell by cell, and as a whole if every cell is right."""
        known = len(self.faults)
        self.add(at, shape.faults(written))
        if isinstance(written, Mapping):
            self.cells(at, written, cells)
        return self.attempt(at, read, written) if len(self.faults) == known else None

    def cells(self, at: Place, written: Mapping[str, Any], cells: Cells) -> None:
        for key, read in cells.items():
            if key in written:
                self.attempt((*at, key), read, written[key])

    def card(self, written: Any) -> None:
        self.add((), CARD.faults(written))
        if not isinstance(written, Mapping):
            return
        self.cells((), written, CARD_CELLS)
        if "margin" in written:
            self.part(("margin",), written["margin"], MARGIN, MARGIN_CELLS, read_margin)
        if "characteristics" in written:
            self.characteristics(("characteristics",), written["characteristics"])
        self.bands(written)

    def bands(self, written: Mapping[str, Any]) -> None:
        ends = None
        if "score_range" in written:
            ends = self.part(("score_range",), written["score_range"], RANGE, RANGE_CELLS, read_range)
        pds = self.parts("pd_bands", written, partial(self.part, shape=PD_BAND, cells=PD_CELLS, read=read_pd_band))
        segments = self.parts(
            "segment_bands",
            written,
            partial(self.part, shape=SEGMENT_BAND, cells=SEGMENT_CELLS, read=read_segment_band),
        )
        if pds is not None and ends is not None:
            self.add(("pd_bands",), band_faults(pds, ends, kind="PD"))
        if segments is not None and ends is not None:
            self.add(("segment_bands",), band_faults(segments, ends, kind="segment"))
        if segments is not None:
            self.add(("segment_bands",), segment_faults(segments))

    def parts(self, key: str, written: Mapping[str, Any], read: Callable[[Place, object], T | None]) -> list[T] | None:
        """Read a list of bands; None unless all of it is right."""
        if key not in written:
            return None
        items = self.attempt((key,), partial(items_of, where=LISTS[key]), written[key])
        if items is None:
            return None
        read_items = [read((key, place), item) for place, item in enumerate(items)]
        whole = [item for item in read_items if item is not None]
        return whole if len(whole) == len(items) else None

    def characteristics(self, at: Place, written: object) -> None:
        items = self.attempt(at, partial(items_of, where="the list of characteristics"), written)
        if items is None:
            return
        names = [item.get("name") if isinstance(item, Mapping) else None for item in items]
        self.add(at, list_faults([place if name is None else name for place, name in enumerate(names)]))
        for place, item in enumerate(items):
            self.characteristic((*at, place), item)

    def characteristic(self, at: Place, written: Any) -> None:
        self.add(at, CHARACTERISTIC.faults(written))
        if not isinstance(written, Mapping):
            return
        self.cells(at, written, heading_cells(written.get("name")))
        self.attempt(at, refuses_unlisted, written)
        bins = self.bins((*at, "bins"), written)
        fact, direction = written.get("fact"), written.get("direction")
        if bins is not None and isinstance(fact, str) and fact in FACTS:
            sketch = Sketch(
                name=str(written.get("name")),
                label="",
                fact=fact,
                bins=tuple(bins),
                refuses_unlisted="unlisted" in written,
                direction=Direction(direction) if direction in tuple(Direction) else None,
            )
            self.add(at, coverage_faults(sketch))

    def bins(self, at: Place, written: Mapping[str, Any]) -> list[Bin] | None:
        """Read the bins; None unless it is clear what each of them covers."""
        if "bins" not in written:
            return None
        name = written.get("name")
        items = self.attempt(at, partial(items_of, where=f"the bins of {name}"), written["bins"])
        if items is None:
            return None
        read = [self.bin((*at, place), item, name) for place, item in enumerate(items)]
        clear = [bin_ for bin_ in read if bin_ is not None]
        return clear if len(clear) == len(items) else None

    def bin(self, at: Place, written: Any, of: object) -> Bin | None:
        """Read a bin by what it covers, whatever is wrong with its label and its points."""
        self.add(at, bin_of(of).faults(written))
        if not isinstance(written, Mapping):
            return None
        label = written.get("label")
        self.cells(at, written, label_cells(label))
        known = len(self.faults)
        self.cells(at, written, end_cells(of))
        if len(self.faults) > known:
            return None
        stand_in = label if isinstance(label, str) and label.strip() else f"#{int(at[-1]) + 1}"
        cover = {key: value for key, value in written.items() if key in (*ENDS, "values", *MARKS)}
        return self.attempt(at, partial(read_bin, of=of), {**cover, "label": stand_in, "points": 0})
