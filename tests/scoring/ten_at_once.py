"""
The same file uploaded ten times at the same moment, on a real database; prints what was there at the end as JSON.

Run by test_ten_at_once.py, in a process of its own: `python -m tests.scoring.ten_at_once <rows answered at once>`.
"""

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import django

django.setup()

from django.conf import settings  # noqa: E402 after setup
from django.core.files.uploadedfile import SimpleUploadedFile  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from bprs.access.models import User  # noqa: E402
from bprs.files.services import store_upload  # noqa: E402
from bprs.jobs.models import Job  # noqa: E402
from scoring.models import RunPart, ScoringRun, Source  # noqa: E402
from scoring.services.score_file import score_stored_file  # noqa: E402

ROWS = 20_000
FILE = b"monthly_income,assets_value,loan_amount,tenor_months\n" + b"5000000,20000000,10000000,12\n" * ROWS


def upload_and_score(user: User) -> str:
    try:
        upload = SimpleUploadedFile("a.csv", FILE)
        stored = store_upload(upload=upload, owner=user, stored_at=timezone.now())
        run = score_stored_file(stored_file=stored, scored_by=user, scored_at=timezone.now(), source=Source.API)
        return str(run.pk)
    finally:
        connection.close()


def main(rows_at_once: str) -> None:
    settings.BULK_ROWS_ANSWERED_AT_ONCE = int(rows_at_once)
    call_command("migrate", verbosity=0)
    user = User.objects.create_user("sari")
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(upload_and_score, [user] * 10))
    found = {
        "answers": len(answers),
        "different": len(set(answers)),
        "runs": ScoringRun.objects.count(),
        "jobs": Job.objects.count(),
        "rows": sum(RunPart.objects.values_list("rows_read", flat=True)),
        "folders": len(list(Path(settings.MEDIA_ROOT).glob("runs/*"))),
    }
    sys.stdout.write(json.dumps(found))


main(sys.argv[1])
