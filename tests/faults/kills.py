"""Processes of the site killed with SIGKILL while clients work: of the web server, and of the background."""

import os
import random
import signal
import time
from collections.abc import Callable

from tests.faults.callers import Told, officers_at_work, wait_for_more
from tests.faults.campaign import Bank, Supervisor
from tests.waiting import wait_until

KILLS = 4
Victims = Callable[[Supervisor], list[int]]


def web_process(bank: Bank, chance: random.Random) -> Told:
    """One of those that answer requests: the web server starts another."""
    return _while_they_work(bank, chance, _web_processes)


def _web_processes(up: Supervisor) -> list[int]:
    return sorted(up.running.web_workers())


def web_server(bank: Bank, chance: random.Random) -> Told:
    """The one that starts them: the whole site ends, and is started again."""
    return _while_they_work(bank, chance, lambda up: [min(up.running.running_as("granian"), default=0)])


def whole_site(bank: Bank, chance: random.Random) -> Told:
    return _while_they_work(bank, chance, lambda up: [up.running.process.pid])


def background_worker(bank: Bank, chance: random.Random) -> Told:
    return _while_they_work(bank, chance, lambda up: sorted(up.running.running_as("work")))


def _while_they_work(bank: Bank, chance: random.Random, victims: Victims) -> Told:
    with bank.open() as up:
        with officers_at_work(
            bank.port, bank.known["secret"], bank.known["customers"], seed=chance.randrange(10**6)
        ) as told:
            for _ in range(KILLS):
                wait_for_more(told, 15)
                time.sleep(chance.uniform(0, 0.5))
                kill_one(up, chance, victims)
                wait_for_more(told, 5)
        bank.wait_until_answering()
        bank.wait_until_done()
    return told


def kill_a_web_process(up: Supervisor, chance: random.Random) -> None:
    kill_one(up, chance, _web_processes)


def kill_one(up: Supervisor, chance: random.Random, victims: Victims) -> None:
    wait_until(lambda: any(victims(up)))
    os.kill(chance.choice(victims(up)), signal.SIGKILL)
