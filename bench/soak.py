"""
Many clients for a long time, on a mix of calls: is every call answered, and does the server's memory stay where it is?

    python -m bench.soak [--clients 50] [--minutes 10]

The site is `manage.py serve` on a demo bank of its own (SQLite, or what DATABASE_URL names), the clients are threads of
a second process, each asking again as soon as it is answered. Memory is that of the web server's and the workers'
processes, the median over a minute: of the second minute, when all is loaded, and of the last one.
"""

import argparse
import http.client
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from bench.servers import PATIENCE, ROOT, free_port, manage, token_of, wait_for_answer

CLIENTS, MINUTES, SECONDS_BETWEEN_LOOKS = 50, 10.0, 2.0
MOST_DRIFT = 0.05
ROWS = "monthly_income,assets_value,loan_amount,tenor_months\n" + "5000000,20000000,10000000,12\n" * 200
LOANS = 200
CARRIED_OUT = range(200, 300)


class Client:
    """One connection, asking again and again; whatever is not answered with 2xx is an error."""

    def __init__(self, port: int, token: str, seed: int) -> None:
        self.port, self.token, self.random = port, token, random.Random(seed)  # noqa: S311 which call comes next
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        self.seconds: list[float] = []

    def ask_until(self, ends_at: float) -> None:
        while time.monotonic() < ends_at:
            self.random.choices(
                [self.read, self.look, self.score, self.add, self.preview, self.score_a_file], [30, 20, 30, 8, 10, 2]
            )[0]()

    def read(self) -> None:
        self._call("GET", f"/loans/{self.random.randint(1, LOANS)}")

    def look(self) -> None:
        self._call("GET", self.random.choice(["/loans?limit=20", "/customers?q=siti", "/runs?limit=5", "/health"]))

    def score(self) -> None:
        self._call("POST", f"/predictions/individual/{self.random.randint(1, LOANS)}", key=uuid.uuid4().hex)

    def add(self) -> None:
        number = uuid.uuid4().hex[:20]
        customer = {"customer_number": number, "full_name": "Siti Aminah", "monthly_income": 5_000_000, "branch": "001"}
        added = self._call("POST", "/customers", customer, key=number)
        loan = {"loan_number": number, "customer_id": added["id"], "principal_amount": 10_000_000, "tenor_months": 12}
        self._call("POST", "/loans", loan, key=f"{number}-loan")

    def preview(self) -> None:
        facts = {"monthly_income": 5_000_000, "assets_value": 20_000_000, "loan_amount": 10_000_000, "tenor_months": 12}
        self._call("POST", "/predictions/preview", facts)

    def score_a_file(self) -> None:
        content = ROWS + f"{self.random.randint(1, 10**8)},20000000,10000000,12\n"
        edge = "x" * 20
        form = f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n{content}\r\n--{edge}--\r\n'
        stored = self._call("POST", "/files/upload", form, kind=f"multipart/form-data; boundary={edge}")
        self._call("POST", "/predictions/bulk", {"file_path": stored["stored_path"]})

    def _call(
        self, method: str, path: str, body: object = None, *, key: str = "", kind: str = "application/json"
    ) -> Any:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": kind}
        headers |= {"Idempotency-Key": key} if key else {}
        content = body if isinstance(body, str) else json.dumps(body) if body is not None else None
        began = time.monotonic()
        self.connection.request(method, f"/api/v1{path}", body=content, headers=headers)
        answer = self.connection.getresponse()
        told = answer.read()
        self.seconds.append(time.monotonic() - began)
        if answer.status not in CARRIED_OUT:
            raise RuntimeError(f"{method} {path}: {answer.status} {told[:200]!r}")
        return json.loads(told)


def load(port: int, token: str, clients: int, seconds: float) -> dict[str, object]:
    asking = [Client(port, token, seed) for seed in range(clients)]
    errors: list[str] = []
    ends_at = time.monotonic() + seconds

    def ask(client: Client) -> None:
        while time.monotonic() < ends_at:
            try:
                client.ask_until(ends_at)
            except (RuntimeError, OSError, http.client.HTTPException) as error:
                errors.append(repr(error))
                client.connection.close()

    threads = [threading.Thread(target=ask, args=(client,)) for client in asking]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = sorted(second for client in asking for second in client.seconds)
    return {
        "calls": len(took),
        "errors": len(errors),
        "first errors": errors[:5],
        "median": took[len(took) // 2],
        "p99": took[len(took) * 99 // 100],
    }


@contextmanager
def serving(port: int, env: dict[str, str]) -> Iterator[int]:
    command = [sys.executable, "manage.py", "serve", "--port", str(port)]
    process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.DEVNULL)  # noqa: S603 ourselves
    try:
        wait_for_answer(port)
        yield process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE)


def memory_of(pid: int) -> int:
    """Of all processes below this one, in bytes, what is shared counted once (proportional set size)."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
        except OSError:  # it ended while we looked
            continue
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return sum(_pss(child) for child in found)


def _pss(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)


def watch(pid: int, process: "subprocess.Popen[str]") -> list[tuple[float, int]]:
    looks, began = [], time.monotonic()
    while process.poll() is None:
        looks.append((time.monotonic() - began, memory_of(pid)))
        time.sleep(SECONDS_BETWEEN_LOOKS)
    return looks


def soak(clients: int, minutes: float) -> tuple[dict[str, object], list[tuple[float, int]]]:
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="bprs-soak-") as folder:
        env = {**os.environ, "BPRS_DATA_DIR": folder, "LOG_LEVEL": "ERROR", "API_CALLS_PER_MINUTE": "10000000"}
        manage(env, "migrate", "-v0")
        manage(env, "demo")
        open_again = "Loan.objects.update(status='submitted', principal_amount=10_000_000, tenor_months=12)"
        manage(env, "shell", "-v0", "-c", f"from loans.models import Loan; {open_again}")
        with serving(port, env) as pid:
            asked = json.dumps([port, token_of(port), clients, minutes * 60])
            command = [sys.executable, "-m", "bench.soak", "--load", asked]
            beside = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)  # noqa: S603 ourselves
            looks = watch(pid, beside)
            told, _nothing = beside.communicate()
    return json.loads(told), looks


def drift(looks: Sequence[tuple[float, int]]) -> tuple[float, float, float]:
    """Memory of the second minute and of the last, in MB, and by how much of the first it grew."""
    last = looks[-1][0]
    early = statistics.median(size for at, size in looks if min(60, last / 4) <= at < min(120, last / 2))
    late = statistics.median(size for at, size in looks if at >= last - min(60, last / 4))
    return early / 1e6, late / 1e6, late / early - 1


def by_minute(looks: Sequence[tuple[float, int]]) -> list[float]:
    """Whether it grows on, or has grown."""
    minutes: dict[int, list[int]] = {}
    for at, size in looks:
        minutes.setdefault(int(at // 60), []).append(size)
    return [statistics.median(sizes) / 1e6 for sizes in minutes.values()]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=CLIENTS)
    parser.add_argument("--minutes", type=float, default=MINUTES)
    parser.add_argument("--load", help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.load:
        sys.stdout.write(json.dumps(load(*json.loads(given.load))))
        return 0
    told, looks = soak(given.clients, given.minutes)
    early, late, grown = drift(looks)
    table = Table(
        title=f"{given.clients} clients for {given.minutes:g} minutes", title_justify="left", box=box.SIMPLE_HEAD
    )
    for heading in ("calls", "errors", "median", "p99", "memory at first", "at last", "grown by"):
        table.add_column(heading, justify="right")
    table.add_row(
        f"{told['calls']:,}",
        str(told["errors"]),
        f"{told['median'] * 1000:.0f} ms",
        f"{told['p99'] * 1000:.0f} ms",
        f"{early:.0f} MB",
        f"{late:.0f} MB",
        f"{grown:+.1%}",
    )
    Console().print(table)
    Console().print(f"MB, minute by minute: {', '.join(f'{size:.0f}' for size in by_minute(looks))}")
    for error in told["first errors"]:
        Console().print(error)
    return int(bool(told["errors"]) or grown > MOST_DRIFT)


if __name__ == "__main__":
    sys.exit(main())
