"""
The written form of a card, a plain dict that JSON can carry: read strictly, written back identically.

Decimals are text, so that 0.30 stays 0.30. An unknown key is an error: a misspelt one must not be ignored.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

from scoring.engine.bands import PdBand, ScoreRange, SegmentBand
from scoring.engine.bins import Bin, MissingBin, NoValueBin, NumericBin, OtherBin, ValuesBin
from scoring.engine.characteristic import Characteristic
from scoring.engine.errors import ScorecardError
from scoring.engine.margin import Margin, MarginMethod

FORMAT: Final = 1
PLAIN_DECIMAL: Final = re.compile(r"-?(0|[1-9][0-9]{0,29})(\.[0-9]{1,30})?")
NOT_FINITE: Final = frozenset({"NaN", "Infinity", "-Infinity"})
LOWER_KEYS: Final = frozenset({"above", "at_least"})
UPPER_KEYS: Final = frozenset({"below", "at_most"})
MARKS: Final[Mapping[str, type[OtherBin | NoValueBin | MissingBin]]] = MappingProxyType(
    {"other": OtherBin, "no_value": NoValueBin, "missing": MissingBin}
)

Written = Mapping[str, Any]


def fields_of(written: object, *, where: str, needed: tuple[str, ...], optional: tuple[str, ...] = ()) -> Written:
    """
    Return the object once it has the needed keys and no unknown one.

    :raises ScorecardError: otherwise
    """
    if not isinstance(written, Mapping):
        raise ScorecardError("not_an_object", {"where": where})
    for key in needed:
        if key not in written:
            raise ScorecardError("key_missing", {"where": where, "key": key})
    for key in written:
        if key not in needed and key not in optional:
            raise ScorecardError("key_unknown", {"where": where, "key": key})
    return written


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


def read_margin(written: object) -> Margin:
    fields = fields_of(written, where="the margin", needed=("method", "rate"))
    try:
        method = MarginMethod(fields["method"])
    except ValueError:
        raise ScorecardError("margin_method_unknown", {"method": fields["method"]}) from None
    return Margin(method=method, rate=decimal_of(fields["rate"], where="the margin rate"))


def write_margin(margin: Margin) -> dict[str, Any]:
    return {"method": margin.method.value, "rate": format(margin.rate, "f")}


def read_range(written: object) -> ScoreRange:
    fields = fields_of(written, where="the score range", needed=("lowest", "highest"))
    return ScoreRange(lowest=fields["lowest"], highest=fields["highest"])


def read_pd_bands(written: object) -> tuple[PdBand, ...]:
    bands = [
        fields_of(band, where="a PD band", needed=("at_least", "probability"))
        for band in items_of(written, where="the list of PD bands")
    ]
    where = "a probability of default"
    return tuple(
        PdBand(at_least=band["at_least"], probability=decimal_of(band["probability"], where=where)) for band in bands
    )


def read_segment_bands(written: object) -> tuple[SegmentBand, ...]:
    bands = [
        fields_of(band, where="a segment band", needed=("at_least", "segment"))
        for band in items_of(written, where="the list of segment bands")
    ]
    return tuple(SegmentBand(at_least=band["at_least"], segment=band["segment"]) for band in bands)


def read_characteristic(written: object) -> Characteristic:
    fields = fields_of(
        written, where="a characteristic", needed=("name", "label", "fact", "bins"), optional=("unlisted",)
    )
    name = fields["name"]
    if fields.get("unlisted", "refuse") != "refuse":
        raise ScorecardError("unlisted_undecided", {"characteristic": name})
    return Characteristic(
        name=name,
        label=fields["label"],
        fact=fields["fact"],
        bins=tuple(
            _read_bin(bin_, where=f"a bin of {name}") for bin_ in items_of(fields["bins"], where=f"the bins of {name}")
        ),
        refuses_unlisted="unlisted" in fields,
    )


def write_characteristic(characteristic: Characteristic) -> dict[str, Any]:
    written: dict[str, Any] = {"name": characteristic.name, "label": characteristic.label, "fact": characteristic.fact}
    if characteristic.refuses_unlisted:
        written["unlisted"] = "refuse"
    return {**written, "bins": [_write_bin(bin_) for bin_ in characteristic.bins]}


def _read_bin(written: object, *, where: str) -> Bin:
    kinds = ("values", *MARKS)
    fields = fields_of(written, where=where, needed=("label", "points"), optional=(*LOWER_KEYS, *UPPER_KEYS, *kinds))
    has_cut_offs = bool((LOWER_KEYS | UPPER_KEYS) & fields.keys())
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
    ends = {
        key: decimal_of(fields[key], where=f"“{key}” of {where}") for key in (LOWER_KEYS | UPPER_KEYS) & fields.keys()
    }
    return NumericBin(
        label=fields["label"],
        points=fields["points"],
        lower=ends.get("above", ends.get("at_least")),
        lower_included="at_least" in ends,
        upper=ends.get("below", ends.get("at_most")),
        upper_included="at_most" in ends,
    )


def _write_bin(bin_: Bin) -> dict[str, Any]:
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
