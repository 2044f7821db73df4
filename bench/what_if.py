"""
How long a what-if answer takes: `python -m bench.what_if`.

The engine's part for the three cards that ship with it; and the whole answer of the loan page, queries and HTML
included, for financing of the database that is configured, if any of it was scored (`manage.py demo` brings some).
"""

import os
import sys
from collections.abc import Callable
from statistics import median
from time import perf_counter, process_time

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bprs.settings")

import django

django.setup()

from django.conf import settings  # noqa: E402 after setup
from django.test import Client  # noqa: E402
from django.urls import reverse  # noqa: E402

from bprs.access.models import User  # noqa: E402
from loans.models import CLOSED, Loan  # noqa: E402
from scoring.engine import ANNUAL_1, RESCALED_1, STANDARD_1, Application, Scorecard  # noqa: E402

MILLION = 1_000_000_00
APPLICANTS = [(10, 5, 50, 24), (5, 20, 10, 12), (2, 0, 10, 6), (10, 1000, 100, 60), (3, 20, 18, 36)]
TIMES = 20


def main() -> None:
    say("card or page          median wall    median CPU   slowest median, wall")
    for written in (STANDARD_1, RESCALED_1, ANNUAL_1):
        card = Scorecard.from_dict(written)
        report(card.version, [answer(card, *applicant, band.at_least) for applicant in APPLICANTS for band in card.segment_bands])  # fmt: skip
    loans = Loan.objects.filter(scored_at__isnull=False).exclude(status__in=CLOSED).values_list("pk", flat=True)[:20]
    user = User.objects.filter(is_superuser=True).first()
    if user and loans:
        settings.ALLOWED_HOSTS = ["testserver"]
        client = Client(headers={"HX-Target": "what-if-answer"})
        client.force_login(user)
        report("the page", [page(client, reverse("admin:loans_loan_what_if", args=[pk])) for pk in loans])


def answer(card: Scorecard, income: int, assets: int, amount: int, tenor: int, floor: int) -> Callable[[], object]:
    facts = {
        "monthly_income": income * MILLION,
        "assets_value": assets * MILLION,
        "loan_amount": amount * MILLION,
        "tenor_months": tenor,
    }
    return lambda: Application(card, facts).what_if(floor)


def page(client: Client, url: str) -> Callable[[], object]:
    return lambda: client.get(url, {"tenor_months": 18})


def report(name: str, works: list[Callable[[], object]]) -> None:
    walls, cpus = zip(*(measured(work) for work in works), strict=True)
    say(f"{name:20} {median(walls) * 1e3:9.1f} ms {median(cpus) * 1e3:10.1f} ms {max(walls) * 1e3:12.1f} ms")


def measured(work: Callable[[], object]) -> tuple[float, float]:
    """The medians of wall and processor time, once everything is warm."""
    work()
    walls, cpus = [], []
    for _ in range(TIMES):
        wall, cpu = perf_counter(), process_time()
        work()
        walls.append(perf_counter() - wall)
        cpus.append(process_time() - cpu)
    return median(walls), median(cpus)


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    main()
