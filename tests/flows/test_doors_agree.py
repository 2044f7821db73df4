"""One engine behind every door: the same applications get the same answer through each of them."""

import csv
import random
from decimal import ROUND_DOWN, Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client

from loans.models import Loan
from scoring.models import Score
from tests.api_client import ApiClient
from tests.factories import make_api_key, make_branch, make_user
from tests.flows.test_import_and_export import confirm, preview

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

HEADERS = ("monthly_income", "assets_value", "loan_amount", "tenor_months")
Row = tuple[str, str, str, str]
Outcome = tuple[int | None, str]


def draw(seed: int, count: int) -> list[Row]:
    """Applications as people type them, and as many that sit on a threshold or one sen beside it."""
    dice = random.Random(seed)
    return [_typed(dice) if n % 2 else _on_a_threshold(dice) for n in range(count)]


def _typed(dice: random.Random) -> Row:
    return (
        str(dice.randrange(0, 80) * 250_000),
        str(dice.randrange(0, 400) * 250_000),
        str(dice.randrange(1, 400) * 250_000),
        str(dice.choice((6, 12, 13, 24, 25, 36, 37, 60, 360))),
    )


def _on_a_threshold(dice: random.Random) -> Row:
    amount = Decimal(dice.randrange(1_000_000, 10**12)) / 100
    tenor = dice.randrange(1, 361)
    income = _sen(
        Fraction(amount) * Fraction(115, 100) / tenor / dice.choice((Fraction(3, 10), Fraction(4, 10), Fraction(5, 10)))
    )
    assets = _sen(Fraction(amount) * dice.choice((Fraction(12, 10), Fraction(8, 10))))
    beside = [max(value + dice.choice((-1, 0, 1)) * Decimal("0.01"), Decimal(0)) for value in (income, assets)]
    return (str(beside[0]), str(beside[1]), str(amount), str(tenor))


def _sen(value: Fraction) -> Decimal:
    return (Decimal(value.numerator) / Decimal(value.denominator)).quantize(Decimal("0.01"), rounding=ROUND_DOWN)


def by_the_book(row: Row) -> Outcome:
    """The standard card in fractions, written out as its table says."""
    income, assets, amount = map(Fraction, row[:3])
    tenor = int(row[3])
    dsr = amount * Fraction(115, 100) / tenor / income if income else None
    points = (
        -200
        if dsr is None
        else next((p for limit, p in ((3, 150), (4, 100), (5, 0)) if dsr <= Fraction(limit, 10)), -150)
    )
    points += 100 if assets / amount >= Fraction(12, 10) else 50 if assets / amount >= Fraction(8, 10) else -50
    points += next((p for limit, p in ((12, 50), (24, 20), (36, -20)) if tenor <= limit), -50)
    score = min(max(300 + points, 300), 850)
    return score, "low" if score >= 700 else "medium" if score >= 550 else "high"


@pytest.fixture
def rows() -> list[Row]:
    return draw(seed=20261123, count=1000)


@pytest.fixture
def file(tmp_path: Path, rows: list[Row], settings) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    path = tmp_path / "applications.csv"
    path.write_text("\n".join(",".join(row) for row in (HEADERS, *rows)))
    return path


@pytest.fixture
def officer():
    return make_user(branches=[make_branch(code="001")], group="Account officer", is_staff=True)


@pytest.fixture
def api(officer) -> ApiClient:
    return ApiClient(make_api_key(officer))


def through_bulk(api: ApiClient, file: Path) -> list[Outcome]:
    token = api.upload(file.read_bytes(), filename=file.name).json()["stored_path"]
    answer = api.post("/predictions/bulk", {"file_path": token}).json()
    assert answer["total_rows"] == answer["rows_read"] == 1000
    return [(result["score"], result["segment"]) for result in answer["results"]]


def through_import(client: Client, officer, file: Path) -> list[Outcome]:
    client.force_login(officer)
    confirm(
        client, preview(client, file.read_bytes(), name=file.name, branch=officer.branches.get().pk), is_scored="on"
    )
    return list(Loan.objects.order_by("pk").values_list("credit_score", "segment"))


def through_the_command_line(file: Path) -> list[Outcome]:
    output = file.with_name("scored.csv")
    call_command("score_file", str(file), "-o", str(output), verbosity=0)
    lines = csv.DictReader(output.read_text(encoding="utf-8-sig").splitlines())
    return [(int(line["credit_score"]), line["segment"]) for line in lines]


def through_the_individual_call(api: ApiClient) -> list[Outcome]:
    answers = [
        api.post(f"/predictions/individual/{loan_id}").json()
        for loan_id in Loan.objects.order_by("pk").values_list("pk", flat=True)
    ]
    return [(answer["credit_score"], answer["segment"]) for answer in answers]


def test_the_doors_agree_on_a_thousand_applications(client, api, officer, file, rows, capsys):
    expected = [by_the_book(row) for row in rows]

    assert through_bulk(api, file) == expected
    assert through_the_command_line(file) == expected
    assert through_import(client, officer, file) == expected
    assert through_the_individual_call(api) == expected
    assert Score.objects.count() == 2 * len(rows)


def test_the_applications_try_every_bin_and_both_sides_of_the_thresholds(rows):
    outcomes = {by_the_book(row)[0] for row in rows}

    assert {300, 600} <= outcomes
    assert len(outcomes) > 15
