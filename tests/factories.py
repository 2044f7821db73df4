"""Rows for tests: each names only what differs."""

import itertools
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import Group, Permission

from bprs.access.models import ApiKey, Branch, User
from bprs.access.scopes import Scope
from customers.models import Customer
from loans.models import Loan
from scoring.engine import Scorecard
from scoring.engine.standard import STANDARD_1
from scoring.models import CardProposal, ScorecardVersion

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
_numbers = itertools.count(1)


def make_user(
    username: str | None = None,
    *,
    branches: list[Branch] | None = None,
    permissions: list[str] | None = None,
    **values: Any,
) -> User:
    """A member of staff; `permissions` such as "scoring.score_loan", `group` a role's name."""
    group = values.pop("group", None)
    user = User.objects.create_user(
        username or f"user{next(_numbers)}", password=values.pop("password", "rahasia-sekali"), **values
    )
    if branches:
        user.branches.set(branches)
    for permission in permissions or []:
        app_label, codename = permission.split(".")
        user.user_permissions.add(Permission.objects.get(content_type__app_label=app_label, codename=codename))
    if group:
        user.groups.add(Group.objects.get(name=group))
    return user


def make_branch(**values: Any) -> Branch:
    n = next(_numbers)
    return Branch.objects.create(**{"code": f"{n:03}", "name": f"Cabang {n}", **values})


def make_customer(*, nik: str = "", **values: Any) -> Customer:
    n = next(_numbers)
    if "branch" not in values:
        values["branch"] = make_branch()
    customer = Customer(
        **{
            "customer_number": f"CIF{n:06}",
            "full_name": f"Siti Aminah {n}",
            "monthly_income": Decimal(5_000_000),
            "assets_value": Decimal(20_000_000),
            **values,
        }
    )
    customer.nik = nik
    customer.save()
    return customer


def make_loan(**values: Any) -> Loan:
    """By default the first golden vector: 5 million income, 20 million assets, 10 million over 12 months."""
    n = next(_numbers)
    if "customer" not in values:
        values["customer"] = make_customer(**({"branch": values.pop("branch")} if "branch" in values else {}))
    return Loan.objects.create(
        **{
            "loan_number": f"PB{n:06}",
            "principal_amount": Decimal(10_000_000),
            "tenor_months": 12,
            "application_date": date(2026, 11, 2),
            **values,
        }
    )


def make_card_in_force(definition: Mapping[str, Any] = STANDARD_1, **values: Any) -> ScorecardVersion:
    """The card the migrations put in force, or another one in its place."""
    latest = CardProposal.objects.in_effect(NOW).select_related("version").first()
    since = datetime(2000, 1, 1, tzinfo=UTC)
    if latest and latest.effective_from:
        since = latest.effective_from + timedelta(days=1)
    if latest and latest.version.definition == definition:
        return latest.version
    card = {
        "name": "test",
        "number": next(_numbers),
        "definition": definition,
        "content_hash": Scorecard.from_dict(definition).content_hash(),
        "created_at": NOW,
    }
    version = ScorecardVersion.objects.create(**{**card, **values})
    put_in_force(version, since)
    return version


def put_in_force(version: ScorecardVersion, since: datetime) -> CardProposal:
    return CardProposal.objects.create(
        version=version,
        content_hash=version.content_hash,
        proposed_by=make_user(),
        proposed_at=since,
        outcome=CardProposal.Outcome.APPROVED,
        decided_by=make_user(),
        decided_at=since,
        effective_from=since,
    )


def make_api_key(user: User, *, scopes: list[str] | None = None, **values: Any) -> str:
    """The secret of a new key."""
    secret = ApiKey.new_secret()
    ApiKey.objects.create(
        **{
            "user": user,
            "name": "test",
            "prefix": secret[:12],
            "secret_sha256": ApiKey.hash_of(secret),
            "scopes": scopes if scopes is not None else [Scope.ALL],
            "created_at": NOW,
            **values,
        }
    )
    return secret
