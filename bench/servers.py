"""
Which web server, how many processes, how many threads: requests a second over loopback, load from a second process.

    python -m bench.servers [--seconds 3] [--rounds 3] [--gunicorn FOLDER]

Each round visits every server once, so that whatever else the machine does falls on all alike; the ratios are to the
first one, medians over the rounds. On a busy machine look at the milliseconds of processor time a request costs the
server, read from /proc: they depend least on who else is running. Gunicorn is not among the requirements: for comparing install it elsewhere
(`pip install --target FOLDER gunicorn`) and name the folder.
"""

import argparse
import http.client
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from rich import box
from rich.console import Console
from rich.table import Table

from bench.load import PATIENCE, ROOT, Order, call, load_from_beside

CALLS = (("GET", "/api/v1/"), ("GET", "/api/v1/loans?limit=20"), ("POST", "/api/v1/predictions/individual/{n}"))
LOANS = 200
MOST_BODIES = 32  # as bprs.serving has it
Findings: TypeAlias = dict[str, dict[str, list[tuple[float, float]]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    name: str
    command: tuple[str, ...]


def servers(port: int, gunicorn: str | None) -> list[Server]:
    granian = [granian_with(port, workers=w, threads=t) for w, t in ((2, 1), (1, 1), (2, MOST_BODIES))]
    if not gunicorn:
        return granian
    return [*granian, *(gunicorn_with(port, workers=2, threads=t) for t in (1, 4))]


def granian_with(port: int, *, workers: int, threads: int) -> Server:
    flags = ("--interface", "wsgi", "--port", str(port), "--no-ws", "--log-level", "error")
    size = ("--workers", str(workers), "--blocking-threads", str(threads))
    return Server(
        name=f"granian {workers} x {threads}",
        command=(sys.executable, "-m", "granian", *flags, *size, "bprs.wsgi:application"),
    )


def gunicorn_with(port: int, *, workers: int, threads: int) -> Server:
    flags = ("--bind", f"127.0.0.1:{port}", "--keep-alive", "10", "--log-level", "error")
    kind = ("--threads", str(threads)) if threads > 1 else ("--worker-class", "sync")
    return Server(
        name=f"gunicorn {workers} x {threads}",
        command=(sys.executable, "-m", "gunicorn", *flags, "--workers", str(workers), *kind, "bprs.wsgi"),
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(server: Server, port: int, env: dict[str, str]) -> Iterator[int]:
    """Yield the id of the session all its processes are in."""
    process = subprocess.Popen(server.command, cwd=ROOT, env=env, start_new_session=True)  # noqa: S603 our own command
    try:
        wait_for_answer(port)
        yield process.pid
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE)
        finally:
            kill_session(process.pid)


def kill_session(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def cpu_seconds(session: int) -> float:
    """Processor time, user and system, of all processes of the session, and of those that ended and were waited for."""
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:  # it ended while we looked
            continue
        if int(fields[3]) == session:
            ticks += sum(map(int, fields[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def wait_for_answer(port: int) -> None:
    until = time.monotonic() + PATIENCE
    while True:
        try:
            call(http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE), "GET", "/api/v1/", "")
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)
        else:
            return


def prepare(env: dict[str, str]) -> None:
    """A demo bank in which every complete financing can be scored again and again."""
    manage(env, "migrate", "-v0")
    manage(env, "collectstatic", "--noinput", "-v0")
    manage(env, "demo")
    open_again = "Loan.objects.update(status='submitted', principal_amount=10_000_000, tenor_months=12)"
    manage(env, "shell", "-v0", "-c", f"from loans.models import Loan; {open_again}")


def manage(env: dict[str, str], *arguments: str) -> None:
    command = [sys.executable, "manage.py", *arguments]
    subprocess.run(command, cwd=ROOT, env=env, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 ourselves


def token_of(port: int) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    login = json.dumps({"username": "admin", "password": "demo-bprs-2026"})
    return str(json.loads(call(connection, "POST", "/api/v1/auth/token", "", login))["access_token"])


def measure(seconds: float, rounds: int, gunicorn: str | None) -> Findings:
    """Call -> server -> requests a second and milliseconds of processor time a request, once a round."""
    port = free_port()
    found: Findings = {path: {} for _method, path in CALLS}
    with tempfile.TemporaryDirectory(prefix="bprs-bench-") as folder:
        env = {**os.environ, "BPRS_DATA_DIR": folder, "PYTHONPATH": gunicorn or "", "LOG_LEVEL": "ERROR"}
        prepare(env)
        for _round in range(rounds):
            for server in servers(port, gunicorn):
                with running(server, port, env) as session:
                    token = token_of(port)
                    for method, path in CALLS:
                        before = cpu_seconds(session)
                        found_now = load_from_beside(
                            Order(port=port, method=method, path=path, seconds=seconds, token=token, round_about=LOANS)
                        )
                        cost = (cpu_seconds(session) - before) * 1000 / found_now.count
                        found[path].setdefault(server.name, []).append((found_now.per_second, cost))
    return found


def show(found: Findings) -> None:
    for path, servers_found in found.items():
        first = next(iter(servers_found.values()))
        table = Table(title=path, title_justify="left", box=box.SIMPLE_HEAD)
        for heading in ("server", "requests/s", "ratio", "cpu ms/request", "ratio"):
            table.add_column(heading, justify="left" if heading == "server" else "right")
        for name, own in servers_found.items():
            table.add_row(name, *columns_of(own, first, place=0), *columns_of(own, first, place=1))
        Console().print(table)


def columns_of(own: list[tuple[float, float]], first: list[tuple[float, float]], *, place: int) -> tuple[str, str]:
    ratio = statistics.median(a[place] / b[place] for a, b in zip(own, first, strict=True))
    return f"{statistics.median(figures[place] for figures in own):.3g}", f"{ratio:.2f}"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--gunicorn", help="folder with gunicorn installed in it")
    given = parser.parse_args(arguments)
    show(measure(given.seconds, given.rounds, given.gunicorn))


if __name__ == "__main__":
    main()
