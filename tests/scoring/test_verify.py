"""Proving what is stored: whatever is changed behind the application's back is found and named."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.utils import timezone

from loans.models import Loan, Status
from scoring.models import RunPart, Score, ScorecardVersion, ScoringRun, Source
from scoring.result_parts import folder_of
from scoring.services.score_loans import score_loans
from scoring.services.verifying import Verification
from tests.api_client import ApiClient
from tests.factories import (
    NOW,
    make_api_key,
    make_card_in_force,
    make_customer,
    make_loan,
    make_user,
    put_in_force,
)
from tests.tampering import behind_the_back, drop_triggers

pytestmark = pytest.mark.django_db
FILE = b"monthly_income,assets_value,loan_amount,tenor_months\n5000000,20000000,10000000,12\n0,1,1,1\n1,1,1,x\n"


@pytest.fixture(autouse=True)
def _card_and_storage(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    make_card_in_force()


@pytest.fixture
def officer(branch):
    return make_user("ani", branches=[branch], group="Account officer")


@pytest.fixture
def scores(branch, officer) -> list[Score]:
    """Three scores, one of a customer whose income is not known; and a loan that was refused."""
    for income, amount in ((5_000_000, 10_000_000), (10_000_000, "50000000.55"), (None, 7_000_000)):
        make_loan(customer=make_customer(branch=branch, monthly_income=income), principal_amount=amount)
    make_loan(branch=branch, status=Status.DRAFT, tenor_months=None)
    score_loans(loans=Loan.objects.all(), scored_by=officer, scored_at=NOW, source=Source.ADMIN)
    return list(Score.objects.order_by("pk"))


@pytest.fixture
def file_run(officer) -> ScoringRun:
    api = ApiClient(make_api_key(officer, last_used_at=timezone.now()))
    token = api.upload(FILE).json()["stored_path"]
    return ScoringRun.objects.get(pk=api.post("/predictions/bulk", {"file_path": token}).json()["run_id"])


def found() -> list[tuple[str, str]]:
    return [(finding.code, finding.sentence) for finding in Verification().findings()]


class TestWhatIsAsItWasWritten:
    def test_is_verified(self, scores, file_run):
        verification = Verification()

        assert list(verification.findings()) == []
        assert (verification.scores, verification.rows) == (3, 2)

    def test_may_have_been_scored_again_with_another_card(self, scores, officer):
        put_in_force(ScorecardVersion.objects.get(name="annual"), NOW)
        score_loans(loans=Loan.objects.all(), scored_by=officer, scored_at=timezone.now(), source=Source.ADMIN)

        assert found() == []

    def test_may_be_a_run_of_a_file_between_its_parts_and_its_totals(self, file_run):
        behind_the_back("UPDATE scoring_scoringrun SET is_complete = %s, scored_count = 0, rejected_count = 0", False)

        assert found() == []

    def test_costs_no_query_for_each_score(self, scores, django_assert_max_num_queries):
        with django_assert_max_num_queries(15):
            list(Verification().findings())


class TestWhatWasChanged:
    @pytest.mark.parametrize(
        ("column", "value", "named"),
        [
            ("raw_score", 601, "raw_score"),
            ("credit_score", 601, "credit_score"),
            ("default_probability", 0.150001, "default_probability"),
            ("segment", "low", "segment"),
            ("debt_service_ratio", 0.19, "debt_service_ratio"),
            ("debt_service_ratio", None, "debt_service_ratio"),
            ("monthly_installment", 95_833_332, "monthly_installment"),
            ("points", {"dsr": 149, "acr": 100, "tenor": 50}, "points"),
            ("points", {"dsr": 150, "acr": 100}, "points"),
            ("bins", {"dsr": "≤ 0.40", "acr": "≥ 1.2", "tenor": "≤ 12"}, "bins"),
            ("incomplete", ["monthly_income"], "incomplete"),
        ],
    )
    def test_of_a_score_is_named(self, scores, column, value, named):
        written = json.dumps(value) if isinstance(value, dict | list) else value
        behind_the_back(f"UPDATE scoring_score SET {column} = %s WHERE id = %s", written, scores[0].pk)

        ((code, sentence), *_) = found()

        assert code == "score_differs"
        assert f" {scores[0].pk} " in sentence
        assert sentence.endswith(f" {named}.")

    @pytest.mark.parametrize(
        "changed",
        [
            {"loan_amount": "10000000.01"},
            {"loan_amount": "1e7"},
            {"loan_amount": None},
            {"tenor_months": 13},
            {"tenor_months": "12"},
        ],
    )
    def test_of_the_facts_is_found(self, scores, changed):
        facts = json.dumps({**scores[0].facts, **changed})
        behind_the_back("UPDATE scoring_score SET facts = %s WHERE id = %s", facts, scores[0].pk)

        assert [code for code, _ in found()] == ["score_differs"]

    def test_of_a_loan_is_named(self, scores):
        loan = scores[1].loan
        Loan.objects.filter(pk=loan.pk).update(credit_score=700, segment="low", default_probability="0.05")

        ((code, sentence),) = found()

        assert code == "loan_differs"
        assert loan.loan_number in sentence

    def test_a_loan_that_lost_its_score_is_named(self, scores):
        Loan.objects.filter(pk=scores[1].loan_id).update(
            credit_score=None, segment="", default_probability=None, scored_at=None
        )

        assert [code for code, _ in found()] == ["loan_differs"]

    def test_a_loan_that_was_removed_is_missed(self, scores):
        drop_triggers()
        behind_the_back("DELETE FROM loans_loan WHERE id = %s", scores[1].loan_id)

        ((code, sentence),) = found()

        assert code == "loan_differs"
        assert f" {scores[1].loan_id} " in sentence

    def test_a_score_that_was_removed_is_missed(self, scores):
        behind_the_back("DELETE FROM scoring_score WHERE id = %s", scores[0].pk)

        assert {code for code, _ in found()} == {"loan_differs", "run_differs"}

    def test_a_score_that_was_added_is_one_too_many(self, scores, branch):
        columns = ", ".join(str(f.column) for f in Score._meta.concrete_fields if f.name not in ("id", "loan"))
        loan = make_loan(branch=branch)
        behind_the_back(
            f"INSERT INTO scoring_score (loan_id, {columns}) SELECT %s, {columns} FROM scoring_score WHERE id = %s",
            *(loan.pk, scores[0].pk),
        )

        assert {code for code, _ in found()} == {"loan_differs", "run_differs"}

    def test_of_a_card_is_named_and_its_scores_are_not_judged(self, scores):
        card = ScorecardVersion.objects.in_force(timezone.now())
        drop_triggers()
        ScorecardVersion.objects.filter(pk=card.pk).update(definition={**card.definition, "base_points": 301})

        ((code, sentence),) = found()

        assert code == "card_changed"
        assert card.label in sentence

    def test_of_the_results_of_a_file_is_named(self, file_run, settings):
        (path,) = Path(settings.MEDIA_ROOT, folder_of(file_run.pk)).glob("*-scored-*")
        path.write_bytes(path.read_bytes()[:-1] + b"x")

        assert [code for code, _ in found()] == ["results_changed"]

    def test_of_the_counts_of_a_run_is_named(self, file_run):
        behind_the_back("UPDATE scoring_scoringrun SET scored_count = 3, rejected_count = 0")

        assert [code for code, _ in found()] == ["run_differs"]

    def test_a_part_that_is_gone_is_missed(self, file_run):
        behind_the_back("DELETE FROM scoring_runpart")

        assert not RunPart.objects.exists()
        assert [code for code, _ in found()] == ["run_differs"]


class TestTheCommand:
    def test_says_that_all_is_well(self, scores):
        out = StringIO()

        call_command("verify", stdout=out)

        assert "3" in out.getvalue()

    def test_ends_with_one_where_something_is_not(self, scores):
        Loan.objects.filter(scored_at__isnull=False).update(credit_score=700)
        out = StringIO()

        with pytest.raises(SystemExit) as ended:
            call_command("verify", stdout=out)

        assert ended.value.code == 1
        assert out.getvalue().count("! loan_differs") == 3
