"""A job in some state, and the rows that its work wrote."""

from datetime import datetime
from typing import Any
from uuid import uuid4

from bprs.access.models import Branch
from bprs.jobs.models import Job
from bprs.jobs.processes import this_process
from bprs.jobs.runner import run
from tests.factories import NOW, make_user


def make_job(*, owner: Any = None, **values: Any) -> Job:
    """Queued, unless the state says otherwise; what the work does besides writing is in `params`, see WriteRows."""
    names = {field.name for field in Job._meta.get_fields()}
    fields = {name: value for name, value in values.items() if name in names}
    params = {name: value for name, value in values.items() if name not in names}
    if fields.get("state") == Job.State.RUNNING:
        fields = {"lease_token": uuid4(), "leased_until": NOW, "started_at": NOW, **fields}
    defaults = {"kind": "write", "created_at": NOW, "queued_at": NOW, "params": {"language": "en", **params}}
    return Job.objects.create(**{**defaults, "owner": owner or make_user(), **fields})


def run_again(job: Job, *, runner: str = "", at: datetime | None = None) -> Job:
    """Run it as a worker would; return it as it is then."""
    clock = {"clock": lambda: at} if at else {}
    run(job_id=job.pk, runner=runner or this_process(), should_stop=lambda: False, **clock)
    return Job.objects.get(pk=job.pk)


def rows_written() -> list[str]:
    return sorted(Branch.objects.values_list("code", flat=True))


def rows_of_parts(*parts: int) -> list[str]:
    return sorted(str(index * 10 + row) for index in parts for row in range(10))
