"""
How long the pages take that people open all day, on whatever bank DATABASE_URL holds: `python -m bench.pages`.

Load one with `manage.py demo --customers 300000 --loans 1000000`. Each page is asked for as head office, without the network: the
median of some calls, and the queries of one.
"""

import os
import statistics
import sys
from time import perf_counter

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bprs.settings")
django.setup()

from django.core.management import call_command  # noqa: E402 after the set-up
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from bprs.access.models import User  # noqa: E402

CALLS = 3
LOANS, CUSTOMERS, DECISIONS = "/admin/loans/loan/", "/admin/customers/customer/", "/admin/scoring/decision/"
PAGES = {
    "home": "/admin/",
    "overview": "/admin/scoring/overview/",
    "overview, one branch, a year": "/admin/scoring/overview/?branch=1&from=2025-12&to=2026-11",
    "financing": LOANS,
    "financing, 10th page": f"{LOANS}?p=10",
    "financing, by amount": f"{LOANS}?o=-amount",
    "financing, by score": f"{LOANS}?o=score",
    "financing, by days past due": f"{LOANS}?o=-days_past_due&cols=loan_number,days_past_due",
    "financing, by customer": f"{LOANS}?o=applicant",
    "financing, high risk and running": f"{LOANS}?segment__exact=high&status__exact=disbursed",
    "financing, a vintage's NPF": f"{LOANS}?status__exact=disbursed&vintage=2025-3&repaid=npf",
    "financing, overrides": f"{LOANS}?decided=against",
    "financing, to recommend": f"{LOANS}?queue=recommend",
    "financing, a name": f"{LOANS}?q=siti",
    "financing, a number": f"{LOANS}?q=PB24-000123",
    "decisions": DECISIONS,
    "decisions, against the score": f"{DECISIONS}?against=any",
    "decisions, a person": f"{DECISIONS}?q=ratna+wulandari",
    "customers": CUSTOMERS,
    "customers, a name": f"{CUSTOMERS}?q=siti+aminah",
}


def measured(client: Client, address: str) -> tuple[float, int]:
    """Milliseconds at the median, and queries."""
    client.get(address)
    taken = []
    for _call in range(CALLS):
        begun = perf_counter()
        response = client.get(address)
        taken.append(1000 * (perf_counter() - begun))
    if response.status_code != 200:  # noqa: PLR2004
        raise SystemExit(f"{address} answers {response.status_code}")
    with CaptureQueriesContext(connection) as queries:
        client.get(address)
    return statistics.median(taken), len(queries)


def main() -> None:
    call_command("collectstatic", interactive=False, verbosity=0)
    client = Client(SERVER_NAME="localhost")
    client.force_login(
        User.objects.get(username=sys.argv[1] if len(sys.argv) > 1 else "dir1"),
        "django.contrib.auth.backends.ModelBackend",
    )
    for name, address in PAGES.items():
        milliseconds, queries = measured(client, address)
        print(f"{name:<36}{milliseconds:>9.0f} ms{queries:>5} queries", flush=True)  # noqa: T201 what it is for


if __name__ == "__main__":
    main()
