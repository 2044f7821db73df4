"""Run a program to be measured as a process of its own: how long it took and the most memory it held."""

# ruff: noqa: T201 - a program that is measured prints its figures
import json
import os
import resource
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import IO, cast

ROOT = Path(__file__).resolve().parent.parent
MARK = "measured: "


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """`wall` and `cpu` are the whole process, start included; `told` are the seconds that the program itself took down, by name."""

    wall: float
    cpu: float
    told: Mapping[str, float]
    peak_mb: float


class ProgramFailed(Exception):
    """What it wrote before it failed."""


def cpu_seconds() -> float:
    """Of this process and of those it waited for."""
    return sum(os.times()[:4])


class Stopwatch:
    """Seconds since it was made, on the clock and of the processor; the latter depend less on who else is running."""

    def __init__(self) -> None:
        self._begun, self._cpu_begun = perf_counter(), cpu_seconds()

    def read(self) -> dict[str, float]:
        return {"seconds": perf_counter() - self._begun, "cpu": cpu_seconds() - self._cpu_begun}


def tell(**figures: float) -> None:
    """Take down figures, and the most memory that a process of one's own held."""
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(MARK + json.dumps({**figures, "children_mb": peak}), flush=True)


def run(command: Sequence[str], env: Mapping[str, str]) -> Measured:
    """
    Run a Python program to its end.

    :raises ProgramFailed: if it ends with another code than 0
    """
    begun = perf_counter()
    process = subprocess.Popen(  # noqa: S603 our own command
        [sys.executable, *command], cwd=ROOT, env=dict(env), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    said = cast("IO[str]", process.stdout).read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise ProgramFailed(f"{' '.join(command)}: {said[-4000:]}")
    told = _told(said)
    return Measured(
        wall=wall,
        cpu=usage.ru_utime + usage.ru_stime,
        told=told,
        peak_mb=max(usage.ru_maxrss / 1024, told.pop("children_mb", 0.0)),
    )


def _told(said: str) -> dict[str, float]:
    told: dict[str, float] = {}
    for line in said.splitlines():
        if line.startswith(MARK):
            told |= json.loads(line.removeprefix(MARK))
    return told
