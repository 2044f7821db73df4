"""
What is measured of this program, each in a process of its own: `python -m bench.our_work answer|import|progress FILE`.

The database is the one of `DATABASE_URL`, migrated and without rows. As in a web server, all is loaded before.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bprs.settings")
django.setup()

# ruff: noqa: E402, TID251 - Django is set up first; this is a face, and reads the clock
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from bench.process import ROOT, Stopwatch, tell
from bench.sheets import write_file
from bprs.access.models import Branch, User
from bprs.importing.models import ImportBatch
from bprs.importing.services import ImportOptions, check_batch, run_batch, upload_batch
from bprs.warming import warm_up
from customers.models import Customer
from loans.models import Loan
from scoring.models import Score

PASSWORD = "bench-only-0000"  # noqa: S105 of a database that is thrown away
SECONDS_TO_START, SECONDS_BETWEEN_LOOKS = 5, 0.05


def officer() -> User:
    found = User.objects.filter(username="bench").first()
    return found or User.objects.create_superuser("bench", password=PASSWORD)


def program() -> Client:
    """A client with a token, as an integrator has it."""
    officer()
    client = Client(SERVER_NAME="localhost")
    token = client.post(
        "/api/v1/auth/token", {"username": "bench", "password": PASSWORD}, content_type="application/json"
    ).json()["access_token"]
    return Client(SERVER_NAME="localhost", headers={"authorization": f"Bearer {token}"})


def answer(client: Client, path: Path) -> dict[str, float]:
    """Upload a file and have it scored: from its bytes to the bytes of the answer, every row written down."""
    content, watch = path.read_bytes(), Stopwatch()
    upload = client.post("/api/v1/files/upload", {"file": SimpleUploadedFile(path.name, content)})
    uploaded = watch.read()
    body = {"file_path": upload.json()["stored_path"]}
    response = client.post("/api/v1/predictions/bulk", body, content_type="application/json")
    received = b"".join(response) if response.streaming else response.content
    taken = watch.read()
    if response.status_code != 200:  # noqa: PLR2004
        raise SystemExit(f"{response.status_code}: {response.content[:500]!r}")
    told = json.loads(received)
    if not len(told["results"]) == told["total_rows"] == told["rows_read"]:
        raise SystemExit(f"Rows were lost: {told['total_rows']} of {told['rows_read']}.")
    return {
        **taken,
        "upload": uploaded["seconds"],
        "rows": told["total_rows"],
        "high_risk": told["high_risk_count"],
    }


def measure_answer(path: Path) -> dict[str, float]:
    """In a process that has answered a file like it, of a row less, as a server's has after its first; that is told too."""
    client = program()
    warm_up()
    kind, rows = path.stem.rsplit("-", 1)
    like_it = path.with_name(f"warm-up-{os.getpid()}{path.suffix}")
    write_file(kind, int(rows) - 1, like_it)
    first = answer(client, like_it)["seconds"]
    like_it.unlink()
    return {**answer(client, path), "first": first}


def import_and_score(path: Path, user: User, branch: Branch) -> tuple[ImportBatch, dict[str, float]]:
    """
    Import a file of customers and financing with history, and score what is new, by the same work as a job's.

    What the preview costs is told apart: the library is not asked for one.
    """
    upload, watch = SimpleUploadedFile(path.name, path.read_bytes()), Stopwatch()
    options = ImportOptions(kind="applications", branch=branch, is_scored=True)
    batch = upload_batch(upload=upload, owner=user, options=options, uploaded_at=timezone.now())
    uploaded, watch = watch.read(), Stopwatch()
    batch = check_batch(batch=batch, checked_at=timezone.now())
    checked, watch = watch.read(), Stopwatch()
    batch = run_batch(batch=batch, run_by=user, run_at=timezone.now())
    taken = watch.read()
    if batch.state != ImportBatch.State.DONE or batch.rejected_count:
        raise SystemExit(f"The import ended as {batch.state} with {batch.rejected_count} rows rejected.")
    return batch, {**{name: taken[name] + uploaded[name] for name in taken}, "preview": checked["seconds"]}


def measure_import(path: Path) -> dict[str, float]:
    user, branch = officer(), Branch.objects.create(code="001", name="Bench")
    first, taken = import_and_score(path, user, branch)
    second, again = import_and_score(path, user, branch)
    check_import(first, second)
    return {**taken, "again": again["seconds"]}


def check_import(first: ImportBatch, second: ImportBatch) -> None:
    """See that the work was done before praising how fast it was."""
    scored = Loan.objects.filter(scored_at__isnull=False).count()
    counts = {first.rows_read, first.new_count, Loan.objects.count(), Loan.history.count(), scored}
    counts |= {Score.objects.count(), Customer.history.count(), second.unchanged_count}
    if len(counts) != 1:
        raise SystemExit(f"The import left its work undone: {counts}.")


@contextmanager
def worker() -> Iterator[None]:
    """A background worker that has begun to wait for work."""
    process = subprocess.Popen([sys.executable, "manage.py", "work"], cwd=ROOT)
    try:
        time.sleep(SECONDS_TO_START)
        yield
    finally:
        process.terminate()
        process.wait()


def measure_progress(path: Path) -> dict[str, float]:
    """Score a large file by a job: when its progress can first be seen, and when it is done, from the request on."""
    client = program()
    with worker():
        upload = client.post("/api/v1/files/upload", {"file": SimpleUploadedFile(path.name, path.read_bytes())})
        body = {"file_path": upload.json()["stored_path"]}
        begun = perf_counter()
        response = client.post("/api/v1/predictions/bulk", body, content_type="application/json")
        if response.status_code != 202:  # noqa: PLR2004
            raise SystemExit(f"No job: {response.status_code}: {response.content[:500]!r}")
        seen, job = 0.0, response.json()
        while job["state"] in ("queued", "running"):
            time.sleep(SECONDS_BETWEEN_LOOKS)
            job = client.get(response["Location"]).json()
            if job["done_count"] and not seen:
                seen = perf_counter() - begun
        ended = perf_counter() - begun
    if job["state"] != "done":
        raise SystemExit(f"The job failed: {job}")
    return {"seconds": seen, "whole": ended}


WORKS: dict[str, Callable[[Path], dict[str, float]]] = {
    "answer": measure_answer,
    "import": measure_import,
    "progress": measure_progress,
}

if __name__ == "__main__":
    tell(**WORKS[sys.argv[1]](Path(sys.argv[2])))
