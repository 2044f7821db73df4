"""Numbers as they come: lists, Decimals, doubles and numpy columns mean the same sen."""

from decimal import Decimal, localcontext

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.engine import NOT_REFUSED, Facts, RefusalCode
from scoring.engine.refusals import refusal_index

ONE = np.ones(1, dtype=np.int64)


def sen(values):
    facts = Facts.from_values(loan_amount=values)
    assert facts.refusals is None
    return facts.columns["loan_amount"].tolist()


class TestFromValues:
    @pytest.mark.parametrize(
        "values",
        [
            [1, 250_000],
            [1.0, 250_000.0],
            [Decimal("1"), Decimal("250000.00")],
            [1, Decimal("2.5E+5")],
            [1, 250_000.0],
            [np.int32(1), np.float64(250_000)],
            np.array([1, 250_000], dtype=np.int32),
            np.array([1, 250_000], dtype=np.uint64),
            np.array([1, 250_000], dtype=np.float32),
            np.array([1, 250_000], dtype=object),
            (1, 250_000),
        ],
    )
    def test_takes_any_kind_of_number(self, values):
        assert sen(values) == [100, 25_000_000]

    @settings(max_examples=300, deadline=None)
    @given(st.integers(-(10**17) + 1, 10**17 - 1))
    def test_a_decimal_means_its_sen(self, amount):
        assert sen([Decimal(amount).scaleb(-2)]) == [amount]
        assert sen([Decimal(amount).scaleb(-2), "x"][:1]) == [amount]

    @settings(max_examples=300, deadline=None)
    @given(st.integers(-(10**15), 10**15))
    def test_a_double_means_the_decimal_it_is_written_as(self, amount):
        assert sen([float(Decimal(amount).scaleb(-2))]) == [amount]

    @settings(max_examples=500, deadline=None)
    @given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e15, max_value=1e15))
    def test_any_double_is_read_as_repr_writes_it(self, number):
        written = Decimal(repr(number))
        facts = Facts.from_values(loan_amount=[number])

        if written == written.quantize(Decimal("0.01")):
            assert facts.columns["loan_amount"].tolist() == [int(written.scaleb(2))]
            assert facts.refusals is None
        else:
            assert facts.refusals is not None

    def test_none_is_missing_whatever_stands_beside_it(self):
        for values in ([None, 5], [None, 5.0], [None, Decimal(5)], [None, None], np.array([None, 5], dtype=object)):
            assert Facts.from_values(loan_amount=values).missing["loan_amount"].tolist()[0] is True

    def test_does_not_depend_on_the_decimal_context(self):
        with localcontext() as context:
            context.prec = 3
            assert sen([Decimal("123456789.12")]) == [12_345_678_912]

    @pytest.mark.parametrize(
        "values",
        [
            np.array([True]),
            np.array(["5"]),
            np.array(["2026-01-01"], dtype="datetime64[D]"),
            np.array([5], dtype="m8[s]"),
        ],
    )
    def test_columns_of_anything_else_are_refused_row_by_row(self, values):
        assert Facts.from_values(loan_amount=values).refusals is not None

    def test_blank_words_are_missing_and_numbers_are_no_words(self):
        facts = Facts.from_values(akad=["murabahah", "", None, 5])

        assert facts.missing["akad"].tolist() == [False, True, True, False]
        assert np.array(facts.refusals, dtype=bool).tolist() == [False, False, False, True]


class TestFacts:
    def test_from_sen_copies_nothing(self):
        facts = Facts.from_sen(monthly_income=ONE, assets_value=ONE, loan_amount=ONE, tenor_months=ONE)

        assert facts.columns["loan_amount"] is ONE

    def test_take_keeps_what_was_found(self):
        facts = Facts.from_values(loan_amount=[1, None, "x"], tenor_months=[1, 2, 3])

        picked = facts.take(np.array([2, 1]))

        assert picked.columns["tenor_months"].tolist() == [3, 2]
        assert picked.missing["loan_amount"].tolist() == [False, True]
        assert picked.refusals is not None
        assert picked.refusals.tolist() == [refusal_index("loan_amount", RefusalCode.NOT_A_NUMBER), NOT_REFUSED]

    @pytest.mark.parametrize(
        ("columns", "message"),
        [
            ({}, "at least one column"),
            ({"height": ONE}, "height is not a fact"),
            ({"loan_amount": ONE.astype(float)}, "loan_amount is an int64 column"),
            ({"akad": ONE}, "akad is a column of words"),
            ({"loan_amount": ONE.reshape(1, 1)}, "one dimension and one length"),
            ({"loan_amount": ONE, "tenor_months": np.ones(2, dtype=np.int64)}, "one dimension and one length"),
        ],
    )
    def test_a_callers_mistake_is_loud(self, columns, message):
        with pytest.raises(ValueError, match=message):
            Facts(columns=columns)

    def test_a_table_is_no_column(self):
        with pytest.raises(ValueError, match="one dimension"):
            Facts.from_values(loan_amount=np.ones((2, 2)))
