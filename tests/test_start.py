"""`make run`, as its user meets it: real processes, a real port, an empty folder."""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 60
pytestmark = pytest.mark.slow


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Site:
    """A data directory, and what `manage.py` says and does with it."""

    folder: Path

    def environment(self, **more: str) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "BPRS_DEPLOYMENT")}
        return {**kept, "DJANGO_SETTINGS_MODULE": "bprs.settings", "BPRS_DATA_DIR": str(self.folder), **more}

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "manage.py", *arguments]
        env = self.environment(**environment)
        return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=PATIENCE, check=False)

    def count(self, table: str) -> int:
        with sqlite3.connect(self.folder / "bprs.sqlite3") as database:
            return int(database.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0])


class Running:
    """A started site; `output` is what it said when it had ended."""

    def __init__(self, site: Site, *arguments: str) -> None:
        self.port = free_port()
        self.log = site.folder / f"{self.port}.log"
        command = [sys.executable, "manage.py", *arguments, "--port", str(self.port)]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(command, cwd=ROOT, env=site.environment(), stdout=log, stderr=log)

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

    def end(self, number: signal.Signals) -> int:
        """Send the signal, unless it has ended already, and return its exit code."""
        self.process.send_signal(number)
        return self.process.wait(timeout=PATIENCE)

    def descendants(self) -> set[int]:
        """Process ids below ours, from /proc."""
        parents = {}
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
            except OSError:  # it ended while we looked
                continue
        found = {self.process.pid}
        while more := {pid for pid, parent in parents.items() if parent in found} - found:
            found |= more
        return found - {self.process.pid}


def left_after_a_moment(pids: set[int]) -> set[int]:
    """Those still running; what was ended may take init a moment to bury."""
    until = time.monotonic() + 5
    while (left := {pid for pid in pids if Path(f"/proc/{pid}").exists()}) and time.monotonic() < until:
        time.sleep(0.05)
    return left


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Site:
    return Site(tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="module")
def first_run(site) -> Iterator[Running]:
    running = Running(site, "start").wait_until_ready()
    yield running
    running.end(signal.SIGTERM)


@pytest.fixture
def second_run(site, first_run) -> Iterator[Running]:
    """After the first one has ended."""
    first_run.end(signal.SIGINT)
    running = Running(site, "start").wait_until_ready()
    yield running
    running.end(signal.SIGTERM)


def test_the_first_run_loads_scores_and_serves_the_demo_bank(site, first_run):
    assert "API" in first_run.get("/api/v1/")
    assert "csrfmiddlewaretoken" in first_run.get("/admin/login/")
    assert site.count("loans_loan") == 3000
    assert site.count("scoring_score") > 2900


def test_it_says_what_it_scored_and_who_can_log_in(first_run):
    for word in ("standard-1", "-000001", "ao1", "demo-bprs-2026", f"http://127.0.0.1:{first_run.port}/"):
        assert word in first_run.output


def test_the_keys_are_readable_by_their_owner_alone(site, first_run):
    assert (site.folder / "secret_key").stat().st_mode & 0o077 == 0


def test_a_taken_port_is_refused_before_anything_starts(site, first_run):
    refused = site.run("start", "--port", str(first_run.port))

    assert refused.returncode == 1
    assert str(first_run.port) in refused.stderr
    assert "Traceback" not in refused.stderr
    assert refused.stdout == ""


def test_production_with_demo_logins_or_unsafe_settings_is_refused_with_hints(site, first_run):
    refused = site.run("serve", "--port", str(free_port()), BPRS_DEPLOYMENT="production")

    assert refused.returncode == 1
    assert "bprs.E003" in refused.stderr
    assert "HINT" in refused.stderr
    assert "Traceback" not in refused.stderr

    safe = {
        "BPRS_DEPLOYMENT": "production",
        "ALLOWED_HOSTS": "scoring.example",
        "BEHIND_TLS_PROXY": "1",
        "BANK_NAME": "BPRS Amanah",
    }
    refused = site.run("serve", "--port", str(free_port()), **safe)

    assert refused.returncode == 1
    assert "bprs.E006" in refused.stderr


def test_a_safe_production_deployment_is_checked_without_a_warning(site):
    safe = {
        "BPRS_DEPLOYMENT": "production",
        "ALLOWED_HOSTS": "scoring.example",
        "BEHIND_TLS_PROXY": "1",
        "BANK_NAME": "BPRS Amanah",
    }

    checked = site.run("check", "--deploy", "--fail-level", "WARNING", **safe)

    assert checked.returncode == 0, checked.stderr


def test_serving_an_empty_database_is_refused(tmp_path):
    refused = Site(tmp_path).run("serve", "--port", str(free_port()))

    assert refused.returncode == 1
    assert "migrate" in refused.stderr


def test_ctrl_c_ends_everything_without_a_traceback(first_run):
    children = first_run.descendants()
    began = time.monotonic()

    assert first_run.end(signal.SIGINT) == 0
    assert time.monotonic() - began < 15
    assert left_after_a_moment(children) == set()
    assert "Traceback" not in first_run.output


def test_the_second_run_keeps_what_is_there_and_ends_on_sigterm(site, second_run):
    children = second_run.descendants()

    assert site.count("loans_loan") == 3000
    assert site.count("scoring_scoringrun") == 1
    assert "ao1" in second_run.output
    assert second_run.end(signal.SIGTERM) == 0
    assert left_after_a_moment(children) == set()


def started(running: Running, program: str) -> set[int]:
    """The processes that run it."""
    return {pid for pid in running.descendants() if program.encode() in cmdline_of(pid).split(b"\0")}


def cmdline_of(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:  # it ended while we looked
        return b""


def test_when_the_web_server_dies_the_workers_are_ended_and_the_exit_code_says_so(site, first_run):
    first_run.end(signal.SIGINT)
    running = Running(site, "serve", "--workers", "1").wait_until_ready()
    children = running.descendants()

    os.kill(min(started(running, "granian")), signal.SIGKILL)

    assert running.process.wait(timeout=PATIENCE) == 1
    assert left_after_a_moment(children) == set()
    assert "Traceback" not in running.output


def test_a_killed_worker_is_started_again_and_the_site_goes_on(site, first_run):
    first_run.end(signal.SIGINT)
    running = Running(site, "serve", "--workers", "1").wait_until_ready()
    workers = started(running, "work")

    os.kill(min(workers), signal.SIGKILL)

    until = time.monotonic() + 10
    while len(started(running, "work") - workers) < 1 and time.monotonic() < until:
        time.sleep(0.1)
    assert len(workers) == len(started(running, "work")) == 2
    assert "API" in running.get("/api/v1/")
    assert running.end(signal.SIGTERM) == 0
    assert "Traceback" not in running.output


def test_nothing_outlives_a_killed_site(site, first_run):
    first_run.end(signal.SIGINT)
    running = Running(site, "serve", "--workers", "1").wait_until_ready()
    children = running.descendants()

    running.end(signal.SIGKILL)

    assert left_after_a_moment(children) == set()
