"""A bank of two branches with one of everything in each: what the routes of the rights table are tried on."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import Group
from django.utils import timezone

from bprs.access.disclosures import note_export
from bprs.access.models import ApiKey, Branch, User
from bprs.jobs import pulses
from bprs.lists.models import SavedView
from loans.models import Loan
from scoring.models import DecisionLimit, DecisionReason, ScorecardVersion, Source
from scoring.portfolio import Portfolio
from scoring.services.decisions import recommend_loan
from scoring.services.score_loans import score_loan
from scoring.services.shadow import begin_shadow
from scoring.services.simulate import simulate
from tests.factories import NOW, make_api_key, make_branch, make_card_in_force, make_customer, make_loan, make_user
from tests.importing.batches import HEADERS as SHEET
from tests.importing.batches import application, checked, csv_of
from tests.jobs.rows import make_job
from tests.webhooks.rows import make_endpoint, make_message

MISSING = 999_999
MISSING_UUID = "00000000-0000-4000-8000-000000000000"
ROLES: Mapping[str, Mapping[str, Any]] = {
    "officer": {"group": "Account officer"},
    "supervisor": {"group": "Supervisor"},
    "risk": {"group": "Risk staff", "sees_all_branches": True},
    "auditor": {"group": "Auditor", "sees_all_branches": True},
    "administrator": {"group": "Administrator", "sees_all_branches": True},
    "program": {"group": "API client", "is_staff": False},
    "nobody": {},
}
SCOPED = ("officer", "supervisor", "program")  # those who see one branch


@dataclass(frozen=True, slots=True, kw_only=True)
class Things:
    """The keys of one of everything, by the name it has in routes."""

    keys: Mapping[str, object]

    def __getitem__(self, name: str) -> object:
        return self.keys[name]


class Bank:
    """`own` and `foreign` are of two branches; what no branch owns, such as scorecards, is the same in both."""

    def __init__(self) -> None:
        make_card_in_force()
        here, there = make_branch(), make_branch()
        self.users = {
            role: make_user(f"the-{role}", branches=[here], **{"is_staff": True, **how}) for role, how in ROLES.items()
        }
        self.secrets = {role: make_api_key(user, name="of the role") for role, user in self.users.items()}
        stranger = make_user(is_staff=True, group="Account officer", branches=[there])
        shared = _shared(self.users["risk"])
        self.own = Things(keys={**shared, **_of(self.users["officer"], here)})
        self.foreign = Things(keys={**shared, **_of(stranger, there)})
        pulses.beat(runner="a worker", at=timezone.now() + timedelta(hours=1))
        self.missing = Things(
            keys={
                name: MISSING_UUID if len(str(key)) == len(MISSING_UUID) else MISSING
                for name, key in self.own.keys.items()
            }
        )


def _shared(risk: User) -> dict[str, object]:
    draft = ScorecardVersion.objects.get(name="rescaled")
    in_force = ScorecardVersion.objects.get(name="standard")
    make_loan(status="disbursed", collectibility=1)
    simulation = simulate(version=draft, against=in_force, portfolio=Portfolio(), asked_by=risk, asked_at=NOW)
    shadow = begin_shadow(version=draft, reason="x", begun_by=risk, begun_at=NOW, until=NOW + timedelta(days=30))
    return {
        "card": draft.pk,
        "card_in_force": in_force.pk,
        "label": draft.label,
        "simulation": simulation.pk,
        "shadow": shadow.pk,
        "group": Group.objects.get(name="Auditor").pk,
        "disclosure": _disclosure(risk),
        "limit": DecisionLimit.objects.order_by("pk")[0].pk,
        "limit_history": 1,
        "reason": DecisionReason.objects.order_by("pk")[0].pk,
    }


def _of(officer: User, branch: Branch) -> dict[str, object]:
    loan = make_loan(customer=make_customer(branch=branch), account_officer=officer)
    score_loan(loan_id=loan.pk, scored_by=officer, scored_at=NOW, source=Source.ADMIN)
    score = loan.scores.get()
    row = application(officer.pk)
    make_api_key(officer)
    return {
        "decision": _decision(loan, officer),
        "apikey": ApiKey.objects.filter(user=officer, name="test")[0].pk,
        "loan": loan.pk,
        "customer": loan.customer_id,
        "score": score.pk,
        "run": score.run_id,
        "job": make_job(owner=officer).pk,
        "batch": checked(officer, csv_of(SHEET, [row]), branch=branch).pk,
        "branch": branch.pk,
        "loan_view": _view(officer, "loans.loan"),
        "customer_view": _view(officer, "customers.customer"),
        "user": officer.pk,
        "endpoint": (endpoint := make_endpoint(owner=officer)).pk,
        "endpoint_history": endpoint.history.latest().pk,
        "message": make_message(endpoint).pk,
        "loan_history": loan.history.latest().pk,
        "customer_history": loan.customer.history.latest().pk,
    }


def _decision(loan: Loan, officer: User) -> int:
    return recommend_loan(loan_id=loan.pk, advice="approve", note="x", recommended_by=officer, recommended_at=NOW).pk


def _disclosure(risk: User) -> int:
    said: dict[str, Any] = {"query": "", "columns": [], "file_format": "csv", "row_count": 1, "remote_address": None}
    return note_export(list_name="loans.loan", made_by=risk, made_at=NOW, **said).pk


def _view(owner: User, list_name: str) -> int:
    view = SavedView.objects.create(owner=owner, list_name=list_name, name="x", created_at=NOW, changed_at=NOW)
    return view.pk
