"""
Requests from a second process, over loopback, for some seconds or until nothing is left to ask for.

    python -m bench.load '{"port": 8000, "method": "GET", "path": "/api/v1/", "seconds": 3}'

It speaks as little HTTP as will do: what the asking costs falls on the machine that is measured.
"""

import http.client
import json
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from itertools import count, takewhile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CONNECTIONS = 8
PATIENCE = 30
END_OF_HEAD, LENGTH = b"\r\n\r\n", b"\r\ncontent-length:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """`{n}` in the path is each number up to `most`, once; or, with `round_about`, those up to it, again and again."""

    port: int
    method: str
    path: str
    seconds: float
    token: str = ""
    most: int = 10**9
    round_about: int = 0

    def request(self, number: int) -> bytes:
        path = self.path.format(n=1 + (number % self.round_about if self.round_about else number))
        secret = f"Authorization: Bearer {self.token}\r\n" if self.token else ""
        lines = f"{self.method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{secret}"
        return f"{lines}Content-Type: application/json\r\nContent-Length: 0\r\n\r\n".encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """How many requests in how many seconds, and in what time half and 99 of 100 of them were answered."""

    count: int
    seconds: float
    median: float
    p99: float

    @property
    def per_second(self) -> float:
        return self.count / self.seconds


def call(connection: http.client.HTTPConnection, method: str, path: str, token: str, body: str | None = None) -> bytes:
    """One request that is not measured."""
    headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {token}"} if token else {})}
    connection.request(method, path, body=body, headers=headers)
    response = connection.getresponse()
    content = response.read()
    if response.status != http.client.OK:
        raise RuntimeError(f"{method} {path}: {response.status} {content[:200]!r}")
    return content


def load(order: Order) -> Load:
    """Ask over all connections, each again as soon as it is answered."""
    began = time.monotonic()
    ends_at = began + order.seconds
    with ThreadPoolExecutor(CONNECTIONS) as threads:
        taken = [
            each for some in threads.map(lambda place: _ask(order, place, ends_at), range(CONNECTIONS)) for each in some
        ]
    seconds, taken = time.monotonic() - began, sorted(taken)
    return Load(count=len(taken), seconds=seconds, median=taken[len(taken) // 2], p99=taken[len(taken) * 99 // 100])


def _ask(order: Order, place: int, ends_at: float) -> list[float]:
    taken = []
    with socket.create_connection(("127.0.0.1", order.port), PATIENCE) as connection:
        for number in takewhile(lambda n: n < order.most, count(place, CONNECTIONS)):
            began = time.monotonic()
            if began > ends_at:
                break
            connection.sendall(order.request(number))
            _see_that_it_is_answered(connection)
            taken.append(time.monotonic() - began)
    return taken


def _see_that_it_is_answered(connection: socket.socket) -> None:
    answer = _more(connection, b"")
    while END_OF_HEAD not in answer:
        answer = _more(connection, answer)
    head, _, body = answer.partition(END_OF_HEAD)
    if not head.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(repr(answer[:500]))
    length = int(head.lower().partition(LENGTH)[2].partition(b"\r\n")[0])
    while len(body) < length:
        body = _more(connection, body)


def _more(connection: socket.socket, so_far: bytes) -> bytes:
    received = connection.recv(65_536)
    if not received:
        raise RuntimeError(f"The server hung up after {so_far[:200]!r}.")
    return so_far + received


def load_from_beside(order: Order) -> Load:
    command = [sys.executable, "-m", "bench.load", json.dumps(asdict(order))]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603 ourselves
    return Load(**json.loads(answer.stdout))


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asdict(load(Order(**json.loads(sys.argv[1]))))))
