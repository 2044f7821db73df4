"""Which rows can be scored: valid input, and the coded refusal of everything else."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

from scoring.engine.arrays import AnyColumn, CodeColumn, IntColumn, Mask
from scoring.engine.facts import Facts
from scoring.engine.refusals import NOT_REFUSED, RefusalCode, first_refusals, refusal_index
from scoring.engine.vocabulary import CATEGORY_FACTS, LIMITS, MAY_BE_ASSUMED_ZERO, NUMERIC_FACTS


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Block:
    """
    Some neighbouring rows made safe to compute with; `refusals` is None if every one of them can be scored.

    `gaps` says where a raw fact is not known although its row can be scored: the card has bins for that.
    """

    numbers: Mapping[str, IntColumn]
    words: Mapping[str, AnyColumn]
    gaps: Mapping[str, Mask]
    refusals: CodeColumn | None


def gaps_in(facts: Facts, names: Collection[str]) -> dict[str, Mask]:
    """Say where each of these facts is missing; a fact that misses nothing is left out."""
    return {name: missing for name in names if (missing := _missing(facts, name)) is not None}


def check_assumed(names: Collection[str]) -> None:
    """:raises ValueError: for a fact that cannot be taken as zero"""
    if not MAY_BE_ASSUMED_ZERO.issuperset(names):
        raise ValueError(f"Only {' and '.join(sorted(MAY_BE_ASSUMED_ZERO))} may be taken as zero.")


def complete(facts: Facts, filled: Mapping[str, Mask], words_needed: Collection[str]) -> Facts:
    """Add the columns the card needs and the facts lack, fill what shall not count as missing, drop what is not needed."""
    needed = [name for name in (*NUMERIC_FACTS, *CATEGORY_FACTS) if name in NUMERIC_FACTS or name in words_needed]
    missing = {name: mask for name in needed if name not in filled and (mask := _missing(facts, name)) is not None}
    columns = {name: facts.columns[name] if name in facts.columns else _blank(name, len(facts)) for name in needed}
    for name, mask in filled.items():
        columns[name] = np.where(mask, 0 if name in NUMERIC_FACTS else "", columns[name])
    return Facts(columns=columns, missing=missing, refusals=facts.refusals)


def block_of(facts: Facts, gaps: Mapping[str, Mask]) -> Block:
    """Take complete facts apart; rows that cannot be scored get harmless numbers and their refusal."""
    numbers = {name: facts.columns[name] for name in NUMERIC_FACTS}
    words = {name: facts.columns[name] for name in CATEGORY_FACTS if name in facts.columns}
    if facts.refusals is None and not facts.missing and _all_within_limits(numbers):
        return Block(numbers=numbers, words=words, gaps=gaps, refusals=None)
    refusals = _refusals_of(facts, numbers)
    safe = {name: np.where(refusals == NOT_REFUSED, column, LIMITS[name].lowest) for name, column in numbers.items()}
    return Block(numbers=safe, words=words, gaps=gaps, refusals=refusals)


def _missing(facts: Facts, name: str) -> Mask | None:
    if name not in facts.columns:
        return np.ones(len(facts), np.bool_)
    return facts.missing.get(name)


def _blank(name: str, length: int) -> AnyColumn:
    return np.zeros(length, np.int64) if name in NUMERIC_FACTS else np.full(length, "", np.object_)


def _all_within_limits(numbers: Mapping[str, IntColumn]) -> bool:
    return all(
        numbers[name].min() >= limits.lowest and numbers[name].max() <= limits.highest
        for name, limits in LIMITS.items()
    )


def _refusals_of(facts: Facts, numbers: Mapping[str, IntColumn]) -> CodeColumn:
    length = len(facts)
    found = np.zeros(length, np.uint8) if facts.refusals is None else facts.refusals
    for name, mask in facts.missing.items():
        found = _add(found, mask, name, RefusalCode.MISSING)
    for name, column in numbers.items():
        limits = LIMITS[name]
        found = _add(found, column < limits.lowest, name, _code_below(name))
        found = _add(found, column > limits.highest, name, _code_above(name))
    return found


def _add(found: CodeColumn, mask: Mask, name: str, code: RefusalCode) -> CodeColumn:
    return first_refusals(found, mask * np.uint8(refusal_index(name, code))) if mask.any() else found


def _code_below(name: str) -> RefusalCode:
    if name == "tenor_months":
        return RefusalCode.OUT_OF_RANGE
    return RefusalCode.NOT_POSITIVE if LIMITS[name].lowest else RefusalCode.NEGATIVE


def _code_above(name: str) -> RefusalCode:
    return RefusalCode.OUT_OF_RANGE if name == "tenor_months" else RefusalCode.TOO_LARGE
