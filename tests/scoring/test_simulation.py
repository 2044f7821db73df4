"""Simulating a card over stored financing, and what may be asked of it."""

from datetime import date
from decimal import Decimal
from itertools import pairwise

import pytest
from django.db import IntegrityError, connection, transaction

from bprs.jobs.models import Job
from bprs.jobs.tasks import run_job
from loans.models import Akad, Collectibility, Loan, Status
from scoring.engine import RESCALED_1
from scoring.models import Score, ScorecardVersion, Simulation, Source
from scoring.portfolio import Portfolio, PortfolioRefused
from scoring.services.card_drafts import NotADraft, create_draft, delete_draft
from scoring.services.card_life import UnusableCard
from scoring.services.score_loans import score_loans
from scoring.services.simulate import LOANS_AT_ONCE, NothingToSimulate, SameCard, compare_loans, simulate, stretches
from tests.factories import NOW, make_branch, make_customer, make_loan, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def solo():
    return make_branch(code="010", name="Solo")


@pytest.fixture
def tegal():
    return make_branch(code="020", name="Tegal")


@pytest.fixture
def risk():
    return make_user("risiko", group="Risk staff", sees_all_branches=True)


@pytest.fixture
def draft() -> ScorecardVersion:
    return ScorecardVersion.objects.get(name="rescaled", number=1)


@pytest.fixture
def in_force() -> ScorecardVersion:
    return ScorecardVersion.objects.in_force(NOW)


@pytest.fixture
def loans(solo, tegal) -> list[Loan]:
    """By hand: 600 becomes 850, 420 becomes 684, 300 becomes 437 under rescaled-1; the last cannot be scored."""
    return [
        make_loan(customer=make_customer(branch=solo), status=Status.DISBURSED, collectibility=Collectibility.CURRENT),
        make_loan(
            customer=make_customer(branch=solo, monthly_income=10_000_000, assets_value=5_000_000),
            principal_amount=50_000_000,
            tenor_months=24,
            status=Status.WRITTEN_OFF,
            akad=Akad.IJARAH,
        ),
        make_loan(
            customer=make_customer(branch=tegal, monthly_income=2_000_000, assets_value=None),
            tenor_months=6,
            status=Status.DISBURSED,
            collectibility=Collectibility.SUBSTANDARD,
        ),
        make_loan(customer=make_customer(branch=tegal), status=Status.DRAFT, principal_amount=None),
    ]


@pytest.fixture
def ask(draft, in_force, risk):
    def simulate_with(**values) -> Simulation:
        choices = {"version": draft, "against": in_force, "portfolio": Portfolio(), "asked_by": risk, "asked_at": NOW}
        return simulate(**{**choices, **values})

    return simulate_with


@pytest.mark.usefixtures("loans")
class TestSimulate:
    def test_compares_what_both_cards_make_of_todays_facts(self, ask):
        simulation = ask()

        total = simulation.comparison.total
        assert simulation.is_complete
        #                                 low medium high none
        assert total.cells["count"] == ((0, 0, 0, 0), (1, 0, 0, 0), (0, 1, 1, 0), (0, 0, 0, 1))
        assert total.sum("score_before") == 600 + 420 + 300
        assert total.sum("score_after") == 850 + 684 + 437
        assert total.cells["amount"][2] == (0, 50_000_000_00, 10_000_000_00, 0)

    def test_knows_how_financing_went(self, ask):
        total = ask().comparison.total

        assert (total.sum("known"), total.sum("defaulted")) == (3, 2)
        assert total.sum("defaulted_amount") == 60_000_000_00

    @pytest.mark.parametrize(
        ("status", "collectibility", "known", "defaulted"),
        [
            (Status.DISBURSED, None, 0, 0),
            (Status.DISBURSED, 2, 1, 0),
            (Status.DISBURSED, 3, 1, 1),
            (Status.SETTLED, None, 1, 0),
            (Status.WRITTEN_OFF, None, 1, 1),
            (Status.REJECTED, None, 0, 0),
        ],
    )
    def test_takes_non_performing_and_written_off_as_default(self, ask, status, collectibility, known, defaulted):
        make_loan(status=status, collectibility=collectibility, akad=Akad.QARDH)

        total = ask(portfolio=Portfolio(akads=(Akad.QARDH,))).comparison.total

        assert (total.sum("known"), total.sum("defaulted")) == (known, defaulted)

    def test_groups_by_branch_and_akad(self, ask):
        groups = ask().comparison.groups

        assert {code: tally.sum("count") for code, tally in groups["branch"].items()} == {"010": 2, "020": 2}
        assert {akad: tally.sum("count") for akad, tally in groups["akad"].items()} == {"ijarah": 1, "murabahah": 3}

    def test_changes_no_financing_and_no_score(self, ask, loans, risk):
        score_loans(loans=Loan.objects.all(), scored_by=risk, scored_at=NOW, source=Source.ADMIN)
        before = list(Loan.objects.order_by("pk").values())

        ask()

        assert list(Loan.objects.order_by("pk").values()) == before
        assert Score.objects.count() == 3

    def test_scores_as_scoring_does(self, ask, risk):
        simulation = ask()

        run = score_loans(loans=Loan.objects.all(), scored_by=risk, scored_at=NOW, source=Source.ADMIN)

        assert simulation.comparison.total.sum("score_before") == sum(run.scores.values_list("credit_score", flat=True))
        assert simulation.comparison.total.sum("count", before=[3]) == run.rejected_count

    @pytest.mark.parametrize(
        ("choices", "count"),
        [
            ({"branches": ("010",)}, 2),
            ({"branches": ("010", "020")}, 4),
            ({"akads": ("ijarah",)}, 1),
            ({"statuses": ("disbursed",), "branches": ("010",)}, 1),
            ({"purposes": ("working_capital",)}, 4),
            ({"applied_from": date(2026, 11, 2), "applied_to": date(2026, 11, 2)}, 4),
        ],
    )
    def test_takes_what_fits_all_of_the_choices(self, ask, choices, count):
        simulation = ask(portfolio=Portfolio(**choices))

        assert simulation.loan_count == simulation.comparison.total.sum("count") == count
        assert Portfolio.from_dict(simulation.portfolio) == Portfolio(**choices)

    def test_takes_both_ends_of_a_stretch_of_time(self, ask):
        make_loan(disbursed_date=date(2026, 3, 1))
        make_loan(disbursed_date=date(2026, 3, 31))

        march = Portfolio(disbursed_from=date(2026, 3, 1), disbursed_to=date(2026, 3, 31))
        assert ask(portfolio=march).loan_count == 2
        assert ask(portfolio=Portfolio(disbursed_from=date(2026, 3, 2))).loan_count == 1

    def test_keeps_to_the_branches_of_who_asks_and_says_which(self, ask, tegal):
        simulation = ask(asked_by=make_user(branches=[tegal]))

        assert simulation.loan_count == 2
        assert simulation.portfolio == {"branches": ["020"]}

    def test_reads_in_one_query(self, ask, django_assert_num_queries):
        simulation = ask()

        with django_assert_num_queries(1):
            compare_loans(simulation, Loan.objects.all())


class TestRefusals:
    @pytest.mark.usefixtures("loans")
    def test_refuses_a_branch_of_others(self, ask, tegal):
        with pytest.raises(PortfolioRefused, match="010") as refusal:
            ask(asked_by=make_user(branches=[tegal]), portfolio=Portfolio(branches=("010",)))

        assert list(refusal.value.fields) == ["branches"]

    def test_refuses_a_time_that_ends_before_it_begins(self, ask):
        with pytest.raises(PortfolioRefused) as refusal:
            ask(portfolio=Portfolio(applied_from=date(2026, 2, 1), applied_to=date(2026, 1, 31)))

        assert list(refusal.value.fields) == ["applied_to"]

    def test_refuses_a_user_without_a_branch(self, ask):
        with pytest.raises(PortfolioRefused):
            ask(asked_by=make_user())

    @pytest.mark.usefixtures("loans")
    def test_refuses_choices_that_nothing_fits(self, ask):
        with pytest.raises(NothingToSimulate):
            ask(portfolio=Portfolio(akads=("qardh",)))

        assert not Simulation.objects.exists()

    @pytest.mark.usefixtures("loans")
    def test_refuses_a_card_beside_itself(self, ask, in_force):
        with pytest.raises(SameCard):
            ask(version=in_force)

    @pytest.mark.usefixtures("loans")
    @pytest.mark.parametrize("side", ["version", "against"])
    def test_refuses_an_unfinished_draft(self, ask, risk, side):
        unfinished = create_draft(name="bolong", definition={"name": "Bolong"}, created_by=risk, created_at=NOW)

        with pytest.raises(UnusableCard, match="bolong-1"):
            ask(**{side: unfinished})

    @pytest.mark.usefixtures("loans")
    @pytest.mark.parametrize("side", ["version", "against"])
    def test_keeps_a_draft_that_was_simulated(self, ask, risk, side):
        draft = create_draft(
            name="coba", definition={**RESCALED_1, "base_points": 500}, created_by=risk, created_at=NOW
        )
        ask(**{side: draft})

        with pytest.raises(NotADraft, match="coba-1"):
            delete_draft(version_id=draft.pk, deleted_by=risk)


@pytest.mark.usefixtures("loans")
class TestJob:
    def test_is_done_by_a_job_where_there_is_much(self, ask, settings):
        settings.SIMULATE_LOANS_AT_ONCE = 3

        simulation = ask()
        assert not simulation.is_complete
        run_job(str(simulation.job.pk))

        simulation.refresh_from_db()
        assert simulation.is_complete
        assert simulation.comparison.total.sum("count") == 4
        job = Job.objects.get()
        assert (job.state, job.done_count, job.result) == ("done", 4, {"simulation_id": str(simulation.pk)})

    def test_simulates_the_card_as_it_was_when_it_was_asked_for(self, ask, settings, draft):
        settings.SIMULATE_LOANS_AT_ONCE = 0
        simulation = ask()

        edited(draft)
        run_job(str(simulation.job.pk))

        simulation.refresh_from_db()
        assert simulation.comparison.total.sum("score_after") == 850 + 684 + 437

    def test_is_not_complete_once_cancelled(self, ask, settings, risk):
        settings.SIMULATE_LOANS_AT_ONCE = 0
        simulation = ask()
        Job.objects.update(cancel_asked_at=NOW, cancel_asked_by=risk)

        run_job(str(simulation.job.pk))

        simulation.refresh_from_db()
        assert (simulation.is_complete, simulation.results) == (False, {})

    def test_takes_stretches_without_any_financing(self, ask, settings):
        settings.SIMULATE_LOANS_AT_ONCE = 0
        last = Loan.objects.latest("pk")
        make_loan(pk=last.pk + 3 * LOANS_AT_ONCE, customer=last.customer)

        simulation = ask()
        run_job(str(simulation.job_id))

        simulation.refresh_from_db()
        assert simulation.comparison.total.sum("count") == simulation.loan_count == 5

    @pytest.mark.parametrize(("first", "last", "parts"), [(1, 50_000, 1), (1, 50_001, 2), (7, 7, 1), (5, 10**9, 1000)])
    def test_cuts_the_keys_into_stretches_without_gap_or_overlap(self, first, last, parts):
        cut = stretches(first, last)

        assert len(cut) == parts
        assert (cut[0][0], cut[-1][1]) == (first, last)
        assert all(right[0] == left[1] + 1 for left, right in pairwise(cut))


def edited(version: ScorecardVersion) -> None:
    version.definition = {**version.definition, "base_points": version.definition["base_points"] - 1}
    version.content_hash = version.card.content_hash()
    version.save()


@pytest.mark.usefixtures("loans")
class TestSimulation:
    def test_is_found_for_the_content_it_was_made_of(self, ask, draft, in_force):
        simulation = ask()

        assert list(Simulation.objects.of(draft)) == [simulation]
        assert list(Simulation.objects.of(in_force)) == []

    def test_is_of_an_older_content_once_the_draft_is_edited(self, ask, draft):
        simulation = ask()
        edited(draft)

        assert list(Simulation.objects.of(draft)) == []
        assert list(Simulation.objects.outdated_for(draft)) == [simulation]

    @pytest.mark.parametrize(
        "change", ["loan_count = 5", "results = '{}'", "content_hash = 'x'", "is_complete = false"]
    )
    def test_stays_as_it_was_written(self, ask, change):
        ask()

        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE scoring_simulation SET {change}")

    def test_stays(self, ask):
        ask()

        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("DELETE FROM scoring_simulation")

    def test_waits_with_the_cards_it_was_asked_for(self, ask, settings):
        settings.SIMULATE_LOANS_AT_ONCE = 0
        ask()

        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("UPDATE scoring_simulation SET definition = '{}'")

    def test_keeps_the_loss_it_was_asked_with(self, ask):
        assert ask(loss_given_default=Decimal("0.6")).loss_given_default == Decimal("0.6")

    def test_is_seen_by_head_office_and_who_asked(self, ask, tegal):
        theirs = make_user(branches=[tegal])
        simulation = ask(asked_by=theirs)

        assert list(Simulation.objects.visible_to(theirs)) == [simulation]
        assert list(Simulation.objects.visible_to(make_user(sees_all_branches=True))) == [simulation]
        assert list(Simulation.objects.visible_to(make_user(branches=[tegal]))) == []
