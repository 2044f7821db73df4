"""Financing is recommended by one and decided by another, within limits, on a fresh score, and it stays written."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError, connection, transaction

from customers.services import change_customer
from loans.models import Loan, Status
from loans.progress import DecisionNeeded, TermsAreFixed
from loans.services import LoanValues, ScoreIsStale, add_loan, change_loan
from scoring.authority import for_decision_by, limits_of
from scoring.engine import RESCALED_1
from scoring.models import Decision, DecisionLimit, DecisionReason
from scoring.services.decisions import (
    AboveLimit,
    NotAwaitingDecision,
    NotToRecommend,
    OwnWork,
    SayWhy,
    reasons_coded,
    recommend_loan,
    return_loan,
    withdraw_recommendation,
)
from scoring.services.score_to_decide import NotScored, ScoreIncomplete, ScoreStale
from tests.factories import NOW, make_card_in_force, make_customer, make_loan, make_user
from tests.scoring.decided import HIGH, LATER, LOW, MEDIUM, Desk, reason

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk():
    make_card_in_force()
    return Desk()


def draft(desk, number, status="draft"):
    customer = make_customer(branch=desk.branch)
    terms = {"principal_amount": LOW, "tenor_months": 12}
    return {"loan_number": number, "customer": customer, "application_date": NOW.date(), "status": status, **terms}


class TestRecommending:
    def test_pins_the_score_and_moves_the_application_on(self, desk):
        loan = desk.scored()

        decision = desk.recommend(loan)

        loan.refresh_from_db()
        assert (loan.status, decision.outcome, decision.score.credit_score) == ("recommended", "pending", 600)
        assert (decision.amount, decision.segment, decision.file_of) == (MEDIUM, "medium", desk.officer)
        assert loan.history.latest().status == "recommended"
        assert loan.history.latest().history_user == desk.officer

    def test_refuses_what_has_no_score_a_stale_or_an_incomplete_one(self, desk):
        unscored = make_loan(branch=desk.branch)
        with pytest.raises(NotScored):
            desk.recommend(unscored)

        stale = desk.scored()
        change_loan(loan=stale, values={"tenor_months": 24}, changed_by=desk.officer)
        with pytest.raises(ScoreStale):
            desk.recommend(stale)

        incomplete = make_loan(customer=make_customer(branch=desk.branch, assets_value=None))
        desk.score(incomplete)
        with pytest.raises(ScoreIncomplete):
            desk.recommend(incomplete)
        assert not Decision.objects.exists()

    def test_refuses_a_draft_a_second_recommendation_and_silence(self, desk):
        loan = desk.scored()
        with pytest.raises(SayWhy):
            desk.recommend(loan, note="  ")
        desk.recommend(loan)
        with pytest.raises(NotToRecommend):
            desk.recommend(loan)
        with pytest.raises(NotToRecommend):
            desk.recommend(desk.scored(status="draft"))

    def test_fixes_the_terms_and_can_be_withdrawn_by_who_made_it(self, desk):
        loan = desk.recommended()
        with pytest.raises(TermsAreFixed):
            change_loan(loan=loan, values={"principal_amount": LOW}, changed_by=desk.officer)
        with pytest.raises(OwnWork):
            withdraw_recommendation(loan_id=loan.pk, note="", withdrawn_by=desk.supervisor, withdrawn_at=LATER)

        withdraw_recommendation(loan_id=loan.pk, note="", withdrawn_by=desk.officer, withdrawn_at=LATER)

        loan.refresh_from_db()
        change_loan(loan=loan, values={"principal_amount": LOW}, changed_by=desk.officer)
        assert loan.status == Status.SUBMITTED


class TestDeciding:
    def test_approves_within_the_limit_and_what_is_above_waits_for_somebody_else(self, desk):
        limit = DecisionLimit.objects.get(group__name="Supervisor", segment="medium")
        limit.max_amount = MEDIUM
        limit.save()
        loan = desk.recommended()
        above = desk.recommended(MEDIUM + Decimal("0.01"))

        assert list(for_decision_by(type(loan).objects.all(), desk.supervisor)) == [loan]
        with pytest.raises(AboveLimit):
            desk.decide(above)
        desk.decide(loan)

        loan.refresh_from_db()
        above.refresh_from_db()
        assert (loan.status, above.status) == ("approved", "recommended")

    def test_the_largest_limit_of_roles_and_person_counts(self, desk):
        supervisor = desk.supervisor
        assert limits_of(desk.officer) == {}
        assert limits_of(supervisor)["high"] == 25_000_000

        DecisionLimit.objects.create(user=supervisor, segment="high", max_amount=24_000_000)
        assert limits_of(supervisor)["high"] == 25_000_000
        DecisionLimit.objects.create(user=supervisor, segment="medium")
        assert limits_of(supervisor)["medium"] is None

    def test_nobody_decides_on_their_own_recommendation_or_file(self, desk):
        supervisor = desk.supervisor
        own = desk.scored()
        recommend_loan(loan_id=own.pk, advice="approve", note="Ya", recommended_by=supervisor, recommended_at=NOW)
        theirs = desk.recommended()
        file = desk.scored()
        type(file).objects.filter(pk=file.pk).update(account_officer=supervisor)
        desk.recommend(file)

        for loan in (own, file):
            with pytest.raises(OwnWork):
                desk.decide(loan)
            with pytest.raises(OwnWork):
                return_loan(loan_id=loan.pk, note="Lengkapi", returned_by=supervisor, returned_at=LATER)
        assert list(for_decision_by(type(own).objects.all(), supervisor)) == [theirs]

    @pytest.mark.parametrize("to", ["a colleague", "nobody"])
    def test_nobody_decides_on_a_file_that_was_theirs_before_it_was_handed_over(self, desk, to):
        colleague = desk.officer if to == "a colleague" else None
        loan = desk.scored(account_officer=desk.supervisor)
        change_loan(loan=loan, values={"account_officer": colleague}, changed_by=desk.supervisor)
        desk.recommend(loan)

        with pytest.raises(OwnWork):
            desk.decide(loan)
        assert not for_decision_by(Loan.objects.all(), desk.supervisor).exists()

    def test_nobody_decides_on_a_file_they_took_over_while_it_waited(self, desk):
        loan = desk.recommended()
        change_loan(loan=loan, values={"account_officer": desk.supervisor}, changed_by=desk.supervisor)

        with pytest.raises(OwnWork):
            desk.decide(loan)

    def test_refuses_facts_that_were_not_recommended_on_though_the_score_is_the_same(self, desk):
        loan = desk.recommended()
        change_customer(customer=loan.customer, values={"monthly_income": Decimal(5_200_000)}, changed_by=desk.officer)
        assert not for_decision_by(Loan.objects.all(), desk.supervisor).exists()
        desk.score(loan)

        with pytest.raises(ScoreStale):
            desk.decide(loan)

    def test_a_high_risk_is_approved_only_with_a_code_and_a_note(self, desk):
        loan = desk.recommended(Decimal(25_000_000), tenor_months=3)
        assert loan.segment == "high"
        guarantor = reason("low_side", "guarantor")
        wrong = reason("high_side", "policy")
        for grounds in ({}, {"reason": guarantor}, {"note": "Penjamin"}, {"reason": wrong, "note": "Penjamin"}):
            with pytest.raises(SayWhy):
                desk.decide(loan, **grounds)

        decision = desk.decide(loan, reason=guarantor, note="Penjamin: paman, PNS.")

        assert (decision.override, decision.reason) == ("low_side", guarantor)

    def test_a_low_risk_is_rejected_only_with_a_code_a_note_and_a_reason_for_the_customer(self, desk):
        make_card_in_force(RESCALED_1)
        loan = desk.recommended(LOW)
        assert loan.segment == "low"
        policy, documents = reason("high_side", "policy"), reason("rejection", "documents_incomplete")
        with pytest.raises(SayWhy):
            desk.decide(loan, "rejected", told=[documents])
        with pytest.raises(SayWhy):
            desk.decide(loan, "rejected", reason=policy, note="Batas sektor")

        decision = desk.decide(loan, "rejected", reason=policy, note="Batas sektor", told=[documents])

        assert decision.override == "high_side"
        assert [told["code"] for told in decision.customer_reasons] == ["documents_incomplete"]

    def test_a_rejection_tells_the_customer_where_points_were_lost(self, desk):
        loan = desk.recommended(Decimal(25_000_000), tenor_months=3, advice="reject")

        decision = desk.decide(loan, "rejected")

        loan.refresh_from_db()
        assert (loan.status, decision.override, decision.as_advised()) == ("rejected", "", True)
        assert {told["source"] for told in decision.customer_reasons} == {"score"}
        assert not any("poin" in told["text"] for told in decision.customer_reasons)

    def test_refuses_when_the_facts_changed_or_another_score_says_otherwise(self, desk):
        loan = desk.recommended()
        loan.customer.monthly_income = Decimal(900_000)
        loan.customer.save()
        with pytest.raises(ScoreStale):
            desk.decide(loan)

        desk.score(loan)
        with pytest.raises(ScoreStale):
            desk.decide(loan)

    def test_stands_when_the_whole_portfolio_was_scored_again_alike(self, desk):
        loan = desk.recommended()
        desk.score(loan)

        decision = desk.decide(loan)

        assert decision.score != loan.scores.order_by("-pk").first()
        assert decision.outcome == "approved"

    def test_returns_with_a_note_to_be_mended_and_submitted_again(self, desk):
        loan = desk.recommended()
        with pytest.raises(SayWhy):
            return_loan(loan_id=loan.pk, note=" ", returned_by=desk.supervisor, returned_at=LATER)
        return_loan(loan_id=loan.pk, note="Slip gaji", returned_by=desk.supervisor, returned_at=LATER)

        loan.refresh_from_db()
        assert loan.status == "returned"
        change_loan(loan=loan, values={"status": "submitted", "tenor_months": 18}, changed_by=desk.officer)
        desk.score(loan)
        desk.recommend(loan)
        assert [each.outcome for each in loan.decisions.order_by("pk")] == ["returned", "pending"]

    def test_is_not_held_up_by_a_clock_that_is_behind_that_of_who_recommended(self, desk):
        loan = desk.scored()
        desk.recommend(loan)

        withdrawn = withdraw_recommendation(
            loan_id=loan.pk, note="Keliru.", withdrawn_by=desk.officer, withdrawn_at=NOW - timedelta(hours=1)
        )

        assert (withdrawn.outcome, withdrawn.decided_at) == ("withdrawn", NOW)

    def test_is_made_once(self, desk):
        loan = desk.recommended()
        desk.decide(loan)

        for act in (
            lambda: desk.decide(loan, "rejected"),
            lambda: return_loan(loan_id=loan.pk, note="x", returned_by=desk.supervisor, returned_at=LATER),
            lambda: withdraw_recommendation(loan_id=loan.pk, note="", withdrawn_by=desk.officer, withdrawn_at=LATER),
        ):
            with pytest.raises(NotAwaitingDecision):
                act()


class TestTheRecord:
    def test_cannot_be_rewritten_or_removed(self, desk):
        loan = desk.recommended()
        pending = loan.decisions.get()
        for change in ({"note": "lain"}, {"recommended_by": desk.supervisor}, {"amount": LOW}):
            with pytest.raises(IntegrityError), transaction.atomic():
                Decision.objects.filter(pk=pending.pk).update(**change)
        desk.decide(loan)
        for change in ({"decision_note": "lain"}, {"outcome": "rejected"}, {"decided_by": desk.officer}):
            with pytest.raises(IntegrityError), transaction.atomic():
                Decision.objects.filter(pk=pending.pk).update(**change)
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("DELETE FROM scoring_decision")

    def test_the_database_itself_refuses_one_pair_of_eyes_and_an_unexplained_override(self, desk):
        loan = desk.recommended(Decimal(25_000_000), tenor_months=3)
        pending = Decision.objects.filter(pk=loan.decisions.get().pk)
        base = {"outcome": "approved", "decided_at": LATER}
        guarantor = reason("low_side", "guarantor")
        for change in (
            {"decided_by": desk.officer, "override": "low_side", "reason": guarantor, "decision_note": "x"},
            {"decided_by": desk.supervisor},
            {"decided_by": desk.supervisor, "override": "low_side", "reason": guarantor},
            {"decided_by": desk.supervisor, "override": "high_side", "reason": guarantor, "decision_note": "x"},
        ):
            with pytest.raises(IntegrityError), transaction.atomic():
                pending.update(**base, **change)


class TestOtherDoors:
    def test_no_status_of_a_decision_is_set_by_hand(self, desk):
        loan = desk.scored()
        for status in ("recommended", "returned", "approved", "rejected", "disbursed", "settled", "written_off"):
            with pytest.raises(DecisionNeeded):
                change_loan(loan=loan, values={"status": status}, changed_by=desk.supervisor)
        with pytest.raises(DecisionNeeded):
            add_loan(values=draft(desk, "PB1", status="approved"), added_by=desk.supervisor)

    def test_who_may_record_what_was_decided_elsewhere_may(self, desk):
        recorder = make_user(is_staff=True, permissions=["loans.record_history"])
        loan = desk.scored()

        change_loan(loan=loan, values={"status": "approved"}, changed_by=recorder)

        assert loan.status == "approved"

    def test_but_not_over_a_recommendation_that_awaits_its_decision(self, desk):
        recorder = make_user(is_staff=True, is_superuser=True)
        loan = desk.recommended()

        tried: list[LoanValues] = [{"status": "approved"}, {"status": "disbursed"}, {"principal_amount": LOW}]
        for values in tried:
            with pytest.raises((DecisionNeeded, TermsAreFixed)):
                change_loan(loan=loan, values=values, changed_by=recorder)

    def test_what_is_approved_is_disbursed_by_hand_but_not_on_other_terms_or_stale(self, desk):
        loan = desk.recommended()
        desk.decide(loan)
        loan.refresh_from_db()
        with pytest.raises(TermsAreFixed):
            change_loan(loan=loan, values={"principal_amount": HIGH}, changed_by=desk.officer)
        loan.refresh_from_db()
        change_loan(loan=loan, values={"status": "disbursed"}, changed_by=desk.officer)

        other = desk.recommended()
        desk.decide(other)
        other.customer.monthly_income = Decimal(900_000)
        other.customer.save()
        other.refresh_from_db()
        with pytest.raises(ScoreIsStale), transaction.atomic():
            change_loan(loan=other, values={"status": "disbursed"}, changed_by=desk.officer)

    def test_a_new_application_is_the_file_of_who_adds_it_but_not_of_head_office(self, desk):
        office = make_user(is_staff=True, sees_all_branches=True)

        own = add_loan(values=draft(desk, "PB1"), added_by=desk.officer)
        head = add_loan(values=draft(desk, "PB2"), added_by=office)

        assert (own.account_officer, head.account_officer) == (desk.officer, None)


class TestReasonCodes:
    def test_only_codes_in_use_for_that_purpose_are_taken(self):
        DecisionReason.objects.filter(kind="low_side", code="guarantor").update(is_active=False)
        for code in ("guarantor", "policy", "nothing"):
            with pytest.raises(SayWhy):
                reasons_coded([code], kind="low_side")
        assert len(Group.objects.filter(name="Supervisor")) == 1
