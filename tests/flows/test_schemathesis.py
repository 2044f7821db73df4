"""Schemathesis reads the API's description and calls everything in every way it can think of, with all of its checks."""

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from bprs.jobs import pulses
from loans.models import Loan
from scoring.models import Source
from scoring.services.score_loans import score_loans
from tests.factories import NOW, make_api_key, make_branch, make_card_in_force, make_customer, make_loan, make_user

pytestmark = pytest.mark.slow
# What fits the description may be refused for what it says with 422 as with 404 and 409: an unknown branch, a number
# that is taken, a scorecard simulated against itself.
CONFIG = """
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "3xx", "401", "403", "404", "409", "422", "429"]
"""
EXAMPLES = "10"


@pytest.fixture
def secret(live_server, settings, tmp_path):
    """Of somebody who may do everything, in a bank that has something of everything."""
    settings.MEDIA_ROOT = tmp_path / "media"
    make_card_in_force()
    branch = make_branch(code="001")
    administrator = make_user("kepala", is_superuser=True, branches=[branch])
    for _ in range(3):
        make_loan(customer=make_customer(branch=branch), account_officer=administrator)
    score_loans(loans=Loan.objects.all(), scored_by=administrator, scored_at=NOW, source=Source.API)
    pulses.beat(runner="one of them", at=timezone.now() + timedelta(hours=1))
    return make_api_key(administrator)


def test_every_call_keeps_its_word(live_server, secret, tmp_path):
    config = tmp_path / "schemathesis.toml"
    config.write_text(CONFIG)
    program = [str(Path(sys.executable).with_name("schemathesis")), "--config-file", str(config), "run"]
    how = ["--max-examples", EXAMPLES, "--no-color", "--request-timeout", "120", "--generation-deterministic"]

    told = subprocess.run(
        [*program, f"{live_server.url}/api/v1/openapi.json", "-H", f"Authorization: Bearer {secret}", *how],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert told.returncode == 0, told.stdout + told.stderr
