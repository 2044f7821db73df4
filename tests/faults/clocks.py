"""
Clocks that step back and forth: leases, the order of scores and of seals, keys and claims rest on none of them alone.

First those of three workers and a clerk, then those of everything that a site consists of, while it answers.
"""

import json
import random
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

from tests.faults import crowds, repeated
from tests.faults.callers import Told, officers_at_work, wait_for_more
from tests.faults.campaign import Bank
from tests.sites import Site

ANSWERS, KEYS = 250, 3
ODD_HOURS = {"DJANGO_SETTINGS_MODULE": "tests.faults.odd_hours", "WORKERS": "2"}
LARGE_STEP = timedelta(minutes=30)


def jumps(bank: Bank, chance: random.Random) -> Told:
    told = _workers_and_a_clerk(bank, chance)
    odd = _at_odd_hours(bank, chance)
    told.add(_answered_by_all(odd, chance))
    told.add(crowds.at_one_loan(odd, chance))
    sealed = bank.site.run("seal")
    assert sealed.returncode == 0, sealed.stderr
    return told


def _workers_and_a_clerk(bank: Bank, chance: random.Random) -> Told:
    played = bank.site.python("-m", "tests.faults.jumping", str(chance.randrange(10**6)))
    assert played.returncode == 0, played.stderr
    return Told(acknowledged=json.loads(played.stdout))


def _at_odd_hours(bank: Bank, chance: random.Random) -> Bank:
    """The same bank, whose site runs by clocks that step."""
    settings = {**bank.site.settings, **ODD_HOURS, "CLOCK_SEED": str(chance.randrange(10**6))}
    return replace(bank, site=Site(bank.site.folder, settings))


def _answered_by_all(odd: Bank, chance: random.Random) -> Told:
    """By officers one after the other, and by fifty at once under one key."""
    with odd.open("--workers", "3"):
        who = (odd.port, odd.known["secret"], odd.known["customers"])
        with officers_at_work(*who, seed=chance.randrange(10**6)) as told:
            wait_for_more(told, ANSWERS)
        for number in range(KEYS):
            repeated.ask_together(odd, f"J-{chance.randrange(10**6)}-{number}", told)
        odd.wait_until_done()
    _expect_steps(told)
    return told


def _expect_steps(told: Told) -> None:
    """The answers themselves show that their clocks went back and forth."""
    times = [datetime.fromisoformat(one["at"]) for one in told.acknowledged if one["kind"] == "score"]
    steps = [later - earlier for earlier, later in pairwise(times)]
    assert min(steps) < -LARGE_STEP and max(steps) > LARGE_STEP, f"the clocks stood still: {times}"  # noqa: PT018 one thought
