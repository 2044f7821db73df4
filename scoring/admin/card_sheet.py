"""
A written card as a sheet of cells: what stands in each, and where it goes when somebody types something else.

What cannot be read as a number stays as it was typed, and the lint says so: nothing typed is ever lost. A cell nobody
touched writes nothing, so that the card keeps its digits as they were.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.http import QueryDict
from django.utils.formats import get_format

from bprs.display import grouped_amount
from bprs.form_fields import INDONESIAN
from bprs.spreadsheets.amounts import SEN, parse_money
from scoring.engine import RAW_FACTS, DerivedFact, FactKind
from scoring.engine.card_format import LOWER_KEYS, PLAIN_DECIMAL, UPPER_KEYS
from scoring.engine.editing import Cut, Written, cuts_of, is_numeric, order_of, set_cut
from scoring.messages import shown_label

WHOLE = re.compile(r"[+-]?[0-9]{1,9}")
DECIMAL = re.compile(r"-?[0-9]{1,30}([.][0-9]{1,30})?")
RATIOS = (DerivedFact.DEBT_SERVICE_RATIO.value, DerivedFact.ASSET_COVERAGE_RATIO.value)
LOWER, UPPER = "lower", "upper"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One thing that can be typed: the name of its field, what it shows, and how it is written down."""

    name: str
    shown: str
    write: Callable[[str], None]

    def take(self, typed: Sequence[str]) -> None:
        """A cut-off stands in two rows: what was changed in either counts."""
        for text in typed:
            if text != self.shown:
                self.write(text)
                return


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetBin:
    """`lower` and `upper` are the cut-offs of a stretch of numbers, with who includes them; `kind` says what else it is."""

    place: int
    kind: str
    label: Cell
    points: Cell
    lower: Cell | None = None
    lower_side: Cell | None = None
    upper: Cell | None = None
    upper_side: Cell | None = None
    values: Cell | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetCharacteristic:
    place: int
    fact: str
    name: str
    label: Cell
    direction: Cell
    bins: tuple[SheetBin, ...]
    addable: tuple[str, ...]
    cuts: tuple[Cell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetBand:
    """`at_least` is None in the lowest band: it begins where the range does."""

    place: int
    at_least: Cell | None
    means: Cell


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    heading: Mapping[str, Cell]
    characteristics: tuple[SheetCharacteristic, ...]
    pd_bands: tuple[SheetBand, ...]
    segment_bands: tuple[SheetBand, ...]

    def cells(self) -> Iterator[Cell]:
        yield from self.heading.values()
        for characteristic in self.characteristics:
            yield characteristic.label
            yield characteristic.direction
            yield from characteristic.cuts
            for bin_ in characteristic.bins:
                yield from (cell for cell in (bin_.label, bin_.points, bin_.values) if cell)
        for band in (*self.pd_bands, *self.segment_bands):
            yield from (cell for cell in (band.at_least, band.means) if cell)


def sheet_of(card: Written) -> Sheet:
    """The sheet writes into this very card."""
    return Sheet(
        heading=_heading(card),
        characteristics=tuple(_characteristic(each, place) for place, each in enumerate(card["characteristics"])),
        pd_bands=_bands(card["pd_bands"], "p", "probability", _shown_percent, _percent),
        segment_bands=_bands(card["segment_bands"], "s", "segment", str, str),
    )


def fields_at(card: Written, paths: Iterable[str]) -> list[str]:
    """The names of the fields in which the parts of a card stand: "characteristics.0.bins.2.points" is "c0.b2.points"."""
    return [name for path in paths if (name := _field_at(card, path.split(".")))]


def _field_at(card: Written, path: list[str]) -> str:
    match path:
        case ["characteristics", at, "bins", bin_, end] if end in LOWER_KEYS | UPPER_KEYS:
            number = order_of(card["characteristics"][int(at)]["bins"]).index(int(bin_))
            name = f"c{at}.cut{number - 1 if end in LOWER_KEYS else number}"
        case ["characteristics", at, "bins", bin_] if is_numeric(card["characteristics"][int(at)]["bins"][int(bin_)]):
            bins = card["characteristics"][int(at)]["bins"]
            name = f"c{at}.cut{min(order_of(bins).index(int(bin_)), len(cuts_of(bins)) - 1)}"
        case ["characteristics", at, "bins", bin_, *rest]:
            name = f"c{at}.b{bin_}.{rest[0] if rest else 'label'}"
        case ["characteristics", at, *_rest]:
            name = f"c{at}.label"
        case ["pd_bands" | "segment_bands" as kind, at, key]:
            name = f"{kind[0]}{at}.{key}"
        case _:
            name = path[-1]
    return name


def write_typed(card: Written, typed: QueryDict) -> None:
    """Write down what was typed; the lowest bands begin where the range does."""
    for cell in sheet_of(card).cells():
        cell.take(typed.getlist(cell.name))
    for bands in (card["pd_bands"], card["segment_bands"]):
        if bands:
            bands[-1]["at_least"] = card["score_range"]["lowest"]


def _heading(card: Written) -> dict[str, Cell]:
    ends, margin = card["score_range"], card["margin"]
    return {
        "name": _cell("name", card, "name", _translated, str.strip),
        "base_points": _cell("base_points", card, "base_points", str, _whole),
        "lowest": _cell("lowest", ends, "lowest", str, _whole),
        "highest": _cell("highest", ends, "highest", str, _whole),
        "method": _cell("method", margin, "method", str, str),
        "rate": _cell("rate", margin, "rate", _shown_percent, _percent),
    }


def _characteristic(written: Written, place: int) -> SheetCharacteristic:
    bins, start = written["bins"], f"c{place}"
    numbers = {at: number for number, at in enumerate(order_of(bins))}
    cuts = tuple(_cut_cells(written, start))
    return SheetCharacteristic(
        place=place,
        fact=written["fact"],
        name=written["name"],
        label=_cell(f"{start}.label", written, "label", _translated, str.strip),
        direction=Cell(name=f"{start}.direction", shown=written.get("direction", ""), write=_direction_into(written)),
        bins=tuple(_bin(bin_, at, start, numbers.get(at), cuts) for at, bin_ in enumerate(bins)),
        addable=tuple(_addable(written)),
        cuts=tuple(cell for pair in cuts for cell in pair),
    )


def _direction_into(written: Written) -> Callable[[str], None]:
    def write(text: str) -> None:
        written.pop("direction", None)
        if text:
            written["direction"] = text

    return write


def _bin(bin_: Written, place: int, start: str, number: int | None, cuts: Sequence[tuple[Cell, Cell]]) -> SheetBin:
    start = f"{start}.b{place}"
    lower = cuts[number - 1] if number else (None, None)
    upper = cuts[number] if number is not None and number < len(cuts) else (None, None)
    return SheetBin(
        place=place,
        kind="numbers" if is_numeric(bin_) else next(key for key in bin_ if key not in ("label", "points")),
        label=_cell(f"{start}.label", bin_, "label", _translated, str.strip),
        points=_cell(f"{start}.points", bin_, "points", str, _whole),
        lower=lower[0],
        lower_side=lower[1],
        upper=upper[0],
        upper_side=upper[1],
        values=_cell(f"{start}.values", bin_, "values", ", ".join, _words) if "values" in bin_ else None,
    )


def _cut_cells(written: Written, start: str) -> Iterator[tuple[Cell, Cell]]:
    """The cut-off and which of its two bins includes it."""
    bins, (shown, read) = written["bins"], _reading(written["fact"])

    def move(number: int) -> Callable[[str], None]:
        return lambda text: set_cut(bins, number, Cut(read(text), cuts_of(bins)[number].is_lower_included))

    def give(number: int) -> Callable[[str], None]:
        return lambda text: set_cut(bins, number, Cut(cuts_of(bins)[number].value, text == LOWER))

    for number, cut in enumerate(cuts_of(bins)):
        side = LOWER if cut.is_lower_included else UPPER
        yield (
            Cell(name=f"{start}.cut{number}", shown=shown(cut.value), write=move(number)),
            Cell(name=f"{start}.side{number}", shown=side, write=give(number)),
        )


def _addable(written: Written) -> Iterator[str]:
    """The kinds of bins that may be added; which of them the card needs is for the lint to say."""
    present = {key for bin_ in written["bins"] for key in bin_}
    is_category = RAW_FACTS.get(written["fact"]) is FactKind.CATEGORY
    if is_category:
        yield "values"
    if is_category and "other" not in present:
        yield "other"
    if "missing" not in present:
        yield "missing"


def _bands(
    bands: list[Written], start: str, key: str, shown: Callable[[Any], str], read: Callable[[str], Any]
) -> tuple[SheetBand, ...]:
    last = len(bands) - 1
    return tuple(
        SheetBand(
            place=place,
            at_least=None if place == last else _cell(f"{start}{place}.at_least", band, "at_least", str, _whole),
            means=_cell(f"{start}{place}.{key}", band, key, shown, read),
        )
        for place, band in enumerate(bands)
    )


def _cell(name: str, holder: Written, key: str, shown: Callable[[Any], str], read: Callable[[str], Any]) -> Cell:
    return Cell(name=name, shown=shown(holder[key]), write=lambda text: holder.update({key: read(text)}))


def _reading(fact: str) -> tuple[Callable[[Any], str], Callable[[str], Any]]:
    """How cut-offs of a fact are shown and read."""
    is_money = RAW_FACTS.get(fact) is FactKind.MONEY or fact == DerivedFact.MONTHLY_INSTALLMENT.value
    return (_shown_amount, _amount) if is_money else (_shown_decimal, _decimal)


def _translated(text: Any) -> str:
    """The shipped cards are written in English; people see, and change, their own words."""
    return shown_label(text) if isinstance(text, str) else str(text)


def _whole(text: str) -> int | str:
    bare = text.strip().replace("\N{MINUS SIGN}", "-")
    return int(bare) if WHOLE.fullmatch(bare) else text


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def _decimal(text: str) -> str:
    bare = text.strip().replace(",", ".")
    return format(Decimal(bare), "f") if DECIMAL.fullmatch(bare) else text


def _shown_decimal(written: Any) -> str:
    return str(written).replace(".", str(get_format("DECIMAL_SEPARATOR"))) if _is_decimal(written) else str(written)


def _amount(text: str) -> str:
    sen = parse_money(text, INDONESIAN)
    return format(Decimal(sen) / SEN, "f") if isinstance(sen, int) else text


def _shown_amount(written: Any) -> str:
    return grouped_amount(Decimal(written)) if _is_decimal(written) else str(written)


def _percent(text: str) -> str:
    share = _decimal(text.strip().removesuffix("%").strip())
    return format(Decimal(share) / 100, "f") if _is_decimal(share) else text


def _shown_percent(written: Any) -> str:
    if not _is_decimal(written):
        return str(written)
    return _shown_decimal(format((Decimal(written) * 100).normalize(), "f"))


def _is_decimal(written: Any) -> bool:
    return isinstance(written, str) and PLAIN_DECIMAL.fullmatch(written) is not None
