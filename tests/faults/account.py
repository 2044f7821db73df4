"""
The account of the promise, by the database alone: `python -m tests.faults.account <file>` prints it as JSON.

The file holds what clients were told (see callers.py). Run in a process of its own, where DATABASE_URL points.
"""

import hashlib
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import django
import pyarrow.parquet as pq

django.setup()

from django.conf import settings  # noqa: E402 after setup
from django.db.models import Count  # noqa: E402

from bprs.files.models import StoredFile  # noqa: E402
from bprs.importing.models import ImportBatch  # noqa: E402
from bprs.jobs.models import Job, JobChunk  # noqa: E402
from bprs.spreadsheets.refusals import FILE_MESSAGES  # noqa: E402
from loans.models import Loan  # noqa: E402
from scoring.models import Decision, RunPart, Score, ScoringRun  # noqa: E402
from scoring.result_parts import folder_of, name_of  # noqa: E402
from scoring.services.portfolio_files.folder import MANIFEST, REJECTED, sha256_of  # noqa: E402


def has_loan(told: dict[str, Any]) -> bool:
    return Loan.objects.filter(loan_number=told["number"]).exists()


def has_score(told: dict[str, Any]) -> bool:
    scores = Score.objects.filter(run=told["run"], loan=told["loan"], credit_score=told["credit_score"])
    return scores.exists()


def has_change(told: dict[str, Any]) -> bool:
    return bool(Loan.history.filter(id=told["loan"], principal_amount=told["amount"]).exists())


def has_upload(told: dict[str, Any]) -> bool:
    stored = StoredFile.objects.filter(token=told["token"]).first()
    if stored is None:
        return False
    with stored.content.open("rb") as content:
        return bool(hashlib.sha256(content.read()).hexdigest() == told["sha256"] == stored.sha256)


def has_file(told: dict[str, Any]) -> bool:
    """Every row of it was scored or rejected, and the results are on the disk to the bit."""
    run = ScoringRun.objects.filter(stored_file__sha256=told["sha256"], is_complete=True).first()
    if run is None:
        return False
    accounted = run.scored_count + run.rejected_count + run.blank_count
    return bool(run.rows_read == accounted == told["rows"]) and all(map(_is_on_disk, run.parts.all()))


def _is_on_disk(part: RunPart) -> bool:
    for kind, digest in (("scored", part.scored_sha256), ("rejected", part.rejected_sha256)):
        path = Path(settings.MEDIA_ROOT, folder_of(part.run_id), name_of(part.index, kind, digest))  # type: ignore[arg-type]
        if digest and not (path.exists() and hashlib.sha256(path.read_bytes()).hexdigest() == digest):
            return False
    return True


def has_import(told: dict[str, Any]) -> bool:
    batch = ImportBatch.objects.get(pk=told["batch"])
    counts = batch.new_count + batch.changed_count + batch.unchanged_count + batch.rejected_count + batch.blank_count
    loans = Loan.objects.filter(loan_number__startswith=told["prefix"]).count()
    return bool((batch.state, counts, loans) == ("done", told["rows"], told["rows"]))


def has_decision(told: dict[str, Any]) -> bool:
    """It alone was made, and is what the financing says."""
    decisions = Decision.objects.filter(loan=told["loan"])
    return [told["outcome"]] == list(decisions.values_list("outcome", flat=True)) and Loan.objects.filter(
        pk=told["loan"], status=told["outcome"]
    ).exists()


def has_portfolio(told: dict[str, Any]) -> bool:
    """Its account adds up, its files are on the disk to the bit, and each row is in one of them or was blank, once."""
    folder = Path(told["folder"])
    manifest = json.loads((folder / MANIFEST).read_text())
    parts = [part[kind] for part in manifest["parts"] for kind in ("scored", "rejected") if kind in part]
    if not all(sha256_of(folder / part["file"]) == part["sha256"] for part in parts):
        return False
    scored = pq.read_table(folder, columns=["No"])["No"].to_pylist()
    faults = pq.read_table(folder / REJECTED, columns=["file", "row_number"]).to_pylist()
    rejected = {f"{Path(fault['file']).stem}-{fault['row_number']}" for fault in faults}
    counts = {"scored": len(scored), "rejected": len(rejected)}
    counts["blank"] = told["rows"] - len(rejected.union(scored))
    return bool(manifest["rows_read"] == told["rows"] == sum(counts.values()) and counts.items() <= manifest.items())


def has_run(told: dict[str, Any]) -> bool:
    return ScoringRun.objects.filter(pk=told["run"], is_complete=True).exists()


HAS: dict[str, Callable[[dict[str, Any]], bool]] = {
    "loan": has_loan,
    "score": has_score,
    "change": has_change,
    "upload": has_upload,
    "file": has_file,
    "import": has_import,
    "decision": has_decision,
    "portfolio": has_portfolio,
    "run": has_run,
}


def twice() -> Iterator[str]:
    """What is there more than once and should not be."""
    groups: dict[str, Any] = {
        "loan": Loan.objects.values("loan_number"),
        "loan begun": Loan.history.filter(history_type="+").values("id"),
        "score": Score.objects.values("run", "loan"),
        "run of a file": ScoringRun.objects.exclude(batch_key="").values("scored_by", "batch_key"),
        "part of a run": RunPart.objects.values("run", "index"),
        "part of a job": JobChunk.objects.values("job", "index"),
    }
    for name, rows in groups.items():
        for row in rows.annotate(times=Count("pk" if name != "loan begun" else "history_id")).filter(times__gt=1):
            yield f"{name} {row}"


def hands() -> Iterator[str]:
    """What somebody would have to see to; a file that cannot be read is its owner's."""
    for job in Job.objects.exclude(state=Job.State.DONE).exclude(error__code__in=FILE_MESSAGES):
        yield f"job {job.kind} {job.state} {job.error}"


def account(told: list[dict[str, Any]]) -> dict[str, Any]:
    missing = [one for one in told if not HAS[one["kind"]](one)]
    return {
        "acknowledged": len(told),
        "stored": len(told) - len(missing),
        "missing": missing[:3],
        "twice": list(twice()),
        "hands": list(hands()),
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(account(json.loads(Path(sys.argv[1]).read_text())), default=str))
