"""Many at once at the same thing, through processes that know nothing of each other."""

import random
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import Any

from tests.faults.callers import DONE, Answer, Caller, Told, sheet
from tests.faults.campaign import Bank

CROWD, ROUNDS = 18, 3
REFUSED = (409, 422)  # by whoever was quicker, and in words
SMALL_FILE, LARGE_FILE = 90, 900


def at_one_loan(bank: Bank, chance: random.Random) -> Told:
    """It is scored and changed by many, recommended on by many, and decided on by three supervisors at once."""
    told = Told()
    with bank.open("--workers", "3"):
        for number in range(ROUNDS):
            _live_through(bank, chance, _put_down(bank, told, f"K-{chance.randrange(10**6)}-{number}"), told)
    return told


def _live_through(bank: Bank, chance: random.Random, loan: int, told: Told) -> None:
    _all_at_once([partial(_score_or_change, bank.caller(), loan, number, told) for number in range(CROWD)])
    _score(bank.caller(), loan, told)
    advice = {"advice": "approve", "note": "Usaha berjalan lima tahun."}
    path = f"/loans/{loan}/recommendation"
    _expect_one(_all_at_once([partial(bank.caller().post, path, advice)] * 6), told, "recommendation")
    _decide(bank, chance, loan, told)


def at_one_file(bank: Bank, chance: random.Random) -> Told:
    """The same file is handed in and scored by many: it is one run, and every caller is told the same one."""
    told = Told()
    with bank.open("--workers", "3"):
        for rows in (SMALL_FILE, LARGE_FILE):
            content = sheet(rows, chance.randrange(10**6))
            answers = _all_at_once([partial(_hand_in, bank.caller(), content, told)] * CROWD)
            bank.wait_until_done()
            runs = {_run_of(bank.caller(), answer) for answer in answers}
            if len(runs) > 1:
                told.lies.append(f"one file became {len(runs)} runs")
            for run in runs:
                told.note("run", run=run)
    return told


def _put_down(bank: Bank, told: Told, number: str) -> int:
    """By many: one of them is first, and the others are told so."""
    body = {"customer_id": bank.known["customers"][0], "principal_amount": 10_000_000, "tenor_months": 12}
    answers = _all_at_once([partial(bank.caller().post, "/loans", {**body, "loan_number": number})] * 6)
    made = _expect_one(answers, told, "financing")
    told.note("loan", number=number)
    return int(made["id"])


def _score_or_change(caller: Caller, loan: int, number: int, told: Told) -> None:
    if number % 2:
        _score(caller, loan, told)
        return
    amount = 10_000_000 + number
    answer = caller.patch(f"/loans/{loan}", {"principal_amount": amount})
    if answer.status in DONE:
        told.note("change", loan=loan, amount=amount)
    elif answer.status not in REFUSED:
        told.lies.append(f"{answer.status} {answer.content[:500]!r}")


def _score(caller: Caller, loan: int, told: Told) -> None:
    answer = caller.post(f"/predictions/individual/{loan}")
    if answer.status in DONE:
        said = answer.json
        told.note("score", run=said["run_id"], loan=loan, credit_score=said["credit_score"])
    else:
        told.lies.append(f"{answer.status} {answer.content[:500]!r}")


def _decide(bank: Bank, chance: random.Random, loan: int, told: Told) -> None:
    approve = {"outcome": "approved", "note": "Sesuai kebijakan."}
    deciders = [Caller(bank.port, secret) for secret in bank.known["deciders"] * 2]
    chance.shuffle(deciders)
    path = f"/loans/{loan}/decision"
    answers = _all_at_once([partial(caller.post, path, approve) for caller in deciders])
    decided = _expect_one(answers, told, "decision")
    told.note("decision", loan=loan, outcome=decided["outcome"])


def _hand_in(caller: Caller, content: bytes, told: Told) -> Answer:
    stored = caller.upload(content)
    if stored.status not in DONE:
        told.lies.append(f"{stored.status} {stored.content[:500]!r}")
        return stored
    return caller.post("/predictions/bulk", {"file_path": stored.json["stored_path"]})


def _run_of(caller: Caller, answer: Answer) -> str:
    """Of a job it is known once it is over."""
    if answer.status == 202:
        return str(caller.get(f"/jobs/{answer.json['id']}").json["result"]["run_id"])
    return str(answer.json["run_id"]) if answer.status == 200 else f"{answer.status} {answer.content[:500]!r}"


def _expect_one(answers: Sequence[Answer], told: Told, what: str) -> Any:
    done = [answer for answer in answers if answer.status in DONE]
    told.lies += [f"{a.status} {a.content[:500]!r}" for a in answers if a.status not in (*DONE, *REFUSED)]
    assert len(done) == 1, f"{len(done)} times the same {what} was acknowledged: {[a.status for a in answers]}"
    return done[0].json


def _all_at_once(acts: Sequence[Callable[[], Any]]) -> list[Any]:
    together = Barrier(len(acts))

    def act(one: Callable[[], Any]) -> Any:
        together.wait()
        return one()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(act, acts))
