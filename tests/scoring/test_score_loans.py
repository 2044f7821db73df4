"""Scoring stored loans through the service every door calls."""

from datetime import timedelta
from decimal import Decimal
from typing import NamedTuple

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from loans.models import Loan, Status
from scoring.engine.standard import RESCALED_1
from scoring.models import NoActiveScorecard, Refusal, Score, ScorecardVersion, ScoringRun, Source
from scoring.selectors import explain, latest_score
from scoring.services.score_loans import CHUNK_LOANS, NotScorable, UnknownLoan, score_loan, score_loans
from tests.factories import (
    NOW,
    make_branch,
    make_card_in_force,
    make_customer,
    make_loan,
    make_user,
)
from tests.tampering import put_no_card_in_force

pytestmark = pytest.mark.django_db


def score_all(user=None, at=NOW):
    return score_loans(loans=Loan.objects.all(), scored_by=user or make_user(), scored_at=at, source=Source.ADMIN)


def in_place() -> int:
    """How many rows were changed where they stand, in this transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT n_tup_hot_upd FROM pg_stat_xact_user_tables WHERE relname = %s", [Loan._meta.db_table])
        return int(cursor.fetchone()[0])


class Golden(NamedTuple):
    income: str
    assets: str
    amount: str
    tenor: int
    points: tuple[int, int, int]
    raw: int
    score: int
    segment: str
    pd: str
    installment: str


GOLDEN = [
    Golden("5000000", "20000000", "10000000", 12, (150, 100, 50), 600, 600, "medium", "0.15", "958333.33"),
    Golden("10000000", "5000000", "50000000", 24, (150, -50, 20), 420, 420, "high", "0.40", "2395833.33"),
    Golden("2000000", "0", "10000000", 6, (-150, -50, 50), 150, 300, "high", "0.40", "1916666.67"),
    Golden("0", "20000000", "10000000", 12, (-200, 100, 50), 250, 300, "high", "0.40", "958333.33"),
    Golden("10000000", "1000000000", "100000000", 60, (150, 100, -50), 500, 500, "high", "0.40", "1916666.67"),
]


class TestScoreLoans:
    @pytest.mark.parametrize("golden", GOLDEN)
    def test_gives_the_golden_vectors(self, golden):
        customer = make_customer(monthly_income=Decimal(golden.income), assets_value=Decimal(golden.assets))
        loan = make_loan(customer=customer, principal_amount=Decimal(golden.amount), tenor_months=golden.tenor)

        run = score_all()

        loan.refresh_from_db()
        kept = Score.objects.get()
        assert (loan.credit_score, loan.default_probability) == (golden.score, Decimal(golden.pd))
        assert (loan.segment, loan.scored_at) == (golden.segment, NOW)
        assert (kept.raw_score, kept.credit_score, kept.segment) == (golden.raw, golden.score, golden.segment)
        assert kept.points == dict(zip(("dsr", "acr", "tenor"), golden.points, strict=True))
        assert kept.monthly_installment == Decimal(golden.installment)
        assert kept.facts["loan_amount"] == f"{golden.amount}.00"
        assert (run.rows_read, run.scored_count, run.rejected_count) == (1, 1, 0)
        assert run.high_risk_count == (golden.segment == "high")

    def test_counts_every_loan_and_scores_the_good_ones(self):
        make_loan()
        draft = make_loan(status=Status.DRAFT, tenor_months=None)
        closed = make_loan(status=Status.SETTLED)
        score_loans(loans=Loan.objects.filter(pk=closed.pk), scored_by=make_user(), scored_at=NOW, source=Source.ADMIN)

        run = score_all(at=NOW + timedelta(days=1))

        assert (run.rows_read, run.scored_count, run.rejected_count) == (3, 1, 2)
        assert set(run.refusals.values_list("loan_id", "field", "code")) == {
            (draft.pk, "tenor_months", "missing"),
            (closed.pk, "", "closed_and_scored"),
        }
        closed.refresh_from_db()
        assert closed.scored_at == NOW

    def test_takes_unknown_income_and_assets_as_zero_and_says_so(self):
        make_loan(customer=make_customer(monthly_income=None, assets_value=None))

        score_all()

        kept = Score.objects.get()
        assert kept.incomplete == ["monthly_income", "assets_value"]
        assert kept.facts["monthly_income"] is None
        assert (kept.credit_score, kept.debt_service_ratio) == (300, None)

    def test_appends_a_score_each_time_and_keeps_the_old_ones(self):
        loan = make_loan()
        score_all()
        loan.principal_amount = Decimal(50_000_000)
        loan.save()

        score_all(at=NOW + timedelta(days=1))

        assert list(loan.scores.order_by("id").values_list("credit_score", flat=True)) == [600, 300]
        latest = latest_score(loan)
        assert latest
        assert latest.credit_score == 300

    def test_an_empty_selection_makes_an_empty_run(self):
        run = score_all()

        assert (run.rows_read, run.scored_count) == (0, 0)
        assert ScoringRun.objects.get().is_complete

    def test_without_a_card_in_force_nothing_is_written(self):
        make_loan()
        put_no_card_in_force()

        with pytest.raises(NoActiveScorecard):
            score_all()

        assert not ScoringRun.objects.exists()

    def test_uses_the_card_in_force(self):
        make_card_in_force(RESCALED_1)
        loan = make_loan()

        score_all()

        loan.refresh_from_db()
        assert (loan.credit_score, loan.segment) == (575 + 137 + 92 + 46, "low")

    def test_the_number_of_queries_does_not_grow_with_the_loans(self):
        user, one, other = make_user(), make_customer(), make_customer()
        for customer, count in ((one, 2), (other, 60)):
            for _ in range(count):
                make_loan(customer=customer)
        with CaptureQueriesContext(connection) as for_two:
            score_loans(loans=one.loans.all(), scored_by=user, scored_at=NOW, source=Source.ADMIN)

        with CaptureQueriesContext(connection) as for_many:
            score_loans(loans=other.loans.all(), scored_by=user, scored_at=NOW, source=Source.ADMIN)

        assert len(for_many) == len(for_two) <= 13

    def test_a_score_that_is_the_same_again_is_given_anew(self):
        make_loan()
        score_all()

        score_all(at=NOW + timedelta(hours=1))

        loan = Loan.objects.get()
        assert (loan.credit_score, loan.scored_at, loan.scores.count()) == (600, NOW + timedelta(hours=1), 2)

    @pytest.mark.parametrize(
        "other",
        [
            {"credit_score": 599},
            {"default_probability": Decimal("0.149999")},
            {"segment": "low"},
            {"scored_facts": "%"},
        ],
        ids=lambda other: next(iter(other)),
    )
    def test_whatever_differs_of_it_is_carried_by_the_loan(self, other):
        make_loan()
        score_all()
        scored = Loan.objects.values().get()
        Loan.objects.update(**other)

        score_all()

        assert Loan.objects.values().get() == scored

    @pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite does not move what is changed")
    def test_a_score_that_is_the_same_again_costs_no_index(self):
        for _ in range(5):
            make_loan()
        score_all()
        before = in_place()

        score_all()

        assert in_place() - before == 5

    def test_the_scores_of_a_run_are_found_without_reading_all_there_are(self):
        make_loan()
        run = score_all()
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":  # which would read a small table whole
                cursor.execute("SET LOCAL enable_seqscan = off")

        assert "index" in run.scores.explain().lower()

    @pytest.mark.slow
    def test_goes_on_across_chunks(self):
        customer = make_customer()
        Loan.objects.bulk_create(
            Loan(
                loan_number=f"B{i}",
                customer=customer,
                principal_amount=10_000_000,
                tenor_months=12,
                application_date=NOW.date(),
            )
            for i in range(CHUNK_LOANS + 1)
        )

        run = score_all()

        assert run.scored_count == CHUNK_LOANS + 1
        assert Score.objects.filter(run=run, credit_score=600).count() == CHUNK_LOANS + 1
        assert Loan.objects.filter(credit_score=600).count() == CHUNK_LOANS + 1


class TestScoreLoan:
    def score(self, loan, officer=None):
        officer = officer or make_user(sees_all_branches=True)
        return score_loan(loan_id=loan.pk, scored_by=officer, scored_at=NOW, source=Source.API)

    def test_explains_what_it_wrote(self):
        loan = make_loan()

        explanation = self.score(loan)

        kept = latest_score(loan)
        assert kept
        assert explanation.recommendation == "Segment MEDIUM - DSR: 0.19"
        assert explanation.score.facts == kept.facts
        assert explain(kept).characteristics == explanation.characteristics
        assert explanation.reasons == ()

    def test_names_the_points_lost_largest_first(self):
        loan = make_loan(customer=make_customer(assets_value=Decimal(0)), tenor_months=36)

        reasons = self.score(loan).reasons

        assert [(reason.name, reason.lost) for reason in reasons] == [("acr", 150), ("tenor", 70)]

    def test_refuses_a_loan_that_is_not_among_the_visible_ones(self):
        loan = make_loan()
        officer = make_user(branches=[make_branch()])

        with pytest.raises(UnknownLoan):
            self.score(loan, officer)

        assert not Score.objects.exists()

    def test_refuses_a_draft_without_amount_and_writes_nothing(self):
        loan = make_loan(status=Status.DRAFT, principal_amount=None)

        with pytest.raises(NotScorable) as refusal:
            self.score(loan)

        assert set(refusal.value.fields) == {"loan_amount"}
        assert not ScoringRun.objects.exists()
        assert not Refusal.objects.exists()

    def test_says_n_a_without_income(self):
        loan = make_loan(customer=make_customer(monthly_income=Decimal(0)))

        assert self.score(loan).recommendation == "Segment HIGH - DSR: n/a"


class TestWhatIsWrittenOnce:
    @pytest.mark.parametrize("model", [Score, Refusal, ScoringRun])
    @pytest.mark.parametrize("act", ["update", "delete"])
    def test_the_database_refuses_to_change_or_delete_it(self, model, act):
        make_loan()
        make_loan(status=Status.DRAFT, tenor_months=None)
        run = score_all()
        table = model._meta.db_table
        statement = {
            "update": f"UPDATE {table} SET {'scored_count = 0' if model is ScoringRun else 'run_id = run_id'}",
            "delete": f"DELETE FROM {table}",
        }[act]

        with pytest.raises(DatabaseError, match="written once"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)

        assert model.objects.exists()
        assert run.scored_count == 1

    def test_an_open_run_may_be_completed_once(self):
        run = ScoringRun.objects.create(
            version=ScorecardVersion.objects.in_force(NOW), scored_by=make_user(), scored_at=NOW, source=Source.FILE
        )

        run.is_complete = True
        run.save()

        with pytest.raises(DatabaseError, match="written once"), transaction.atomic():
            run.save()
