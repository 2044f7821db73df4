"""Filling an empty database with the demo bank, through the services real data comes in by."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.db import transaction
from django.utils.translation import gettext as _

from bprs.access.demo_logins import DEMO_LOGINS, DEMO_PASSWORD, DemoLogin
from bprs.access.models import Branch, User
from bprs.errors import DomainError
from customers.models import Customer
from customers.services import CustomerColumns, add_customers
from loans.models import Loan, LoanQuerySet, Segment, Status
from loans.services import LoanColumns, add_loans
from scoring.demo.bank import DemoBank
from scoring.demo.draws import Bools, Ints
from scoring.demo.financings import AKADS, PURPOSES, STATUSES, DemoLoans
from scoring.demo.people import DemoCustomers
from scoring.demo.places import OFFICES
from scoring.models import DecisionLimit, ScoringRun, Source
from scoring.services.demo_decisions import record_decisions
from scoring.services.overview import refresh_overview
from scoring.services.score_loans import score_loans

CHUNK_ROWS = 20_000
LOADED_BEFORE, SCORED_BEFORE = timedelta(hours=3), timedelta(hours=2)  # what waits today was recommended since
OnProgress = Callable[[int], None]


class DatabaseNotEmpty(DomainError):
    code = "database_not_empty"
    status = 409


class NoDemoInProduction(DomainError):
    code = "no_demo_in_production"
    status = 409


@transaction.atomic
def open_demo_bank(*, bank: DemoBank, opened_at: datetime, on_progress: OnProgress | None = None) -> ScoringRun:
    """
    Load branches, staff, customers and financing, and score the whole portfolio: all of it or nothing.

    :param on_progress: called with the number of rows each step has added
    :raises DatabaseNotEmpty: if anybody's data is there already
    :raises NoDemoInProduction: if BPRS_DEPLOYMENT is production
    """
    _refuse_real_banks()
    say = on_progress or (lambda _count: None)
    branches = [Branch.objects.create(code=office.code, name=office.name, city=office.city) for office in OFFICES]
    head_office = _hire_staff(branches)
    loaded_at, scored_at = opened_at - LOADED_BEFORE, opened_at - SCORED_BEFORE
    customer_ids = _load_customers(bank.customers, branches, head_office, loaded_at, say)
    officer_ids = _officers(bank.customers)
    _load_loans(bank.loans, customer_ids, officer_ids, head_office, loaded_at, say)
    run = score_loans(loans=_to_be_scored(), scored_by=head_office, scored_at=scored_at, source=Source.COMMAND)
    by_branch = {login.branch: login.username for login in DEMO_LOGINS if login.role == "Supervisor" and login.branch}
    staff = {user.username: user for user in User.objects.all()}
    supervisors = {code: staff[username] for code, username in by_branch.items()}
    record_decisions(run=run, supervisors=supervisors, director=staff["dir1"], opened_at=opened_at)
    refresh_overview(at=opened_at)
    return run


def _to_be_scored() -> LoanQuerySet:
    """All but the newest quarter of what is submitted: scoring that is the work of today."""
    submitted = Loan.objects.filter(status=Status.SUBMITTED).order_by("-application_date", "-pk")
    newest = submitted.values_list("pk", flat=True)[: submitted.count() // 4]
    return Loan.objects.exclude(pk__among=list(newest))


def _officers(people: DemoCustomers) -> list[int]:
    """Whose files each customer's are: the officers of a branch share its customers."""
    staff = dict(User.objects.values_list("username", "pk"))
    of_branch = [
        [
            staff[login.username]
            for login in DEMO_LOGINS
            if login.role == "Account officer" and login.branch == office.code
        ]
        for office in OFFICES
    ]
    return [of_branch[office][n % len(of_branch[office])] for n, office in enumerate(people.office.tolist())]


def holds_customers() -> bool:
    """Whether a bank, demo or real, is in the database already."""
    return Customer.objects.exists()


def _refuse_real_banks() -> None:
    if settings.IS_PRODUCTION:
        raise NoDemoInProduction(_("The demo bank is not loaded into a production site: its passwords are public."))
    for rows in (Customer.objects, Loan.objects, Branch.objects, User.objects):
        if rows.exists():
            raise DatabaseNotEmpty(
                _("The database already holds %(what)s; the demo bank is loaded into an empty one only.")
                % {"what": rows.model._meta.verbose_name_plural}
            )


def _hire_staff(branches: list[Branch]) -> User:
    """One hash for all: they share the password, and hashing is slow on purpose. The director decides on anything. Returns the head office."""
    password = make_password(DEMO_PASSWORD)
    staff = User.objects.bulk_create([_new_user(login, password) for login in DEMO_LOGINS])
    groups = {group.name: group for group in Group.objects.all()}
    by_code = {branch.code: branch for branch in branches}
    for user, login in zip(staff, DEMO_LOGINS, strict=True):
        if login.role:
            user.groups.add(groups[login.role])
        if login.branch:
            by_code[login.branch].officers.add(user)
    director = next(user for user in staff if user.username == "dir1")
    DecisionLimit.objects.bulk_create(DecisionLimit(user=director, segment=segment) for segment in Segment)
    return next(user for user in staff if user.is_superuser)


def _new_user(login: DemoLogin, password: str) -> User:
    first_name, _space, last_name = login.full_name.rpartition(" ")
    return User(
        username=login.username,
        password=password,
        first_name=first_name,
        last_name=last_name,
        is_staff=True,
        is_superuser=not login.role,
        sees_all_branches=not login.branch,
    )


def _chunks(length: int) -> Iterator[slice]:
    return (slice(start, min(start + CHUNK_ROWS, length)) for start in range(0, length, CHUNK_ROWS))


def _load_customers(
    people: DemoCustomers, branches: list[Branch], added_by: User, added_at: datetime, say: OnProgress
) -> list[int]:
    """Return the primary keys in the order of the columns."""
    primary_keys: list[int] = []
    for rows in _chunks(len(people)):
        columns = _customer_columns(people, rows, [branch.pk for branch in branches])
        added = add_customers(columns=columns, added_by=added_by, added_at=added_at)
        primary_keys += [added[number] for number in columns["customer_number"]]
        say(len(added))
    return primary_keys


def _customer_columns(people: DemoCustomers, rows: slice, branch_ids: list[int]) -> CustomerColumns:
    return {
        "customer_number": people.numbers(rows),
        "full_name": people.full_names(rows),
        "nik": people.niks(rows),
        "phone": people.phones(rows),
        "address": people.addresses(rows),
        "birth_date": people.birth_date[rows].tolist(),
        "branch_id": [branch_ids[office] for office in people.office[rows].tolist()],
        "monthly_income": _money(people.income[rows], people.is_income_known[rows]),
        "assets_value": _money(people.assets[rows], people.is_assets_known[rows]),
    }


def _load_loans(
    loans: DemoLoans,
    customer_ids: list[int],
    officer_ids: list[int],
    added_by: User,
    added_at: datetime,
    say: OnProgress,
) -> None:
    for rows in _chunks(len(loans)):
        columns = _loan_columns(loans, rows, customer_ids)
        columns["account_officer_id"] = [officer_ids[customer] for customer in loans.customer[rows].tolist()]
        say(len(add_loans(columns=columns, added_by=added_by, added_at=added_at)))


def _loan_columns(loans: DemoLoans, rows: slice, customer_ids: list[int]) -> LoanColumns:
    amount, tenor = loans.amount[rows], loans.tenor[rows]
    grade, days = loans.collectibility[rows], loans.days_past_due[rows]
    return {
        "loan_number": loans.numbers(rows),
        "customer_id": [customer_ids[customer] for customer in loans.customer[rows].tolist()],
        "akad": _words(AKADS, loans.akad[rows]),
        "purpose": _words(PURPOSES, loans.purpose[rows]),
        "principal_amount": _money(amount, amount > 0),
        "tenor_months": _known(tenor, tenor > 0),
        "status": _words(STATUSES, loans.status[rows]),
        "application_date": loans.application_date[rows].tolist(),
        "disbursed_date": loans.disbursed_date[rows].tolist(),
        "collectibility": _known(grade, grade > 0),
        "days_past_due": _known(days, days >= 0),
    }


def _words(words: tuple[str, ...], codes: Ints) -> list[str]:
    return [words[code] for code in codes.tolist()]


def _known(numbers: Ints, is_known: Bools) -> list[int | None]:
    return [n if known else None for n, known in zip(numbers.tolist(), is_known.tolist(), strict=True)]


def _money(rupiah: Ints, is_known: Bools) -> list[Decimal | None]:
    """Few distinct amounts: each becomes a Decimal once."""
    made = {amount: Decimal(amount) for amount in set(rupiah.tolist())}
    return [made[n] if known else None for n, known in zip(rupiah.tolist(), is_known.tolist(), strict=True)]
