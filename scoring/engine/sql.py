"""
A card as one SQL query, for PostgreSQL and SQLite alike: the same points, scores, segments and probabilities, exactly.

Amounts become whole sen, and every comparison with a ratio is multiplied out: DSR <= 3/10 is amount x 23 x 10 <=
income x 3 x 20 x tenor. So nothing is divided and nothing rounded. An annuity has powers in it that no column can hold.
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from math import gcd
from typing import Final

from scoring.engine.arithmetic import RATIOS, CutOff, Ratio
from scoring.engine.bands import PdBand, SegmentBand
from scoring.engine.binning import cut_offs_of
from scoring.engine.bins import MissingBin, NoValueBin, OtherBin, ValuesBin
from scoring.engine.characteristic import Characteristic
from scoring.engine.margin import MONTHS_PER_YEAR, Margin, MarginMethod
from scoring.engine.scorecard import Scorecard
from scoring.engine.vocabulary import LIMITS, LONGEST_TENOR, RAW_FACTS, SEN_PER_RUPIAH, FactKind, scale_of

MONEY: Final = tuple(name for name, kind in RAW_FACTS.items() if kind is FactKind.MONEY)
TOO_MUCH: Final = (LIMITS["monthly_income"].highest + 1) // SEN_PER_RUPIAH
LONGEST_NAME: Final = 63  # PostgreSQL cuts longer ones
EXACT_DOUBLE: Final = 2**53  # SQLite keeps amounts as doubles
LARGEST_WHOLE: Final = 2**63 - 1  # and multiplies in 64 bits


def is_exact_in_sql(card: Scorecard) -> bool:
    """Whether SQL can decide all that the card asks: an annuity only matters where an installment does."""
    bears_margin = any(each.fact in RATIOS and RATIOS[each.fact].bears_margin for each in card.characteristics)
    return card.margin.method is not MarginMethod.ANNUITY or not bears_margin


def scorecard_sql(card: Scorecard) -> str:
    """
    Write the card as one query on a table named applications, whose columns are named as the facts.

    :raises ValueError: if the card is not exact in SQL
    """
    if not is_exact_in_sql(card):
        raise ValueError("an annuity is not exact in SQL")
    points = [f"{_points(card, each)} AS {_alias(each)}" for each in card.characteristics]
    total = " + ".join([str(card.base_points), *map(_alias, card.characteristics)])
    judged = [f"{_by_band(card.segment_bands)} AS segment", f"{_by_band(card.pd_bands)} AS default_probability"]
    steps = (
        _step("given", "applications", [f"{_validity(card)} AS is_valid"]),
        _step("whole", "given", list(_whole_units())),
        _step("pointed", "whole", points),
        _step("summed", "pointed", [f"{total} AS raw_score"]),
        _step("scored", "summed", [f"{_clamped(card)} AS credit_score"]),
        _step("judged", "scored", judged),
    )
    return "\n".join((*_remarks(card), "WITH " + ", ".join(steps), "SELECT * FROM judged;\n"))


def _step(name: str, source: str, columns: Sequence[str]) -> str:
    """A table with all that the one before it has, and some columns more."""
    selected = ",\n    ".join((f"{source}.*", *columns))
    return " ".join((name, "AS (\n  SELECT", f"{selected}\n  FROM", source)) + "\n)"


def _clamped(card: Scorecard) -> str:
    lowest, highest = card.score_range.lowest, card.score_range.highest
    return f"CASE WHEN raw_score < {lowest} THEN {lowest} WHEN raw_score > {highest} THEN {highest} ELSE raw_score END"


def _remarks(card: Scorecard) -> Iterator[str]:
    """A comment ends with its line, so a line break in a name must not get through."""
    yield f"-- {' '.join(card.version.split())}: {' '.join(card.name.split())}"
    yield f"-- content hash {card.content_hash()}"
    yield "-- Expects a table or view applications with the columns monthly_income, assets_value, loan_amount (rupiah),"
    yield "-- tenor_months, and akad and purpose where the card asks for them. What cannot be scored has no score."
    yield f"-- Exact on PostgreSQL; on SQLite for amounts up to Rp {_most_on_sqlite(card):,}."


def _validity(card: Scorecard) -> str:
    return "\n      AND ".join(
        (
            *(_in_limits(name, may_lack=name in card.may_be_missing) for name in MONEY),
            "loan_amount > 0",
            f"tenor_months IS NOT NULL AND tenor_months BETWEEN 1 AND {LONGEST_TENOR}"
            " AND tenor_months = ROUND(tenor_months)",
        )
    )


def _in_limits(name: str, *, may_lack: bool) -> str:
    limits = f"{name} >= 0 AND {name} < {TOO_MUCH} AND ROUND(CAST({name} AS numeric), 2) = {name}"
    return f"({name} IS NULL OR {limits})" if may_lack else f"{name} IS NOT NULL AND {limits}"


def _whole_units() -> Iterator[str]:
    """Whole numbers first as SQLite knows them, then as PostgreSQL multiplies them without end."""
    for name in MONEY:
        whole = f"CAST(ROUND(CAST({name} AS numeric) * {SEN_PER_RUPIAH}) AS bigint)"
        yield f"CASE WHEN is_valid THEN CAST({whole} AS numeric(30, 0)) END AS {name}_sen"
    yield "CASE WHEN is_valid THEN CAST(CAST(tenor_months AS bigint) AS numeric(30, 0)) END AS tenor"


def _alias(characteristic: Characteristic) -> str:
    return f"points_{characteristic.name}"[:LONGEST_NAME]


def _points(card: Scorecard, characteristic: Characteristic) -> str:
    cases = _word_cases if characteristic.is_categorical else _number_cases
    lines = "\n      ".join(cases(card, characteristic))
    return f"CASE WHEN is_valid THEN CASE\n      {lines}\n    END END"


def _number_cases(card: Scorecard, characteristic: Characteristic) -> Iterator[str]:
    """From the lowest bin up, each by the cut-off at its upper end, so that the last needs none."""
    for bin_ in characteristic.bins:
        if isinstance(bin_, MissingBin):
            yield f"WHEN {characteristic.may_lack[0]} IS NULL THEN {bin_.points}"
    for bin_ in characteristic.bins:
        if isinstance(bin_, NoValueBin):
            yield f"WHEN monthly_income_sen = 0 THEN {bin_.points}"
    bins = characteristic.numeric_bins
    for bin_, cut_off in zip(bins, cut_offs_of(bins), strict=False):
        yield f"WHEN {_is_below(card.margin, characteristic.fact, cut_off)} THEN {bin_.points}"
    yield f"ELSE {bins[-1].points}"


def _word_cases(_card: Scorecard, characteristic: Characteristic) -> Iterator[str]:
    """An empty text is no word."""
    fact = f"NULLIF({characteristic.fact}, '')"
    for bin_ in characteristic.bins:
        if isinstance(bin_, ValuesBin):
            yield f"WHEN {fact} IN ({', '.join(map(_text, bin_.values))}) THEN {bin_.points}"
        if isinstance(bin_, MissingBin):
            yield f"WHEN {fact} IS NULL THEN {bin_.points}"
    for bin_ in characteristic.bins:
        if isinstance(bin_, OtherBin):
            yield f"WHEN {fact} IS NOT NULL THEN {bin_.points}"


def _text(word: str) -> str:
    return "'" + word.replace("'", "''") + "'"


def _is_below(margin: Margin, fact: str, cut_off: CutOff) -> str:
    if fact in RAW_FACTS:
        column = "tenor" if fact == "tenor_months" else f"{fact}_sen"
        return f"{column} <= {cut_off.as_integer(scale_of(fact))}"
    left, right, _ = _multiplied_out(margin, RATIOS[fact], cut_off)
    return f"{left} {'<' if cut_off.opens_upper else '<='} {right}"


def _multiplied_out(margin: Margin, ratio: Ratio, cut_off: CutOff) -> tuple[str, str, int]:
    """Write top / bottom <= p / q without division; say too by how much an amount is multiplied at most."""
    p, q = cut_off.value.as_integer_ratio()
    debt, whole, most = _debt(margin) if ratio.bears_margin else ("", 1, 1)
    own, other = q, p * whole * (SEN_PER_RUPIAH if ratio.bottom is None else 1)
    shared = gcd(own, other) or 1
    own, other = own // shared, other // shared
    left = [f"{ratio.top}_sen", debt, str(own)]
    right = ["" if ratio.bottom is None else f"{ratio.bottom}_sen", "tenor" if ratio.bears_margin else "", str(other)]
    longest = LONGEST_TENOR if ratio.bears_margin else 1
    return (
        " * ".join(part for part in left if part),
        " * ".join(part for part in right if part),
        max(own * most, abs(other) * longest),
    )


def _debt(margin: Margin) -> tuple[str, int, int]:
    """Total debt over amount as a whole number over another, and the most the first can be."""
    rate = Fraction(margin.rate)
    if margin.method is MarginMethod.ONCE:
        top, bottom = (1 + rate).as_integer_ratio()
        return str(top), bottom, top
    part, whole = (rate / MONTHS_PER_YEAR).as_integer_ratio()
    return f"({whole} + {part} * tenor)", whole, whole + part * LONGEST_TENOR


def _most_on_sqlite(card: Scorecard) -> int:
    factors = [
        _multiplied_out(card.margin, RATIOS[each.fact], cut_off)[2]
        for each in card.characteristics
        if each.fact in RATIOS
        for cut_off in cut_offs_of(each.numeric_bins)
    ]
    return min(EXACT_DOUBLE, LARGEST_WHOLE // max(factors, default=1)) // SEN_PER_RUPIAH


def _by_band(bands: Sequence[PdBand] | Sequence[SegmentBand]) -> str:
    cases = [
        f"WHEN credit_score >= {band.at_least} THEN "
        + (f"{band.probability:f}" if isinstance(band, PdBand) else _text(band.segment))
        for band in bands
    ]
    return f"CASE {' '.join(cases)} END"
