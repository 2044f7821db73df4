"""The codes themselves, against the vectors of RFC 6238 (its eight digits cut to the last six)."""

import base64

import pytest

from bprs.access import totp

SECRET = base64.b32encode(b"12345678901234567890").decode()


@pytest.mark.parametrize(
    ("unix_time", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_codes_are_those_of_the_standard(unix_time, code):
    assert totp.code_at(SECRET, unix_time // 30) == code


@pytest.mark.parametrize(("late_by", "is_taken"), [(-31, False), (-30, True), (0, True), (59, True), (60, False)])
def test_a_clock_may_be_off_by_half_a_minute(late_by, is_taken):
    made_at = 1_700_000_010  # the first second of its half minute
    code = totp.code_at(SECRET, made_at // 30)

    assert (totp.step_of(code, secret=SECRET, unix_time=made_at + late_by, after=0) is not None) == is_taken


def test_a_code_is_taken_once():
    step = totp.step_of("287 082", secret=SECRET, unix_time=59, after=0)

    assert step == 1
    assert totp.step_of("287082", secret=SECRET, unix_time=59, after=step) is None


def test_recovery_codes_are_the_same_however_they_are_typed():
    codes = totp.new_recovery_codes()

    assert len(set(codes)) == 8
    assert all(len(totp.plain(code)) == 16 for code in codes)
    assert totp.hash_of(codes[0]) == totp.hash_of(codes[0].lower().replace(" ", "-"))
