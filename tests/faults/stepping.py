"""How far a clock is off that steps an hour back and forth, now and then."""

import random
import time
from collections.abc import Callable
from datetime import timedelta

HOURS = (-1, 0, 0, 1)
SECONDS_BETWEEN_STEPS = 0.7


def stepping(seed: int | str) -> Callable[[], timedelta]:
    """A clock that is an hour off, or not, and changes its mind now and then."""
    chance = random.Random(seed)
    off, until = timedelta(hours=chance.choice(HOURS)), time.monotonic() + SECONDS_BETWEEN_STEPS

    def how_far_off() -> timedelta:
        nonlocal off, until
        if time.monotonic() > until:
            off, until = timedelta(hours=chance.choice(HOURS)), time.monotonic() + SECONDS_BETWEEN_STEPS
        return off

    return how_far_off
