"""Rows of a run in the form the API answers: as JSON, made of whole columns, and page by page as plain dicts."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc
from django.db.models import FloatField, QuerySet
from django.db.models.functions import Cast

from scoring.messages import sentence
from scoring.models import Refusal, Score, ScoringRun
from scoring.result_pages import scored_page, scored_parts
from scoring.selectors import FileError, file_error_page, file_errors, file_warnings

Row = dict[str, Any]
BETWEEN_ROWS = ","
COLUMNS = ("row_index", "row_number", "credit_score", "segment", "default_probability")


def bulk_answer(run: ScoringRun) -> bytes:
    """
    The whole answer, and never more than a part of it as anything but its text.

    :raises ResultsChanged: if the results are not what was written
    """
    counts = {"total_rows": run.scored_count, "high_risk_count": run.high_risk_count}
    others = {"rows_read": run.rows_read, "rejected_rows": run.rejected_count, "blank_rows": run.blank_count}
    named = {"warnings": file_warnings(run), "run_id": str(run.pk), "scorecard": run.version.label}
    results = (_results_json(batch) for part in scored_parts(run, COLUMNS) for batch in part.to_batches())
    errors = filter(None, map(_errors_json, file_errors(run)))
    return b"".join(
        [
            *(orjson.dumps(counts)[:-1], b',"results":[', *_with_commas(results), b"],"),
            *(orjson.dumps(others)[1:-1], b',"errors":[', *_with_commas(errors), b"],"),
            orjson.dumps(named)[1:],
        ]
    )


def result_page(run: ScoringRun, *, offset: int, limit: int) -> list[Row]:
    rows = scored_page(run, COLUMNS, offset=offset, limit=limit)
    return [{**row, "loan_id": None, "score": row["credit_score"]} for row in rows]


def error_page(run: ScoringRun, *, offset: int, limit: int) -> list[Row]:
    return [_error(error) for error in file_error_page(run, offset=offset, limit=limit)]


def loan_result_rows(scores: QuerySet[Score]) -> list[Row]:
    """Reading the probability as a double halves the time: a Decimal for each row costs more than the row."""
    rows = scores.values_list("loan_id", "credit_score", "segment", Cast("default_probability", FloatField()))
    return [
        {**_NO_ROW, "loan_id": loan_id, "score": score, "segment": segment, "default_probability": probability}
        for loan_id, score, segment, probability in rows
    ]


def loan_error_rows(refusals: QuerySet[Refusal]) -> list[Row]:
    return [
        {**_NO_ROW, "loan_id": loan_id, "column": field, "code": code, "message": sentence(code, params)}
        for loan_id, field, code, params in refusals.values_list("loan_id", "field", "code", "params")
    ]


_NO_ROW: Mapping[str, None] = {"row_index": None, "row_number": None}


def _with_commas(pieces: Iterable[bytes | memoryview]) -> Iterator[bytes | memoryview]:
    for place, piece in enumerate(pieces):
        yield from (b",", piece) if place else (piece,)


def _results_json(batch: pa.RecordBatch) -> memoryview:
    """Ten million rows a second: a card gives few distinct scores, and its bands make the rest of a row of the score."""
    rows = pc.binary_join_element_wise(
        '{"row_index":',
        batch["row_index"].cast(pa.string()),
        ',"row_number":',
        batch["row_number"].cast(pa.string()),
        _endings(batch),
        "",
    )
    _, _, text = rows.buffers()
    return memoryview(text)[: -len(BETWEEN_ROWS)]


def _endings(batch: pa.RecordBatch) -> pa.Array:
    scores = batch["credit_score"].dictionary_encode()
    firsts = [pc.index(scores.indices, code).as_py() for code in range(len(scores.dictionary))]
    texts = [_ending(row) for row in batch.select(COLUMNS[2:]).take(firsts).to_pylist()]
    return pa.DictionaryArray.from_arrays(scores.indices, pa.array(texts, pa.string())).cast(pa.string())


def _ending(row: Row) -> str:
    named = {"score": row["credit_score"], "segment": row["segment"], "default_probability": row["default_probability"]}
    return f",{orjson.dumps(named)[1:].decode()}{BETWEEN_ROWS}"


def _errors_json(part: Iterable[FileError]) -> bytes:
    return orjson.dumps([_error(error) for error in part])[1:-1]


def _error(error: FileError) -> Row:
    return {
        "row_index": error.row_index,
        "row_number": error.row_number,
        "loan_id": None,
        "column": error.column,
        "code": error.code,
        "message": error.reason,
    }
