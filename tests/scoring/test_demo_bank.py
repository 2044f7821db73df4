"""The demo bank in the database: loaded whole, once, and never beside real data."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.contrib.auth import authenticate
from django.db.models import Count, Q

from bprs.access.demo_logins import DEMO_LOGINS, DEMO_PASSWORD
from bprs.access.models import Branch, User
from customers.models import Customer
from loans.models import Collectibility, Loan, Segment, Status
from scoring.demo.bank import DemoBank, make_demo_bank
from scoring.models import Score, ScoringRun
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
        assert Loan.history.count() == 300

    def test_the_rows_are_the_generators_rows(self, run):
        people = small_bank().customers
        third = Customer.objects.get(customer_number="CIF0000003")

        assert third.full_name == people.full_names(slice(2, 3))[0]
        assert third.nik == people.niks(slice(2, 3))[0]
        assert third.birth_date == people.birth_date[2].item()
        assert third.monthly_income == Decimal(int(people.income[2]))

    def test_the_whole_portfolio_is_scored_and_accounted_for(self, run):
        incomplete = Loan.objects.filter(Q(principal_amount=None) | Q(tenor_months=None))

        assert run.rows_read == 300
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
            assert authenticate(username=login.username, password=DEMO_PASSWORD) is not None

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
