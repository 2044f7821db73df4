"""
Several people decide on the same recommendation at the same moment, on a real database; prints what came of it as JSON.

Run by test_two_deciders.py, in a process of its own.
"""

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import django

django.setup()

from django.core.management import call_command  # noqa: E402 after setup
from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from bprs.access.models import User  # noqa: E402
from loans.models import Loan  # noqa: E402
from scoring.models import DecisionReason  # noqa: E402
from scoring.services.decisions import Grounds, NotAwaitingDecision, active_reasons, decide_loan, return_loan  # noqa: E402
from tests.factories import make_card_in_force, make_user  # noqa: E402
from tests.scoring.decided import Desk  # noqa: E402

DECIDERS = 6
together = Barrier(DECIDERS)


def decide(user: User, number: int, loan: Loan) -> str:
    try:
        together.wait()
        now = timezone.now()
        if number % 3 == 2:
            return return_loan(loan_id=loan.pk, note="x", returned_by=user, returned_at=now).outcome
        outcome = ("approved", "rejected")[number % 3]
        grounds = Grounds(note="x", told=active_reasons(DecisionReason.Kind.REJECTION)[:1])
        return decide_loan(loan_id=loan.pk, outcome=outcome, grounds=grounds, decided_by=user, decided_at=now).outcome
    except NotAwaitingDecision:
        return "too late"
    finally:
        connection.close()


def main() -> None:
    call_command("migrate", verbosity=0)
    make_card_in_force()
    desk = Desk()
    deciders = [make_user(is_staff=True, group="Supervisor", branches=[desk.branch]) for _ in range(DECIDERS)]
    loan = desk.recommended()
    with ThreadPoolExecutor(DECIDERS) as pool:
        answers = list(pool.map(decide, deciders, range(DECIDERS), [loan] * DECIDERS))
    decided = loan.decisions.get()
    loan.refresh_from_db()
    sys.stdout.write(json.dumps({"answers": sorted(answers), "outcome": decided.outcome, "status": loan.status}))


main()
