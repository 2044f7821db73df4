"""`manage.py` as an operator runs it: real processes, a real port, a data directory of its own."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 180
NOT_INHERITED = ("DATABASE_URL", "BPRS_DEPLOYMENT")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Site:
    """A data directory, the settings beside it, and what `manage.py` says and does with them."""

    folder: Path
    settings: Mapping[str, str] = field(default_factory=dict)

    def environment(self, **more: str) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name not in NOT_INHERITED}
        own = {"DJANGO_SETTINGS_MODULE": "bprs.settings", "BPRS_DATA_DIR": str(self.folder)}
        return {**kept, **own, **self.settings, **more}

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return self.python("manage.py", *arguments, **environment)

    def python(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        command, env = [sys.executable, *arguments], self.environment(**environment)
        return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=PATIENCE, check=False)


class Running:
    """A program of a site that was started; `output` is what it said so far."""

    def __init__(
        self, site: Site, *arguments: str, port: int | None = None, is_served: bool = True, cwd: Path = ROOT
    ) -> None:
        self.port = port or free_port()
        self.log = site.folder / f"{self.port}.log"
        address = ("--port", str(self.port)) if is_served else ()
        command = [sys.executable, str(ROOT / "manage.py"), *arguments, *address]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, cwd=cwd, env=site.environment(), stdout=log, stderr=log)

    @property
    def output(self) -> str:
        return self.log.read_text()

    def wait_until_ready(self) -> "Running":
        until = time.monotonic() + PATIENCE
        while f":{self.port}/" not in self.output:
            assert self.process.poll() is None, self.output
            assert time.monotonic() < until, self.output
            time.sleep(0.05)
        return self

    def get(self, path: str) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=PATIENCE) as answer:
            return str(answer.read().decode())

    def answers(self) -> bool:
        try:
            return "API" in self.get("/api/v1/")
        except OSError:
            return False

    def end(self, number: signal.Signals) -> int:
        """Send the signal, unless it has ended already, and return its exit code."""
        self.process.send_signal(number)
        return self.process.wait(timeout=PATIENCE)

    def descendants(self) -> set[int]:
        """Process ids below ours, from /proc."""
        parents = _parents()
        found = {self.process.pid}
        while more := {pid for pid, parent in parents.items() if parent in found} - found:
            found |= more
        return found - {self.process.pid}

    def running_as(self, program: str) -> set[int]:
        """The processes below ours that run it."""
        return {pid for pid in self.descendants() if program.encode() in _command_of(pid).split(b"\0")}

    def web_workers(self) -> set[int]:
        """Those that answer requests: the children of the web server."""
        parents = _parents()
        return {pid for pid in self.running_as("granian") if parents.get(pid) != self.process.pid}


def left_after_a_moment(pids: set[int]) -> set[int]:
    """Those still running; what was ended may take init a moment to bury."""
    until = time.monotonic() + 5
    while (left := {pid for pid in pids if Path(f"/proc/{pid}").exists()}) and time.monotonic() < until:
        time.sleep(0.05)
    return left


def _parents() -> dict[int, int]:
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
        except OSError:  # it ended while we looked
            continue
    return parents


def _command_of(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:  # it ended while we looked
        return b""
