"""What is wrong with a characteristic: a value that could fall into no bin, or into two."""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from scoring.engine.bins import Bin, MissingBin, NoValueBin, NumericBin, OtherBin, ValuesBin, check_text
from scoring.engine.errors import Place, ScorecardError
from scoring.engine.sketch import Sketch
from scoring.engine.vocabulary import MAY_HAVE_NO_VALUE, RAW_FACTS, DerivedFact

MOST_BINS: Final = 100
NAME: Final = re.compile(r"[a-z][a-z0-9_]*")
FACTS: Final = frozenset({*RAW_FACTS, *(fact.value for fact in DerivedFact)})
BINS: Final[Place] = ("bins",)

Faults = Iterator[ScorecardError]


def check_name(name: object) -> None:
    """:raises ScorecardError: if programs could not use this as a name"""
    check_text(name, where="the name of a characteristic")
    if not NAME.fullmatch(str(name)):
        raise ScorecardError("not_a_name", {"where": f"“{name}”"})


def check_fact(fact: object, *, of: object) -> None:
    """:raises ScorecardError: if there is no such fact"""
    check_text(fact, where=f"the fact of {of}")
    if fact not in FACTS:
        raise ScorecardError("fact_unknown", {"characteristic": of, "fact": fact})


def coverage_faults(sketch: Sketch) -> Faults:
    """Say everything that is wrong with the bins of a known fact, each with the places of the bins concerned."""
    if all(isinstance(bin_, MissingBin) for bin_ in sketch.bins):
        yield _fault(sketch, "no_bins", BINS)
        return
    if len(sketch.bins) > MOST_BINS:
        yield _fault(sketch, "too_many_bins", BINS)
    yield from _labels(sketch)
    yield from _missing(sketch)
    yield from _words(sketch) if sketch.is_categorical else _numbers(sketch)


def _fault(sketch: Sketch, code: str, *places: Place, **params: object) -> ScorecardError:
    return ScorecardError(code, {"characteristic": sketch.name, **params}, places)


def _place(sketch: Sketch, bin_: Bin) -> Place:
    return "bins", next(index for index, each in enumerate(sketch.bins) if each is bin_)


def _again(sketch: Sketch, kind: type[Bin], code: str) -> Faults:
    """Say which bins are of a kind that another bin is already of."""
    for bin_ in [bin_ for bin_ in sketch.bins if isinstance(bin_, kind)][1:]:
        yield _fault(sketch, code, _place(sketch, bin_))


def _labels(sketch: Sketch) -> Faults:
    seen: set[str] = set()
    for index, bin_ in enumerate(sketch.bins):
        if bin_.label in seen:
            yield _fault(sketch, "label_twice", ("bins", index, "label"), label=bin_.label)
        seen.add(bin_.label)


def _missing(sketch: Sketch) -> Faults:
    yield from _again(sketch, MissingBin, "missing_bin_twice")
    if not sketch.may_lack:
        for bin_ in sketch.bins:
            if isinstance(bin_, MissingBin):
                yield _fault(sketch, "missing_bin_needless", _place(sketch, bin_), fact=sketch.fact)


def _wrong_kinds(sketch: Sketch, allowed: tuple[type[Bin], ...], kind: str) -> Faults:
    for bin_ in sketch.bins:
        if not isinstance(bin_, allowed):
            yield _fault(sketch, "bin_kind_wrong", _place(sketch, bin_), label=bin_.label, kind=kind)


def _numbers(sketch: Sketch) -> Faults:
    yield from _wrong_kinds(sketch, (NumericBin, NoValueBin, MissingBin), "numeric")
    if sketch.refuses_unlisted:
        yield _fault(sketch, "unlisted_needless", ("unlisted",))
    yield from _no_value(sketch)
    bins = sketch.numeric_bins
    if not bins:
        yield _fault(sketch, "no_bins", BINS)
        return
    if bins[0].lower is not None:
        yield _fault(sketch, "nothing_below", _place(sketch, bins[0]), cut_off=bins[0].lower)
    for left, right in pairwise(bins):
        yield from _between(sketch, left, right)
    if bins[-1].upper is not None:
        yield _fault(sketch, "nothing_above", _place(sketch, bins[-1]), cut_off=bins[-1].upper)


def _no_value(sketch: Sketch) -> Faults:
    yield from _again(sketch, NoValueBin, "no_value_bin_twice")
    bins = [bin_ for bin_ in sketch.bins if isinstance(bin_, NoValueBin)]
    if sketch.fact in MAY_HAVE_NO_VALUE and not bins:
        yield _fault(sketch, "no_value_bin_missing", BINS, fact=sketch.fact)
    if sketch.fact not in MAY_HAVE_NO_VALUE:
        for bin_ in bins:
            yield _fault(sketch, "no_value_bin_needless", _place(sketch, bin_), fact=sketch.fact)


def _between(sketch: Sketch, left: NumericBin, right: NumericBin) -> Faults:
    """See that the line goes on exactly where it was left."""
    both = _place(sketch, left), _place(sketch, right)
    if left.upper is None or right.lower is None or left.upper > right.lower:
        yield _fault(sketch, "overlap", *both, left=left.label, right=right.label)
    elif left.upper < right.lower:
        yield _fault(sketch, "gap", *both, lower=left.upper, upper=right.lower)
    elif left.upper_included and right.lower_included:
        yield _fault(sketch, "cut_off_in_both", *both, cut_off=left.upper)
    elif not (left.upper_included or right.lower_included):
        yield _fault(sketch, "cut_off_in_none", *both, cut_off=left.upper)


def _words(sketch: Sketch) -> Faults:
    yield from _wrong_kinds(sketch, (ValuesBin, OtherBin, MissingBin), "category")
    others = sum(isinstance(bin_, OtherBin) for bin_ in sketch.bins)
    if others + sketch.refuses_unlisted != 1:
        yield _fault(sketch, "unlisted_undecided", BINS)
    if sketch.direction is not None:
        yield _fault(sketch, "direction_needless", ("direction",))
    for value, count in Counter(sketch.listed_values).items():
        if count > 1:
            holders = [bin_ for bin_ in sketch.bins if isinstance(bin_, ValuesBin) and value in bin_.values]
            yield _fault(sketch, "value_twice", *(_place(sketch, bin_) for bin_ in holders), value=value)
