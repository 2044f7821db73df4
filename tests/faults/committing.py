"""
One who scores and uploads again and again, says of each thing that it is done, and dies: `python -m tests.faults.committing <times>`.

Each line says what was acknowledged, and how long SQLite's log was at that moment.
"""

import json
import os
import signal
import sys
from pathlib import Path

import django

django.setup()

from django.conf import settings  # noqa: E402 after setup
from django.core.files.uploadedfile import SimpleUploadedFile  # noqa: E402
from django.utils import timezone  # noqa: E402

from bprs.access.models import User  # noqa: E402
from bprs.files.services import store_upload  # noqa: E402
from customers.models import Customer  # noqa: E402
from loans.models import Loan  # noqa: E402
from scoring.models import ScoringRun, Source  # noqa: E402
from scoring.services.score_loans import score_loan  # noqa: E402
from tests.factories import make_loan  # noqa: E402

LOG = Path(f"{settings.DATABASES['default']['NAME']}-wal")


def say(**what: object) -> None:
    line = json.dumps({**what, "log": LOG.stat().st_size if LOG.exists() else 0})
    os.write(1, f"{line}\n".encode())  # at once, and as one call that can be seen from outside


def score(user: User, loan: Loan) -> None:
    now = timezone.now()
    score_loan(loan_id=loan.pk, scored_by=user, scored_at=now, source=Source.API)
    say(run=str(ScoringRun.objects.get(scored_at=now).pk))


def upload(user: User, number: int) -> None:
    content = SimpleUploadedFile("a.csv", b"%d\n" % number * 1000)
    stored = store_upload(upload=content, owner=user, stored_at=timezone.now())
    say(file=str(stored.content.name))


if __name__ == "__main__":
    officer, customer = User.objects.get(username="ani"), Customer.objects.all()[0]
    loan = make_loan(customer=customer, loan_number="L-1")
    for number in range(int(sys.argv[1])):
        score(officer, loan)
        upload(officer, number)
    os.kill(os.getpid(), signal.SIGKILL)
