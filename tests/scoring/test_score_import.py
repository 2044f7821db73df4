"""What an import has scored, and what is left of it when the import is undone."""

from dataclasses import dataclass
from uuid import UUID, uuid4

import pytest
from django.db.models import ProtectedError

from bprs.access.models import User
from bprs.bulk import delete_rows
from loans.models import Loan
from scoring.engine.standard import RESCALED_1
from scoring.models import NoActiveScorecard, Score, ScoringRun, Source
from scoring.services.score_import import ScoreImport
from scoring.services.score_loans import score_loans
from tests.admin_client import logged_in, page_of
from tests.factories import NOW, make_card_in_force, make_loan, make_user
from tests.tampering import put_no_card_in_force

pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class Batch:
    pk: UUID
    owner: User


@pytest.fixture
def batch():
    return Batch(uuid4(), make_user(is_staff=True, is_superuser=True, sees_all_branches=True))


class TestScoreImport:
    def test_scores_chunk_by_chunk_under_one_run(self, batch):
        chunks = [[make_loan().pk, make_loan().pk], [make_loan(status="draft", tenor_months=None).pk]]

        counted = [ScoreImport(batch).chunk(chunk, at=NOW) for chunk in chunks]
        told = ScoreImport(batch).conclude(at=NOW, is_whole=True)

        run = ScoringRun.objects.get()
        assert (run.rows_read, run.scored_count, run.rejected_count, run.is_complete) == (3, 2, 1, True)
        assert (run.scored_by, run.source) == (batch.owner, Source.IMPORT)
        assert [(counts["scored"], counts["rejected"]) for counts in counted] == [(2, 0), (0, 1)]
        assert told == {
            "run_id": str(run.pk),
            "rows_read": 3,
            "scored": 2,
            "rejected": 1,
            "blank": 0,
            "high_risk": 0,
            "low": 0,
            "medium": 2,
            "high": 0,
        }

    def test_stays_open_until_the_import_is_whole(self, batch):
        ScoreImport(batch).chunk([make_loan().pk], at=NOW)
        ScoreImport(batch).conclude(at=NOW, is_whole=False)
        assert ScoringRun.objects.get().is_complete is False

        ScoreImport(batch).chunk([make_loan().pk], at=NOW)
        ScoreImport(batch).conclude(at=NOW, is_whole=True)

        run = ScoringRun.objects.get()
        assert (run.is_complete, run.scored_count) == (True, 2)

    def test_keeps_the_card_it_began_with(self, batch):
        ScoreImport(batch).chunk([make_loan().pk], at=NOW)
        make_card_in_force(RESCALED_1)

        ScoreImport(batch).chunk([make_loan().pk], at=NOW)

        assert ScoringRun.objects.get().scored_count == 2

    def test_of_nothing_makes_no_run(self, batch):
        assert ScoreImport(batch).chunk([], at=NOW) == {}
        assert ScoreImport(batch).conclude(at=NOW, is_whole=True) == {}
        assert not ScoringRun.objects.exists()

    def test_needs_a_card_in_force(self, batch):
        put_no_card_in_force()

        with pytest.raises(NoActiveScorecard):
            ScoreImport(batch).chunk([make_loan().pk], at=NOW)


class TestAScoredLoan:
    def test_cannot_be_deleted(self):
        loan = make_loan()
        score_loans(loans=Loan.objects.all(), scored_by=make_user(), scored_at=NOW, source=Source.ADMIN)

        with pytest.raises(ProtectedError):
            loan.delete()

    def test_is_outlived_by_its_score_when_an_import_is_undone(self, batch):
        scored, refused = make_loan(), make_loan(status="draft", tenor_months=None)
        score_loans(loans=Loan.objects.all(), scored_by=batch.owner, scored_at=NOW, source=Source.ADMIN)

        delete_rows(Loan, [scored.pk, refused.pk])

        kept = Score.objects.select_related("loan").get()
        assert (kept.loan, kept.credit_score) == (None, 600)
        client = logged_in(batch.owner, language="en")
        assert "Financing removed" in page_of(client, "/admin/scoring/score/")
        assert "Financing removed" in page_of(client, f"/admin/scoring/scoringrun/{kept.run_id}/change/")
