"""PostgreSQL goes away in the middle of requests and jobs, and comes back: the site does, too, without anybody's help."""

import random
import time
from collections.abc import Callable

from tests.faults.callers import Told, officers_at_work, score_file, sheet, wait_for_more
from tests.faults.campaign import Bank
from tests.waiting import wait_until

OUTAGES = 4  # one more than a part that fails is tried
ROWS = 120_000  # of a file that is scored by a job of three parts


def killed(bank: Bank, chance: random.Random) -> Told:
    """SIGKILL to the postmaster: what was in memory is lost, and the log on the disk is played again."""
    return _while_they_work(bank, chance, bank.home.kill)


def ended_at_once(bank: Bank, chance: random.Random) -> Told:
    """As when its machine is shut down in a hurry."""
    return _while_they_work(bank, chance, bank.home.end_at_once)


def _while_they_work(bank: Bank, chance: random.Random, end: Callable[[], None]) -> Told:
    seed = chance.randrange(10**6)
    with bank.open() as up:
        with officers_at_work(bank.port, bank.known["secret"], bank.known["customers"], seed=seed) as told:
            wait_for_more(told, 5)
            score_file(bank.caller(), sheet(ROWS, seed), ROWS, told)
            for _ in range(OUTAGES):
                wait_for_more(told, 5)
                wait_until(lambda: _is_at_work(bank))
                time.sleep(chance.uniform(0, 0.5))
                _go_away_for_a_while(bank, told, end)
                wait_for_more(told, 10)
        bank.wait_until_done()
        if up.restarts:
            told.lies.append(f"the site had to be started again {up.restarts} times")
    return told


def _is_at_work(bank: Bank) -> bool:
    """Whether a job runs, or all are done already."""
    jobs = bank.jobs()
    states = {job["state"] for job in jobs or ()}
    return jobs is not None and ("running" in states or "queued" not in states)


def _go_away_for_a_while(bank: Bank, told: Told, end: Callable[[], None]) -> None:
    """Long enough for some to be turned away, honestly."""
    turned_away = told.turned_away
    end()
    try:
        wait_until(lambda: told.turned_away >= turned_away + 5)
    finally:
        bank.home.start()
