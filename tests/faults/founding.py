"""A small bank for a campaign, in a database of its own: `python -m tests.faults.founding` prints who may call it as JSON."""

import json
import sys

import django

django.setup()

from django.core.management import call_command  # noqa: E402 after setup

from tests.factories import make_api_key, make_branch, make_card_in_force, make_customer, make_user  # noqa: E402

CUSTOMERS = 6

if __name__ == "__main__":
    call_command("migrate", verbosity=0)
    make_card_in_force()
    branch = make_branch(code="001")
    officer = make_user("ani", branches=[branch], group="Account officer", is_staff=True)
    deciders = [make_user(f"budi{n}", branches=[branch], group="Supervisor", is_staff=True) for n in range(3)]
    found = {
        "secret": make_api_key(officer),
        "deciders": [make_api_key(user) for user in deciders],
        "customers": [make_customer(branch=branch).pk for _ in range(CUSTOMERS)],
        "branch": branch.pk,
    }
    sys.stdout.write(json.dumps(found))
