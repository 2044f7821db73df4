"""Amounts of money as the API takes and gives them."""

import json
from decimal import Decimal

import pytest
from ninja import Schema
from pydantic import ValidationError

from bprs.http.fields import MoneyIn, MoneyOut
from bprs.http.rendering import dumps


class Payment(Schema):
    amount: MoneyIn


class Receipt(Schema):
    amount: MoneyOut


class TestMoneyIn:
    @pytest.mark.parametrize(
        ("sent", "amount"),
        [
            (5_000_000, "5000000.00"),
            ("5000000", "5000000.00"),
            ("5000000.5", "5000000.50"),
            (Decimal("0.10"), "0.10"),
            (Decimal("5E+6"), "5000000.00"),
            (Decimal("7.000"), "7.00"),
            ("999999999999999.99", "999999999999999.99"),
            (-1, "-1.00"),
            (0, "0.00"),
        ],
    )
    def test_keeps_every_digit(self, sent, amount):
        assert str(Payment(amount=sent).amount) == amount

    @pytest.mark.parametrize(
        ("sent", "code"),
        [
            (True, "not_a_number"),
            ("", "not_a_number"),
            ("5.000.000", "not_a_number"),
            ("5,5", "not_a_number"),
            ("1e6", "not_a_number"),
            ("1_000", "not_a_number"),
            ("\u0665\u0660\u0660", "not_a_number"),  # Arabic-Indic digits
            (" 5", "not_a_number"),
            ("NaN", "not_a_number"),
            ([], "not_a_number"),
            (Decimal("NaN"), "not_a_number"),
            (Decimal("Infinity"), "too_large"),
            (Decimal("1E+309"), "too_large"),
            (Decimal("1E+9999999"), "too_large"),
            (Decimal("-1E+999999999"), "too_large"),
            (10**15, "too_large"),
            ("1000000000000000", "too_large"),
            ("9" * 5000, "too_large"),
            (-(10**15), "too_large"),
            (Decimal("0.001"), "too_many_decimals"),
            ("0.001", "too_many_decimals"),
            (Decimal("1E-999"), "too_many_decimals"),
        ],
    )
    def test_refuses_what_is_no_exact_amount(self, sent, code):
        with pytest.raises(ValidationError) as refusal:
            Payment(amount=sent)

        assert refusal.value.errors()[0]["type"] == code


class TestMoneyOut:
    @pytest.mark.parametrize("amount", ["999999999999999.99", "5000000.00", "0.10", "0.00"])
    def test_is_a_number_with_every_digit(self, amount):
        written = dumps(Receipt(amount=Decimal(amount)).model_dump())

        assert written == b'{"amount":%s}' % amount.encode()
        assert json.loads(written, parse_float=Decimal)["amount"] == Decimal(amount)
