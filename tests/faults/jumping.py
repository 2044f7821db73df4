"""
Three workers whose clocks jump an hour back and forth while they import and score, beside a clerk whose clock does, too.

Run by clocks.py, on a bank of its own: `python -m tests.faults.jumping <seed>` prints what was acknowledged as JSON.
"""

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from datetime import datetime

import django

django.setup()

from django.core.files.uploadedfile import SimpleUploadedFile  # noqa: E402 after setup
from django.utils import timezone  # noqa: E402

from bprs.access.models import User  # noqa: E402
from bprs.importing.models import ImportBatch  # noqa: E402
from bprs.importing.services import ImportOptions, check_batch, run_batch, upload_batch  # noqa: E402
from bprs.jobs.models import Job  # noqa: E402
from bprs.jobs.worker import Worker  # noqa: E402
from customers.models import Customer  # noqa: E402
from loans.models import Loan  # noqa: E402
from scoring.models import Source  # noqa: E402
from scoring.services.score_loans import score_loan  # noqa: E402
from tests.factories import make_loan  # noqa: E402
from tests.faults.stepping import stepping  # noqa: E402
from tests.importing.batches import HEADERS, application, csv_of  # noqa: E402
from tests.importing.together import fork  # noqa: E402

ROWS, WORKERS, PATIENCE = 1_200, 3, 120
Clock = Callable[[], datetime]


def jumping(seed: int) -> Clock:
    off = stepping(seed)
    return lambda: timezone.now() + off()


def work(seed: int) -> None:
    worker = Worker(clock=jumping(seed))
    worker.stop_on_signals()
    worker.work()


def until_over() -> None:
    until = time.monotonic() + PATIENCE
    while Job.objects.filter(state__in=Job.UNFINISHED).exists() and time.monotonic() < until:
        time.sleep(0.05)


def imported(owner: User, clock: Clock) -> ImportBatch:
    upload = SimpleUploadedFile("a.csv", csv_of(HEADERS, [application(n) for n in range(ROWS)]))
    options = ImportOptions(kind="applications", branch=owner.branches.get(), is_scored=True)
    batch = upload_batch(upload=upload, owner=owner, options=options, uploaded_at=clock())
    batch = check_batch(batch=batch, checked_at=clock())
    until_over()
    batch.refresh_from_db()
    return run_batch(batch=batch, run_by=owner, run_at=clock())


def scored(owner: User, loan: Loan, at: datetime) -> dict[str, object]:
    said = score_loan(loan_id=loan.pk, scored_by=owner, scored_at=at, source=Source.API)
    return {"kind": "score", "run": str(said.score.run_id), "loan": loan.pk, "credit_score": said.score.credit_score}


def main(seed: int) -> list[dict[str, object]]:
    owner, clock = User.objects.get(username="ani"), jumping(seed)
    loan = make_loan(customer=Customer.objects.all()[0], loan_number="L-1")
    workers = [fork(lambda n=n: work(seed * 10 + n)) for n in range(WORKERS)]  # type: ignore[misc]
    try:
        batch = imported(owner, clock)
        told = [scored(owner, loan, clock()) for _ in range(20)]
        until_over()
        told += [scored(owner, loan, clock()) for _ in range(3)]
    finally:
        for pid in workers:
            os.kill(pid, signal.SIGTERM)
            os.waitpid(pid, 0)
    return [*told, {"kind": "import", "batch": str(batch.pk), "prefix": "P-", "rows": ROWS}]


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(int(sys.argv[1]))))
