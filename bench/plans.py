"""
How PostgreSQL answers what is asked most: the dearest query of each door, and its plan, on whatever bank DATABASE_URL holds.

    python -m bench.plans [login of an account officer]

Load one with `manage.py demo --customers 300000 --loans 1000000`, then `VACUUM ANALYZE`.
"""

import os
import re
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bprs.settings")
django.setup()

from django.conf import settings  # noqa: E402 after the set-up
from django.core.management import call_command  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from bprs.access.models import User  # noqa: E402
from bprs.access.scopes import Scope  # noqa: E402
from bprs.access.services import create_api_key  # noqa: E402
from bprs.jobs.ledger import next_left  # noqa: E402
from loans.models import Loan  # noqa: E402

NODE = re.compile(r"^\s*(->)?\s*(?P<node>[A-Z][^(]*?)\s+\(cost.*?rows=(?P<rows>[\d.]+) loops=(?P<loops>\d+)\)")


def doors(officer: User) -> Iterator[tuple[str, Callable[[], Any], str]]:
    """What is done, how, and a word that the query of interest has in it."""
    page = Client(SERVER_NAME="localhost")
    page.force_login(officer, "django.contrib.auth.backends.ModelBackend")
    key = create_api_key(user=officer, name="plans", scopes=[Scope.ALL], created_at=datetime.now(UTC))
    api = Client(SERVER_NAME="localhost", headers={"Authorization": f"Bearer {key.secret}"})
    loan = Loan.objects.visible_to(officer).filter(status="submitted").exclude(principal_amount=None)[0]
    individual = f"/api/v1/predictions/individual/{loan.pk}"
    loans, customers = "/admin/loans/loan/", "/admin/customers/customer/"
    yield "who calls, and may they", lambda: api.get("/api/v1/loans/1"), "access_apikey"
    yield "a financing to score, locked", lambda: api.post(individual), 'FROM "loans_loan"'
    yield "its score stored", lambda: api.post(individual), 'UPDATE "'
    yield "the scores of a financing", lambda: api.get(f"/api/v1/loans/{loan.pk}/scores"), "scoring_score"
    yield "the list of financing of a branch", lambda: page.get(loans), "ORDER BY"
    yield "what is to be recommended", lambda: page.get(f"{loans}?queue=recommend"), "ORDER BY"
    yield "a financing by its number", lambda: page.get(f"{loans}?q={loan.loan_number}"), "ORDER BY"
    yield "customers by a name", lambda: page.get(f"{customers}?q=siti"), "ORDER BY"
    yield "decisions, the newest first", lambda: page.get("/admin/scoring/decision/"), "ORDER BY"
    yield "work that was left", lambda: next_left(at=datetime.now(UTC), runner="-"), "jobs_job"


def plan_of(door: Callable[[], Any], word: str) -> tuple[float, list[str]]:
    """Of the dearest query with the word in it: milliseconds, and the nodes of its plan."""
    door()
    with CaptureQueriesContext(connection) as asked:
        door()
    queries = [query for query in asked.captured_queries if word in query["sql"] and "SAVEPOINT" not in query["sql"]]
    if not queries:
        return 0, ["(not asked)"]
    sql = max(queries, key=lambda query: float(query["time"]))["sql"]
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN (ANALYZE, TIMING OFF, SUMMARY) " + sql.replace("%", "%%"), [])
        lines = [line for (line,) in cursor.fetchall()]
    took = float(next(line for line in lines if line.startswith("Execution Time")).split()[2])
    return took, [
        f"{found['node']} x {found['loops']}: {found['rows']} rows" for found in map(NODE.match, lines) if found
    ]


def main() -> None:
    settings.API_CALLS_PER_MINUTE = 10**7
    call_command("collectstatic", interactive=False, verbosity=0)
    officer = User.objects.get(username=sys.argv[1] if len(sys.argv) > 1 else "ao1")
    with transaction.atomic():
        for name, door, word in doors(officer):
            took, nodes = plan_of(door, word)
            print(f"{name}: {took:.2f} ms", *(f"    {node}" for node in nodes), sep="\n", flush=True)  # noqa: T201
        transaction.set_rollback(True)


if __name__ == "__main__":
    main()
