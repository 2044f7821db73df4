"""What a scored file looks like as a whole."""

from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from bprs.files.services import store_upload
from loans.models import Loan
from scoring.models import ScoringRun, Source
from scoring.run_figures import run_figures
from scoring.services.score_file import score_stored_file
from scoring.services.score_loans import score_loans
from tests.factories import NOW, make_loan, make_user

pytestmark = pytest.mark.django_db
FILE = b"""monthly_income,assets_value,loan_amount,tenor_months
5000000,20000000,10000000,12
10000000,5000000,50000000,24
2000000,0,10000000.50,6
0,20000000,10000000,12
1,1,1,x
"""


@pytest.fixture(autouse=True)
def storage(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def score(content: bytes) -> ScoringRun:
    user = make_user()
    stored = store_upload(upload=SimpleUploadedFile("a.csv", content), owner=user, stored_at=NOW)
    return score_stored_file(stored_file=stored, scored_by=user, scored_at=NOW, source=Source.API)


class TestRunFigures:
    def test_count_the_scored_rows_by_segment_with_their_exposure(self):
        low, medium, high = run_figures(score(FILE)).segments

        assert (low.count, low.exposure, low.share) == (0, Decimal(0), 0.0)
        assert (medium.count, medium.exposure, medium.share) == (1, Decimal(10_000_000), 0.25)
        assert (high.count, high.exposure) == (3, Decimal("70000000.50"))
        assert medium.exposure_share + high.exposure_share == pytest.approx(1)

    def test_spread_the_scores_over_the_range_of_the_card(self):
        figures = run_figures(score(FILE))

        assert (figures.scores[0].low, figures.scores[-1].high) == (300, 850)
        assert {(step.low, step.high): step.count for step in figures.scores if step.count} == {
            (300, 325): 2,
            (400, 425): 1,
            (600, 625): 1,
        }
        assert figures.average_score == (600 + 420 + 300 + 300) / 4

    def test_spread_the_dsr_and_count_those_without_income(self):
        figures = run_figures(score(FILE))

        assert figures.no_income_count == 1
        assert {(step.low, step.high): step.count for step in figures.dsr if step.count} == {
            (0.1, 0.2): 1,
            (0.2, 0.3): 1,
            (0.8, 1.0): 1,
        }

    def test_of_no_scored_rows_are_zeros(self):
        figures = run_figures(score(FILE.splitlines(keepends=True)[0] + b"1,1,1,x\n"))

        assert (figures.exposure, figures.average_score) == (Decimal(0), None)
        assert sum(step.count for step in (*figures.scores, *figures.dsr)) == 0

    def test_are_those_of_stored_loans_too_with_the_amounts_as_scored(self):
        loan = make_loan(principal_amount=Decimal("10000000.50"))
        run = score_loans(loans=Loan.objects.all(), scored_by=make_user(), scored_at=NOW, source=Source.ADMIN)
        Loan.objects.filter(pk=loan.pk).update(principal_amount=1)

        figures = run_figures(run)

        assert figures.exposure == Decimal("10000000.50")
        assert sum(step.count for step in figures.scores) == sum(step.count for step in figures.dsr) == 1
