"""
Changes to a written card, finished or not, in place. None of them opens a gap between bins or lets two overlap.

Numeric bins that follow one another share one cut-off, which is changed in both at once. They are found by where the one
ends and the next begins, so that a cut-off somebody is still typing keeps its place.
"""

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Final, NamedTuple

from scoring.engine.card_format import LOWER_KEYS, MARKS, UPPER_KEYS
from scoring.engine.vocabulary import MAY_HAVE_NO_VALUE, RAW_FACTS, FactKind

NEW_LABELS: Final = {"values": "some words", "other": "others", "no_value": "no income", "missing": "not known"}

Written = dict[str, Any]
FIRST_AMOUNT: Final = "5000000"
FIRST_CUTS: Final = {"tenor_months": "12", "debt_service_ratio": "0.3", "asset_coverage_ratio": "1"}


class CannotEdit(ValueError):
    """There is nothing to split, merge or move there; `args[0]` is a stable code."""


class Cut(NamedTuple):
    """Where two numeric bins meet, as it is written, and whether the lower one of them includes it."""

    value: Any
    is_lower_included: bool


def order_of(bins: Sequence[Written]) -> list[int]:
    """The numeric bins from the lowest to the highest, as places in the list."""
    left = [place for place, bin_ in enumerate(bins) if is_numeric(bin_)]
    order: list[int] = []
    end: Any = None
    while left:
        following = [place for place in left if _same(lower_of(bins[place]), end)]
        place = (following or left)[0]
        order.append(place)
        left.remove(place)
        end = upper_of(bins[place])
    return order


def cuts_of(bins: Sequence[Written]) -> list[Cut]:
    """The cut-offs from the lowest to the highest: one less than there are numeric bins."""
    return [Cut(upper_of(bins[place]), "at_most" in bins[place]) for place in order_of(bins)[:-1]]


def set_cut(bins: Sequence[Written], number: int, cut: Cut) -> None:
    """Move a cut-off, in the bin below and in the bin above; labels that said where they were follow."""
    order = order_of(bins)
    lower, upper = bins[order[number]], bins[order[number + 1]]
    following = [bin_ for bin_ in (lower, upper) if bin_.get("label") in _own_labels(bin_)]
    _set_upper(lower, cut)
    _set_lower(upper, cut)
    for bin_ in following:
        bin_["label"] = label_of(bin_)


def split(characteristic: Written, place: int) -> None:
    """Cut a numeric bin in two that earn the same; of a list of words, begin another list beside it."""
    bins = characteristic["bins"]
    bin_ = bins[place]
    if not is_numeric(bin_):
        raise CannotEdit("nothing_to_split")
    is_descending = order_of(bins) != sorted(order_of(bins))
    cut = Cut(_between(lower_of(bin_), upper_of(bin_), characteristic["fact"]), _includes_lower(bins))
    upper = {"label": "", **{key: bin_[key] for key in UPPER_KEYS & bin_.keys()}, "points": bin_["points"]}
    _set_lower(upper, cut)
    _set_upper(bin_, cut)
    bin_["label"], upper["label"] = label_of(bin_), label_of(upper)
    bins.insert(place if is_descending else place + 1, upper)


def merge(characteristic: Written, place: int) -> None:
    """Join a numeric bin with the one above it, or with the one below where it is the highest; its own points stay."""
    bins = characteristic["bins"]
    order = order_of(bins)
    if place not in order or order == [place]:
        raise CannotEdit("nothing_to_merge")
    at = order.index(place)
    other = order[at + 1] if at + 1 < len(order) else order[at - 1]
    lower, upper = (bins[place], bins[other]) if at + 1 < len(order) else (bins[other], bins[place])
    ends = {key: lower[key] for key in LOWER_KEYS & lower.keys()} | {
        key: upper[key] for key in UPPER_KEYS & upper.keys()
    }
    if not ends:
        raise CannotEdit("nothing_to_merge")
    bins[place] = {"label": "", **ends, "points": bins[place]["points"]}
    bins[place]["label"] = label_of(bins[place])
    del bins[other]


def move(items: list[Any], place: int, by: int) -> None:
    """Show a bin, or a characteristic, one place earlier or later."""
    if not 0 <= place + by < len(items):
        raise CannotEdit("nowhere_to_move")
    items.insert(place + by, items.pop(place))


def remove_bin(characteristic: Written, place: int) -> None:
    """Take out a bin that is no stretch of numbers; those are merged, so that no value loses its bin."""
    if is_numeric(characteristic["bins"][place]):
        raise CannotEdit("merge_instead")
    del characteristic["bins"][place]


def add_bin(characteristic: Written, kind: str) -> None:
    """Add a bin for a list of words, for other words, for no value or for what is not known."""
    bins = characteristic["bins"]
    mark: Written = {"values": []} if kind == "values" else {kind: True}
    if kind != "values" and (kind not in MARKS or any(kind in bin_ for bin_ in bins)):
        raise CannotEdit("bin_there_already")
    if kind == "other":
        characteristic.pop("unlisted", None)
    known = [bin_["points"] for bin_ in bins if isinstance(bin_["points"], int)]
    points = min(known, default=0) if kind == "missing" else 0  # saying nothing must not pay
    bins.append({"label": _free_label(bins, NEW_LABELS[kind]), **mark, "points": points})


def add_characteristic(card: Written, fact: str) -> None:
    """Add a characteristic that changes no score yet: all of its bins earn nothing."""
    taken = {each["name"] for each in card["characteristics"]}
    name = next(each for number in range(1, 102) if (each := fact if number == 1 else f"{fact}_{number}") not in taken)
    card["characteristics"].append(
        {"name": name, "label": fact.replace("_", " ").capitalize(), "fact": fact, "bins": _first_bins(fact)}
    )


def is_numeric(bin_: Written) -> bool:
    return bool((LOWER_KEYS | UPPER_KEYS) & bin_.keys())


def lower_of(bin_: Written) -> Any:
    return bin_.get("at_least", bin_.get("above"))


def upper_of(bin_: Written) -> Any:
    return bin_.get("at_most", bin_.get("below"))


def label_of(bin_: Written) -> str:
    """What a stretch of numbers is called by itself: the end it includes, as the standard card does."""
    if "at_least" in bin_:
        return f"≥ {bin_['at_least']}"
    if "at_most" in bin_:
        return f"≤ {bin_['at_most']}"
    return f"< {bin_['below']}" if "below" in bin_ else f"> {bin_['above']}"


def _own_labels(bin_: Written) -> set[str]:
    """The words for an open end are those of the cards this software came with."""
    label = label_of(bin_)
    return {label, label.replace("< ", "below ").replace("> ", "above ")}


def _first_bins(fact: str) -> list[Written]:
    if RAW_FACTS.get(fact) is FactKind.CATEGORY:
        return [{"label": NEW_LABELS["other"], "other": True, "points": 0}]
    cut = FIRST_CUTS.get(fact, FIRST_AMOUNT)
    numbers = [{"label": f"≤ {cut}", "at_most": cut, "points": 0}, {"label": f"> {cut}", "above": cut, "points": 0}]
    return [{"label": "no income", "no_value": True, "points": 0}, *numbers] if fact in MAY_HAVE_NO_VALUE else numbers


def _free_label(bins: Sequence[Written], label: str) -> str:
    taken = {bin_.get("label") for bin_ in bins}
    return next(
        each for number in range(1, 102) if (each := label if number == 1 else f"{label} {number}") not in taken
    )


def _same(one: Any, other: Any) -> bool:
    return bool(one == other or (_number(one) is not None and _number(one) == _number(other)))


def _number(written: Any) -> Decimal | None:
    try:
        return Decimal(written) if isinstance(written, str) else None
    except InvalidOperation:
        return None


def _includes_lower(bins: Sequence[Written]) -> bool:
    """A new cut-off is included on the side the others are."""
    cuts = cuts_of(bins)
    return cuts[0].is_lower_included if cuts else True


def _between(lower: Any, upper: Any, fact: str) -> str:
    """A cut-off to begin with, in the middle or beyond the one end there is."""
    low, high = _number(lower), _number(upper)
    if low is None and high is None:
        raise CannotEdit("nothing_to_split")
    cut = (low * 2 if low else Decimal(1)) if high is None else ((low or Decimal(0)) + high) / 2
    if RAW_FACTS.get(fact) is not None:
        cut = Decimal(int(cut))
    if (low is not None and cut <= low) or (high is not None and cut >= high):
        raise CannotEdit("no_room_to_split")
    return format(cut.normalize() if cut % 1 else cut.quantize(Decimal(1)), "f")


def _set_upper(bin_: Written, cut: Cut) -> None:
    _replace_end(bin_, UPPER_KEYS, "at_most" if cut.is_lower_included else "below", cut.value)


def _set_lower(bin_: Written, cut: Cut) -> None:
    _replace_end(bin_, LOWER_KEYS, "above" if cut.is_lower_included else "at_least", cut.value)


def _replace_end(bin_: Written, keys: frozenset[str], key: str, value: Any) -> None:
    for old in keys:
        bin_.pop(old, None)
    bin_[key] = value
