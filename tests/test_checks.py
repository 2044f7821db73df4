"""What a production start refuses, and what it lets pass."""

import pytest
from django.core.checks import run_checks
from django.core.management import CommandError, call_command
from django.db import connection

from bprs.access.demo_logins import DEMO_PASSWORD
from tests.factories import make_customer, make_user

GOOD_KEY = "5vQ0-qmWj_3xkYp8hT2bN7cRz9LdFaGsEuHiKoMtPwXyVrB4"
PRODUCTION = {
    "DEPLOYMENT": "production",
    "IS_PRODUCTION": True,
    "DEBUG": False,
    "BANK_NAME": "BPRS Amanah",
    "ALLOWED_HOSTS": ["scoring.bank.example"],
    "SECRET_KEY": GOOD_KEY + "zQ",
    "FIELD_INDEX_KEY": GOOD_KEY,
    "FIELD_ENCRYPTION_KEYS": [GOOD_KEY],
    "SEAL_KEYS": [GOOD_KEY],
    "SECURE_SSL_REDIRECT": True,
    "REQUIRE_TOTP": True,
    "SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https"),
}


@pytest.fixture
def production(settings):
    for name, value in PRODUCTION.items():
        setattr(settings, name, value)
    return settings


def ids_of(**options) -> set[str]:
    return {f"{message.id}" for message in run_checks(**options) if f"{message.id}".startswith("bprs.")}


class TestSettings:
    def test_a_local_start_needs_nothing(self):
        assert ids_of() == set()

    def test_a_safe_production_start_passes(self, production):
        assert ids_of() == set()

    def test_an_unknown_deployment_is_refused_by_name(self, settings):
        settings.DEPLOYMENT = "prodution"

        (message,) = [message for message in run_checks() if message.id == "bprs.E001"]
        assert "prodution" in message.msg
        assert "production" in str(message.hint)

    def test_a_password_alone_for_who_decides_is_cautioned_against(self, production):
        production.REQUIRE_TOTP = False

        assert ids_of() == {"bprs.W002"}

    def test_debug_is_refused(self, production):
        production.DEBUG = True

        assert ids_of() == {"bprs.E002"}

    @pytest.mark.parametrize(
        "hosts",
        [
            [],
            ["*"],
            ["scoring.bank.example", "*"],
            ["127.0.0.1", "localhost", "[::1]"],
            [""],
            ["https://scoring.bank.example"],
            ["scoring.bank.example:443"],
            ["*.bank.example"],
            ["scoring.bank.example", "bank.example/"],
        ],
    )
    def test_hosts_that_name_no_site_are_refused(self, production, hosts):
        production.ALLOWED_HOSTS = hosts

        assert ids_of() == {"bprs.E003"}

    @pytest.mark.parametrize("host", [".bank.example", "bank", "10.0.0.7", "[2001:db8::7]", "scoring_2.bank.example."])
    def test_a_host_beside_the_local_ones_is_fine(self, production, host):
        production.ALLOWED_HOSTS = ["127.0.0.1", host]

        assert ids_of() == set()

    @pytest.mark.parametrize("key", ["rahasia", "a" * 60, "django-insecure-" + GOOD_KEY])
    def test_a_secret_key_that_can_be_guessed_is_refused(self, production, key):
        production.SECRET_KEY = key

        assert ids_of() == {"bprs.E004"}

    @pytest.mark.parametrize("keys", ["FIELD_ENCRYPTION_KEYS", "SEAL_KEYS"])
    def test_every_key_of_several_counts(self, production, keys):
        setattr(production, keys, [GOOD_KEY, "old-and-short"])

        assert ids_of() == {"bprs.E004"}

    def test_keys_are_never_printed(self, production):
        production.SECRET_KEY = "a-guessable-secret"

        assert all("a-guessable-secret" not in f"{message.msg}{message.hint}" for message in run_checks())

    def test_a_redirect_to_https_that_could_never_end_is_refused(self, production):
        production.SECURE_PROXY_SSL_HEADER = None

        assert ids_of() == {"bprs.E005"}

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("UPLOAD_MAX_BYTES", 0),
            ("UPLOAD_MAX_BYTES", 10**12),
            ("BULK_ROWS_ANSWERED_AT_ONCE", -1),
            ("SHEET_MAX_ROWS", 0),
            ("SHEET_MAX_SECONDS", 100_000),
            ("API_TOKEN_HOURS", 0),
            ("DATA_UPLOAD_MAX_MEMORY_SIZE", None),
            ("IMPORT_PART_ROWS", 0),
            ("IMPORT_ROWS_AT_ONCE", -1),
            ("EXPORT_MAX_ROWS", -1),
            ("OVERVIEW_MINUTES", 0),
            ("NINJA_NUM_PROXIES", -1),
            ("Q_CLUSTER", {"workers": -3}),
        ],
    )
    def test_limits_that_limit_nothing_or_everything_are_refused(self, settings, name, value):
        setattr(settings, name, value)

        assert ids_of() == {"bprs.E010"}


@pytest.mark.django_db
class TestStoredData:
    def test_a_demo_login_that_still_works_is_refused(self, production):
        make_user("ao1", password=DEMO_PASSWORD)

        assert "bprs.E006" in ids_of(databases=["default"])

    def test_a_demo_login_with_another_password_is_fine(self, production):
        make_user("ao1", password="sebuah-rahasia-lain")

        assert "bprs.E006" not in ids_of(databases=["default"])

    def test_a_demo_login_that_was_deactivated_is_fine(self, production):
        make_user("ao1", password=DEMO_PASSWORD, is_active=False)

        assert "bprs.E006" not in ids_of(databases=["default"])

    def test_demo_logins_are_welcome_locally(self):
        make_user("ao1", password=DEMO_PASSWORD)

        assert ids_of(databases=["default"]) == set()

    def test_sqlite_in_production_is_mentioned_and_allowed(self, production):
        found = ids_of(databases=["default"], include_deployment_checks=True)

        assert found == ({"bprs.I001"} if connection.vendor == "sqlite" else set())


@pytest.mark.django_db
class TestKeys:
    """They are tried on the first NIK that is stored."""

    @pytest.fixture(autouse=True)
    def _a_customer(self):
        make_customer()
        make_customer(nik="3174095708900001")

    def test_that_fit_pass(self, settings):
        settings.FIELD_ENCRYPTION_KEYS = [
            "a newer key, with which nothing was encrypted yet",
            *settings.FIELD_ENCRYPTION_KEYS,
        ]

        assert ids_of(databases=["default"]) == set()

    @pytest.mark.parametrize(
        ("setting", "value", "found"),
        [
            ("FIELD_ENCRYPTION_KEYS", [GOOD_KEY], "bprs.E014"),
            ("FIELD_INDEX_KEY", GOOD_KEY, "bprs.E015"),
        ],
    )
    def test_that_do_not_fit_are_refused_by_whatever_works_with_them(self, settings, tmp_path, setting, value, found):
        setattr(settings, setting, value)

        assert ids_of(databases=["default"]) == {found}
        for command, code in {"work": 1, "verify": 2, f"backup {tmp_path}": 2}.items():
            with pytest.raises(CommandError, match=setting) as refusal:
                call_command(*command.split(), skip_checks=False)
            assert refusal.value.returncode == code
        assert not list(tmp_path.iterdir())

    def test_are_asked_for_no_more_than_the_first(self, settings):
        made, settings.FIELD_INDEX_KEY = settings.FIELD_INDEX_KEY, GOOD_KEY
        make_customer(nik="3174095708900002")
        settings.FIELD_INDEX_KEY = made

        assert ids_of(databases=["default"]) == set()
