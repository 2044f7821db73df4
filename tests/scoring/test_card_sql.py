"""A card written as SQL scores as the engine does, in the database: every column, every row, at every threshold."""

from collections.abc import Iterator
from decimal import Decimal
from itertools import product

import numpy as np
import pytest
from django.db import connection

from scoring.engine import ANNUAL_1, RESCALED_1, STANDARD_1, Scorecard
from scoring.engine.sql import is_exact_in_sql, scorecard_sql
from tests.engine.samples import STANDARD, card_with, facts_of, numeric, written_card

pytestmark = pytest.mark.django_db

COLUMNS = ("monthly_income", "assets_value", "loan_amount", "tenor_months", "akad")
OUTCOMES = ("raw_score", "credit_score", "segment", "default_probability")
MIXED = written_card(
    margin={"method": "flat_per_annum", "rate": "0.123457"},
    characteristics=[
        numeric(
            "debt_service_ratio",
            {"label": "unknown", "missing": True, "points": -33},
            {"label": "none", "no_value": True, "points": -99},
            {"label": "low", "below": "0.333333", "points": 77},
            {"label": "high", "at_least": "0.333333", "points": 11},
        ),
        numeric(
            "monthly_installment",
            {"label": "light", "at_most": "1000000.5", "points": 10},
            {"label": "heavy", "above": "1000000.5", "points": 3},
        ),
        numeric(
            "loan_amount",
            {"label": "small", "below": "10000000", "points": 5},
            {"label": "large", "at_least": "10000000", "points": 2},
        ),
        {
            "name": "akad",
            "label": "Akad",
            "fact": "akad",
            "bins": [
                {"label": "sale", "values": ["murabahah", "jum'at"], "points": 20},
                {"label": "unknown", "missing": True, "points": -6},
                {"label": "other", "other": True, "points": 1},
            ],
        },
    ],
)
STRICT = written_card(
    characteristics=[
        {
            "name": "akad",
            "label": "Akad",
            "fact": "akad",
            "unlisted": "refuse",
            "bins": [{"label": "sale", "values": ["murabahah"], "points": 20}],
        }
    ]
)


def scored_in_sql(card, rows):
    """Run the query on a table of these rows; a dictionary of columns for each of them, in their order."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE applications (place integer, monthly_income numeric(20, 2), "
            "assets_value numeric(20, 2), loan_amount numeric(20, 2), tenor_months integer, akad varchar(20))"
        )
        try:
            cells = [(place, *(_cell(row.get(name)) for name in COLUMNS)) for place, row in enumerate(rows)]
            cursor.executemany("INSERT INTO applications VALUES (%s, %s, %s, %s, %s, %s)", cells)
            cursor.execute(scorecard_sql(card).rstrip().rstrip(";") + " ORDER BY place")
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, line, strict=True)) for line in cursor.fetchall()]
        finally:
            cursor.execute("DROP TABLE applications")


def _cell(value):
    return str(value) if isinstance(value, Decimal) else value


def check(card, rows):
    """Every row is the engine's, points and all; a row that the engine refuses has no score."""
    outcomes, lines = card.score(facts_of(*rows)), scored_in_sql(card, rows)
    assert len(lines) == len(rows)
    for place, line in enumerate(lines):
        outcome = outcomes.row(place)
        if outcome.refusal is not None:
            assert [line[name] for name in OUTCOMES] == [None] * 4, rows[place]
            continue
        points = {name: int(line[f"points_{name}"]) for name in outcome.points}
        assert points == outcome.points, rows[place]
        assert (int(line["raw_score"]), int(line["credit_score"]), line["segment"]) == (
            outcome.raw_score,
            outcome.credit_score,
            outcome.segment,
        )
        assert float(line["default_probability"]) == outcome.default_probability


def row(income, assets, amount, tenor, akad="murabahah"):
    return dict(zip(COLUMNS, (income, assets, amount, tenor, akad), strict=True))


GOLDEN = [
    row(5_000_000, 20_000_000, 10_000_000, 12),
    row(10_000_000, 5_000_000, 50_000_000, 24),
    row(2_000_000, 0, 10_000_000, 6),
    row(0, 20_000_000, 10_000_000, 12),
    row(10_000_000, 1_000_000_000, 100_000_000, 60),
]


class TestStandard:
    def test_gives_the_golden_scores(self):
        lines = scored_in_sql(STANDARD, GOLDEN)

        assert [
            (line["points_dsr"], line["points_acr"], line["points_tenor"], line["raw_score"]) for line in lines
        ] == [
            (150, 100, 50, 600),
            (150, -50, 20, 420),
            (-150, -50, 50, 150),
            (-200, 100, 50, 250),
            (150, 100, -50, 500),
        ]
        assert [line["segment"] for line in lines] == ["medium", "high", "high", "high", "high"]

    def test_decides_exactly_at_a_threshold(self):
        incomes = [61_621_047, 61_621_048, 61_621_049]

        lines = scored_in_sql(STANDARD, [row(income, 0, 192_900_672, 12) for income in incomes])

        assert [line["points_dsr"] for line in lines] == [100, 150, 150]

    def test_decides_exactly_at_the_largest_amounts_too(self):
        amount = 12 * 10**13 if connection.vendor == "postgresql" else 12 * 10**12
        income = amount * 23 // 20 // 12 * 10 // 3  # a DSR just above 0.30

        lines = scored_in_sql(STANDARD, [row(income + step, 0, amount, 12) for step in (0, 1)])

        assert [line["points_dsr"] for line in lines] == [100, 150]

    def test_leaves_out_no_row_and_scores_none_that_is_refused(self):
        rows = [
            row(None, 1, 1, 1),
            row(1, None, 1, 1),
            row(-1, 1, 1, 1),
            row(1, 1, 0, 1),
            row(1, 1, None, 1),
            row(1, 1, 1, 0),
            row(1, 1, 1, 361),
            row(1, 1, 1, None),
            row(10**15, 1, 1, 1),
        ]

        lines = scored_in_sql(STANDARD, rows)

        assert [(line["place"], line["raw_score"], line["segment"]) for line in lines] == [
            (place, None, None) for place in range(9)
        ]


def random_rows(count) -> Iterator[dict[str, object]]:
    random = np.random.default_rng(11)
    words = ["murabahah", "jum'at", "qardh", "", None]
    for _ in range(count):
        money = [Decimal(int(random.integers(0, 10 ** int(random.integers(3, 13))))) / 100 for _ in range(3)]
        income, assets = (None if random.random() < 0.05 else value for value in money[:2])
        yield row(income, assets, money[2], int(random.integers(0, 370)), words[int(random.integers(0, 5))])


def rows_on_thresholds() -> Iterator[dict[str, object]]:
    """Amounts on the very cut-offs of the ratios, and a sen to either side."""
    for tenor, tenth, step in product((1, 12, 24, 25, 36, 37, 360), (3, 4, 5), (-1, 0, 1)):
        amount = Decimal(60_000_000 * tenor)
        yield row(amount * 23 / 2 / tenth / tenor + Decimal(step) / 100, amount * 12 / 10 + step, amount, tenor)


class TestEveryCard:
    @pytest.mark.parametrize("written", [STANDARD_1, RESCALED_1, ANNUAL_1, MIXED, STRICT])
    def test_scores_rows_as_the_engine_does(self, written):
        check(Scorecard.from_dict(written), [*GOLDEN, *rows_on_thresholds(), *random_rows(400)])


class TestWhatIsWritten:
    def test_a_card_whose_annuity_matters_is_refused(self):
        annuity = {"method": "annuity", "rate": "0.15"}

        assert not is_exact_in_sql(Scorecard.from_dict(written_card(margin=annuity)))
        with pytest.raises(ValueError, match="annuity"):
            scorecard_sql(Scorecard.from_dict(written_card(margin=annuity)))

    def test_an_annuity_that_decides_nothing_is_not(self):
        card = card_with(STANDARD_1["characteristics"][2], margin={"method": "annuity", "rate": "0.15"})

        check(card, GOLDEN)

    def test_names_of_a_card_never_become_sql(self):
        card = Scorecard.from_dict(written_card(name="a\n; DROP TABLE applications; --", version="v\r1"))

        lines = scorecard_sql(card).splitlines()

        assert lines[0] == "-- v 1: a ; DROP TABLE applications; --"
        check(card, GOLDEN)

    def test_says_up_to_which_amounts_it_is_exact_where_numbers_are_short(self):
        assert "on SQLite for amounts up to Rp 25,620,477,880,152." in scorecard_sql(STANDARD)
