"""Waiting for what other processes do."""

import time
from collections.abc import Callable

PATIENCE = 120


def wait_until(is_so: Callable[[], bool], *, seconds: float = PATIENCE) -> None:
    """:raises AssertionError: if it is not so by then"""
    until = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < until, "it did not come about"
        time.sleep(0.05)
