"""Waiting for what other processes do."""

import time
from collections.abc import Callable

PATIENCE = 120


def wait_until(is_so: Callable[[], bool], *, seconds: float = PATIENCE, instead: Callable[[], object] = str) -> None:
    """:raises AssertionError: if it is not so by then; it tells what is so instead"""
    until = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < until, f"it did not come about: {instead()}"
        time.sleep(0.05)
