"""Coming in with a token or an API key."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bprs.access.models import ApiKey
from bprs.access.scopes import Scope
from tests.api_client import ApiClient, assert_problem
from tests.factories import make_api_key, make_user

pytestmark = pytest.mark.django_db


class TestLogIn:
    def test_gives_a_token_that_opens_the_api(self, settings):
        settings.API_TOKEN_HOURS = 8
        make_user("sari", password="rahasia-sekali", group="Account officer")

        answer = ApiClient().post("/auth/token", {"username": "sari", "password": "rahasia-sekali"})

        assert answer.status_code == 200
        assert answer.json()["token_type"] == "bearer"
        assert answer.json()["expires_in"] == 8 * 3600
        assert ApiClient(answer.json()["access_token"]).get("/loans").status_code == 200

    def test_keeps_no_readable_token(self):
        make_user("sari", password="rahasia-sekali")

        secret = (
            ApiClient().post("/auth/token", {"username": "sari", "password": "rahasia-sekali"}).json()["access_token"]
        )

        key = ApiKey.objects.get()
        assert key.kind == ApiKey.Kind.LOGIN
        assert key.secret_sha256 == ApiKey.hash_of(secret)
        assert secret not in [key.prefix, key.name]

    def test_refuses_unknown_inactive_and_wrong_alike(self):
        make_user("sari", password="rahasia-sekali")
        make_user("budi", password="rahasia-sekali", is_active=False)
        tries = [("sari", "salah"), ("siapa", "rahasia-sekali"), ("budi", "rahasia-sekali")]

        answers = [ApiClient().post("/auth/token", {"username": u, "password": p}) for u, p in tries]

        problems = [assert_problem(answer, 401, "wrong_credentials") for answer in answers]
        assert len({problem["detail"] for problem in problems}) == 1
        assert all(answer["WWW-Authenticate"] == "Bearer" for answer in answers)
        assert not ApiKey.objects.exists()

    def test_forgets_the_users_expired_tokens_and_no_others(self):
        sari, budi = make_user("sari", password="rahasia-sekali"), make_user()
        past = timezone.now() - timedelta(hours=1)
        make_api_key(sari, name="expired token", kind=ApiKey.Kind.LOGIN, expires_at=past)
        make_api_key(sari, name="expired key", expires_at=past)
        make_api_key(budi, name="of a colleague", kind=ApiKey.Kind.LOGIN, expires_at=past)

        ApiClient().post("/auth/token", {"username": "sari", "password": "rahasia-sekali"})

        assert set(ApiKey.objects.values_list("name", flat=True)) == {"login", "expired key", "of a colleague"}

    def test_points_at_what_is_missing(self):
        problem = assert_problem(ApiClient().post("/auth/token", {"username": "sari"}), 422, "invalid")

        assert problem["errors"] == [{"pointer": "#/password", "code": "missing", "detail": "This is required."}]

    @pytest.mark.parametrize("username", ["sa\x00ri", "\ud800"])
    def test_refuses_text_that_cannot_be_stored(self, username):
        answer = ApiClient().post("/auth/token", {"username": username, "password": "x"})

        assert_problem(answer, 422, "invalid")


class TestKey:
    def test_is_asked_for(self):
        answer = ApiClient().get("/loans")

        assert_problem(answer, 401, "not_authenticated")
        assert answer["WWW-Authenticate"] == "Bearer"

    @pytest.mark.parametrize("header", ["", "Bearer", "Basic c2FyaTpyYWhhc2lh", "bprs_no_scheme"])
    def test_counts_in_the_bearer_form_only(self, header):
        answer = Client(headers={"Authorization": header}).get("/api/v1/loans")

        assert answer.status_code == 401

    @pytest.mark.parametrize(
        "values",
        [
            {"expires_at": timezone.now() - timedelta(seconds=1)},
            {"revoked_at": timezone.now() - timedelta(seconds=1)},
            {"user__is_active": False},
        ],
    )
    def test_opens_nothing_once_expired_revoked_or_of_an_inactive_user(self, values):
        user = make_user(group="Account officer", is_active=values.pop("user__is_active", True))
        secret = make_api_key(user, **values)

        answer = ApiClient(secret).get("/loans")

        assert_problem(answer, 401, "invalid_token")
        assert answer["WWW-Authenticate"] == 'Bearer error="invalid_token"'

    @pytest.mark.parametrize("secret", ["bprs_unknown", "ü", "x" * 10_000])
    def test_opens_nothing_if_unknown(self, secret):
        answer = Client(headers={"Authorization": f"Bearer {secret}"}).get("/api/v1/loans")

        assert_problem(answer, 401, "invalid_token")

    def test_opens_no_further_than_its_scope(self):
        secret = make_api_key(make_user(group="Account officer"), scopes=[Scope.CUSTOMERS_READ])

        assert ApiClient(secret).get("/customers").status_code == 200
        assert_problem(ApiClient(secret).get("/loans"), 403, "insufficient_scope")
        assert_problem(ApiClient(secret).post("/customers", {}), 403, "insufficient_scope")

    def test_opens_no_further_than_its_user(self):
        secret = make_api_key(make_user(group="Auditor"))

        assert ApiClient(secret).get("/loans").status_code == 200
        assert_problem(ApiClient(secret).post("/predictions/individual/1"), 403, "not_permitted")

    def test_knows_a_permission_given_to_the_user_alone(self):
        secret = make_api_key(make_user(permissions=["loans.view_loan"]))

        assert ApiClient(secret).get("/loans").status_code == 200

    def test_opens_everything_for_a_superuser(self):
        secret = make_api_key(make_user(is_superuser=True))

        assert ApiClient(secret).get("/loans").status_code == 200

    def test_ignores_a_scope_that_no_longer_exists(self):
        secret = make_api_key(make_user(group="Account officer"), scopes=["loans:shred", Scope.LOANS_READ])

        assert ApiClient(secret).get("/loans").status_code == 200

    def test_is_not_replaced_by_a_session(self):
        client = Client()
        client.force_login(make_user(is_superuser=True))

        assert client.get("/api/v1/loans").status_code == 401

    def test_is_found_with_one_query(self):
        secret = make_api_key(make_user(group="Account officer"), last_used_at=timezone.now())

        with CaptureQueriesContext(connection) as queries:
            ApiClient(secret).get("/loans/1")

        assert len(queries) == 2  # the key, and the loan


class TestLastUse:
    def test_is_remembered(self):
        secret = make_api_key(make_user(group="Account officer"))

        ApiClient(secret).get("/loans")

        assert ApiKey.objects.get().last_used_at is not None

    def test_is_written_once_an_hour(self):
        recently = timezone.now() - timedelta(minutes=59)
        secret = make_api_key(make_user(group="Account officer"), last_used_at=recently)

        ApiClient(secret).get("/loans")

        assert ApiKey.objects.get().last_used_at == recently

    def test_is_renewed_after_an_hour(self):
        before = timezone.now() - timedelta(minutes=61)
        secret = make_api_key(make_user(group="Account officer"), last_used_at=before)

        ApiClient(secret).get("/loans")

        assert ApiKey.objects.filter(last_used_at__gt=before).exists()
