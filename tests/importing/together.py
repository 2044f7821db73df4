"""
Imports on a real database, many at once or killed with SIGKILL; prints what was there at the end as JSON.

Run by test_together.py, in a process of its own: `python -m tests.importing.together <scene> <seed>`.
"""

import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from typing import Any

import django

django.setup()

from django.conf import settings  # noqa: E402 after setup
from django.core.management import call_command  # noqa: E402
from django.db import connections  # noqa: E402
from django.test.utils import setup_test_environment  # noqa: E402
from django.utils import timezone  # noqa: E402

from bprs.access.models import User  # noqa: E402
from bprs.importing.models import ImportBatch  # noqa: E402
from bprs.importing.services import run_batch  # noqa: E402
from bprs.jobs.models import Job  # noqa: E402
from bprs.jobs.processes import this_process  # noqa: E402
from bprs.jobs.runner import run  # noqa: E402
from customers.models import Customer  # noqa: E402
from loans.models import Loan  # noqa: E402
from scoring.models import Score, ScoringRun  # noqa: E402
from tests.admin_client import logged_in  # noqa: E402
from tests.factories import make_branch, make_card_in_force, make_user  # noqa: E402
from tests.flows import test_import_and_export as pages  # noqa: E402
from tests.importing.batches import HEADERS, application, checked, counts, csv_of, finished  # noqa: E402

AT_ONCE = 10
ROWS = 3_000
KILLS = 8
PATIENCE = 60


def fork(do: Callable[[], None]) -> int:
    """A process that shares no connection with this one."""
    connections.close_all()
    pid = os.fork()
    if pid:
        return pid
    try:
        do()
    finally:
        os._exit(0)


def officer() -> User:
    make_card_in_force()
    return make_user("officer", branches=[make_branch(code="001")], group="Account officer", is_staff=True)


def sheet(rows: int) -> bytes:
    return csv_of(HEADERS, [application(n) for n in range(rows)])


def report(**more: Any) -> dict[str, Any]:
    return {
        "batches": sorted([*counts(batch), batch.state] for batch in ImportBatch.objects.all()),
        "jobs": sorted(Job.objects.values_list("kind", "state")),
        "customers": Customer.objects.count(),
        "loans": Loan.objects.count(),
        "history": [Customer.history.count(), Loan.history.count()],
        "scores": [Score.objects.count(), *ScoringRun.objects.values_list("scored_count", flat=True)],
        **more,
    }


def ten_through_the_wizard(_seed: int) -> dict[str, Any]:
    """
    The same rows ten times through the pages, from the upload on; each is imported within its request.

    Half of the files are sorted the other way round: two that write in different orders would wait for each other for ever.
    """
    owner, rows = officer(), [application(n) for n in range(300)]
    files = [csv_of(HEADERS, rows), csv_of(HEADERS, rows[::-1])] * (AT_ONCE // 2)
    settings.IMPORT_PART_ROWS = 50
    setup_test_environment(debug=True)  # no manifest of static files is needed then
    pids = [fork(lambda file=file: through_the_wizard(owner, file)) for file in files]  # type: ignore[misc]
    for pid in pids:
        os.waitpid(pid, 0)
    return report()


def through_the_wizard(owner: User, content: bytes) -> None:
    client = logged_in(owner)
    pages.confirm(client, pages.preview(client, content, branch=owner.branches.get().pk))


def confirm(batch: ImportBatch) -> None:
    run_batch(batch=batch, run_by=batch.owner, run_at=timezone.now())


def go_on(batch: ImportBatch) -> None:
    finished(batch)


def one_is_confirmed_ten_times(_seed: int) -> dict[str, Any]:
    owner = officer()
    batch = checked(owner, sheet(300), branch=owner.branches.get())
    pids = [fork(lambda: confirm(batch)) for _ in range(AT_ONCE)]
    for pid in pids:
        os.waitpid(pid, 0)
    return report()


def ten_run_as_jobs(_seed: int) -> dict[str, Any]:
    """The same file in ten jobs, part after part side by side."""
    owner = officer()
    branch, content = owner.branches.get(), sheet(300)
    settings.IMPORT_PART_ROWS, settings.IMPORT_ROWS_AT_ONCE = 30, 0
    batches = [finished(checked(owner, content, branch=branch, is_scored=True)) for _ in range(AT_ONCE)]
    for batch in batches:
        confirm(batch)
    pids = [fork(lambda batch=batch: go_on(batch)) for batch in batches]  # type: ignore[misc]
    for pid in pids:
        os.waitpid(pid, 0)
    return report()


def killed_at_random_moments(seed: int) -> dict[str, Any]:
    """One job, whose runners are killed soon after they began to write; the last one is let live."""
    chance, owner = random.Random(seed), officer()
    settings.IMPORT_PART_ROWS, settings.IMPORT_ROWS_AT_ONCE = 100, 0
    batch = finished(checked(owner, sheet(ROWS), branch=owner.branches.get(), is_scored=True))
    confirm(batch)
    job = Job.objects.get(kind="run_import")
    kills = 0
    while kills < KILLS and not Job.objects.get(pk=job.pk).is_over:
        before = Job.objects.get(pk=job.pk).done_count
        pid = fork(lambda: run(job_id=job.pk, runner=this_process(), should_stop=lambda: False))
        wait_for_more(job, before)
        time.sleep(chance.uniform(0, 0.2))
        kills += not os.waitpid(pid, os.WNOHANG)[0] and kill(pid)
    finished(batch)
    return report(kills=kills)


def wait_for_more(job: Job, before: int) -> None:
    """Who is killed three times before it gets as far as a part is given up."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        now = Job.objects.get(pk=job.pk)
        if now.done_count != before or now.is_over:  # the last part may be done, and only the sum to come
            return
        time.sleep(0.01)


def kill(pid: int) -> bool:
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return True


if __name__ == "__main__":
    call_command("migrate", verbosity=0)
    sys.stdout.write(json.dumps(globals()[sys.argv[1]](int(sys.argv[2]))))
