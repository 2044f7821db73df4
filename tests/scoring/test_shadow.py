"""A challenger in the shadow: what it scores, since when, and what it is compared with."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from bprs.jobs.tasks import run_job
from loans.models import Loan, Status
from scoring.engine import RESCALED_1, STANDARD_1
from scoring.models import Score, ScorecardVersion, Shadow, ShadowRun, ShadowScore, Source
from scoring.services.card_drafts import NotADraft, create_draft, delete_draft, save_draft
from scoring.services.card_life import ReasonMissing, UnusableCard, WrongTime
from scoring.services.score_loans import score_loans
from scoring.services.shadow import (
    ShadowChanged,
    ShadowOver,
    ShadowRunning,
    begin_shadow,
    compare_shadow,
    end_shadow,
    shadow_new,
)
from scoring.services.simulate import NothingToSimulate, SameCard
from tests.factories import NOW, make_branch, make_card_in_force, make_customer, make_loan, make_user
from tests.tampering import behind_the_back

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def risk():
    return make_user("risiko", group="Risk staff", sees_all_branches=True)


@pytest.fixture
def draft(risk) -> ScorecardVersion:
    return create_draft(name="coba", definition=RESCALED_1, created_by=risk, created_at=NOW)


@pytest.fixture
def in_force() -> ScorecardVersion:
    return make_card_in_force()


@pytest.fixture
def loans() -> list[Loan]:
    """By hand: 600 becomes 850, 420 becomes 684 under rescaled-1."""
    branch = make_branch(code="010", name="Solo")
    return [
        make_loan(customer=make_customer(branch=branch), status=Status.DISBURSED, collectibility=1),
        make_loan(
            customer=make_customer(branch=branch, monthly_income=10_000_000, assets_value=5_000_000),
            principal_amount=50_000_000,
            tenor_months=24,
        ),
    ]


@pytest.fixture
def begin(draft, risk, in_force):
    def begin_with(**values) -> Shadow:
        return begin_shadow(**{"version": draft, "begun_by": risk, "begun_at": NOW, "reason": "coba dulu", **values})

    return begin_with


def score_all(risk, at=NOW + MINUTE) -> None:
    score_loans(loans=Loan.objects.all(), scored_by=risk, scored_at=at, source=Source.ADMIN)


@pytest.mark.usefixtures("loans")
class TestShadowing:
    def test_scores_what_runs_scored_since_it_began(self, begin, risk):
        score_all(risk, at=NOW - MINUTE)
        shadow = begin()
        score_all(risk)

        assert shadow_new(at=NOW + 2 * MINUTE) == 2

        made = ShadowScore.objects.order_by("score")
        assert list(made.values_list("credit_score", "segment", "refusal")) == [(850, "low", ""), (684, "medium", "")]
        assert made[0].points == {"dsr": 137, "acr": 92, "tenor": 46}
        assert {score.score.run.scored_at for score in made} == {NOW + MINUTE}
        assert (shadow.runs.get().scored_count, shadow.runs.get().refused_count) == (2, 0)

    def test_scores_the_facts_as_scored_not_those_of_today(self, begin, risk, loans):
        begin()
        score_all(risk)
        loans[0].customer.monthly_income = 1
        loans[0].customer.save()

        shadow_new(at=NOW + 2 * MINUTE)

        assert ShadowScore.objects.order_by("score")[0].credit_score == 850

    def test_scores_nothing_twice(self, begin, risk):
        begin()
        score_all(risk)

        assert [shadow_new(at=NOW + 2 * MINUTE) for _ in range(2)] == [2, 0]

    def test_goes_on_where_it_stopped(self, begin, risk):
        shadow = begin()
        score_all(risk)
        first = Score.objects.order_by("pk")[0]
        ShadowScore.objects.create(
            shadow=shadow, score=first, raw_score=850, credit_score=850, default_probability="0.01", segment="low"
        )

        shadow_new(at=NOW + 2 * MINUTE)

        assert ShadowScore.objects.count() == 2
        assert ShadowRun.objects.get().scored_count == 2

    def test_leaves_loans_and_their_scores_alone(self, begin, risk):
        begin()
        score_all(risk)
        before = list(Loan.objects.order_by("pk").values()), list(Score.objects.order_by("pk").values())

        shadow_new(at=NOW + 2 * MINUTE)

        assert (list(Loan.objects.order_by("pk").values()), list(Score.objects.order_by("pk").values())) == before

    @pytest.mark.parametrize(("seconds", "count"), [(-1, 0), (0, 2), (3599, 2), (3600, 0)])
    def test_keeps_to_its_time(self, begin, risk, seconds, count):
        begin(until=NOW + timedelta(hours=1))
        score_all(risk, at=NOW + timedelta(seconds=seconds))

        assert shadow_new(at=NOW + timedelta(days=1)) == count

    def test_still_scores_what_was_scored_before_it_was_ended(self, begin, risk):
        shadow = begin()
        score_all(risk)
        end_shadow(shadow_id=shadow.pk, ended_by=risk, ended_at=NOW + 2 * MINUTE)
        score_all(risk, at=NOW + 3 * MINUTE)

        assert shadow_new(at=NOW + 4 * MINUTE) == 2

    def test_scores_with_the_content_it_began_with(self, begin, risk, draft):
        begin()
        edited = {**draft.definition, "base_points": 500}
        save_draft(version_id=draft.pk, definition=edited, seen_hash=draft.content_hash, edited_by=risk, edited_at=NOW)
        score_all(risk)

        shadow_new(at=NOW + 2 * MINUTE)

        assert ShadowScore.objects.order_by("score")[0].credit_score == 850

    def test_says_why_it_cannot_score_what_the_other_card_can(self, begin, risk):
        """The challenger lists akads, and murabahah is not among them."""
        words = {
            "name": "akad",
            "label": "Akad",
            "fact": "akad",
            "unlisted": "refuse",
            "bins": [{"values": ["qardh"], "label": "qardh", "points": 1}],
        }
        definition = {**STANDARD_1, "characteristics": [*STANDARD_1["characteristics"], words]}
        picky = create_draft(name="pilih", definition=definition, created_by=risk, created_at=NOW)
        begin(version=picky)
        score_all(risk)

        shadow_new(at=NOW + 2 * MINUTE)

        assert set(ShadowScore.objects.values_list("refusal", "credit_score")) == {("akad not_listed", None)}
        assert ShadowRun.objects.get().refused_count == 2

    def test_scores_some_at_a_time(self, begin, risk):
        begin()
        score_all(risk)
        score_all(risk, at=NOW + 2 * MINUTE)

        assert [shadow_new(at=NOW + 3 * MINUTE, scores_at_once=1) for _ in range(3)] == [2, 2, 0]

    def test_calls_no_run_done_of_which_something_is_left(self, begin, risk):
        begin()
        score_all(risk)

        assert shadow_new(at=NOW + 2 * MINUTE, scores_at_once=0) == 0
        assert not ShadowRun.objects.exists()
        assert shadow_new(at=NOW + 2 * MINUTE) == 2


class TestBeginning:
    def test_lets_one_card_into_the_shadow_at_a_time(self, begin, risk):
        begin()
        other = create_draft(name="lain", definition={**RESCALED_1, "base_points": 1}, created_by=risk, created_at=NOW)

        with pytest.raises(ShadowRunning, match="coba-1"):
            begin(version=other)

    def test_lets_the_next_in_once_the_time_is_over(self, begin):
        first = begin(until=NOW + MINUTE)

        begin(begun_at=NOW + MINUTE)

        first.refresh_from_db()
        assert first.ended_at == NOW + MINUTE

    def test_has_the_database_hold_to_one(self, begin):
        begin()
        copy = Shadow.objects.get()
        copy.pk = None

        with pytest.raises(IntegrityError), transaction.atomic():
            copy.save()

    def test_refuses_the_card_in_force(self, begin, in_force):
        with pytest.raises(SameCard):
            begin(version=in_force)

    def test_refuses_an_unfinished_draft(self, begin, risk):
        unfinished = create_draft(name="bolong", definition={"name": "Bolong"}, created_by=risk, created_at=NOW)

        with pytest.raises(UnusableCard):
            begin(version=unfinished)

    def test_refuses_an_end_before_the_beginning(self, begin):
        with pytest.raises(WrongTime):
            begin(until=NOW)

    def test_asks_why(self, begin):
        with pytest.raises(ReasonMissing):
            begin(reason="  ")

    def test_ends_once(self, begin, risk):
        shadow = begin()
        end_shadow(shadow_id=shadow.pk, ended_by=risk, ended_at=NOW + MINUTE)

        with pytest.raises(ShadowOver):
            end_shadow(shadow_id=shadow.pk, ended_by=risk, ended_at=NOW + 2 * MINUTE)

    def test_keeps_the_draft(self, begin, draft, risk):
        begin()

        with pytest.raises(NotADraft):
            delete_draft(version_id=draft.pk, deleted_by=risk)


@pytest.mark.usefixtures("loans")
class TestWrittenOnce:
    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE scoring_shadowscore SET credit_score = 1",
            "DELETE FROM scoring_shadowscore",
            "UPDATE scoring_shadowrun SET scored_count = 1",
            "DELETE FROM scoring_shadow",
            "UPDATE scoring_shadow SET definition = '{}'",
            "UPDATE scoring_shadow SET reason = 'lain'",
        ],
    )
    def test_stays_as_it_was_written(self, begin, risk, statement):
        begin()
        score_all(risk)
        shadow_new(at=NOW + 2 * MINUTE)

        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)

    def test_stays_ended(self, begin, risk):
        shadow = begin()
        end_shadow(shadow_id=shadow.pk, ended_by=risk, ended_at=NOW + MINUTE)

        with pytest.raises(IntegrityError), transaction.atomic():
            Shadow.objects.update(ended_at=None, ended_by=None)


@pytest.mark.usefixtures("loans")
class TestComparing:
    @pytest.fixture
    def shadow(self, begin, risk) -> Shadow:
        shadow: Shadow = begin()
        score_all(risk)
        shadow_new(at=NOW + 2 * MINUTE)
        return shadow

    def test_compares_both_cards_on_the_facts_as_scored(self, shadow, in_force, risk, loans):
        loans[0].customer.monthly_income = 1
        loans[0].customer.save()

        simulation = compare_shadow(shadow=shadow, against=in_force, asked_by=risk, asked_at=NOW)

        total = simulation.comparison.total
        assert simulation.loan_count == 2
        assert (total.sum("score_before"), total.sum("score_after")) == (600 + 420, 850 + 684)
        assert (total.sum("known"), total.sum("amount")) == (1, 60_000_000_00)
        assert [mover.key for mover in simulation.comparison.movers] == [loans[1].pk, loans[0].pk]

    def test_counts_each_financing_once_with_its_latest_score(self, shadow, in_force, risk, loans):
        loans[0].customer.monthly_income = 2_000_000
        loans[0].customer.save()
        score_all(risk, at=NOW + 3 * MINUTE)
        shadow_new(at=NOW + 4 * MINUTE)

        simulation = compare_shadow(shadow=shadow, against=in_force, asked_by=risk, asked_at=NOW)

        # An installment of 958,333.33 of 2,000,000 is a DSR of 0.48: no points instead of 150 and 137.
        assert simulation.comparison.total.sum("score_before") == 450 + 420
        assert simulation.comparison.total.sum("score_after") == 713 + 684

    def test_is_done_by_a_job_where_there_is_much(self, shadow, in_force, risk, settings):
        settings.SIMULATE_LOANS_AT_ONCE = 1

        simulation = compare_shadow(shadow=shadow, against=in_force, asked_by=risk, asked_at=NOW)
        run_job(str(simulation.job_id))

        simulation.refresh_from_db()
        assert simulation.comparison.total.sum("count") == 2

    def test_refuses_what_is_not_what_was_scored(self, shadow, in_force, risk):
        behind_the_back("UPDATE scoring_shadowscore SET credit_score = 849")

        with pytest.raises(ShadowChanged):
            compare_shadow(shadow=shadow, against=in_force, asked_by=risk, asked_at=NOW)

    def test_refuses_where_there_is_nothing_yet(self, begin, in_force, risk):
        with pytest.raises(NothingToSimulate):
            compare_shadow(shadow=begin(), against=in_force, asked_by=risk, asked_at=NOW)
