"""Calls sent again and again under one Idempotency-Key, while processes that answer them are killed."""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from tests.faults.callers import UNANSWERED, Answer, Caller, Told
from tests.faults.campaign import Bank
from tests.faults.kills import kill_a_web_process
from tests.waiting import wait_until

CROWD, KEYS = 50, 4
CREATED, IN_PROGRESS, AWAY = 201, 409, 503


def under_one_key(bank: Bank, chance: random.Random) -> Told:
    """Fifty send the same call at once until it is answered; it is carried out once, and all are answered alike."""
    told = Told()
    with bank.open() as up:
        for number in range(KEYS):
            loan = f"S-{chance.randrange(10**6)}-{number}"
            ask_together(bank, loan, told, meanwhile=partial(kill_a_web_process, up, chance))
    return told


def ask_together(bank: Bank, loan: str, told: Told, *, meanwhile: Callable[[], None] = lambda: None) -> None:
    with ThreadPoolExecutor(CROWD) as pool:
        asked = [pool.submit(partial(_until_answered, bank.caller(), bank, loan, told)) for _ in range(CROWD)]
        meanwhile()
        answers = {each.result().content for each in asked}
    if len(answers) > 1:
        told.lies.append(f"one call was answered in {len(answers)} ways")
    told.note("loan", number=loan)


def _until_answered(caller: Caller, bank: Bank, number: str, told: Told) -> Answer:
    body = {"loan_number": number, "customer_id": bank.known["customers"][0], "principal_amount": 10_000_000}
    answers: list[Answer] = []
    wait_until(lambda: _is_answered(caller, {**body, "tenor_months": 12}, answers, told), seconds=180)
    return answers[-1]


def _is_answered(caller: Caller, body: dict[str, object], answers: list[Answer], told: Told) -> bool:
    try:
        answers.append(caller.post("/loans", body, key=str(body["loan_number"])))
    except UNANSWERED:
        told.unanswered += 1
        return False
    status = answers[-1].status
    if status not in (CREATED, IN_PROGRESS, AWAY):
        told.lies.append(f"{status} {answers[-1].content[:500]!r}")
    told.turned_away += status in (IN_PROGRESS, AWAY)
    return status == CREATED
