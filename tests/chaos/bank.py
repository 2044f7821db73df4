"""
A bank that imports and scores at once while its workers are killed with SIGKILL; prints what became of it as JSON.

Run by campaign.py, in a process and on a database of its own: `python -m tests.chaos.bank <order as JSON>`.
"""

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import django

django.setup()

from django.conf import settings  # noqa: E402 after setup
from django.core.files.uploadedfile import SimpleUploadedFile  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from bprs.access.models import User  # noqa: E402
from bprs.files.services import store_upload  # noqa: E402
from bprs.importing.models import ImportBatch  # noqa: E402
from bprs.importing.services import ImportOptions, check_batch, run_batch, undo_batch, upload_batch  # noqa: E402
from bprs.jobs.models import Job  # noqa: E402
from bprs.jobs.processes import SEPARATOR  # noqa: E402
from bprs.jobs.services import retry  # noqa: E402
from scoring.models import RunPart, Source  # noqa: E402
from scoring.result_parts import folder_of  # noqa: E402
from scoring.services.score_file import score_stored_file  # noqa: E402
from tests.chaos.content import content  # noqa: E402
from tests.factories import make_branch, make_card_in_force, make_user  # noqa: E402

HEADERS = "cif;nama;no rekening;monthly_income;assets_value;loan_amount;tenor_months"
ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 600


class Chaos:
    """Two workers at any time, of whom one is killed now and then."""

    def __init__(self, *, kills: int, seed: int, workers: int) -> None:
        self.left, self.chance, self.count = kills, random.Random(seed), workers
        self.workers: list[subprocess.Popen[bytes]] = []
        self.killed = {"reading": 0, "writing": 0, "any": 0}
        self.retries = 0

    @contextmanager
    def at_work(self) -> Iterator[None]:
        try:
            yield
        finally:
            for worker in self.workers:
                worker.kill()
                worker.wait()

    def until_over(self, kills: int) -> None:
        """Kill so many, and let what is left be done; ask again for what was given up."""
        until, kills = time.monotonic() + PATIENCE, min(kills, self.left)
        while time.monotonic() < until and not self._is_all_done():
            self._hire()
            if kills and self._kill_one():
                kills, self.left = kills - 1, self.left - 1
            time.sleep(0.02)

    def _is_all_done(self) -> bool:
        for job in Job.objects.filter(state__in=Job.RETRIABLE):
            self._ask_again(job)
        return not Job.objects.filter(state__in=Job.UNFINISHED).exists()

    def _ask_again(self, job: Job) -> None:
        reasons = {job.error.get("code"), *job.chunks.filter(state="set_aside").values_list("error__code", flat=True)}
        if not reasons <= {None, "gave_up"}:
            raise AssertionError(f"{job.kind} ended for a reason that is not its workers': {reasons}")
        retry(job=job, at=timezone.now())
        self.retries += 1

    def _hire(self) -> None:
        ended = [worker for worker in self.workers if worker.poll() not in (None, -signal.SIGKILL)]
        if ended:
            raise AssertionError(f"a worker ended by itself: {ended[0].returncode}")
        self.workers = [worker for worker in self.workers if worker.poll() is None]
        while len(self.workers) < self.count:
            self.workers.append(subprocess.Popen([sys.executable, "manage.py", "work"], cwd=ROOT))

    def _kill_one(self) -> bool:
        """Mostly one that was seen at work: soon after it did a part, or while it reads."""
        job = self._one_at_work()
        if job is None:
            return False
        if self.chance.random() < 0.1:
            return self._kill(self.chance.choice(self.workers), "any")
        reads = self.chance.random() < 0.3
        if not reads:
            self._wait_for_more(job)
        time.sleep(self.chance.uniform(0, 1.5 if reads else 0.3))
        running = Job.objects.filter(pk=job.pk, state=Job.State.RUNNING).first()
        found = [worker for worker in self.workers if running and worker.pid == self._pid(running)]
        stage = "reading" if running and running.attempts else "writing"
        return bool(found) and self._kill(found[0], stage)

    def _one_at_work(self) -> Job | None:
        pids = {worker.pid for worker in self.workers}
        jobs = [job for job in Job.objects.filter(state=Job.State.RUNNING) if self._pid(job) in pids]
        return self.chance.choice(jobs) if jobs else None

    def _pid(self, job: Job) -> int:
        return int(job.runner.split(SEPARATOR)[1])

    def _wait_for_more(self, job: Job) -> None:
        until = time.monotonic() + 10
        while time.monotonic() < until:
            now = Job.objects.get(pk=job.pk)
            if now.is_over or now.done_count != job.done_count:
                return
            time.sleep(0.01)

    def _kill(self, worker: "subprocess.Popen[bytes]", stage: str) -> bool:
        os.kill(worker.pid, signal.SIGKILL)
        worker.wait()
        self.killed[stage] += 1
        return True


def portfolio(rows: int, *, income: int) -> bytes:
    """Applications, of which some are blank, some wrong, and some without a number of their own."""
    return "\n".join([HEADERS, *(_application(n, income) for n in range(rows))]).encode()


def _application(n: int, income: int) -> str:
    if n % 211 == 210:
        return ";;;;;;"
    tenor = "x" if n % 97 == 96 else 6 + n % 30
    return f"C-{n // 2};Siti {n // 2};P-{n};{income + n // 2};20000000;{10_000_000 + n};{tenor}"


def to_be_scored(rows: int, number: int) -> bytes:
    lines = (f"{5_000_000 + n};20000000;{10_000_000 + number};{n % 61}" for n in range(rows))
    return "\n".join(["monthly_income;assets_value;loan_amount;tenor_months", *lines]).encode()


def imported(owner: User, rows: int, *, income: int) -> ImportBatch:
    return upload_batch(
        upload=SimpleUploadedFile("portofolio.csv", portfolio(rows, income=income)),
        owner=owner,
        options=ImportOptions(kind="applications", branch=owner.branches.get(), is_scored=True),
        uploaded_at=timezone.now(),
    )


def score(owner: User, rows: int, number: int) -> None:
    upload = SimpleUploadedFile(f"{number}.csv", to_be_scored(rows, number))
    stored = store_upload(upload=upload, owner=owner, stored_at=timezone.now())
    score_stored_file(stored_file=stored, scored_by=owner, scored_at=timezone.now(), source=Source.API)


def live(order: dict[str, Any]) -> dict[str, Any]:
    make_card_in_force()
    owner = make_user("officer", branches=[make_branch(code="001")], group="Account officer")
    chaos = Chaos(kills=order["kills"], seed=order["seed"], workers=order["workers"])
    began = time.monotonic()
    with chaos.at_work():
        for rows, income in ((order["rows"] // 10, 4_000_000), (order["rows"], 5_000_000)):
            chaos.until_over(round(order["kills"] * 0.1))  # what the check of the next one finds must not be chance
            batch = check_batch(batch=imported(owner, rows, income=income), checked_at=timezone.now())
            chaos.until_over(round(order["kills"] * 0.1))
            run_batch(batch=batch, run_by=owner, run_at=timezone.now())
        for number in range(order["files"]):
            score(owner, order["score_rows"], number)
        chaos.until_over(order["kills"])
        if order["undo"]:
            undo_batch(batch=ImportBatch.objects.latest("created_at"), undone_by=owner, undone_at=timezone.now())
            chaos.until_over(order["kills"])
    return {"seconds": round(time.monotonic() - began, 1), "killed": chaos.killed, "retries": chaos.retries}


def results_on_disk() -> dict[str, Any]:
    """Whether the files are what the database says, and what lies about besides."""
    wrong, known = 0, set()
    for part in RunPart.objects.order_by("run__stored_file__filename", "index"):
        for kind, digest in (("scored", part.scored_sha256), ("rejected", part.rejected_sha256)):
            path = Path(settings.MEDIA_ROOT, folder_of(part.run_id)) / f"{part.index:05}-{kind}-{digest[:16]}.parquet"
            if digest:
                known.add(path)
                wrong += not (path.exists() and hashlib.sha256(path.read_bytes()).hexdigest() == digest)
    there = set(Path(settings.MEDIA_ROOT).glob("runs/*/*"))
    return {"parts": len(known), "wrong": wrong, "strays": len(there - known)}


def main(order: dict[str, Any]) -> None:
    call_command("migrate", verbosity=0)
    lived = live(order)
    tables = content()
    Path(order["target"]).write_text(json.dumps(tables))
    sys.stdout.write(json.dumps({**lived, "files": results_on_disk(), "database": connection.vendor}))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
