"""Portfolios scored by several processes, of which some are killed: the folder ends as one process would have made it."""

import random
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from subprocess import Popen
from typing import Any

from tests.faults.callers import Told
from tests.faults.campaign import Bank
from tests.scoring.dask_processes import (
    THREE_LIVES,
    Commands,
    ended,
    kill_whole,
    parts_done,
    scheduler,
    workers,
    workers_of,
)
from tests.scoring.portfolios import content_of, write_csv
from tests.sites import free_port
from tests.waiting import wait_until

FILES, ROWS_OF_A_FILE, PART_ROWS = ("a", "b", "c"), 6_000, 100
KILLS = 2  # a part that is in the hands of three workers when they are killed is set aside
SOME_REJECTED, REFUSED = 1, 2
Kill = Callable[[], None]


@dataclass
class Portfolio:
    """Files with rows of every kind, and what one process makes of them."""

    bank: Bank
    chance: random.Random
    told: Told = field(default_factory=Told)

    def __post_init__(self) -> None:
        self.commands, self.source = Commands(self.bank.site.environment()), self.bank.folder / "portfolio"
        for name in FILES:
            write_csv(self.source / f"{name}.csv", text="".join(_row(name, n) for n in range(2, ROWS_OF_A_FILE + 2)))
        code, said = ended(self.start("calm", "--cluster", "here"))
        assert code == SOME_REJECTED, said
        self.parts = parts_done(self.folder("calm"))
        self.calm = content_of(self.folder("calm"))

    def folder(self, name: str) -> Path:
        return self.bank.folder / name

    def start(self, name: str, *options: str) -> "Popen[str]":
        """The words of the operator, the same every time they are said."""
        return self.commands.start(self.source, self.folder(name), "--part-rows", str(PART_ROWS), *options)

    def kill_at_random(self, name: str, *kills: Kill) -> None:
        """One after the other, each before more than half of what is left is done."""
        before = parts_done(self.folder(name))
        moments = sorted(self.chance.randint(before, (before + self.parts) // 2) for _ in kills)
        for moment, kill in zip(moments, kills, strict=True):
            wait_until(lambda moment=moment: parts_done(self.folder(name)) >= moment)  # type: ignore[misc]
            time.sleep(self.chance.uniform(0, 0.02))
            kill()
            assert parts_done(self.folder(name)) < self.parts, "it was over before anything was killed"

    def expect_whole(self, name: str, command: "Popen[str]") -> None:
        """It says that all is done, as far as it could be, and the folder is to the bit what one process makes."""
        code, said = ended(command)
        made = content_of(self.folder(name))
        different = sorted(path for path in made.keys() | self.calm.keys() if made.get(path) != self.calm.get(path))
        if code != SOME_REJECTED or different:
            self.told.lies.append(f"{name}: {code} {said} {different[:3]}")
        rows = len(FILES) * ROWS_OF_A_FILE
        self.told.note("portfolio", folder=str(self.folder(name)), files=FILES, rows=rows)

    def expect_lost(self, name: str, command: "Popen[str]") -> None:
        """It ends by itself, in a sentence."""
        code, said = ended(command)
        if code != REFUSED or said.count("\n") != 1:
            self.told.lies.append(f"{name}: {code} {said}")


def _row(file: str, number: int) -> str:
    """Told by its file and the number of its line; now and then blank, or without an income."""
    if number % 50 == 0:
        return ";;;;;\n"
    income = "" if number % 17 == 0 else f"{5_000_000 + number}"
    return f"{file}-{number};Budi;{income};20.000.000;10.000.000;{1 + number % 60}\n"


def worker_killed(bank: Bank, chance: random.Random) -> Told:
    """Those that a command started itself, then those of a cluster, and a machine of them: the command goes on by itself."""
    portfolio = Portfolio(bank, chance)
    own = portfolio.start("own", "--workers", "2")
    _kill_a_worker(own, chance)  # before it is ready
    portfolio.kill_at_random("own", *[partial(_kill_a_worker, own, chance)] * KILLS)
    portfolio.expect_whole("own", own)
    with ExitStack() as running:
        address, _ = running.enter_context(scheduler(bank.folder, **THREE_LIVES))
        one, other = [running.enter_context(workers(bank.folder, address, count=count)) for count in (2, 1)]
        command = portfolio.start("cluster", "--cluster", address)
        portfolio.kill_at_random("cluster", partial(_kill_a_worker, one, chance), partial(kill_whole, other))
        portfolio.expect_whole("cluster", command)
    return portfolio.told


def scheduler_killed(bank: Bank, chance: random.Random) -> Told:
    """The command with the scheduler in it, then a scheduler of its own: the same words again, and it goes on."""
    portfolio = Portfolio(bank, chance)
    for _ in range(KILLS):
        own = portfolio.start("own", "--workers", "2")
        portfolio.kill_at_random("own", own.kill)
        own.communicate()
    portfolio.expect_whole("own", portfolio.start("own", "--workers", "2"))
    port = ("--port", str(free_port()))
    for _ in range(KILLS):
        _lose_scheduler(portfolio, port)
    with scheduler(bank.folder, *port, **THREE_LIVES) as (address, _), workers(bank.folder, address):
        portfolio.expect_whole("cluster", portfolio.start("cluster", "--cluster", address))
    return portfolio.told


def _lose_scheduler(portfolio: Portfolio, port: Sequence[str]) -> None:
    folder = portfolio.bank.folder
    with scheduler(folder, *port, **THREE_LIVES) as (address, process), workers(folder, address):
        command = portfolio.start("cluster", "--cluster", address)
        portfolio.kill_at_random("cluster", process.kill)
        portfolio.expect_lost("cluster", command)


def _kill_a_worker(keeper: "Popen[Any]", chance: random.Random) -> None:
    wait_until(lambda: any(workers_of(keeper)))
    chance.choice(workers_of(keeper)).kill()
