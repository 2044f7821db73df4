"""
Simulation of a card over stored financing, beside an ORM loop.

    python -m tests.with_postgres python -m bench.simulation [--loans 1000000] [--loop 20000] [--rounds 3]

The database of `DATABASE_URL` is PostgreSQL and empty. The demo bank is loaded and multiplied by SQL: other customers,
other amounts. Ours is the whole job as a worker does it, from reading to the kept result. The loop reads the same loans
with their customers as objects, scores each of them twice in doubles and counts segments and rupiah, nothing more; it is
given fewer loans, and its seconds are scaled. Each runs in a process of its own, by turns; the figures are medians.
"""

# ruff: noqa: E402, T201, TID251, S608 - a measurement prints; Django is set up first; the names in the SQL are ours
import argparse
import os
import sys
from collections import Counter
from statistics import median

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bprs.settings")
django.setup()

from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from bench.engine import FLOATS, score_row
from bench.process import Measured, Stopwatch, run, tell
from bprs.access.models import User
from bprs.jobs.tasks import run_job
from customers.models import Customer
from loans.models import Loan
from scoring.demo.bank import make_demo_bank
from scoring.models import ScorecardVersion
from scoring.portfolio import Portfolio
from scoring.services.demo_bank import open_demo_bank
from scoring.services.simulate import simulate

TARGET_SECONDS = 20
LOANS_OF_A_CUSTOMER = 5


def fill(loans: int) -> None:
    """The demo bank, as often as it takes, under other numbers."""
    call_command("migrate", verbosity=0)
    now = timezone.now()
    open_demo_bank(bank=make_demo_bank(today=now.date()), opened_at=now)
    _multiply(Customer, "customer_number", loans // LOANS_OF_A_CUSTOMER, {"nik_hash": "NULL", "nik_ciphertext": "''"})
    _multiply(Loan, "loan_number", loans, {"customer_id": _ANY_CUSTOMER, "principal_amount": _OTHER_AMOUNT})
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


_ANY_CUSTOMER = (
    "(SELECT min(id) FROM customers_customer) + (random() * (SELECT count(*) - 1 FROM customers_customer))::bigint"
)
_OTHER_AMOUNT = "principal_amount / 25000000 * (10000000 + (random() * 30000000)::bigint)"


def _multiply(model: type[Customer] | type[Loan], number: str, wanted: int, others: dict[str, str]) -> None:
    fields = [field.column for field in model._meta.concrete_fields if field.column != "id"]
    values = [others.get(name, f"{name} || '-' || g" if name == number else name) for name in fields]
    table, there = model._meta.db_table, model.objects.count()
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({', '.join(fields)}) SELECT {', '.join(values)} "
            f"FROM {table}, generate_series(1, {wanted // there}) g ORDER BY random() LIMIT {max(wanted - there, 0)}"
        )


def measure_job(_loans: int) -> None:
    """The whole job, as a worker does it."""
    cards = ScorecardVersion.objects
    simulation = simulate(
        version=cards.get(name="rescaled", number=1),
        against=cards.in_force(timezone.now()),
        portfolio=Portfolio(),
        asked_by=User.objects.get(username="risk1"),
        asked_at=timezone.now(),
    )
    if simulation.job is None:
        raise SystemExit("Too few for a job: more loans, please.")
    watch = Stopwatch()
    run_job(str(simulation.job.pk))
    taken = watch.read()
    simulation.refresh_from_db()
    if not simulation.is_complete or simulation.comparison.total.sum("count") != simulation.loan_count:
        raise SystemExit("The simulation left financing out.")
    tell(**taken, rows=simulation.loan_count)


def measure_loop(loans: int) -> None:
    segments: Counter[tuple[str, str]] = Counter()
    rupiah: Counter[tuple[str, str]] = Counter()
    watch = Stopwatch()
    complete = Loan.objects.filter(principal_amount__isnull=False, tenor_months__isnull=False)
    for loan in complete.select_related("customer").order_by("pk")[:loans].iterator():
        customer = loan.customer
        facts = (
            int((customer.monthly_income or 0) * 100),
            int((customer.assets_value or 0) * 100),
            int((loan.principal_amount or 0) * 100),
            loan.tenor_months or 1,
        )
        both = [score_row(facts, FLOATS, float)["segment"] for _card in range(2)]
        segments[both[0], both[1]] += 1
        rupiah[both[0], both[1]] += facts[2]
    tell(**watch.read(), rows=segments.total())


WORKS = {"fill": fill, "job": measure_job, "loop": measure_loop}


def _turn(work: str, loans: int) -> Measured:
    return run(["-m", "bench.simulation", work, str(loans)], os.environ)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--loans", type=int, default=1_000_000)
    parser.add_argument("--loop", type=int, default=20_000, help="how many of them the loop is given")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    if connection.vendor != "postgresql":
        parser.error("DATABASE_URL is not that of a PostgreSQL")
    _turn("fill", options.loans)
    turns = [(_turn("job", options.loans), _turn("loop", options.loop)) for _ in range(options.rounds)]
    rows = turns[0][0].told["rows"]
    for name in ("seconds", "cpu"):
        ours = median(job.told[name] for job, _loop in turns)
        loop = median(each.told[name] / each.told["rows"] for _job, each in turns) * rows
        print(f"{name:8} ours {ours:6.2f}   loop {loop:7.1f} (scaled from {options.loop:,})   {loop / ours:5.1f} times")
    print(
        f"{rows:,.0f} financings; at most {max(job.peak_mb for job, _loop in turns):.0f} MB; wanted: {TARGET_SECONDS} s"
    )


if __name__ == "__main__":
    if len(sys.argv) > 1 and sys.argv[1] in WORKS:
        WORKS[sys.argv[1]](int(sys.argv[2]))
    else:
        main()
