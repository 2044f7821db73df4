"""Which process runs a job, and whether it still lives: told at once on this machine, by the lease on others."""

import os
import socket
from functools import cache
from pathlib import Path

PROC = Path("/proc")
SEPARATOR = "|"
START_TIME = 18  # of the fields after the state in /proc/<pid>/stat, see proc(5)


@cache
def this_machine() -> str:
    """Its name and process-id space: two containers may share the one, not the other."""
    space = PROC / "self/ns/pid"
    return f"{socket.gethostname()} {space.readlink() if space.is_symlink() else ''}"


def this_process() -> str:
    return SEPARATOR.join((this_machine(), str(os.getpid()), _birth_of(os.getpid())))


def is_gone(runner: str) -> bool:
    """Whether this process certainly no longer lives; that cannot be said of another machine's."""
    machine, _, process = runner.partition(SEPARATOR)
    if machine != this_machine():
        return False
    pid, _, birth = process.partition(SEPARATOR)
    return _birth_of(int(pid)) != birth


def _birth_of(pid: int) -> str:
    """When it started, so that a process id used again is not mistaken for it; empty if it is dead."""
    try:
        state, *fields = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
        boot = (PROC / "sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""
    return "" if state in "ZX" else f"{boot} {fields[START_TIME]}"
