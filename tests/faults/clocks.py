"""Clocks that step back and forth: leases, the order of scores and of seals rest on none of them alone."""

import json
import random

from tests.faults.callers import Told
from tests.faults.campaign import Bank


def jumps(bank: Bank, chance: random.Random) -> Told:
    played = bank.site.python("-m", "tests.faults.jumping", str(chance.randrange(10**6)))
    assert played.returncode == 0, played.stderr
    sealed = bank.site.run("seal")
    assert sealed.returncode == 0, sealed.stderr
    return Told(acknowledged=json.loads(played.stdout))
