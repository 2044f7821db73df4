"""
What asking whether anybody listens adds to the scoring of one financing, on SQLite or on the PostgreSQL of `DATABASE_URL`.

    python -m bench.webhooks                                       SQLite, in a directory of its own
    python -m tests.with_postgres python -m bench.webhooks

Processor time of this process, medians, with nobody listening: the statement by turns with the whole call, and with what
the ORM would take for the same question.
"""

# ruff: noqa: E402, T201, TID251 - a measurement prints; Django is set up first
import os
import tempfile
from collections.abc import Callable
from statistics import median
from time import process_time_ns

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bprs.settings")
os.environ.setdefault("BPRS_DATA_DIR", tempfile.mkdtemp(prefix="bench-webhooks-"))

import django

django.setup()

from django.core.management import call_command
from django.db import transaction
from django.utils import timezone

from bprs.access.models import User
from bprs.webhooks.models import Endpoint
from bprs.webhooks.outbox import is_listened_to
from loans.models import Loan
from scoring.demo.bank import make_demo_bank
from scoring.models import Source
from scoring.services.demo_bank import open_demo_bank
from scoring.services.score_loans import score_loan

TIMES, WARMED_UP_AFTER = 300, 20


def main() -> None:
    call_command("migrate", verbosity=0)
    now = timezone.now()
    run = open_demo_bank(bank=make_demo_bank(today=now.date()), opened_at=now)
    by, loans = User.objects.get(pk=run.scored_by_id), Loan.objects.filter(status="submitted", credit_score__gt=0)
    loan_id = loans.values_list("pk", flat=True)[0]

    def score() -> object:
        return score_loan(loan_id=loan_id, scored_by=by, scored_at=now, source=Source.API)

    def ask() -> object:
        return Endpoint.objects.filter(is_active=True).exists()

    taken: dict[str, list[float]] = {"the statement": [], "asked by the ORM": [], "scoring one financing": []}
    with transaction.atomic():
        for _ in range(TIMES + WARMED_UP_AFTER):
            for times, call in zip(taken.values(), (is_listened_to, ask, score), strict=True):
                times.append(microseconds(call))
        transaction.set_rollback(True)
    for name, times in taken.items():
        print(f"{name:25}{median(times[WARMED_UP_AFTER:]):10.1f} µs")


def microseconds(call: Callable[[], object]) -> float:
    began = process_time_ns()
    call()
    return (process_time_ns() - began) / 1000


if __name__ == "__main__":
    main()
