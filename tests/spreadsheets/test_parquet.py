"""Typed columns: numbers as exact as the file keeps them, and the same refusals as for any other cell."""

from datetime import date
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bprs.spreadsheets import SpreadsheetRefused, parse_table
from bprs.spreadsheets.parquet_table import ParquetTable

RUPIAH_38 = pa.decimal128(38, 0)


def table_of(tmp_path, columns, **options):
    path = tmp_path / "table.parquet"
    pq.write_table(pa.table(columns), path, **options)
    return ParquetTable(path)


def read(tmp_path, column, *, name="loan_amount"):
    """What is made of one column: the values of accepted rows, and the code of each rejected one by its row number."""
    other = pa.array(range(len(column)))
    reading = parse_table(table_of(tmp_path, {"other": other, name: column}), wanted=[name])
    [chunk] = reading
    values = chunk.columns[name].values[chunk.accepted].tolist()
    return values, {error.row_number: error.code for error in chunk.errors}


@pytest.mark.parametrize(
    "column",
    [
        pa.array([1, 12_345, None], pa.int64()),
        pa.array([1, 12_345, None], pa.int32()),
        pa.array([1, 12_345, None], pa.uint16()),
        pa.array([1.0, 12_345.0, None], pa.float64()),
        pa.array([1.0, 12_345.0, None], pa.float32()),
        pa.array([Decimal(1), Decimal(12_345), None], pa.decimal128(17, 2)),
        pa.array([Decimal(1), Decimal(12_345), None], RUPIAH_38),
        pa.array([Decimal(1), Decimal(12_345), None], pa.decimal256(50, 10)),
        pa.array(["1", "Rp 12.345,-", None], pa.string()),
        pa.array(["1", "12.345", ""], pa.large_string()),
        pa.array(["1", "12.345", None]).dictionary_encode(),
    ],
    ids=lambda column: str(column.type),
)
def test_an_amount_is_the_same_in_any_type(tmp_path, column):
    assert read(tmp_path, column) == ([100, 1_234_500], {3: "missing"})


@pytest.mark.parametrize(
    ("column", "sen"),
    [
        (pa.array([10**15 - 1], pa.int64()), 10**17 - 100),
        (pa.array([0.29], pa.float64()), 29),
        (pa.array([Decimal("999999999999999.99")], pa.decimal128(38, 2)), 10**17 - 1),
        (pa.array([Decimal("1.5000")], pa.decimal128(20, 4)), 150),
    ],
)
def test_the_largest_and_the_finest_amounts_are_exact(tmp_path, column, sen):
    assert read(tmp_path, column) == ([sen], {})


@pytest.mark.parametrize(
    ("column", "codes"),
    [
        (pa.array([-1, 10**15, 0, 2**62]), {1: "negative", 2: "too_large", 3: "not_positive", 4: "too_large"}),
        (pa.array([2**64 - 1], pa.uint64()), {1: "too_large"}),
        (
            pa.array(np.array([np.nan, np.inf, -np.inf, -0.5, 1e300, 1.234])),
            {
                1: "not_a_number",
                2: "not_a_number",
                3: "not_a_number",
                4: "negative",
                5: "too_large",
                6: "too_many_decimals",
            },
        ),
        (
            pa.array([Decimal("-0.01"), Decimal("1.567"), Decimal("0.00100000001")], pa.decimal128(38, 11)),
            {1: "negative", 2: "too_many_decimals", 3: "too_many_decimals"},
        ),
        (pa.array([Decimal(10**15)], RUPIAH_38), {1: "too_large"}),
        (pa.array([True]), {1: "boolean_in_cell"}),
        (pa.array([date(2026, 1, 2)]), {1: "date_in_number"}),
        (pa.array([[1, 2]]), {1: "not_a_number"}),
        (pa.array([b"12"]), {1: "word_in_number"}),
    ],
    ids=lambda case: str(getattr(case, "type", "")),
)
def test_what_is_no_amount_is_refused_by_its_code(tmp_path, column, codes):
    assert read(tmp_path, column) == ([], codes)


def test_a_bad_decimal_does_not_spoil_the_good_ones_around_it(tmp_path):
    column = pa.array([Decimal("1.25"), Decimal(10**20), None, Decimal(7)], pa.decimal128(38, 2))

    assert read(tmp_path, column) == ([125, 700], {2: "too_large", 3: "missing"})


@pytest.mark.parametrize(
    ("tenor", "code"), [(0, "out_of_range"), (1, None), (360, None), (361, "out_of_range"), (12.5, "not_whole")]
)
def test_months_are_whole_and_within_their_limits(tmp_path, tenor, code):
    _, codes = read(tmp_path, pa.array([tenor]), name="tenor_months")

    assert codes == ({1: code} if code else {})


def test_only_texts_are_looked_through_for_how_they_group_digits(tmp_path):
    table = table_of(tmp_path, {"plafond": ["5.000"], "penghasilan": [5]})

    assert [table.may_group_digits_at(place) for place in (0, 1)] == [True, False]


def test_row_groups_are_read_alone_and_their_rows_keep_their_numbers(tmp_path):
    table_of(tmp_path, {"plafond": list(range(1, 8))}, row_group_size=2)

    table = ParquetTable(tmp_path / "table.parquet", row_groups=[1, 3], first_row=2)

    chunks = list(table.chunks(2))
    assert [list(chunk.columns[0]) for chunk in chunks] == [[3, 4], [7]]
    assert chunks[0].row_numbers == range(3, 5)


def test_a_row_without_any_value_is_blank(tmp_path):
    reading = parse_table(
        table_of(tmp_path, {"plafond": [1, None, None], "nama": ["a", "", "b"]}), wanted=["loan_amount"]
    )

    [chunk] = reading
    assert (chunk.account.accepted, chunk.account.blank, chunk.account.rejected) == (1, 1, 1)


def test_what_is_no_parquet_file_is_refused(tmp_path):
    path = tmp_path / "table.parquet"
    path.write_bytes(b"PAR1 and nothing more")

    with pytest.raises(SpreadsheetRefused) as refusal:
        ParquetTable(path)

    assert refusal.value.code == "broken_parquet"
