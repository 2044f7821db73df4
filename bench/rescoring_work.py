"""
Our part of bench.rescoring: score a part of all financing by a job, as a worker does it.

    python -m bench.rescoring_work PART PARTS
"""

import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bprs.settings")
django.setup()

# ruff: noqa: E402, TID251 - Django is set up first; this is a face, and reads the clock
from django.db.models import F
from django.db.models.functions import Mod
from django.utils import timezone

from bench.process import Stopwatch, tell
from bprs.access.models import User
from bprs.jobs.tasks import run_job
from bprs.warming import warm_up
from loans.models import Loan
from scoring.models import Source
from scoring.services.score_selection import score_selection


def main(part: int, parts: int) -> None:
    warm_up()
    loans = Loan.objects.alias(part=Mod(F("pk"), parts)).filter(part=part)
    head_office = User.objects.get(username="dir1")
    run = score_selection(loans=loans, scored_by=head_office, scored_at=timezone.now(), source=Source.COMMAND)
    if run.job is None:
        raise SystemExit("Too few for a job: SCORE_LOANS_AT_ONCE, please.")
    watch = Stopwatch()
    run_job(str(run.job.pk))
    taken = watch.read()
    run.refresh_from_db()
    if not run.is_complete or run.scored_count != loans.count():
        raise SystemExit(f"{run.scored_count} were scored.")
    tell(**taken, rows=run.scored_count)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
