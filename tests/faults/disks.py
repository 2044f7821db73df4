"""The disk is full while clients work: what is refused says so, nothing is half there, and all goes on once there is room."""

import random
import shutil
from pathlib import Path

from tests.faults.callers import Told, officers_at_work, wait_for_more
from tests.faults.campaign import Bank, Skipped
from tests.sites import Site
from tests.small_disks import NotRoot, filled, small_disk
from tests.waiting import wait_until

MEGABYTES, BACKUP, REFUSED = 48, "bank.tar", 2


def full(bank: Bank, chance: random.Random) -> Told:
    """Uploads, results, temporary files, backups and, on SQLite, the database are on one small disk that fills up twice."""
    disk, seed = _moved_to_small_disk(bank), chance.randrange(10**6)
    with bank.open():
        with officers_at_work(bank.port, bank.known["secret"], bank.known["customers"], seed=seed) as told:
            for room in (chance.randrange(65_536), 0):
                wait_for_more(told, 10)
                before = told.turned_away
                with filled(disk, but=room):
                    wait_until(lambda before=before: told.turned_away > before + 5)  # type: ignore[misc]
                    _expect_no_backup(bank, disk, told)
            wait_for_more(told, 10)
            _expect_backup(bank, disk, told)
        _ask_again(bank)
    return told


def _moved_to_small_disk(bank: Bank) -> Path:
    """:raises Skipped: if only root can do this"""
    try:
        disk = bank.afterwards.enter_context(small_disk(bank.folder, megabytes=MEGABYTES))
    except NotRoot as reason:
        raise Skipped(str(reason)) from None
    (disk / "tmp").mkdir()
    moved = {"MEDIA_ROOT": str(disk / "files"), "TMPDIR": str(disk / "tmp")}
    if bank.home.vendor == "sqlite":
        shutil.copy(bank.site.settings["DATABASE_URL"].removeprefix("sqlite:///"), disk / "bank.sqlite3")
        moved["DATABASE_URL"] = f"sqlite:///{disk}/bank.sqlite3"
    bank.site = Site(bank.site.folder, {**bank.site.settings, **moved})
    return disk


def _expect_no_backup(bank: Bank, disk: Path, told: Told) -> None:
    """It is refused in words, and nothing of it stays."""
    refused = bank.site.run("backup", str(disk / BACKUP))
    left = list(disk.glob(f"*{BACKUP}*"))
    if refused.returncode != REFUSED or left:
        told.lies.append(f"backup: {refused.returncode} {refused.stdout}{refused.stderr} {left}")


def _expect_backup(bank: Bank, disk: Path, told: Told) -> None:
    """It is made, and proves itself."""
    made = bank.site.run("backup", str(disk / BACKUP))
    proved = bank.site.run("restore", str(disk / BACKUP), "--verify")
    told.lies += [what.stdout + what.stderr for what in (made, proved) if what.returncode]


def _ask_again(bank: Bank) -> None:
    """What failed for want of room is asked for again, as its page says."""
    bank.wait_until_done()
    for job in bank.jobs() or ():
        if job["state"] == "failed" and job["error"]["code"] == "disk_full":
            bank.caller().post(f"/jobs/{job['id']}/retry")
    bank.wait_until_done()
