"""
The same call fifty times at the same moment under one Idempotency-Key, on a real database; prints what came of it as JSON.

Run by test_repeated_calls.py, in a process of its own: `python -m tests.access.fifty_at_once`.
"""

import json
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import django

django.setup()

from django.conf import settings  # noqa: E402 after setup
from django.core.management import call_command  # noqa: E402 after setup
from django.db import connection  # noqa: E402

from customers.models import Customer  # noqa: E402
from tests.api_client import ApiClient  # noqa: E402
from tests.factories import make_api_key, make_branch, make_user  # noqa: E402

CUSTOMER = {"customer_number": "CIF-7", "full_name": "Siti Aminah", "monthly_income": 5_000_000, "assets_value": 0}


def add(secret: str) -> tuple[int, bytes]:
    try:
        answer = ApiClient(secret).post("/customers", CUSTOMER, **{"Idempotency-Key": "satu"})
        return answer.status_code, answer.content
    finally:
        connection.close()


def main() -> None:
    settings.ALLOWED_HOSTS = ["testserver"]
    call_command("migrate", verbosity=0)
    secret = make_api_key(make_user("sari", group="Account officer", branches=[make_branch()]))
    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(add, [secret] * 50))
    found = {
        "statuses": Counter(status for status, _body in answers),
        "bodies": len({body for status, body in answers if status == 201}),
        "customers": Customer.objects.count(),
        "afterwards": add(secret)[0],
    }
    sys.stdout.write(json.dumps(found))


main()
