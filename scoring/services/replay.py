"""Scoring stored rows once more, from the facts they keep and the card they name, and comparing every outcome."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from scoring.engine import RAW_FACTS, FactKind, Facts, Outcomes, Scorecard
from scoring.facts import ASSUMED_ZERO
from scoring.services.records import SEN
from scoring.services.stored_scores import Columns, doubles, parsed, whole

NOTHING_LIKE_IT = -1
HALF_A_SEN, HALF_A_MILLIONTH = 0.0051, 5.1e-7  # of installments and of probabilities, as they are kept
DOUBLE = 4e-16  # what two doubles for the same amount may differ by, of themselves
Mask = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.int64]
FloatColumn = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """
    Rows of outcomes as they were written down, column by column.

    `points`, `bins` and `incomplete` are a code for each row, and what each code says.
    """

    facts: Facts
    raw_score: npt.NDArray[np.int64]
    credit_score: npt.NDArray[np.int64]
    default_probability: npt.NDArray[np.float64]
    segment: Sequence[str]
    dsr: npt.NDArray[np.float64]
    monthly_installment: npt.NDArray[np.float64]
    points: tuple[Codes, Sequence[Mapping[str, Any]]]
    bins: tuple[Codes, Sequence[Mapping[str, Any]]]
    incomplete: tuple[Codes, Sequence[Sequence[str]]]


def differences(card: Scorecard, kept: Kept) -> dict[str, Mask]:
    """Score the facts again; by outcome, say in which rows what was kept is something else. A refused row differs in all."""
    outcomes = card.score(kept.facts, assume_zero_for=ASSUMED_ZERO)
    found = {
        "raw_score": kept.raw_score != outcomes.raw_score,
        "credit_score": kept.credit_score != outcomes.credit_score,
        "default_probability": _apart(kept.default_probability, outcomes.default_probability, by=HALF_A_MILLIONTH),
        "segment": np.array(kept.segment, dtype=np.object_) != outcomes.segments,
        "debt_service_ratio": ~((kept.dsr == outcomes.dsr) | (np.isnan(kept.dsr) & np.isnan(outcomes.dsr))),
        "monthly_installment": _apart(kept.monthly_installment, outcomes.monthly_installment, by=HALF_A_SEN),
        "points": _other_points(card, kept, outcomes),
        "bins": _other_bins(card, kept, outcomes),
        "incomplete": _other_gaps(kept, outcomes),
    }
    return {name: mask | outcomes.refused for name, mask in found.items() if (mask | outcomes.refused).any()}


def kept_in(columns: Columns, facts: Sequence[Any]) -> Kept:
    """:param facts: those of the columns, read"""
    return Kept(
        facts=facts_of_rows(facts),
        raw_score=whole(columns["raw_score"]),
        credit_score=whole(columns["credit_score"]),
        default_probability=doubles(columns["default_probability"]),
        segment=columns["segment"],
        dsr=doubles(columns["debt_service_ratio"]),
        monthly_installment=doubles(columns["monthly_installment"]) / SEN,
        points=coded(columns["points"], instead={}),
        bins=coded(columns["bins"], instead={}),
        incomplete=coded(columns["incomplete"], instead=[""]),
    )


def facts_of_rows(rows: Sequence[Any]) -> Facts:
    """Facts as `Score.facts` keeps them: objects, money as text. What is no amount becomes one that is refused."""
    if not all(type(row) is dict for row in rows):
        rows = [row if type(row) is dict else {} for row in rows]
    columns: dict[str, npt.NDArray[Any]] = {}
    missing: dict[str, Mask] = {}
    for name, values in zip(RAW_FACTS, _by_name(rows), strict=True):
        if None in values:
            missing[name] = np.array([value is None for value in values], dtype=np.bool_)
        columns[name] = _column(RAW_FACTS[name], values)
    return Facts(columns=columns, missing=missing)


def _by_name(rows: Sequence[Mapping[str, Any]]) -> Iterable[Sequence[Any]]:
    """A column for each fact; None for one that a row does not have."""
    try:
        return zip(*map(itemgetter(*RAW_FACTS), rows), strict=True)
    except KeyError:
        return [[row.get(name) for row in rows] for name in RAW_FACTS]


def facts_of_table(table: pa.Table) -> Facts:
    """Facts as the results of a file keep them."""
    names = [name for name in RAW_FACTS if name in table.column_names]
    missing = {name: table[name].is_null().to_numpy() for name in names if table[name].null_count}
    return Facts(columns={name: _arrow_column(RAW_FACTS[name], table[name]) for name in names}, missing=missing)


def coded(texts: Sequence[str], *, instead: Any) -> tuple[Codes, list[Any]]:
    """JSON texts of which few are distinct: a code for each, and what each code says, read once; `instead` of other kinds."""
    places = {text: place for place, text in enumerate(dict.fromkeys(texts))}
    codes = np.fromiter(map(places.__getitem__, texts), dtype=np.int64, count=len(texts))
    return codes, [said if type(said) is type(instead) else instead for said in parsed(list(places))]


def coded_rows(table: pa.Table, prefix: str, names: Sequence[str]) -> tuple[Codes, list[dict[str, Any]]]:
    """The columns of a table that begin so, as `coded` has them."""
    columns = [table[f"{prefix}_{name}"].combine_chunks() for name in names]
    encoded = [pc.dictionary_encode(_plain(column)) for column in columns]
    combined = np.zeros(len(table), dtype=np.int64)
    for each in encoded:
        combined = combined * max(len(each.dictionary), 1) + each.indices.to_numpy()
    _, firsts, codes = np.unique(combined, return_index=True, return_inverse=True)
    rows = [{name: column[int(row)].as_py() for name, column in zip(names, columns, strict=True)} for row in firsts]
    return codes.reshape(-1), rows


def _apart(one: FloatColumn, other: FloatColumn, *, by: float) -> Mask:
    apart: Mask = ~(np.abs(one - other) <= by + DOUBLE * np.abs(other))
    return apart


def _plain(column: Any) -> Any:
    return column.dictionary_decode() if pa.types.is_dictionary(column.type) else column


def _other_points(card: Scorecard, kept: Kept, outcomes: Outcomes) -> Mask:
    codes, said = kept.points
    other = _names_differ(said, card)[codes]
    for name, points in outcomes.points.items():
        table = np.array([_whole(each.get(name)) for each in said], dtype=np.int64)
        other |= table[codes] != points
    return other


def _other_bins(card: Scorecard, kept: Kept, outcomes: Outcomes) -> Mask:
    codes, said = kept.bins
    other = _names_differ(said, card)[codes]
    for name, bins in outcomes.bins.items():
        labels = outcomes.bin_labels[name]
        table = np.array([_place(labels, each.get(name)) for each in said], dtype=np.int64)
        other |= table[codes] != bins
    return other


def _other_gaps(kept: Kept, outcomes: Outcomes) -> Mask:
    codes, said = kept.incomplete
    other = np.zeros(len(outcomes), dtype=np.bool_)
    names = {*outcomes.incomplete, *(name for each in said for name in each)}
    for name in names:
        now = outcomes.incomplete.get(name, np.zeros(len(outcomes), dtype=np.bool_))
        other |= np.array([name in each for each in said], dtype=np.bool_)[codes] != now
    return other


def _names_differ(said: Sequence[Mapping[str, Any]], card: Scorecard) -> Mask:
    names = {each.name for each in card.characteristics}
    return np.array([each.keys() != names for each in said], dtype=np.bool_)


def _whole(value: Any) -> int:
    return value if type(value) is int and abs(value) < 2**62 else 2**62


def _place(labels: Sequence[str], label: Any) -> int:
    return labels.index(label) if label in labels else len(labels)


def _column(kind: FactKind, values: Sequence[Any]) -> npt.NDArray[Any]:
    match kind:
        case FactKind.MONEY:
            return _sen(values)
        case FactKind.WHOLE:
            numbers = whole(values)
            return np.where(np.abs(numbers) < SEN**4, numbers, 0)
        case FactKind.CATEGORY:
            return np.array(["" if value is None else str(value) for value in values], dtype=np.object_)


def _sen(values: Sequence[Any]) -> npt.NDArray[np.int64]:
    """Kept as digits, a point and two digits; anything else was not written by us."""
    try:
        texts = pa.array(values, pa.string())
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        texts = pa.array([value if isinstance(value, str) else "" for value in values], pa.string())
    is_amount = pc.match_substring_regex(texts, r"^[0-9]{1,15}\.[0-9]{2}$").fill_null(fill_value=False)
    amounts = pc.if_else(is_amount, texts, "0.00").cast(pa.decimal128(17, 2))
    return np.where(is_amount.to_numpy(zero_copy_only=False), _sen_of_decimals(amounts), NOTHING_LIKE_IT)


def _arrow_column(kind: FactKind, column: Any) -> npt.NDArray[Any]:
    match kind:
        case FactKind.MONEY:
            return _sen_of_decimals(column.cast(pa.decimal128(17, 2)).combine_chunks())
        case FactKind.WHOLE:
            return _numbers(column.cast(pa.int64()))
        case FactKind.CATEGORY:
            return np.array(["" if value is None else value for value in column.to_pylist()], dtype=np.object_)


def _sen_of_decimals(column: Any) -> npt.NDArray[np.int64]:
    """The lower half of each 128-bit integer, which amounts do not outgrow; anything for a null."""
    words = np.frombuffer(column.buffers()[1], dtype=np.int64)
    return words[2 * column.offset :: 2][: len(column)]


def _numbers(column: Any) -> npt.NDArray[np.int64]:
    numbers: npt.NDArray[np.int64] = column.fill_null(0).to_numpy().astype(np.int64)
    return numbers


def rows_marked(found: Mapping[str, Mask]) -> Iterator[tuple[int, list[str]]]:
    """Row by row, what differs."""
    if found:
        any_of = np.logical_or.reduce(list(found.values()))
        for row in np.flatnonzero(any_of).tolist():
            yield row, [name for name, mask in found.items() if mask[row]]
