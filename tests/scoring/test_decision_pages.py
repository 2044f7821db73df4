"""Recommending and deciding where officers and supervisors do it: the page of the decision, the lists, and the API."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from scoring.models import Decision, DecisionLimit
from tests.admin_client import logged_in, page_of, queries_of, told
from tests.api_client import ApiClient, assert_problem, pointers
from tests.factories import make_api_key, make_card_in_force, make_customer, make_user
from tests.scoring.decided import MEDIUM, Desk, reason

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk():
    make_card_in_force()
    return Desk()


def url_of(loan):
    return reverse("admin:loans_loan_decision", args=[loan.pk])


def post(user, loan, what, **typed):
    return logged_in(user).post(url_of(loan), {"what": what, **typed}, follow=False)


def said(loan):
    return [(each.outcome, each.note, each.decision_note) for each in loan.decisions.order_by("pk")]


class TestRecommending:
    def test_is_done_on_a_page_that_shows_the_score_and_leads_back(self, desk):
        loan = desk.scored()
        page = page_of(logged_in(desk.officer), f"/admin/loans/loan/{loan.pk}/change/")
        assert f'href="{url_of(loan)}" data-testid="open-decision"' in page
        assert 'data-testid="score">600<' in page_of(logged_in(desk.officer), url_of(loan))

        answer = post(desk.officer, loan, "recommend", advice="approve", note="Usaha lancar")

        assert answer["Location"] == f"/admin/loans/loan/{loan.pk}/change/"
        assert told(answer) == ["Recommended: it awaits a decision."]
        assert said(loan) == [("pending", "Usaha lancar", "")]

    def test_keeps_what_was_typed_when_it_is_refused(self, desk):
        loan = desk.scored()

        answer = post(desk.officer, loan, "recommend", advice="reject", note="   ")
        unsaid = post(desk.officer, loan, "recommend", note="Usaha lancar")

        assert 'value="reject" required checked' in answer.content.decode()
        assert 'data-testid="refusal"' in answer.content.decode()
        assert ">Usaha lancar</textarea>" in unsaid.content.decode()
        assert "Choose whether you recommend" in unsaid.content.decode()
        assert not Decision.objects.exists()

    def test_offers_nothing_to_who_may_not_and_says_what_stands_in_the_way(self, desk):
        loan = desk.scored()
        auditor = make_user(is_staff=True, group="Auditor", sees_all_branches=True)
        unscored = desk.scored(status="draft")

        assert 'data-testid="recommend"' not in page_of(logged_in(auditor), url_of(loan))
        assert post(auditor, loan, "recommend", advice="approve", note="x").status_code == 403
        assert 'data-testid="obstacle"' in page_of(logged_in(desk.officer), url_of(unscored))
        assert post(desk.officer, loan, "burn").status_code == 400

    def test_is_not_there_for_other_branches(self, desk):
        loan = desk.scored()
        stranger = Desk().supervisor

        assert logged_in(stranger).get(url_of(loan)).status_code == 404
        assert post(stranger, loan, "approve").status_code == 404


class TestDeciding:
    def test_finds_what_waits_for_this_supervisor_and_goes_on_to_the_next(self, desk):
        first, second, own = desk.recommended(), desk.recommended(), desk.scored()
        desk.recommend(own, by=desk.supervisor)
        DecisionLimit.objects.filter(segment="medium").update(max_amount=MEDIUM)
        desk.recommended(MEDIUM + 1)
        client = logged_in(desk.supervisor)

        home = page_of(client, "/admin/")
        assert home.split('data-testid="queue-decide"')[1].split("<b>")[1].startswith("2<")
        listed = page_of(client, "/admin/loans/loan/?queue=for_me")
        assert (first.loan_number in listed, second.loan_number in listed) == (True, True)
        assert own.loan_number not in listed

        answer = post(desk.supervisor, first, "approve", note="Setuju")

        assert told(answer)[0].startswith("Approved. <a")
        assert "1 more waits for you" in told(answer)[0]
        assert said(first) == [("approved", "Usaha berjalan lima tahun.", "Setuju")]

    def test_against_the_score_asks_for_code_and_note_and_is_told_on_the_timeline(self, desk):
        loan = desk.high_risk()
        desk.recommend(loan)
        page = page_of(logged_in(desk.supervisor), url_of(loan))
        assert '<option value="guarantor"' in page
        assert '<option value="policy"' not in page

        refused = post(desk.supervisor, loan, "approve", reason="guarantor").content.decode()
        assert 'data-testid="refusal"' in refused
        assert '<option value="guarantor" selected' in refused
        post(desk.supervisor, loan, "approve", reason="guarantor", note="Paman PNS")

        auditor = make_user(is_staff=True, group="Auditor", sees_all_branches=True)
        page = page_of(logged_in(auditor), f"/admin/loans/loan/{loan.pk}/change/")
        timeline = page[page.index('data-testid="timeline"') :]
        assert 'data-testid="against"' in timeline
        assert "Ada penjamin yang mampu" in timeline
        assert "Paman PNS" in timeline
        assert desk.supervisor.known_as in timeline

    def test_rejects_with_reasons_for_the_customer_and_returns_with_a_note(self, desk):
        rejected, returned = desk.recommended(), desk.recommended()

        post(desk.supervisor, rejected, "reject", told=["documents_incomplete"])
        silent = post(desk.supervisor, returned, "return")
        post(desk.supervisor, returned, "return", note="Slip gaji")

        codes = [each["code"] for each in rejected.decisions.get().customer_reasons]
        assert codes[0] == "documents_incomplete"
        assert 'data-testid="refusal"' in silent.content.decode()
        assert said(returned)[0][0] == "returned"
        home = page_of(logged_in(desk.officer), "/admin/")
        assert home.split('data-testid="queue-returned"')[1].split("<b>")[1].startswith("1<")

    def test_is_not_offered_on_ones_own_recommendation_which_can_be_withdrawn(self, desk):
        loan = desk.scored()
        desk.recommend(loan, by=desk.supervisor)
        page = page_of(logged_in(desk.supervisor), url_of(loan))

        assert 'data-testid="decide"' not in page
        assert 'data-testid="refusal"' in post(desk.supervisor, loan, "approve").content.decode()
        post(desk.supervisor, loan, "withdraw", note="Keliru")
        assert said(loan) == [("withdrawn", "Usaha berjalan lima tahun.", "Keliru")]

    def test_above_the_limit_only_returning_is_offered(self, desk):
        DecisionLimit.objects.filter(segment="medium").update(max_amount=1)
        page = page_of(logged_in(desk.supervisor), url_of(desk.recommended()))

        assert 'data-testid="obstacle"' in page
        assert 'value="approve"' not in page
        assert 'value="return"' in page

    def test_the_page_costs_a_fixed_number_of_queries(self, desk):
        assert queries_of(logged_in(desk.supervisor), url_of(desk.recommended())) <= 22


class TestTheRecord:
    def test_answers_who_approved_against_the_score_and_why(self, desk):
        against, with_it, rejected = desk.high_risk(), desk.recommended(), desk.recommended(advice="approve")
        desk.recommend(against)
        desk.decide(against, reason=reason("low_side", "guarantor"), note="Paman PNS")
        desk.decide(with_it)
        desk.decide(rejected, "rejected", told=[reason("rejection", "business_age")])
        client = logged_in(make_user(is_staff=True, group="Auditor", sees_all_branches=True))

        listed = page_of(client, "/admin/scoring/decision/?against=any")
        unadvised = page_of(client, "/admin/scoring/decision/?unadvised=yes")

        assert (against.loan_number in listed, with_it.loan_number in listed) == (True, False)
        assert "Ada penjamin yang mampu" in listed
        assert desk.supervisor.known_as in listed
        assert (rejected.loan_number in unadvised, against.loan_number in unadvised) == (True, False)
        opened = client.get(f"/admin/scoring/decision/{against.decisions.get().pk}/change/")
        assert opened["Location"] == f"/admin/loans/loan/{against.pk}/change/"

    def test_is_searched_by_financing_customer_and_who_had_a_part_in_it(self, desk):
        desk.officer.first_name, desk.officer.last_name = "Asep", "Permana"
        desk.officer.save()
        customer = make_customer(branch=desk.branch, full_name="Ganda Kusnadi")
        loan, other = desk.recommended(customer=customer), desk.scored()
        desk.recommend(other, by=desk.supervisor)
        client = logged_in(make_user(is_staff=True, group="Auditor", sees_all_branches=True))

        def found(term):
            shown = client.get("/admin/scoring/decision/", {"q": term}).context["cl"].result_list
            return {decision.loan_id for decision in shown}

        for term in (loan.loan_number, "kusnadi", "asep", "permana asep", desk.officer.username):
            assert found(term) == {loan.pk}, term
        for term in ("sep x", "nobody", "-"):
            assert found(term) == set(), term

    def test_shows_ones_branches_alone_and_changes_for_nobody(self, desk):
        loan = desk.recommended()
        decision = loan.decisions.get()
        stranger = logged_in(Desk().supervisor)

        assert loan.loan_number not in page_of(stranger, "/admin/scoring/decision/")
        assert stranger.get(f"/admin/scoring/decision/{decision.pk}/change/").status_code == 404
        admin = logged_in(make_user(is_superuser=True, is_staff=True))
        assert admin.get("/admin/scoring/decision/add/").status_code == 403
        assert admin.post(f"/admin/scoring/decision/{decision.pk}/delete/", {"post": "yes"}).status_code == 403

    def test_costs_a_fixed_number_of_queries(self, desk):
        client = logged_in(desk.supervisor)
        desk.recommended()
        few = queries_of(client, "/admin/scoring/decision/")
        for _ in range(3):
            desk.recommended()

        assert queries_of(client, "/admin/scoring/decision/") == few <= 12


class TestStepsByHand:
    def form_of(self, loan, **typed):
        """What the browser sends of the page of this financing: nothing of what is disabled."""
        return {
            "account_officer": loan.account_officer_id or "",
            "status": loan.status,
            "disbursed_date": "",
            "collectibility": "",
            "days_past_due": "",
            **typed,
        }

    def test_what_is_approved_is_paid_out_repaid_and_closed_on_its_form(self, desk):
        loan = desk.recommended()
        desk.decide(loan)
        client, url = logged_in(desk.supervisor), f"/admin/loans/loan/{loan.pk}/change/"

        for step in (
            {"status": "disbursed", "disbursed_date": "2026-11-03"},
            {"status": "disbursed", "disbursed_date": "2026-11-03", "collectibility": "2", "days_past_due": "12"},
            {"status": "settled", "disbursed_date": "2026-11-03", "collectibility": "1", "days_past_due": "0"},
        ):
            answer = client.post(url, self.form_of(loan, **step))
            assert answer.status_code == 302, answer.context["adminform"].form.errors
            loan.refresh_from_db()
            assert (loan.status, loan.principal_amount) == (step["status"], MEDIUM)

    def test_the_next_one_is_a_button(self, desk):
        client = logged_in(desk.officer)
        draft, returned, approved = desk.scored(status="draft"), desk.recommended(), desk.recommended()
        client_of_supervisor = logged_in(desk.supervisor)
        client_of_supervisor.post(url_of(returned), {"what": "return", "note": "Lampirkan"})
        desk.decide(approved)
        typed = {
            draft: {"status": "submitted"},
            returned: {"status": "submitted"},
            approved: {"status": "disbursed", "disbursed_date": "2026-11-03"},
        }

        for loan, step in typed.items():
            assert 'data-testid="take-step"' in page_of(client, f"/admin/loans/loan/{loan.pk}/change/")
            client.post(f"/admin/loans/loan/{loan.pk}/step/", step)
            loan.refresh_from_db()
            assert loan.status == step["status"]
        assert "Lampirkan" not in page_of(client, f"/admin/loans/loan/{returned.pk}/change/").split("timeline")[0]

    def test_refuses_other_steps_a_missing_day_and_strangers(self, desk):
        loan, approved = desk.scored(), desk.recommended()
        desk.decide(approved)
        client, stranger = logged_in(desk.officer), logged_in(Desk().officer)

        for taken, step in (
            (loan, {"status": "disbursed"}),
            (loan, {"status": "approved"}),
            (approved, {"status": "disbursed"}),
        ):
            client.post(f"/admin/loans/loan/{taken.pk}/step/", {"disbursed_date": "", **step})
        assert stranger.post(f"/admin/loans/loan/{loan.pk}/step/", {"status": "submitted"}).status_code == 404
        too_early = {"status": "disbursed", "disbursed_date": f"{timezone.localdate() + timedelta(days=2)}"}
        refused = client.post(f"/admin/loans/loan/{approved.pk}/step/", too_early, follow=True)
        assert "The date is in the future." in refused.content.decode()

        assert [each.status for each in type(loan).objects.order_by("pk")[:2]] == ["submitted", "approved"]

    def test_a_complete_draft_waits_to_be_submitted(self, desk):
        draft = desk.scored(status="draft")
        home = page_of(logged_in(desk.officer), "/admin/")

        assert home.split('data-testid="queue-submit"')[1].split("<b>")[1].startswith("1<")
        assert draft.loan_number in page_of(logged_in(desk.officer), "/admin/loans/loan/?queue=submit")

    def test_enter_in_a_field_decides_nothing(self, desk):
        """The first button of a form is the one that Enter presses."""
        page = page_of(logged_in(desk.supervisor), url_of(desk.recommended()))
        form = page[page.index('data-testid="decide"') :]

        assert form[form.index("<button") :].startswith('<button type="submit" disabled hidden>')


class TestStatusOnTheForm:
    def test_offers_only_steps_by_hand_and_keeps_fixed_terms(self, desk):
        loan = desk.recommended()
        page = page_of(logged_in(desk.officer), f"/admin/loans/loan/{loan.pk}/change/")

        assert '<option value="approved"' not in page
        assert '<option value="recommended" selected' in page
        inputs = {re.findall(r'name="(\w*)"', tag)[0]: tag for tag in re.findall(r"<input[^>]*name=[^>]*>", page)}
        assert " disabled " in inputs["principal_amount"]
        assert " disabled " not in inputs["days_past_due"]


class TestTheApi:
    @pytest.fixture
    def officer(self, desk):
        return ApiClient(make_api_key(desk.officer))

    @pytest.fixture
    def supervisor(self, desk):
        return ApiClient(make_api_key(desk.supervisor))

    def test_recommends_and_decides_as_the_pages_do(self, desk, officer, supervisor):
        loan = desk.scored()

        made = officer.post(f"/loans/{loan.pk}/recommendation", {"advice": "approve", "note": "Lancar"})
        own = officer.post(f"/loans/{loan.pk}/decision", {"outcome": "approved"})
        decided = supervisor.post(f"/loans/{loan.pk}/decision", {"outcome": "approved", "note": "Ya"})
        again = supervisor.post(f"/loans/{loan.pk}/decision", {"outcome": "rejected"})

        assert (made.status_code, made.json()["outcome"]) == (201, "pending")
        assert_problem(own, 403, "not_permitted")
        assert (decided.json()["outcome"], decided.json()["decided_by"]) == ("approved", desk.supervisor.username)
        assert_problem(again, 409, "not_awaiting_decision")
        listed = supervisor.get(f"/loans/{loan.pk}/decisions").json()
        assert [each["outcome"] for each in listed] == ["approved"]
        assert supervisor.get(f"/loans/{loan.pk}").json()["account_officer"] == desk.officer.username

    def test_wants_a_code_against_the_score_and_knows_no_others(self, desk, supervisor):
        loan = desk.high_risk()
        desk.recommend(loan)
        url = f"/loans/{loan.pk}/decision"

        assert_problem(supervisor.post(url, {"outcome": "approved", "note": "x"}), 422, "reason_missing")
        wrong = {"outcome": "approved", "note": "x", "reason": "policy"}
        assert_problem(supervisor.post(url, wrong), 422, "reason_missing")
        untold = supervisor.post(url, {"outcome": "rejected", "note": "x", "told": ["nope"]})
        made = supervisor.post(url, wrong | {"reason": "guarantor"}).json()

        assert pointers(assert_problem(untold, 422, "reason_missing")) == {"#/told": "reason_missing"}
        assert (made["override"], made["reason"]) == ("low_side", "guarantor")

    def test_returns_withdraws_and_shows_nothing_to_strangers(self, desk, officer, supervisor):
        first, second = desk.recommended(), desk.recommended()
        stranger = ApiClient(make_api_key(Desk().supervisor))

        returned = supervisor.post(f"/loans/{first.pk}/decision", {"outcome": "returned", "note": "Slip gaji"})
        withdrawn = officer.post(f"/loans/{second.pk}/recommendation/withdrawal", {"note": ""})

        assert returned.json()["outcome"] == "returned"
        assert withdrawn.json()["outcome"] == "withdrawn"
        assert_problem(stranger.get(f"/loans/{first.pk}/decisions"), 404, "not_found")
        assert_problem(stranger.post(f"/loans/{second.pk}/decision", {"outcome": "approved"}), 404, "not_found")

    def test_needs_the_scope(self, desk):
        reader = ApiClient(make_api_key(desk.supervisor, scopes=["loans:read"]))
        loan = desk.recommended()

        assert reader.get(f"/loans/{loan.pk}/decisions").status_code == 200
        assert_problem(reader.post(f"/loans/{loan.pk}/decision", {"outcome": "approved"}), 403, "insufficient_scope")
