"""A score and a change of its facts at the same moment: whoever comes second sees what the first one did."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import Event
from time import sleep

import pytest
from django.db import connection, transaction

from customers.models import Customer
from loans.models import Loan
from scoring.models import Score, Source
from scoring.services.score_loans import score_loans
from tests.factories import NOW, make_card_in_force, make_loan, make_user

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer at a time"),
]
A_MOMENT = 0.3


def held(work: Callable[[], object], begun: Event) -> None:
    """Do it, and commit only a moment later."""
    try:
        with transaction.atomic():
            work()
            begun.set()
            sleep(A_MOMENT)
    finally:
        connection.close()


def both(first: Callable[[], object], second: Callable[[], object]) -> None:
    begun = Event()
    with ThreadPoolExecutor(2) as pool:
        one = pool.submit(held, first, begun)
        begun.wait(10)
        two = pool.submit(held, second, Event())
        one.result()
        two.result()


@pytest.mark.parametrize("is_scored_before", [False, True])
@pytest.mark.parametrize("change_comes_first", [False, True])
def test_the_mark_says_what_the_latest_score_rests_on(is_scored_before, change_comes_first):
    make_card_in_force()
    loan, officer = make_loan(), make_user()

    def score() -> None:
        score_loans(loans=Loan.objects.all(), scored_by=officer, scored_at=NOW, source=Source.ADMIN)

    def change() -> None:
        Customer.objects.update(monthly_income=Decimal(7_000_000))

    if is_scored_before:
        score()
    both(*((change, score) if change_comes_first else (score, change)))

    latest = Score.objects.latest("pk")
    assert Loan.objects.get(pk=loan.pk).is_stale is (latest.facts["monthly_income"] != "7000000.00")
    if not change_comes_first:
        assert latest.facts["monthly_income"] == "5000000.00"
