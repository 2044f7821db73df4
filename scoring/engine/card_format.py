"""
The written form of a card, a plain dict that JSON can carry: read strictly, written back identically.

Decimals are text, so that 0.30 stays 0.30. An unknown key is an error: a misspelt one must not be ignored.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final, cast

from scoring.engine.bands import PdBand, ScoreRange, SegmentBand
from scoring.engine.bins import Bin, MissingBin, NoValueBin, NumericBin, OtherBin, ValuesBin
from scoring.engine.characteristic import Characteristic
from scoring.engine.errors import ScorecardError, refuse_first
from scoring.engine.margin import Margin, MarginMethod
from scoring.engine.sketch import Direction

FORMAT: Final = 1
PLAIN_DECIMAL: Final = re.compile(r"-?(0|[1-9][0-9]{0,29})(\.[0-9]{1,30})?")
NOT_FINITE: Final = frozenset({"NaN", "Infinity", "-Infinity"})
LOWER_KEYS: Final = frozenset({"above", "at_least"})
UPPER_KEYS: Final = frozenset({"below", "at_most"})
ENDS: Final = ("above", "at_least", "below", "at_most")
MARKS: Final[Mapping[str, type[OtherBin | NoValueBin | MissingBin]]] = MappingProxyType(
    {"other": OtherBin, "no_value": NoValueBin, "missing": MissingBin}
)

Written = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """Which keys an object has."""

    where: str
    needed: tuple[str, ...]
    optional: tuple[str, ...] = ()

    def faults(self, written: object) -> Iterator[ScorecardError]:
        """Say which keys are missing and which unknown."""
        if not isinstance(written, Mapping):
            yield ScorecardError("not_an_object", {"where": self.where})
            return
        for key in self.needed:
            if key not in written:
                yield ScorecardError("key_missing", {"where": self.where, "key": key})
        for key in written:
            if key not in self.needed and key not in self.optional:
                yield ScorecardError("key_unknown", {"where": self.where, "key": key}, ((key,),))


CARD: Final = Shape(
    where="the card",
    needed=(
        "format",
        "version",
        "name",
        "base_points",
        "score_range",
        "margin",
        "characteristics",
        "pd_bands",
        "segment_bands",
    ),
)
MARGIN: Final = Shape(where="the margin", needed=("method", "rate"))
RANGE: Final = Shape(where="the score range", needed=("lowest", "highest"))
PD_BAND: Final = Shape(where="a PD band", needed=("at_least", "probability"))
SEGMENT_BAND: Final = Shape(where="a segment band", needed=("at_least", "segment"))
CHARACTERISTIC: Final = Shape(
    where="a characteristic", needed=("name", "label", "fact", "bins"), optional=("unlisted", "direction")
)


def bin_of(name: object) -> Shape:
    """The shape of a bin of the characteristic named so."""
    return Shape(where=f"a bin of {name}", needed=("label", "points"), optional=(*ENDS, "values", *MARKS))


def fields_of(written: object, shape: Shape) -> Written:
    """
    Return the object once it has the needed keys and no unknown one.

    :raises ScorecardError: otherwise
    """
    refuse_first(shape.faults(written))
    return cast("Written", written)


def check_format(written: object) -> None:
    """:raises ScorecardError: for a format that is not known"""
    if type(written) is not int or written != FORMAT:
        raise ScorecardError("format_unknown", {"format": written})


def items_of(written: object, *, where: str) -> list[Any]:
    """:raises ScorecardError: if this is not a list"""
    if not isinstance(written, list | tuple):
        raise ScorecardError("not_a_list", {"where": where})
    return list(written)


def decimal_of(written: object, *, where: str) -> Decimal:
    """:raises ScorecardError: if this is not a plain decimal written as text"""
    if not isinstance(written, str) or not (PLAIN_DECIMAL.fullmatch(written) or written in NOT_FINITE):
        raise ScorecardError("not_decimal_text", {"where": where})
    return Decimal(written)


def method_of(written: object) -> MarginMethod:
    """:raises ScorecardError: for a method that is not known"""
    try:
        return MarginMethod(cast("str", written))
    except ValueError:
        raise ScorecardError("margin_method_unknown", {"method": written}) from None


def direction_of(written: object, *, of: object) -> Direction:
    """:raises ScorecardError: for a direction that is not known"""
    try:
        return Direction(cast("str", written))
    except ValueError:
        raise ScorecardError("direction_unknown", {"characteristic": of, "direction": written}) from None


def read_margin(written: object) -> Margin:
    fields = fields_of(written, MARGIN)
    return Margin(method=method_of(fields["method"]), rate=decimal_of(fields["rate"], where="the margin rate"))


def write_margin(margin: Margin) -> dict[str, Any]:
    return {"method": margin.method.value, "rate": format(margin.rate, "f")}


def read_range(written: object) -> ScoreRange:
    fields = fields_of(written, RANGE)
    return ScoreRange(lowest=fields["lowest"], highest=fields["highest"])


def read_pd_band(written: object) -> PdBand:
    fields = fields_of(written, PD_BAND)
    probability = decimal_of(fields["probability"], where="a probability of default")
    return PdBand(at_least=fields["at_least"], probability=probability)


def read_segment_band(written: object) -> SegmentBand:
    fields = fields_of(written, SEGMENT_BAND)
    return SegmentBand(at_least=fields["at_least"], segment=fields["segment"])


def read_characteristic(written: object) -> Characteristic:
    fields = fields_of(written, CHARACTERISTIC)
    name = fields["name"]
    return Characteristic(
        name=name,
        label=fields["label"],
        fact=fields["fact"],
        bins=tuple(read_bin(bin_, of=name) for bin_ in items_of(fields["bins"], where=f"the bins of {name}")),
        refuses_unlisted=refuses_unlisted(fields),
        direction=direction_of(fields["direction"], of=name) if "direction" in fields else None,
    )


def refuses_unlisted(characteristic: Written) -> bool:
    """:raises ScorecardError: if it says anything of unlisted words but to refuse them"""
    if characteristic.get("unlisted", "refuse") != "refuse":
        raise ScorecardError("unlisted_undecided", {"characteristic": characteristic.get("name")}, (("unlisted",),))
    return "unlisted" in characteristic


def write_characteristic(characteristic: Characteristic) -> dict[str, Any]:
    written: dict[str, Any] = {"name": characteristic.name, "label": characteristic.label, "fact": characteristic.fact}
    if characteristic.refuses_unlisted:
        written["unlisted"] = "refuse"
    if characteristic.direction is not None:
        written["direction"] = characteristic.direction.value
    return {**written, "bins": [write_bin(bin_) for bin_ in characteristic.bins]}


def read_bin(written: object, *, of: object) -> Bin:
    shape = bin_of(of)
    where, fields, kinds = shape.where, fields_of(written, shape), ("values", *MARKS)
    has_cut_offs = not fields.keys().isdisjoint(ENDS)
    named = [kind for kind in kinds if kind in fields]
    if len(named) + has_cut_offs != 1 or any(fields[kind] is not True for kind in named if kind != "values"):
        raise ScorecardError("bin_kind_unclear", {"where": where})
    if has_cut_offs:
        return _read_numeric_bin(fields, where=where)
    if named == ["values"]:
        values = tuple(items_of(fields["values"], where=f"the values of {where}"))
        return ValuesBin(label=fields["label"], points=fields["points"], values=values)
    return MARKS[named[0]](label=fields["label"], points=fields["points"])


def _read_numeric_bin(fields: Written, *, where: str) -> NumericBin:
    if fields.keys() >= LOWER_KEYS or fields.keys() >= UPPER_KEYS:
        raise ScorecardError("bound_twice", {"where": where})
    ends = {key: decimal_of(fields[key], where=f"“{key}” of {where}") for key in ENDS if key in fields}
    return NumericBin(
        label=fields["label"],
        points=fields["points"],
        lower=ends.get("above", ends.get("at_least")),
        lower_included="at_least" in ends,
        upper=ends.get("below", ends.get("at_most")),
        upper_included="at_most" in ends,
    )


def write_bin(bin_: Bin) -> dict[str, Any]:
    written: dict[str, Any] = {"label": bin_.label}
    match bin_:
        case NumericBin(lower=lower, upper=upper):
            if lower is not None:
                written["at_least" if bin_.lower_included else "above"] = format(lower, "f")
            if upper is not None:
                written["at_most" if bin_.upper_included else "below"] = format(upper, "f")
        case ValuesBin(values=values):
            written["values"] = list(values)
        case OtherBin():
            written["other"] = True
        case NoValueBin():
            written["no_value"] = True
        case MissingBin():
            written["missing"] = True
    return {**written, "points": bin_.points}
