"""A program that does not know whether its call arrived sends it again, with the same Idempotency-Key."""

import json
import os
import subprocess
import sys
import uuid
from datetime import timedelta

import pytest
from django.http import HttpResponse
from django.utils import timezone

from bprs.access.idempotency import CLAIM_SECONDS, Call, InProgress, answer_once, remove_old_keys
from bprs.access.models import ApiKey, IdempotencyKey
from bprs.access.scopes import Scope
from bprs.files.models import StoredFile
from customers.models import Customer
from loans.models import Loan
from scoring.models import Score, ScoringRun
from tests.api_client import ApiClient, assert_problem
from tests.factories import make_api_key, make_branch, make_card_in_force, make_customer, make_loan, make_user
from tests.jobs.test_killed_workers import ROOT

pytestmark = pytest.mark.django_db
CUSTOMER = {"customer_number": "CIF-7", "full_name": "Siti Aminah", "monthly_income": 5_000_000, "assets_value": 0}


@pytest.fixture
def officer():
    return make_user("sari", group="Account officer", branches=[make_branch()])


@pytest.fixture
def api(officer):
    return ApiClient(make_api_key(officer))


def under(key="satu"):
    return {"Idempotency-Key": key}


class TestTheSameCallAgain:
    def test_is_answered_alike_and_not_carried_out_again(self, api):
        first = api.post("/customers", CUSTOMER, **under())
        again = api.post("/customers", CUSTOMER, **under())

        assert (first.status_code, again.status_code) == (201, 201)
        assert again.content == first.content
        assert again["Content-Type"] == first["Content-Type"]
        assert (first.get("Idempotent-Replayed"), again["Idempotent-Replayed"]) == (None, "true")
        assert Customer.objects.count() == 1

    def test_without_a_key_is_another_call(self, api):
        api.post("/customers", CUSTOMER)

        assert_problem(api.post("/customers", CUSTOMER), 422, "invalid")
        assert not IdempotencyKey.objects.exists()

    def test_appends_no_second_score(self, api, officer):
        make_card_in_force()
        loan = make_loan(branch=officer.branches.get())
        path = f"/predictions/individual/{loan.pk}"

        answers = [api.post(path, **under()).content for _ in range(3)]

        assert len(set(answers)) == 1
        assert (Score.objects.count(), ScoringRun.objects.count()) == (1, 1)
        assert api.post(path, **under("dua")).status_code == 200
        assert Score.objects.count() == 2

    def test_stores_an_upload_once(self, api, settings, tmp_path):
        settings.MEDIA_ROOT = tmp_path
        tokens = [api.upload(b"monthly_income\n1\n", **under()).json()["stored_path"] for _ in range(2)]

        assert len(set(tokens)) == 1
        assert StoredFile.objects.count() == 1
        assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1
        assert_problem(api.upload(b"monthly_income\n2\n", **under()), 422, "idempotency_key_reused")
        assert_problem(
            api.upload(b"monthly_income\n1\n", filename="lain.csv", **under()), 422, "idempotency_key_reused"
        )

    def test_changes_once(self, api, officer):
        customer = make_customer(branch=officer.branches.get())

        def change(**body):
            return api.client.patch(
                f"/api/v1/customers/{customer.pk}",
                json.dumps(body),
                content_type="application/json",
                headers=under(),
            )

        assert change(assets_value=1).status_code == 200
        Customer.objects.update(assets_value=2)
        assert change(assets_value=1)["Idempotent-Replayed"] == "true"
        customer.refresh_from_db()
        assert customer.assets_value == 2


class TestAnotherCallUnderTheKey:
    @pytest.mark.parametrize("change", [{"customer_number": "CIF-8"}, {"full_name": "Siti Aminah "}])
    def test_is_refused(self, api, change):
        api.post("/customers", CUSTOMER, **under())

        problem = assert_problem(
            api.post("/customers", {**CUSTOMER, **change}, **under()), 422, "idempotency_key_reused"
        )

        assert problem["detail"] == "This Idempotency-Key was used for another call. Make a new one for each call."
        assert Customer.objects.count() == 1

    def test_is_refused_at_another_address(self, api, officer):
        make_card_in_force()
        loans = [make_loan(branch=officer.branches.get()) for _ in range(2)]
        api.post(f"/predictions/individual/{loans[0].pk}", **under())

        assert_problem(api.post(f"/predictions/individual/{loans[1].pk}", **under()), 422, "idempotency_key_reused")
        assert list(Loan.objects.exclude(scored_at=None)) == [loans[0]]

    def test_is_told_first_that_there_is_no_such_call(self, api):
        api.post("/customers", CUSTOMER, **under())

        assert_problem(api.post("/customers/1", CUSTOMER, **under()), 405, "method_not_allowed")
        assert_problem(api.post("/nothing", CUSTOMER, **under()), 404, "not_found")

    def test_of_somebody_else_is_theirs(self, api, officer):
        colleague = ApiClient(make_api_key(make_user(group="Account officer", branches=[officer.branches.get()])))
        api.post("/customers", CUSTOMER, **under())

        answer = colleague.post("/customers", {**CUSTOMER, "customer_number": "CIF-8"}, **under())

        assert answer.status_code == 201
        assert Customer.objects.count() == 2

    def test_with_a_secret_made_for_less_tells_nothing(self, api, officer):
        lesser = ApiClient(make_api_key(officer, name="baca", scopes=[Scope.LOANS_READ]))
        api.post("/customers", CUSTOMER, **under())

        answer = lesser.post("/customers", CUSTOMER, **under())

        assert_problem(answer, 422, "idempotency_key_reused")
        assert b"Siti" not in answer.content

    def test_with_a_new_login_of_the_same_user_is_the_same_call(self, officer):
        logins = [ApiClient(make_api_key(officer, name=f"login {n}", kind=ApiKey.Kind.LOGIN)) for n in range(2)]

        answers = [login.post("/customers", CUSTOMER, **under()) for login in logins]

        assert answers[0].content == answers[1].content


class TestWhatWasNotCarriedOut:
    def test_may_be_tried_again_under_the_same_key(self, api):
        assert_problem(api.post("/customers", {**CUSTOMER, "full_name": ""}, **under()), 422, "invalid")
        assert not IdempotencyKey.objects.exists()

        assert api.post("/customers", CUSTOMER, **under()).status_code == 201

    def test_is_not_kept_for_who_may_not_come_in(self, officer):
        assert_problem(ApiClient().post("/customers", CUSTOMER, **under()), 401, "not_authenticated")
        assert_problem(ApiClient("bprs_falsch").post("/customers", CUSTOMER, **under()), 401, "invalid_token")
        reader = ApiClient(make_api_key(officer, scopes=[Scope.LOANS_READ]))
        assert_problem(reader.post("/customers", CUSTOMER, **under()), 403, "insufficient_scope")
        assert not IdempotencyKey.objects.exists()

    def test_a_reading_needs_no_key(self, api):
        assert api.client.get("/api/v1/customers", headers=under()).status_code == 200
        assert not IdempotencyKey.objects.exists()

    @pytest.mark.parametrize("key", ["", "a b", "é", "x" * 256])
    def test_a_key_that_is_none_is_refused(self, api, key):
        assert_problem(api.post("/customers", CUSTOMER, **under(key)), 400, "bad_idempotency_key")
        assert not Customer.objects.exists()

    def test_the_longest_key_is_taken(self, api):
        assert api.post("/customers", CUSTOMER, **under("~" * 255)).status_code == 201

    def test_a_body_larger_than_is_taken_is_refused_as_ever(self, api, settings):
        settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100

        assert_problem(api.post("/customers", {"full_name": "x" * 200}, **under()), 413, "too_large")

    def test_a_broken_form_is_refused_as_ever(self, api):
        answer = api.client.post(
            "/api/v1/files/upload", b"x", content_type="multipart/form-data; boundary=", headers=under()
        )

        assert_problem(answer, 400, "bad_request")


class TestACallThatIsBeingCarriedOut:
    """A claim as a process leaves it that is at work, or has died."""

    def claim(self, api, *, seconds_ago):
        assert api.post("/customers", CUSTOMER, **under()).status_code == 201
        Customer.objects.all().delete()
        begun = timezone.now() - timedelta(seconds=seconds_ago)
        IdempotencyKey.objects.update(claim=uuid.uuid4(), claimed_at=begun, status=None, body_encrypted="")

    def test_is_not_begun_a_second_time(self, api):
        self.claim(api, seconds_ago=CLAIM_SECONDS - 10)

        answer = api.post("/customers", CUSTOMER, **under())

        assert_problem(answer, 409, "in_progress")
        assert answer["Retry-After"] == "1"
        assert not Customer.objects.exists()

    def test_is_taken_over_once_its_process_has_been_silent(self, api):
        self.claim(api, seconds_ago=CLAIM_SECONDS)

        assert api.post("/customers", CUSTOMER, **under()).status_code == 201
        assert api.post("/customers", CUSTOMER, **under())["Idempotent-Replayed"] == "true"
        assert Customer.objects.count() == 1

    def test_is_taken_over_where_its_process_has_a_clock_far_ahead(self, api):
        self.claim(api, seconds_ago=-3_600)

        assert api.post("/customers", CUSTOMER, **under()).status_code == 201

    def test_is_refused_with_another_body_all_the_same(self, api):
        self.claim(api, seconds_ago=0)

        assert_problem(api.post("/customers", {**CUSTOMER, "address": "-"}, **under()), 422, "idempotency_key_reused")


class TestACallWhoseClaimWasTakenOver:
    """By another process, because this one was slow or their clocks differ: only the other may answer for the call."""

    @pytest.mark.parametrize("status", [201, 422])
    def test_is_in_progress_whatever_became_of_it_here(self, officer, status):
        call = Call(user=officer, key="POST satu", fingerprint="f" * 64)
        other = uuid.uuid4()

        def carry_out():
            IdempotencyKey.objects.update(claim=other)
            return HttpResponse(status=status)

        with pytest.raises(InProgress):
            answer_once(call, carry_out, at=timezone.now())
        assert IdempotencyKey.objects.get().status is None


class TestWhatIsKept:
    def test_is_unreadable(self, api):
        api.post("/customers", CUSTOMER, **under())

        kept = IdempotencyKey.objects.get()
        assert "Siti" not in kept.body_encrypted
        assert len(kept.fingerprint) == 64

    def test_goes_once_it_is_old(self, api):
        api.post("/customers", CUSTOMER, **under())
        made = IdempotencyKey.objects.get().claimed_at

        assert remove_old_keys(made) == 0
        assert remove_old_keys(made + timedelta(seconds=1)) == 1


@pytest.mark.slow
def test_fifty_at_once_make_one(own_database, tmp_path):
    """See fifty_at_once.py for what is done."""
    settings = {"DJANGO_SETTINGS_MODULE": "bprs.settings", "BPRS_DATA_DIR": str(tmp_path)}
    command = [sys.executable, "-m", "tests.access.fifty_at_once"]

    ended = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **own_database, **settings}, capture_output=True, text=True, check=False
    )

    assert ended.returncode == 0, ended.stderr
    found = json.loads(ended.stdout)
    assert found["statuses"].keys() <= {"201", "409"}
    assert found["statuses"]["201"] >= 1
    assert (found["bodies"], found["customers"], found["afterwards"]) == (1, 1, 201)
