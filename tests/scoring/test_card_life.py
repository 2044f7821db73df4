"""From draft to in force and back: who may, when it takes effect, and what the database itself refuses."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils.translation import override

from scoring.engine import RESCALED_1, STANDARD_1
from scoring.models import CardProposal, CardStatus, Score, ScorecardVersion, Simulation, Source
from scoring.portfolio import Portfolio
from scoring.services.card_drafts import (
    DraftChanged,
    NameUnusable,
    NotADraft,
    create_draft,
    delete_draft,
    save_draft,
)
from scoring.services.card_life import (
    NOT_SIMULATED,
    AlreadyInForce,
    FourEyes,
    NotPending,
    ReasonMissing,
    UnusableCard,
    WarningsNotAcknowledged,
    WrongTime,
    approve_card,
    cancel_approval,
    propose_card,
    reject_card,
    warnings_of,
    withdraw_card,
)
from scoring.services.score_loans import score_loan
from scoring.services.simulate import simulate
from tests.factories import NOW, make_customer, make_loan, make_user

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
LATER = NOW + 24 * HOUR


@pytest.fixture
def silvia():
    return make_user("silvia", sees_all_branches=True)


@pytest.fixture
def arif():
    return make_user("arif", sees_all_branches=True)


@pytest.fixture
def standard() -> ScorecardVersion:
    return ScorecardVersion.objects.get(name="standard", number=1)


@pytest.fixture
def draft(silvia, standard) -> ScorecardVersion:
    return create_draft(
        name="standard", definition=RESCALED_1, based_on=standard, created_by=silvia, created_at=NOW, reason="low"
    )


def proposed(version, by, *, at=NOW, **values) -> CardProposal:
    return propose_card(
        version_id=version.pk, proposed_by=by, proposed_at=at, reason="Low must be reachable.", **values
    )


def simulated(version, against, by, *, at=NOW, portfolio=None) -> Simulation:
    return simulate(version=version, against=against, portfolio=portfolio or Portfolio(), asked_by=by, asked_at=at)


def approved(proposal, by, *, at=NOW + HOUR) -> CardProposal:
    noted = [*warnings_of(proposal.version)]
    return approve_card(proposal_id=proposal.pk, approved_by=by, approved_at=at, reason="Seen", acknowledged=noted)


def status(version, at) -> str:
    return ScorecardVersion.objects.with_status(at).get(pk=version.pk).status


def in_force(at) -> str:
    return ScorecardVersion.objects.in_force(at).label


class TestDrafts:
    def test_are_the_next_version_of_their_series(self, draft, silvia, standard):
        assert (draft.label, draft.based_on, draft.created_by) == ("standard-2", standard, silvia)
        assert draft.card.version == "standard-2"
        assert draft.content_hash == draft.card.content_hash()

    def test_begin_a_series_of_their_own(self, silvia):
        assert create_draft(name="mikro", definition=STANDARD_1, created_by=silvia, created_at=NOW).label == "mikro-1"

    @pytest.mark.parametrize("name", ["", "Mikro", "kredit mikro", "a/b", "x" * 51])
    def test_need_a_name_that_can_be_cited(self, silvia, name):
        with pytest.raises(NameUnusable):
            create_draft(name=name, definition=STANDARD_1, created_by=silvia, created_at=NOW)

    def test_are_changed_by_whoever_saw_them_as_they_are(self, draft, arif):
        changed = {**draft.definition, "base_points": 576}

        saved = save_draft(
            version_id=draft.pk, definition=changed, seen_hash=draft.content_hash, edited_by=arif, edited_at=NOW
        )

        assert (saved.card.base_points, saved.last_edited_by) == (576, arif)
        with pytest.raises(DraftChanged):
            save_draft(
                version_id=draft.pk, definition=changed, seen_hash=draft.content_hash, edited_by=arif, edited_at=NOW
            )

    def test_may_be_unfinished(self, draft, silvia):
        unfinished = {**draft.definition, "pd_bands": []}

        saved = save_draft(
            version_id=draft.pk, definition=unfinished, seen_hash=draft.content_hash, edited_by=silvia, edited_at=NOW
        )

        assert ScorecardVersion.objects.get(pk=saved.pk).definition["pd_bands"] == []

    def test_keep_who_changed_them_when_and_why(self, draft, arif):
        save_draft(
            version_id=draft.pk,
            definition={**draft.definition, "base_points": 576},
            seen_hash=draft.content_hash,
            edited_by=arif,
            edited_at=LATER,
            reason="One more",
        )

        kept = draft.history.order_by("history_id").values_list(
            "history_user__username", "history_date", "history_change_reason", "definition__base_points"
        )
        assert list(kept) == [("silvia", NOW, "low", 575), ("arif", LATER, "One more", 576)]

    def test_can_be_thrown_away_until_they_were_proposed(self, draft, silvia):
        withdraw_card(proposal_id=proposed(draft, silvia).pk, withdrawn_by=silvia, withdrawn_at=NOW, reason="Later")
        other = create_draft(name="mikro", definition=STANDARD_1, created_by=silvia, created_at=NOW)

        delete_draft(version_id=other.pk, deleted_by=silvia)

        assert not ScorecardVersion.objects.filter(name="mikro").exists()
        with pytest.raises(NotADraft):
            delete_draft(version_id=draft.pk, deleted_by=silvia)


class TestTheWayIntoForce:
    def test_takes_two_people(self, draft, standard, silvia, arif):
        proposal = proposed(draft, silvia)
        assert status(draft, NOW) == CardStatus.PROPOSED

        approved(proposal, arif, at=NOW + HOUR)

        assert in_force(NOW + HOUR) == "standard-2"
        assert in_force(NOW + HOUR - timedelta(microseconds=1)) == "standard-1"
        assert (status(draft, NOW + HOUR), status(standard, NOW + HOUR)) == (CardStatus.IN_FORCE, CardStatus.RETIRED)

    def test_waits_for_its_time(self, draft, silvia, arif):
        approved(proposed(draft, silvia, wanted_from=LATER), arif)

        assert (status(draft, LATER - HOUR), in_force(LATER - HOUR)) == (CardStatus.APPROVED, "standard-1")
        assert (status(draft, LATER), in_force(LATER)) == (CardStatus.IN_FORCE, "standard-2")

    def test_begins_at_its_approval_if_that_came_late(self, draft, silvia, arif):
        proposal = approved(proposed(draft, silvia, wanted_from=NOW + HOUR), arif, at=LATER)

        assert proposal.effective_from == LATER
        assert in_force(LATER - HOUR) == "standard-1"

    def test_puts_the_previous_one_back_with_one_approved_step(self, draft, standard, silvia, arif):
        approved(proposed(draft, silvia), arif)

        approved(proposed(standard, arif, at=LATER), silvia, at=LATER)

        assert in_force(LATER - HOUR) == "standard-2"
        assert in_force(LATER) == "standard-1"
        assert status(draft, LATER) == CardStatus.RETIRED

    def test_leaves_past_scores_alone(self, draft, silvia, arif):
        loan = make_loan(customer=make_customer())
        score_loan(loan_id=loan.pk, scored_by=silvia, scored_at=NOW, source=Source.ADMIN)
        before = Score.objects.values().get()

        approved(proposed(draft, silvia), arif)
        again = score_loan(loan_id=loan.pk, scored_by=silvia, scored_at=LATER, source=Source.ADMIN)

        assert Score.objects.values().get(pk=before["id"]) == before
        assert again.card_label == "standard-2"

    def test_remembers_which_warnings_the_approver_saw(self, standard, silvia, arif):
        copy = create_draft(name="standard", definition=STANDARD_1, created_by=silvia, created_at=NOW)

        proposal = approved(proposed(copy, silvia), arif)

        assert "The segment low is never assigned." in proposal.acknowledged
        assert NOT_SIMULATED in proposal.acknowledged
        assert proposal.simulation is None

    def test_takes_no_part_of_the_portfolio_for_the_whole(self, draft, standard, silvia):
        for akad in ("murabahah", "ijarah"):
            make_loan(customer=make_customer(), akad=akad)
        whole = simulated(draft, standard, silvia)
        simulated(draft, standard, silvia, at=NOW + HOUR, portfolio=Portfolio(akads=("ijarah",)))

        assert proposed(draft, silvia, at=NOW + HOUR).simulation == whole

    def test_keeps_what_the_card_would_do_as_the_approver_saw_it(self, draft, standard, silvia, arif):
        make_loan(customer=make_customer())
        before = simulated(draft, standard, silvia)
        proposal = proposed(draft, silvia)
        assert proposal.simulation == before
        after = simulated(draft, standard, arif, at=NOW + HOUR)

        proposal = approved(proposal, arif)

        assert proposal.simulation == after
        assert (after.content_hash, after.against_hash) == (draft.content_hash, standard.content_hash)
        assert NOT_SIMULATED not in proposal.acknowledged


class TestRefusals:
    def test_of_ones_own_proposal(self, draft, silvia):
        save_draft(
            version_id=draft.pk,
            definition={**draft.definition, "base_points": 576},
            seen_hash=draft.content_hash,
            edited_by=make_user("ketiga"),
            edited_at=NOW,
        )
        proposal = proposed(draft, silvia)

        with pytest.raises(FourEyes):
            approved(proposal, silvia)
        with pytest.raises(FourEyes):
            reject_card(proposal_id=proposal.pk, rejected_by=silvia, rejected_at=NOW, reason="No")

    def test_of_what_one_edited_last(self, draft, silvia, arif):
        proposal = proposed(draft, arif)

        with pytest.raises(FourEyes):
            approved(proposal, silvia)

    def test_of_a_warning_nobody_took_note_of(self, silvia, arif):
        copy = create_draft(name="standard", definition=STANDARD_1, created_by=silvia, created_at=NOW)
        proposal = proposed(copy, silvia)
        all_but_one = [each for each in warnings_of(copy) if each != "The segment low is never assigned."]

        with override("en"), pytest.raises(WarningsNotAcknowledged, match="never assigned") as refusal:
            approve_card(
                proposal_id=proposal.pk, approved_by=arif, approved_at=NOW, reason="x", acknowledged=all_but_one
            )

        assert "850" not in str(refusal.value)

    def test_of_a_card_with_a_gap(self, draft, silvia):
        saved = save_draft(
            version_id=draft.pk,
            definition={**draft.definition, "pd_bands": draft.definition["pd_bands"][:-1]},
            seen_hash=draft.content_hash,
            edited_by=silvia,
            edited_at=NOW,
        )

        with pytest.raises(UnusableCard):
            proposed(saved, silvia)

    def test_of_the_card_in_force(self, standard, silvia):
        with pytest.raises(AlreadyInForce):
            proposed(standard, silvia)

    def test_of_a_second_proposal(self, draft, silvia, arif):
        proposed(draft, silvia)

        with pytest.raises(NotADraft):
            proposed(draft, arif)

    def test_of_the_past(self, draft, silvia):
        with pytest.raises(WrongTime):
            proposed(draft, silvia, wanted_from=NOW - timedelta(seconds=1))

        assert proposed(draft, silvia, wanted_from=NOW).wanted_from == NOW

    def test_of_two_cards_at_one_instant(self, draft, silvia, arif):
        other = create_draft(name="mikro", definition=RESCALED_1, created_by=silvia, created_at=NOW)
        approved(proposed(draft, silvia, wanted_from=LATER), arif)

        with pytest.raises(WrongTime):
            approved(proposed(other, silvia, wanted_from=LATER), arif)

        assert in_force(LATER) == "standard-2"

    @pytest.mark.parametrize("reason", ["", "  "])
    def test_of_silence(self, draft, silvia, arif, reason):
        with pytest.raises(ReasonMissing):
            propose_card(version_id=draft.pk, proposed_by=silvia, proposed_at=NOW, reason=reason)
        with pytest.raises(ReasonMissing):
            reject_card(proposal_id=proposed(draft, silvia).pk, rejected_by=arif, rejected_at=NOW, reason=reason)
        pending = CardProposal.objects.pending().get().pk
        with pytest.raises(ReasonMissing):
            approve_card(proposal_id=pending, approved_by=arif, approved_at=NOW, reason=reason)
        with pytest.raises(ReasonMissing):
            withdraw_card(proposal_id=pending, withdrawn_by=silvia, withdrawn_at=NOW, reason=reason)

    def test_of_what_is_decided(self, draft, silvia, arif):
        proposal = proposed(draft, silvia)
        reject_card(proposal_id=proposal.pk, rejected_by=arif, rejected_at=NOW, reason="Too generous")

        for decide in (
            lambda: approved(proposal, arif),
            lambda: withdraw_card(proposal_id=proposal.pk, withdrawn_by=silvia, withdrawn_at=NOW, reason="Later"),
        ):
            with pytest.raises(NotPending):
                decide()
        assert status(draft, NOW) == CardStatus.DRAFT

    def test_of_taking_back_what_is_anothers(self, draft, silvia, arif):
        with pytest.raises(FourEyes):
            withdraw_card(proposal_id=proposed(draft, silvia).pk, withdrawn_by=arif, withdrawn_at=NOW, reason="Later")

    def test_of_changing_what_is_proposed(self, draft, silvia):
        proposed(draft, silvia)

        with pytest.raises(NotADraft):
            save_draft(
                version_id=draft.pk,
                definition=STANDARD_1,
                seen_hash=draft.content_hash,
                edited_by=silvia,
                edited_at=NOW,
            )
        with pytest.raises(NotADraft):
            delete_draft(version_id=draft.pk, deleted_by=silvia)


class TestCancelling:
    def test_is_possible_before_its_time(self, draft, silvia, arif):
        proposal = approved(proposed(draft, silvia, wanted_from=LATER), arif)

        cancel_approval(
            proposal_id=proposal.pk, cancelled_by=silvia, cancelled_at=LATER - timedelta(seconds=1), reason="Not yet"
        )

        assert (in_force(LATER), status(draft, LATER)) == ("standard-1", CardStatus.DRAFT)

    def test_is_not_once_scores_were_made_with_it(self, draft, silvia, arif):
        proposal = approved(proposed(draft, silvia, wanted_from=LATER), arif)

        with pytest.raises(NotPending):
            cancel_approval(proposal_id=proposal.pk, cancelled_by=silvia, cancelled_at=LATER, reason="Too late")


def refused_by_the_database(change) -> bool:
    try:
        with transaction.atomic():
            change()
    except IntegrityError:
        return True
    return False


class TestTheDatabaseItself:
    """Whoever comes past the services, with SQL and with the ORM, finds the same rules there."""

    def test_keeps_four_eyes(self, draft, silvia, arif):
        proposal = proposed(draft, silvia)
        values = {"outcome": "approved", "decided_at": NOW, "effective_from": NOW}

        def decide(by):
            return CardProposal.objects.filter(pk=proposal.pk).update(**values, decided_by=by)

        assert refused_by_the_database(lambda: decide(silvia))
        assert refused_by_the_database(lambda: decide(None))
        assert not refused_by_the_database(lambda: decide(arif))

    def test_keeps_four_eyes_of_the_last_editor(self, draft, silvia, arif):
        proposal = proposed(draft, arif)
        values = {"outcome": "approved", "decided_at": NOW, "effective_from": NOW}

        assert refused_by_the_database(
            lambda: CardProposal.objects.filter(pk=proposal.pk).update(**values, decided_by=silvia)
        )

    def test_keeps_a_card_as_it_was_proposed(self, draft, standard, silvia):
        proposed(draft, silvia)

        for version in (draft, standard):
            rows = ScorecardVersion.objects.filter(pk=version.pk)
            assert refused_by_the_database(lambda rows=rows: rows.update(definition={}))
            assert refused_by_the_database(lambda rows=rows: rows.update(content_hash="0" * 64))
            with connection.cursor() as cursor, pytest.raises(IntegrityError), transaction.atomic():
                cursor.execute("DELETE FROM scoring_scorecardversion WHERE id = %s", [version.pk])

    def test_keeps_what_was_decided(self, draft, silvia, arif):
        proposal = approved(proposed(draft, silvia, wanted_from=LATER), arif)
        rows = CardProposal.objects.filter(pk=proposal.pk)

        for change in (
            {"effective_from": LATER + HOUR},
            {"decided_by": make_user()},
            {"outcome": "rejected"},
            {"reason": "Another"},
            {"content_hash": "0" * 64},
            {"acknowledged": ["Everything"]},
            {"outcome": "cancelled", "cancelled_by": arif, "cancelled_at": LATER},  # too late
        ):
            assert refused_by_the_database(lambda change=change: rows.update(**change)), change
        assert refused_by_the_database(rows.delete)

    def test_keeps_the_card_the_bank_began_with(self):
        founding = CardProposal.objects.filter(proposed_by=None)

        for change in ({"outcome": "rejected"}, {"effective_from": LATER}, {"decided_by": make_user()}):
            assert refused_by_the_database(lambda change=change: founding.update(**change)), change
        assert refused_by_the_database(founding.delete)

    def test_lets_nothing_take_effect_before_its_approval(self, draft, silvia, arif):
        proposal = proposed(draft, silvia)

        assert refused_by_the_database(
            lambda: CardProposal.objects.filter(pk=proposal.pk).update(
                outcome="approved", decided_by=arif, decided_at=NOW, effective_from=NOW - HOUR
            )
        )
