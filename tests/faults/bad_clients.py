"""Clients that dribble, stop in the middle, or bring poison: the others are served meanwhile, and nothing is left behind."""

import random
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.faults.callers import Told, officers_at_work, raw_upload, sheet, wait_for_more
from tests.faults.campaign import Bank
from tests.spreadsheets.files import scoring_xlsx, with_parts
from tests.spreadsheets.test_confined import runaway
from tests.waiting import wait_until

STUCK_BODIES, IDLE = 24, 200
OUT_OF_TIME = "took_too_long"
BOUND = 20  # seconds within which others are answered, on a machine that is busy with other things
# The runaway is under way when its time is up, and the bomb is larger than anything may become.
TIGHT = {"SHEET_MAX_SECONDS": "1", "SHEET_MAX_RATIO": "100000", "SHEET_MAX_INFLATED_BYTES": "25000000"}
BOMB = with_parts(scoring_xlsx([5_000_000, 20_000_000, 10_000_000, 12]), {"xl/media/image1.png": b" " * 30_000_000})


def slow_and_broken(bank: Bank, chance: random.Random) -> Told:
    """Two hundred connections that say nothing, half of a header from others, and two dozen uploads that stop."""
    seed, customers = chance.randrange(10**6), bank.known["customers"]
    with bank.open():
        with officers_at_work(bank.port, bank.known["secret"], customers, seed=seed) as told:
            wait_for_more(told, 5)
            with _held(bank, IDLE, b""), _held(bank, IDLE, b"GET /api/v1/ HT"), _held(bank, STUCK_BODIES, _half(bank)):
                began = time.monotonic()
                wait_for_more(told, 30, seconds=3 * BOUND)
                if time.monotonic() - began > 3 * BOUND:
                    told.lies.append("the others had to wait")
        bank.wait_until_done()
        if told.unanswered:
            told.lies.append(f"{told.unanswered} calls of honest clients were not answered")
        _expect_no_stray(bank, told)
    return told


def cut_off(bank: Bank, chance: random.Random) -> Told:
    """Uploads cut at random bytes, by closing and by half-closing: none leaves a file."""
    whole = raw_upload(bank.known["secret"], sheet(3_000, 1))
    told = Told()
    with bank.open():
        for _ in range(20):
            piece = whole[: chance.randrange(len(whole))]
            with socket.create_connection(("127.0.0.1", bank.port), timeout=BOUND) as connection:
                connection.sendall(piece)
                if chance.random() < 0.5:
                    connection.shutdown(socket.SHUT_WR)
                    answer = connection.recv(100)
                    if b" 200 " in answer:
                        told.lies.append(f"half an upload was accepted: {answer!r}")
        bank.wait_until_answering()
        _expect_no_stray(bank, told)
    return told


def poison(bank: Bank, chance: random.Random) -> Told:
    """A bomb, a workbook without end, and noise: each is refused by name, while the officers go on."""
    seed = chance.randrange(10**6)
    bombs = {
        "inflates_too_far": BOMB.getvalue(),
        OUT_OF_TIME: runaway().getvalue(),
        "broken_workbook": b"PK\x03\x04" + random.Random(seed).randbytes(5_000),
    }
    with bank.open():
        with officers_at_work(bank.port, bank.known["secret"], bank.known["customers"], seed=seed) as told:
            for code, content in bombs.items():
                _bring(bank, content, code, told)
                wait_for_more(told, 3)
        bank.wait_until_done()
    return told


def _bring(bank: Bank, content: bytes, code: str, told: Told) -> None:
    """The file is taken in; whoever reads it finds out, the job of a large one included."""
    token = bank.caller().upload(content, "gaji.xlsx").json["stored_path"]
    answer = bank.caller(patience=90).post("/predictions/bulk", {"file_path": token})
    if answer.status == 202:
        bank.wait_until_done()
        found = bank.caller().get(f"/jobs/{answer.json['id']}").json["error"] or {}
    else:
        found = answer.json
    if found.get("code") not in (code, OUT_OF_TIME):  # which a busy machine may be at any of them
        told.lies.append(f"poison ({code}) was answered {answer.status} {found}")


@contextmanager
def _held(bank: Bank, count: int, said: bytes) -> Iterator[None]:
    """So many connections that say this and then nothing."""
    held = [socket.create_connection(("127.0.0.1", bank.port), timeout=BOUND) for _ in range(count)]
    try:
        for connection in held:
            connection.sendall(said)
        yield
    finally:
        for connection in held:
            connection.close()


def _half(bank: Bank) -> bytes:
    whole = raw_upload(bank.known["secret"], sheet(1_000, 2))
    return whole[: len(whole) // 2]


def _expect_no_stray(bank: Bank, told: Told) -> None:
    """As many uploads on the disk as were acknowledged."""
    acknowledged = sum(one["kind"] == "upload" for one in told.acknowledged)
    folder = Path(bank.site.settings["MEDIA_ROOT"], "uploads")
    try:
        wait_until(lambda: len(list(folder.glob("*"))) == acknowledged, seconds=BOUND)
    except AssertionError:
        told.lies.append(f"{len(list(folder.glob('*')))} uploads on the disk, {acknowledged} acknowledged")
