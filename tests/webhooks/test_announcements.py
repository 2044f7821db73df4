"""What is told of what people do, through the doors they use; and nothing of who the customer is."""

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from bprs.files.services import store_upload
from bprs.jobs import services as jobs
from bprs.jobs.models import Job
from bprs.webhooks.models import Message
from loans.models import Loan
from scoring.models import DecisionLimit, ScorecardVersion, ScoringRun, Source
from scoring.services.announcements import announce_activations
from scoring.services.decisions import active_reasons, return_loan
from scoring.services.score_file import score_stored_file
from scoring.services.score_selection import score_selection
from tests.admin_client import logged_in
from tests.api_client import ApiClient
from tests.at_once import by_two_at_once
from tests.factories import (
    NOW,
    make_api_key,
    make_branch,
    make_card_in_force,
    make_customer,
    make_loan,
    make_user,
    put_in_force,
)
from tests.importing.batches import HEADERS, application, csv_of, imported, undone
from tests.jobs.rows import make_job, run_again
from tests.scoring.decided import LATER, Desk
from tests.webhooks.rows import make_endpoint, make_listener

pytestmark = pytest.mark.django_db
FILE = b"monthly_income,assets_value,loan_amount,tenor_months\n5000000,20000000,10000000,12\n1,0,1,12.5\n"
NIK, PHONE = "3174095708900001", "081234567890"


@pytest.fixture(autouse=True)
def bank(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    make_card_in_force()


@pytest.fixture
def listener(branch):
    """Hears of one branch."""
    return make_endpoint(owner=make_listener(sees_all_branches=False, branches=[branch]))


def told(kind=""):
    """What was said so far, in order: of one kind, or of all."""
    said = [json.loads(message.body) for message in Message.objects.order_by("created_at", "pk")]
    return [each["data"] for each in said if kind in ("", each["type"])]


class TestScoringOneLoan:
    def test_is_told_with_the_score(self, officer, branch, listener):
        loan = make_loan(branch=branch)

        ApiClient(make_api_key(officer)).post(f"/predictions/individual/{loan.pk}")

        assert told("scoring.run_finished") == [
            {
                "run_id": str(ScoringRun.objects.get().pk),
                "source": "api",
                "scored": 1,
                "rejected": 0,
                "loan_id": loan.pk,
                "loan_number": loan.loan_number,
                "credit_score": 600,
                "segment": "medium",
                "default_probability": 0.15,
            }
        ]

    def test_in_the_back_office_is_told_alike(self, officer, branch, listener):
        loan = make_loan(branch=branch)
        logged_in(officer).post(f"/admin/loans/loan/{loan.pk}/score/")
        score_selection(loans=Loan.objects.all(), scored_by=officer, scored_at=NOW, source=Source.ADMIN)

        assert [(each["loan_id"], each["credit_score"]) for each in told()] == [(loan.pk, 600)] * 2

    def test_is_not_told_to_another_branch(self, officer, branch):
        make_endpoint(owner=make_listener(sees_all_branches=False, branches=[make_branch()]))

        ApiClient(make_api_key(officer)).post(f"/predictions/individual/{make_loan(branch=branch).pk}")

        assert told() == []

    def test_is_not_told_if_it_cannot_be_scored(self, officer, branch, listener):
        loan = make_loan(branch=branch, status="draft", tenor_months=None)

        answer = ApiClient(make_api_key(officer)).post(f"/predictions/individual/{loan.pk}")

        assert answer.status_code == 422
        assert told() == []

    def test_says_nothing_of_the_customer(self, officer, branch, listener):
        customer = make_customer(
            branch=branch, full_name="Siti Nurhaliza", nik=NIK, phone=PHONE, monthly_income=Decimal(7_654_321)
        )
        loan = make_loan(customer=customer)

        ApiClient(make_api_key(officer)).post(f"/predictions/individual/{loan.pk}")

        (body,) = Message.objects.values_list("body", flat=True)
        assert not [word for word in ("Siti", NIK, PHONE, "7654321", customer.customer_number) if word in body]


class TestScoringMany:
    def test_is_one_message(self, officer, branch):
        make_endpoint()
        for _ in range(3):
            make_loan(branch=branch)
        make_loan(branch=branch, status="draft", tenor_months=None)

        run = score_selection(loans=Loan.objects.all(), scored_by=officer, scored_at=NOW, source=Source.ADMIN)

        assert told() == [{"run_id": str(run.pk), "source": "admin", "scored": 3, "rejected": 1}]

    def test_by_a_job_is_told_when_it_is_over_and_so_is_the_job(self, officer, branch, settings):
        make_endpoint()
        settings.SCORE_LOANS_AT_ONCE = 1
        for _ in range(2):
            make_loan(branch=branch)
        run = score_selection(loans=Loan.objects.all(), scored_by=officer, scored_at=NOW, source=Source.ADMIN)
        assert told() == []

        job = Job.objects.get(runs=run)
        run_again(job, at=LATER)

        assert told("scoring.run_finished") == [{"run_id": str(run.pk), "source": "admin", "scored": 2, "rejected": 0}]
        (over,) = told("job.finished")
        assert (over["id"], over["kind"], over["state"]) == (str(job.pk), "score_loans", "done")
        assert (over["result"]["run_id"], over["result"]["scored"]) == (str(run.pk), 2)

    def test_in_a_file_is_told_once_however_often_it_is_asked_for(self, officer):
        make_endpoint()
        stored = store_upload(upload=SimpleUploadedFile("a.csv", FILE), owner=officer, stored_at=NOW)
        asked: dict[str, Any] = {"stored_file": stored, "scored_by": officer, "scored_at": NOW, "source": Source.API}
        run = score_stored_file(**asked)

        assert score_stored_file(**asked) == run
        assert told() == [{"run_id": str(run.pk), "source": "api", "scored": 1, "rejected": 1}]

    def test_after_an_import_is_told(self, officer, branch):
        make_endpoint()
        rows = [application(n) for n in range(2)]

        imported(officer, csv_of(HEADERS, rows), branch=branch, is_scored=True)

        assert [(run["source"], run["scored"]) for run in told("scoring.run_finished")] == [("import", 2)]


class TestJobs:
    def test_that_end_are_told_to_who_sees_them(self, officer, listener):
        make_endpoint(owner=officer)

        jobs.cancel(job=make_job(owner=officer), by=officer, at=NOW)

        assert [(job["state"], job["result"]) for job in told()] == [("cancelled", {})]

    def test_tell_counts_and_keys_and_never_whose_records_an_undoing_kept(self, officer, branch):
        make_endpoint(owner=officer)
        batch = imported(officer, csv_of(HEADERS, [application(1, nama="Siti Nurhaliza")]), branch=branch)
        loan = Loan.objects.get()
        loan.tenor_months = 18  # changed since: the undoing keeps it, and says whose it is
        loan.save()

        undone(batch)

        assert "P-1" in str(Job.objects.get(kind="undo_import").result)
        bodies = "".join(Message.objects.values_list("body", flat=True))
        assert told("job.finished")[-1]["kind"] == "undo_import"
        assert "Siti" not in bodies
        assert "P-1" not in bodies

    def test_tell_what_is_a_number_or_a_key(self, officer, settings):
        settings.JOB_HANDLERS = {"write": "tests.jobs.works.WriteRows"}
        make_endpoint(owner=officer)

        job = run_again(make_job(owner=officer))

        assert job.state == "done"
        (data,) = told()
        assert data["result"] == {name: value for name, value in job.result.items() if isinstance(value, int)}


class TestDecisions:
    def test_are_told_to_the_branch(self):
        desk = Desk()
        loan = desk.high_risk()
        desk.recommend(loan)
        make_endpoint(owner=make_listener(sees_all_branches=False, branches=[desk.branch]))
        from_elsewhere = make_endpoint(owner=make_listener(sees_all_branches=False, branches=[make_branch()]))

        supervisor = make_user(is_staff=True, group="Supervisor")
        DecisionLimit.objects.create(user=supervisor, segment="high")
        reason = active_reasons("low_side")[0]
        desk.decide(loan, by=supervisor, reason=reason, note="Agunan kuat.")

        assert told() == [
            {
                "loan_id": loan.pk,
                "loan_number": loan.loan_number,
                "outcome": "approved",
                "override": "low_side",
                "decided_at": "2026-11-23T10:00:00Z",
            }
        ]
        assert not from_elsewhere.messages.exists()

    def test_that_only_send_it_back_are_none(self):
        desk = Desk()
        loan = desk.recommended()
        make_endpoint()

        return_loan(loan_id=loan.pk, note="Lengkapi.", returned_by=desk.supervisor, returned_at=LATER)

        assert told() == []


class TestScorecards:
    @pytest.fixture
    def draft(self):
        return ScorecardVersion.objects.get(name="rescaled")

    def test_are_told_once_when_their_time_has_come(self, draft):
        make_endpoint()
        put_in_force(draft, NOW)

        assert announce_activations(at=NOW - timedelta(seconds=1)) == 0
        assert announce_activations(at=NOW) == 1
        assert announce_activations(at=NOW + timedelta(days=1)) == 0

        assert told() == [
            {"label": draft.label, "content_hash": draft.content_hash, "effective_from": "2026-11-23T09:00:00Z"}
        ]

    def test_are_no_news_to_who_begins_to_listen_afterwards(self, draft):
        put_in_force(draft, NOW)
        announce_activations(at=NOW)
        make_endpoint()

        assert announce_activations(at=LATER) == 0
        assert told() == []

    def test_that_were_in_force_before_there_were_webhooks_are_no_news(self):
        make_endpoint()

        assert announce_activations(at=NOW) == 0

    def test_tell_everybody_who_may_read_scorecards(self, draft):
        make_endpoint(owner=make_listener(sees_all_branches=False, branches=[make_branch()]))
        make_endpoint(owner=make_user(sees_all_branches=True))
        put_in_force(draft, NOW)

        announce_activations(at=NOW)

        assert len(told()) == 1


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_two_workers_tell_of_a_scorecard_once():
    make_endpoint()
    put_in_force(ScorecardVersion.objects.get(name="rescaled"), NOW)
    found = by_two_at_once(lambda: announce_activations(at=NOW))

    assert sorted(found) == [0, 1]
    assert len(told()) == 1
