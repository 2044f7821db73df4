"""Making and revoking API keys."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from django.utils.translation import override

from bprs.access.models import ApiKey
from bprs.access.scopes import Scope
from bprs.access.services import InactiveUser, UnknownScope, create_api_key, revoke_api_key
from bprs.validation import Invalid
from tests.api_client import ApiClient
from tests.factories import NOW, make_user

pytestmark = pytest.mark.django_db


class TestCreateApiKey:
    def test_shows_the_secret_once_and_keeps_its_hash(self):
        new = create_api_key(user=make_user(), name="core banking", scopes=[Scope.LOANS_READ], created_at=NOW)

        key = ApiKey.objects.get()
        assert new.key == key
        assert key.kind == ApiKey.Kind.KEY
        assert key.secret_sha256 == ApiKey.hash_of(new.secret)
        assert new.secret.startswith(key.prefix)
        assert key.scopes == ["loans:read"]
        assert key.expires_at is None

    @pytest.mark.parametrize("scopes", [[], ["loans:shred"], ["loans:read", ""]])
    def test_refuses_a_scope_that_does_not_exist(self, scopes):
        with pytest.raises(UnknownScope):
            create_api_key(user=make_user(), name="x", scopes=scopes, created_at=NOW)

    def test_refuses_an_inactive_user(self):
        with pytest.raises(InactiveUser):
            create_api_key(user=make_user(is_active=False), name="x", scopes=["all"], created_at=NOW)

    @pytest.mark.parametrize("name", ["", "  ", "x" * 101])
    def test_refuses_a_name_that_is_none(self, name):
        with pytest.raises(Invalid) as refusal:
            create_api_key(user=make_user(), name=name, scopes=["all"], created_at=NOW)

        assert list(refusal.value.fields) == ["name"]

    def test_refuses_a_key_that_is_over_before_it_begins(self):
        with pytest.raises(Invalid):
            create_api_key(user=make_user(), name="x", scopes=["all"], created_at=NOW, expires_at=NOW)


class TestRevokeApiKey:
    def test_keeps_the_moment_it_was_first_revoked(self):
        key = create_api_key(user=make_user(), name="x", scopes=["all"], created_at=NOW).key

        revoke_api_key(key=key, revoked_at=NOW)
        revoke_api_key(key=key, revoked_at=NOW + timedelta(days=1))

        key.refresh_from_db()
        assert key.revoked_at == NOW


class TestCommand:
    def test_prints_only_the_key(self, capsys):
        make_user("integrasi", group="Account officer")

        call_command("create_api_key", "integrasi", "--name", "core banking", "--scopes", "loans:read, customers:read")

        printed = capsys.readouterr()
        assert printed.err == ""
        assert printed.out.count("\n") == 1
        assert ApiClient(printed.out.strip()).get("/loans").status_code == 200
        assert ApiKey.objects.get().scopes == ["customers:read", "loans:read"]

    def test_can_make_a_key_that_expires(self):
        make_user("integrasi")

        call_command("create_api_key", "integrasi", "--name", "x", "--scopes", "all", "--expires-days", "30")

        expires_at = ApiKey.objects.get().expires_at
        assert expires_at is not None
        assert timedelta(days=29) < expires_at - timezone.now() <= timedelta(days=30)

    @pytest.mark.parametrize(
        ("arguments", "reason"),
        [
            (["siapa", "--name", "x", "--scopes", "all"], "There is no user siapa"),
            (["integrasi", "--name", "x", "--scopes", "loans:shred"], "loans:shred"),
            (["integrasi", "--name", "x", "--scopes", ","], "scope"),
            (["integrasi", "--name", " ", "--scopes", "all"], "name"),
            (["integrasi", "--name", "x", "--scopes", "all", "--expires-days", "0"], "expires"),
            (["integrasi", "--name", "x", "--scopes", "all", "--expires-days", "99999999999"], "too large"),
        ],
    )
    def test_refuses_with_a_reason_and_makes_nothing(self, arguments, reason, capsys):
        make_user("integrasi")

        with override("en"), pytest.raises(CommandError, match=reason) as refusal:
            call_command("create_api_key", *arguments)

        assert refusal.value.returncode != 0
        assert capsys.readouterr().out == ""
        assert not ApiKey.objects.exists()
