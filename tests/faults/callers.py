"""Programs that call the API of a running site, and keep what they were told."""

import hashlib
import http.client
import json
import random
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

PATIENCE = 30
UNANSWERED = (OSError, http.client.HTTPException)
BOUNDARY = "batas"
DONE = (200, 201, 202)
MEDIA_TYPE = "application/problem+json"
ROWS = (30, 700)  # of a file that is answered at once, and of one that becomes a job
HEADER = b"monthly_income,assets_value,loan_amount,tenor_months\n"


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: dict[str, str]
    content: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.content)


class Caller:
    """One program with its key; each call has a connection of its own."""

    def __init__(self, port: int, secret: str, *, patience: float = PATIENCE) -> None:
        self.port, self.secret, self.patience = port, secret, patience

    def ask(self, method: str, path: str, body: bytes = b"", media: str = "application/json", key: str = "") -> Answer:
        """:raises OSError, http.client.HTTPException: if there is no whole answer"""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.patience)
        try:
            connection.request(method, f"/api/v1{path}", body, self._headers(media, key))
            response = connection.getresponse()
            headers = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, headers, response.read())
        finally:
            connection.close()

    def get(self, path: str) -> Answer:
        return self.ask("GET", path)

    def post(self, path: str, body: Any = None, *, key: str = "") -> Answer:
        return self.ask("POST", path, json.dumps(body).encode() if body is not None else b"", key=key)

    def patch(self, path: str, body: Any) -> Answer:
        return self.ask("PATCH", path, json.dumps(body).encode())

    def upload(self, content: bytes, filename: str = "berkas.csv") -> Answer:
        return self.ask(
            "POST", "/files/upload", multipart(content, filename), f"multipart/form-data; boundary={BOUNDARY}"
        )

    def _headers(self, media: str, key: str) -> dict[str, str]:
        said = {"Authorization": f"Bearer {self.secret}", "Content-Type": media, "Accept-Language": "en"}
        return said | ({"Idempotency-Key": key} if key else {})


def multipart(content: bytes, filename: str) -> bytes:
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{filename}"\r\n\r\n'
    return head.encode() + content + f"\r\n--{BOUNDARY}--\r\n".encode()


def raw_upload(secret: str, content: bytes) -> bytes:
    """All that goes over the wire, for whoever sends it in pieces."""
    body = multipart(content, "separuh.csv")
    head = (
        "POST /api/v1/files/upload HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
        f"Authorization: Bearer {secret}\r\nContent-Length: {len(body)}\r\n"
        f"Content-Type: multipart/form-data; boundary={BOUNDARY}\r\n\r\n"
    )
    return head.encode() + body


def sheet(rows: int, mark: int) -> bytes:
    """To be scored; no two marks make the same file."""
    return HEADER + b"".join(b"%d,20000000,%d,12\n" % (5_000_000 + n, 10_000_000 + mark) for n in range(rows))


@dataclass
class Told:
    """What was acknowledged, and what should never have been answered."""

    acknowledged: list[dict[str, Any]] = field(default_factory=list)
    lies: list[str] = field(default_factory=list)
    turned_away: int = 0
    unanswered: int = 0

    def note(self, kind: str, **what: Any) -> None:
        self.acknowledged.append({"kind": kind, **what})

    def add(self, other: "Told") -> None:
        self.acknowledged += other.acknowledged
        self.lies += other.lies
        self.turned_away += other.turned_away
        self.unanswered += other.unanswered


class Officer(threading.Thread):
    """
    Puts down financing, scores and changes it, and has files scored, again and again.

    What is answered with success is kept as acknowledged; no answer, and an honest 503, is borne. Anything else is a lie.
    """

    def __init__(self, caller: Caller, *, customer: int, name: str, seed: int, told: Told) -> None:
        super().__init__(daemon=True)
        self.caller, self.customer, self.name, self.told = caller, customer, name, told
        self.chance, self.stopping, self.number = random.Random(seed), threading.Event(), 0
        self.mine: list[int] = []

    def run(self) -> None:
        acts = [self._put_down, self._score, self._score, self._change, self._score_file]
        while not self.stopping.is_set():
            try:
                self.chance.choice(acts)()
            except UNANSWERED:
                self.told.unanswered += 1
                self.stopping.wait(0.1)
            except Exception as error:  # noqa: BLE001 an answer nobody can read is a lie, too
                self.told.lies.append(repr(error))

    def _put_down(self) -> None:
        self.number += 1
        number = f"{self.name}-{self.number}"
        body = {"loan_number": number, "customer_id": self.customer, "principal_amount": 10_000_000, "tenor_months": 12}
        if answer := self._done(self.caller.post("/loans", body)):
            self.mine.append(answer["id"])
            self.told.note("loan", number=number)

    def _score(self) -> None:
        if self.mine and (answer := self._done(self.caller.post(f"/predictions/individual/{self._one()}"))):
            said = {"loan": answer["loan_id"], "credit_score": answer["credit_score"], "at": answer["scored_at"]}
            self.told.note("score", run=answer["run_id"], **said)

    def _change(self) -> None:
        if not self.mine:
            return
        loan, amount = self._one(), self.chance.randrange(1_000_000, 90_000_000)
        if self._done(self.caller.patch(f"/loans/{loan}", {"principal_amount": amount})):
            self.told.note("change", loan=loan, amount=amount)

    def _score_file(self) -> None:
        self.number += 1
        rows = self.chance.choice(ROWS)
        score_file(self.caller, sheet(rows, hash_of(f"{self.name}-{self.number}")), rows, self.told)

    def _one(self) -> int:
        return self.chance.choice(self.mine)

    def _done(self, answer: Answer) -> Any:
        return judged(answer, self.told)


def hash_of(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:3])


def score_file(caller: Caller, content: bytes, rows: int, told: Told) -> None:
    """Hand it in and have it scored; both answers count."""
    stored = judged(caller.upload(content), told)
    if not stored:
        return
    digest = hashlib.sha256(content).hexdigest()
    told.note("upload", token=stored["stored_path"], sha256=digest)
    answer = judged(caller.post("/predictions/bulk", {"file_path": stored["stored_path"]}), told)
    if answer:
        told.note("file", sha256=digest, rows=rows)


def judged(answer: Answer, told: Told) -> Any:
    """What was answered with success; an honest «not now» is counted, and anything else written down."""
    if answer.status in DONE:
        return answer.json
    is_problem = answer.headers.get("content-type", "").startswith(MEDIA_TYPE)
    if answer.status == 503 and is_problem and answer.headers.get("retry-after"):
        told.turned_away += 1
    else:
        told.lies.append(f"{answer.status} {answer.content[:500]!r}")
    return None


@contextmanager
def officers_at_work(port: int, secret: str, customers: Sequence[int], *, seed: int) -> Iterator[Told]:
    """One for each customer, until the block ends."""
    told = Told()
    staff = [
        Officer(Caller(port, secret), customer=customer, name=f"F{seed}-{n}", seed=seed * 100 + n, told=told)
        for n, customer in enumerate(customers)
    ]
    for officer in staff:
        officer.start()
    try:
        yield told
    finally:
        for officer in staff:
            officer.stopping.set()
        for officer in staff:
            officer.join(PATIENCE)


def wait_for_more(told: Told, more: int, *, seconds: float = 90) -> None:
    """:raises AssertionError: if the site does not acknowledge so many more by then"""
    until, before = time.monotonic() + seconds, len(told.acknowledged)
    while len(told.acknowledged) < before + more:
        assert time.monotonic() < until, f"no answers any more: {told.unanswered} unanswered, {told.lies[:3]}"
        time.sleep(0.02)
