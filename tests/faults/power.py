"""
Power is lost: what had not reached the disk is gone, in whole or in part. For SQLite, whose log is ours to cut and garble.

Whether our own writes are flushed before they are acknowledged is seen from outside, by strace.
"""

import json
import random
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tests.faults.callers import Told
from tests.faults.campaign import Bank, Skipped
from tests.sites import PATIENCE, ROOT

TIMES, CUTS = 15, 60
CALL = re.compile(r"(pwrite64|write|fdatasync|fsync)\(\d+<([^>]*)>")


def log_cut(bank: Bank, chance: random.Random) -> Told:
    """
    The log ends anywhere behind what was acknowledged, or goes on with noise: all that was acknowledged is there, and
    nothing half.
    """
    said = [line for line in _committed(bank, []) if "run" in line]
    database, told = Path(bank.site.settings["DATABASE_URL"].removeprefix("sqlite:///")), Told()
    log = Path(f"{database}-wal").read_bytes()
    assert [line["log"] for line in said] == sorted({line["log"] for line in said}), "the log began anew"
    for _ in range(CUTS):
        known = chance.randrange(len(said))
        end = said[known + 1]["log"] if known + 1 < len(said) else len(log)
        cut = chance.randrange(said[known]["log"], end)
        tail = chance.randbytes(end - cut) if chance.random() < 0.5 else b""
        _look_at(database, log[:cut] + tail, [line["run"] for line in said[: known + 1]], told)
    for line in said:
        told.note("run", run=line["run"])
    return told


def flushed_before_told(bank: Bank, chance: random.Random) -> Told:
    """Every write to the log, and to an upload, is followed by a flush before anybody is told."""
    if not shutil.which("strace"):
        raise Skipped("strace is not installed")
    trace, told = bank.folder / "trace", Told()
    for line in _committed(
        bank, ["strace", "-f", "-y", "-s", "0", "-e", "trace=pwrite64,write,fdatasync,fsync", "-o", str(trace)]
    ):
        told.note("run", run=line["run"]) if "run" in line else None
    dirty: set[str] = set()
    acknowledged = flushed = 0
    for call, name in CALL.findall(trace.read_text()):
        if name.startswith("pipe:") and call == "write":
            acknowledged += 1
            told.lies += [f"acknowledged before {path} was on the disk" for path in dirty]
        elif name.endswith("-wal") or "/uploads/" in name:
            flushed += name in dirty and "write" not in call
            dirty.add(name) if "write" in call else dirty.discard(name)
    assert acknowledged >= 2 * TIMES <= flushed, f"only {acknowledged} acknowledgements and {flushed} flushes were seen"
    return told


def _committed(bank: Bank, before: Sequence[str]) -> list[dict[str, Any]]:
    command = [*before, sys.executable, "-m", "tests.faults.committing", str(TIMES)]
    env = bank.site.environment()
    ended = subprocess.run(
        command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=PATIENCE * 3, check=False
    )
    if before and "ptrace" in ended.stderr:
        raise Skipped("strace may not look at processes here")
    lines = [json.loads(line) for line in ended.stdout.splitlines()]
    assert len(lines) == 2 * TIMES, ended.stderr
    return lines


def _look_at(database: Path, log: bytes, acknowledged: Sequence[str], told: Told) -> None:
    copy = database.with_name("after.sqlite3")
    shutil.copy(database, copy)
    Path(f"{copy}-wal").write_bytes(log)
    connection = sqlite3.connect(copy)
    try:
        told.lies += list(_wrong(connection, acknowledged))
    finally:
        connection.close()
        for path in (copy, Path(f"{copy}-wal"), Path(f"{copy}-shm")):
            path.unlink(missing_ok=True)


def _wrong(connection: sqlite3.Connection, acknowledged: Sequence[str]) -> Iterator[str]:
    (is_sound,) = connection.execute("PRAGMA integrity_check").fetchone()
    if is_sound != "ok":
        yield f"the database is damaged: {is_sound}"
    runs = {pk for (pk,) in connection.execute("SELECT id FROM scoring_scoringrun")}
    scores = {pk for (pk,) in connection.execute("SELECT run_id FROM scoring_score")}
    lost = {run.replace("-", "") for run in acknowledged} - runs
    if lost or runs != scores:
        yield f"lost {len(lost)} of {len(acknowledged)}; {len(runs ^ scores)} are half there"
