"""
Verifying and sealing every stored score, on SQLite or on the PostgreSQL of `DATABASE_URL`.

    python -m bench.proof [--scores 200000] [--rounds 3]          SQLite, in a directory of its own
    python -m tests.with_postgres python -m bench.proof

The demo bank is scored until there are as many scores, sealed once, and verified by turns; every figure is of one process.
"""

# ruff: noqa: E402, T201, TID251 - a measurement prints; Django is set up first
import argparse
import os
import tempfile
import time

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bprs.settings")
os.environ.setdefault("BPRS_DATA_DIR", tempfile.mkdtemp(prefix="bench-proof-"))

import django

django.setup()

from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from bprs.access.models import User
from loans.models import CLOSED, Loan
from scoring.demo.bank import make_demo_bank
from scoring.models import Score, Source
from scoring.services.demo_bank import open_demo_bank
from scoring.services.score_loans import score_loans
from scoring.services.sealing import seal_new
from scoring.services.stored_scores import uncollected
from scoring.services.verifying import Verification

TARGET = 100_000


def fill(scores: int) -> int:
    call_command("migrate", verbosity=0)
    now = timezone.now()
    run = open_demo_bank(bank=make_demo_bank(today=now.date()), opened_at=now)
    by = User.objects.get(pk=run.scored_by_id)
    for _round in range(max(0, scores // max(run.scored_count, 1) - 1)):
        score_loans(
            loans=Loan.objects.exclude(status__in=CLOSED), scored_by=by, scored_at=timezone.now(), source=Source.COMMAND
        )
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
    return Score.objects.count()


def verify() -> tuple[float, float]:
    began, processor = time.perf_counter(), time.process_time()
    with uncollected():
        found = [finding for finding in Verification(at=timezone.now()).findings() if not finding.is_note]
    if found:
        raise RuntimeError(found[0].sentence)
    return time.perf_counter() - began, time.process_time() - processor


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--scores", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    scores = fill(asked.scores)
    began = time.perf_counter()
    seal_new(at=timezone.now())
    print(f"{connection.vendor}: sealed {scores:,} scores in {time.perf_counter() - began:.2f} s")
    for _round in range(asked.rounds):
        elapsed, processor = verify()
        print(
            f"verified in {elapsed:.2f} s: {scores / elapsed:,.0f} a second ({scores / processor:,.0f} of the processor), "
            f"{scores / elapsed / TARGET:.2f} times what is wanted"
        )


if __name__ == "__main__":
    main()
