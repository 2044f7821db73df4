"""The demo bank in the database: loaded whole, once, and never beside real data."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db.models import Count, Q
from django.utils import timezone

from bprs.access.demo_logins import DEMO_LOGINS, DEMO_PASSWORD
from bprs.access.models import Branch, User
from customers.models import Customer
from loans.models import Collectibility, Loan, Segment, Status
from loans.selectors import Queue, queue_counts
from scoring.authority import for_decision_by
from scoring.demo.bank import DemoBank, make_demo_bank
from scoring.models import Decision, Score, ScoringRun
from scoring.services.demo_bank import DatabaseNotEmpty, NoDemoInProduction, open_demo_bank
from tests.factories import make_branch, make_user

NOON = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def small_bank() -> DemoBank:
    return make_demo_bank(today=date(2026, 11, 23), customers=200, loans=300)


@pytest.fixture
def run() -> ScoringRun:
    return open_demo_bank(bank=small_bank(), opened_at=NOON)


class TestOpening:
    def test_everything_that_was_generated_is_there(self, run):
        assert Customer.objects.count() == 200
        assert Loan.objects.count() == 300
        assert Customer.history.count() == 200
        assert Loan.history.filter(history_type="+").count() == 300

    def test_the_rows_are_the_generators_rows(self, run):
        people = small_bank().customers
        third = Customer.objects.get(customer_number="CIF0000003")

        assert third.full_name == people.full_names(slice(2, 3))[0]
        assert third.nik == people.niks(slice(2, 3))[0]
        assert third.birth_date == people.birth_date[2].item()
        assert third.monthly_income == Decimal(int(people.income[2]))

    def test_the_whole_portfolio_is_scored_and_accounted_for(self, run):
        incomplete = Loan.objects.filter(Q(principal_amount=None) | Q(tenor_months=None))

        begun_as_submitted = (Status.SUBMITTED, Status.RECOMMENDED, Status.RETURNED)
        submitted = Loan.objects.filter(status__in=begun_as_submitted).count()
        assert run.rows_read == 300 - submitted // 4 < 300
        assert run.rejected_count == incomplete.count() > 0
        assert Score.objects.filter(run=run).count() == run.scored_count
        assert not incomplete.exclude(scored_at=None).exists()

    def test_medium_and_high_risk_come_in_useful_proportions(self, run):
        counts = dict(Loan.objects.order_by().values_list("segment").annotate(Count("pk")))

        assert 0.3 < counts[Segment.MEDIUM] / run.scored_count < 0.6
        assert 0.3 < counts[Segment.HIGH] / run.scored_count < 0.7

    def test_each_valid_by_the_models_own_rules(self, run):
        for customer in Customer.objects.all()[:20]:
            customer.full_clean()
        for loan in Loan.objects.all()[:20]:
            loan.full_clean()

    def test_everybody_can_log_in_with_the_password_that_is_told(self, run):
        for login in DEMO_LOGINS:
            assert User.objects.get(username=login.username).check_password(DEMO_PASSWORD)

    def test_an_officer_sees_their_branch_and_may_score(self, run):
        officer = User.objects.get(username="ao3")
        seen = Customer.objects.visible_to(officer)

        assert {customer.branch.code for customer in seen.select_related("branch")} == {"002"}
        assert officer.has_perm("scoring.score_loan")

    def test_the_auditor_sees_every_branch_and_may_change_nothing(self, run):
        auditor = User.objects.get(username="auditor")

        assert Customer.objects.visible_to(auditor).count() == 200
        assert not auditor.has_perm("scoring.score_loan")
        assert not auditor.has_perm("customers.change_customer")

    def test_progress_counts_every_row(self):
        counts: list[int] = []

        open_demo_bank(bank=small_bank(), opened_at=NOON, on_progress=counts.append)

        assert sum(counts) == 500


class TestDecisions:
    @pytest.fixture
    def run(self) -> ScoringRun:
        return open_demo_bank(bank=make_demo_bank(today=date(2026, 11, 23), customers=2000, loans=3000), opened_at=NOON)

    def test_each_queue_has_work_for_somebody(self, run):
        counts = queue_counts(Loan.objects.all())

        assert [queue for queue, count in counts.items() if not count and queue is not Queue.STALE] == []

    def test_three_to_eight_in_a_hundred_decisions_go_against_the_score(self, run):
        final = Decision.objects.filter(outcome__in=["approved", "rejected"])

        assert 0.03 < final.exclude(override="").count() / final.count() < 0.08
        assert final.filter(override="low_side", decision_note="").count() == 0

    def test_each_supervisor_finds_files_within_their_limits(self, run):
        for username in ("spv1", "spv2", "spv3", "dir1"):
            user = User.objects.get(username=username)
            assert len(for_decision_by(Loan.objects.visible_to(user), user)) >= 3

    def test_what_waits_today_was_scored_before_it_was_recommended(self, run):
        for each in Decision.objects.filter(outcome__in=["pending", "returned"]).select_related("score__run"):
            assert each.score.run.scored_at < each.recommended_at < (each.decided_at or NOON) <= NOON
            assert each.loan.history.earliest().history_date < each.score.run.scored_at

    def test_decisions_come_after_the_application_and_before_the_money(self, run):
        """And are made by the branch's supervisor or the director, on an account officer's recommendation."""
        for each in Decision.objects.exclude(outcome="pending").select_related("loan", "decided_by", "recommended_by"):
            days = (timezone.localdate(at) for at in (each.recommended_at, each.decided_at))
            assert each.loan.application_date <= next(days) <= next(days) <= (each.loan.disbursed_date or NOON.date())
            assert each.decided_by is not None
            assert (each.decided_by.username[:3], each.recommended_by.username[:2]) in {("spv", "ao"), ("dir", "ao")}

    def test_financing_stands_where_its_decision_left_it(self, run):
        left = Decision.objects.values_list("outcome", "loan__status").distinct()

        assert {status for outcome, status in left if outcome == "rejected"} == {"rejected"}
        assert {status for outcome, status in left if outcome == "pending"} == {"recommended"}
        assert {status for outcome, status in left if outcome == "returned"} == {"returned"}
        assert {status for outcome, status in left if outcome == "approved"} <= {
            "approved",
            "disbursed",
            "settled",
            "written_off",
        }


class TestRefusals:
    @pytest.mark.parametrize("make_something", [make_branch, make_user])
    def test_refuses_a_database_with_anybodys_data_and_adds_nothing(self, make_something):
        make_something()

        with pytest.raises(DatabaseNotEmpty):
            open_demo_bank(bank=small_bank(), opened_at=NOON)
        assert not Customer.objects.exists()
        assert Branch.objects.count() + User.objects.count() == 1

    def test_refuses_a_second_time(self, run):
        with pytest.raises(DatabaseNotEmpty):
            open_demo_bank(bank=small_bank(), opened_at=NOON)
        assert Customer.objects.count() == 200

    def test_refuses_a_production_site(self, settings):
        settings.IS_PRODUCTION = True

        with pytest.raises(NoDemoInProduction):
            open_demo_bank(bank=small_bank(), opened_at=NOON)
        assert not User.objects.exists()


class TestOutcomes:
    def test_the_higher_the_score_the_fewer_defaults(self):
        """Of financing old enough to tell; unknown incomes are scored as none and stay out of the comparison."""
        open_demo_bank(bank=make_demo_bank(today=date(2026, 11, 23), customers=3000, loans=6000), opened_at=NOON)
        paid_out = Loan.objects.filter(
            status__in=[Status.DISBURSED, Status.SETTLED, Status.WRITTEN_OFF],
            application_date__lt=date(2025, 8, 1),
            customer__monthly_income__isnull=False,
            customer__assets_value__isnull=False,
        )
        bands = [(300, 449), (450, 549), (550, 569), (570, 850)]
        rates = [share_of_defaults(paid_out, low, high) for low, high in bands]

        assert rates == sorted(rates, reverse=True)
        assert rates[0] > 4 * rates[-1]


def share_of_defaults(loans, low: int, high: int) -> float:
    band = loans.filter(credit_score__range=(low, high))
    return float(band.filter(collectibility__gte=Collectibility.SUBSTANDARD).count() / band.count())
