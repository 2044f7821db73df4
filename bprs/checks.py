"""What a start refuses: settings that are not safe in production, each with a hint that mends it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import check_password
from django.core.checks import CheckMessage, Error, Info, Tags, register
from django.core.checks import Warning as Caution
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import InvalidStorageError, storages
from django.db import DatabaseError, connection

from bprs.access.demo_logins import DEMO_LOGINS, DEMO_PASSWORD

DEPLOYMENTS = ("local", "production")
LOCAL_HOSTS = {"127.0.0.1", "localhost", "[::1]", "::1", "0.0.0.0"}  # noqa: S104 listed to be refused
HOST = re.compile(r"\.?[\w-]+(\.[\w-]+)*\.?|\[[0-9a-fA-F:.]+\]")  # a name, a domain with all in it, an address
SHORTEST_KEY = 32
SHORTEST_SECRET_KEY = 50
FEWEST_DIFFERENT_CHARACTERS = 10
LARGEST_UPLOAD = 1024**3
LARGEST_SHEET = {
    "SHEET_MAX_INFLATED_BYTES": 16 * 1024**3,
    "SHEET_MAX_RATIO": 100_000,
    "SHEET_MAX_ROWS": 100_000_000,
    "SHEET_MAX_COLUMNS": 16_384,
    "SHEET_MAX_CELL_CHARS": 32_767,
    "SHEET_MAX_CELLS": 10**9,
    "SHEET_MAX_SECONDS": 3_600,
    "SHEET_MAX_MEMORY": 64 * 1024**3,
}
ROWS_AT_ONCE = ("IMPORT_ROWS_AT_ONCE", "SCORE_LOANS_AT_ONCE", "SIMULATE_LOANS_AT_ONCE", "WORKBOOK_ROWS_AT_ONCE")
LARGEST_FORM = 64 * 1024**2


def register_checks() -> None:
    """Make `manage.py` run these checks; those of the stored data run where the database is named."""
    register(check_deployment, Tags.security)
    register(check_production, Tags.security)
    register(check_limits)
    register(check_storage)
    register(check_database_engine, Tags.database, deploy=True)
    register(check_demo_logins, Tags.database)


def check_deployment(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    if settings.DEPLOYMENT in DEPLOYMENTS:
        return []
    return [
        Error(
            f"BPRS_DEPLOYMENT is {settings.DEPLOYMENT!r}.",
            hint=f"Set it to one of {', '.join(DEPLOYMENTS)}, or leave it out for {DEPLOYMENTS[0]}.",
            id="bprs.E001",
        )
    ]


def check_production(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    if not settings.IS_PRODUCTION:
        return []
    return [*_debug(), *_allowed_hosts(), *_keys(), *_plain_http(), *_second_step(), *_bank()]


def check_limits(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    limits = {
        "IMPORT_MAX_ROWS": (settings.IMPORT_MAX_ROWS, 10_000_000),
        "IMPORT_PART_ROWS": (settings.IMPORT_PART_ROWS, 1_000_000),
        "EXPORT_MAX_ROWS": (settings.EXPORT_MAX_ROWS, 10_000_000),
        "OVERVIEW_MINUTES": (settings.OVERVIEW_MINUTES, 24 * 60),
        "UPLOAD_MAX_BYTES": (settings.UPLOAD_MAX_BYTES, LARGEST_UPLOAD),
        **{name: (getattr(settings, name), most) for name, most in LARGEST_SHEET.items()},
        "BULK_ROWS_ANSWERED_AT_ONCE": (settings.BULK_ROWS_ANSWERED_AT_ONCE, 10_000_000),
        "KEEP_UNUSED_FILES_DAYS": (settings.KEEP_UNUSED_FILES_DAYS, 36_500),
        "LOGIN_TRIES": (settings.LOGIN_TRIES, 100),
        "LOGIN_LOCK_MINUTES": (settings.LOGIN_LOCK_MINUTES, 24 * 60),
        "SESSION_IDLE_MINUTES": (settings.SESSION_IDLE_MINUTES, 24 * 60),
        "SESSION_HOURS": (settings.SESSION_HOURS, 24 * 7),
        "API_CALLS_PER_MINUTE": (settings.API_CALLS_PER_MINUTE, 10_000_000),
        "REQUESTS_AT_ONCE": (settings.REQUESTS_AT_ONCE, 32),
        "REQUEST_WAIT_SECONDS": (settings.REQUEST_WAIT_SECONDS, 300),
        "KEEP_WEBHOOK_LOG_DAYS": (settings.KEEP_WEBHOOK_LOG_DAYS, 3_650),
        "API_TOKEN_HOURS": (settings.API_TOKEN_HOURS, 24 * 31),
        "DATA_UPLOAD_MAX_MEMORY_SIZE": (settings.DATA_UPLOAD_MAX_MEMORY_SIZE, LARGEST_FORM),
    }
    may_be_none = {
        "WORKERS": (settings.Q_CLUSTER["workers"], 256),
        "NINJA_NUM_PROXIES": (settings.NINJA_NUM_PROXIES, 10),
        **{name: (getattr(settings, name), 10_000_000) for name in ROWS_AT_ONCE},
    }
    return [*_outside(limits, least=1), *_outside(may_be_none, least=0)]


def _outside(limits: Mapping[str, tuple[int | None, int]], *, least: int) -> list[CheckMessage]:
    return [
        Error(f"{name} is {value}.", hint=f"Set it to a number from {least} to {most}.", id="bprs.E010")
        for name, (value, most) in limits.items()
        if value is None or not least <= value <= most
    ]


def check_storage(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    """Now, and not when the first officer uploads a file."""
    try:
        storages["default"]
    except (InvalidStorageError, ImproperlyConfigured, ImportError, TypeError) as error:
        hint = "Install what FILE_STORAGE names (django-storages), and give it the options it knows in FILE_STORAGE_OPTIONS."
        return [Error(f"The storage of files cannot be made: {error}", hint=hint, id="bprs.E013")]
    return []


def check_database_engine(
    app_configs: Sequence[AppConfig] | None,
    databases: Sequence[str] | None = None,
    **_: Any,
) -> list[CheckMessage]:
    if not (settings.IS_PRODUCTION and connection.vendor == "sqlite" and databases):
        return []
    return [
        Info(
            "The database is SQLite: one machine, one writer at a time.",
            hint="Set DATABASE_URL to a PostgreSQL for more than one machine or many officers.",
            id="bprs.I001",
        )
    ]


def check_demo_logins(
    app_configs: Sequence[AppConfig] | None,
    databases: Sequence[str] | None = None,
    **_: Any,
) -> list[CheckMessage]:
    """Look, where the database was asked for, whether anybody could come in with the public password."""
    if not settings.IS_PRODUCTION or "default" not in (databases or ()):
        return []
    open_logins = _demo_logins_that_work()
    if not open_logins:
        return []
    return [
        Error(
            f"Demo logins can log in with the public password: {', '.join(open_logins)}.",
            hint="Start production on a database of its own, or give them other passwords or deactivate them.",
            id="bprs.E006",
        )
    ]


def _demo_logins_that_work() -> list[str]:
    """One hash check per distinct password: the demo bank's staff share one."""
    usernames = [login.username for login in DEMO_LOGINS]
    found = get_user_model().objects.filter(username__in=usernames, is_active=True)
    try:
        rows = list(found.order_by("username").values_list("username", "password"))
    except DatabaseError:  # not migrated yet: nobody can log in
        return []
    is_open = {password: check_password(DEMO_PASSWORD, password) for password in {password for _, password in rows}}
    return [username for username, password in rows if is_open[password]]


def _debug() -> Iterator[CheckMessage]:
    if settings.DEBUG:
        yield Error("DEBUG is on: error pages show settings and data.", hint="Remove DEBUG=1.", id="bprs.E002")


def _bank() -> Iterator[CheckMessage]:
    if not settings.BANK_NAME.strip():
        yield Error(
            "BANK_NAME is empty: decision sheets and letters to customers would carry no name.",
            hint="Set it to the bank's name.",
            id="bprs.E012",
        )


def _allowed_hosts() -> Iterator[CheckMessage]:
    named = {host.strip() for host in settings.ALLOWED_HOSTS} - LOCAL_HOSTS - {""}
    if not named or not all(map(HOST.fullmatch, named)):
        yield Error(
            f"ALLOWED_HOSTS is {','.join(settings.ALLOWED_HOSTS)!r}: no name under which this site is served.",
            hint="Name the host people type, without https:// and port, for example ALLOWED_HOSTS=scoring.bank.example",
            id="bprs.E003",
        )


def _keys() -> Iterator[CheckMessage]:
    keys = [
        ("SECRET_KEY", settings.SECRET_KEY, SHORTEST_SECRET_KEY),
        ("FIELD_INDEX_KEY", settings.FIELD_INDEX_KEY, SHORTEST_KEY),
    ]
    keys += [("FIELD_ENCRYPTION_KEYS", key, SHORTEST_KEY) for key in settings.FIELD_ENCRYPTION_KEYS]
    keys += [("SEAL_KEYS", key, SHORTEST_KEY) for key in settings.SEAL_KEYS]
    for name, key, shortest in keys:
        if len(key) < shortest or len(set(key)) < FEWEST_DIFFERENT_CHARACTERS or "insecure" in key:
            yield Error(
                f"{name} is short or easy to guess.",
                hint=f"Leave it out to have one made and kept, or give at least {shortest} random characters.",
                id="bprs.E004",
            )


def _plain_http() -> Iterator[CheckMessage]:
    """The server speaks plain HTTP; without the proxy's word every page would redirect to itself for ever."""
    if settings.SECURE_SSL_REDIRECT and not settings.SECURE_PROXY_SSL_HEADER:
        yield Error(
            "Pages redirect to https, but nothing says when a visitor came by https.",
            hint="Put a TLS proxy in front that sets X-Forwarded-Proto, and set BEHIND_TLS_PROXY=1.",
            id="bprs.E005",
        )


def _second_step() -> Iterator[CheckMessage]:
    if not settings.REQUIRE_TOTP:
        yield Caution(
            "Who decides, approves cards or administers may log in with a password alone.",
            hint="Remove REQUIRE_TOTP=0.",
            id="bprs.W002",
        )
