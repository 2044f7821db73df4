"""What came of a chunk of a file, as Arrow tables: facts and outcome of the scored rows, reasons of the rejected ones."""

import json
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from bprs.spreadsheets import RowError
from scoring.engine import RAW_FACTS, FactKind, Facts, Outcomes
from scoring.engine.arrays import IntColumn
from scoring.services.applications import ScoredChunk

MONEY_TYPE = pa.decimal128(17, 2)
WORDS_TYPE = pa.dictionary(pa.int32(), pa.string())
REJECTED_SCHEMA = pa.schema(
    {
        "row_index": pa.int64(),
        "row_number": pa.int64(),
        "column": pa.string(),
        "field": pa.string(),
        "code": pa.string(),
        "params": pa.string(),
    }
)


def scored_table(chunk: ScoredChunk) -> pa.Table:
    """Lay out the scored rows of a chunk as columns; unknown facts and a DSR that does not exist are null."""
    numbers = {
        "row_index": pa.array(chunk.parsed.row_indexes[chunk.rows]),
        "row_number": pa.array(chunk.parsed.row_numbers[chunk.rows]),
    }
    return pa.table({**numbers, **dict(_facts(chunk.facts)), **dict(_outcome(chunk.outcomes))})


def rejected_table(errors: tuple[RowError, ...]) -> pa.Table:
    """Lay out what is wrong, one row for each fault."""
    columns = {
        "row_index": [error.row_index for error in errors],
        "row_number": [error.row_number for error in errors],
        "column": [error.column for error in errors],
        "field": [error.field for error in errors],
        "code": [str(error.code) for error in errors],
        "params": [json.dumps(dict(error.params)) for error in errors],
    }
    return pa.table(columns, schema=REJECTED_SCHEMA)


def _facts(facts: Facts) -> Iterator[tuple[str, pa.Array]]:
    for name, values in facts.columns.items():
        known = _known(name, values)
        missing = facts.missing.get(name)
        yield name, known if missing is None else pc.if_else(pa.array(missing), pa.scalar(None, known.type), known)


def _known(name: str, values: npt.NDArray[np.generic]) -> pa.Array:
    match RAW_FACTS[name]:
        case FactKind.MONEY:
            return rupiah(values.astype(np.int64, copy=False))
        case FactKind.WHOLE:
            return pa.array(values, pa.int64())
        case FactKind.CATEGORY:
            return pa.array(values, pa.string())


def _outcome(outcomes: Outcomes) -> Iterator[tuple[str, pa.Array]]:
    yield "credit_score", pa.array(outcomes.credit_score)
    yield "raw_score", pa.array(outcomes.raw_score)
    yield "default_probability", pa.array(outcomes.default_probability)
    yield "segment", _labels(outcomes.segment, outcomes.segment_names)
    yield "dsr", pa.array(outcomes.dsr, from_pandas=True)
    yield "monthly_installment", pa.array(np.round(outcomes.monthly_installment, 2))
    for name, points in outcomes.points.items():
        yield f"points_{name}", pa.array(points)
    for name, bins in outcomes.bins.items():
        yield f"bin_{name}", _labels(bins, outcomes.bin_labels[name])


def _labels(codes: npt.NDArray[np.int8], names: tuple[str, ...]) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(codes.astype(np.int32)), pa.array(names, pa.string()))


def rupiah(sen: IntColumn) -> pa.Array:
    """Lay out int64 as 128-bit integers, which is what a decimal(17, 2) column is: nothing is converted one by one."""
    words = np.stack([sen, sen >> 63], axis=1)
    return pa.Decimal128Array.from_buffers(MONEY_TYPE, len(sen), [None, pa.py_buffer(words.tobytes())])
