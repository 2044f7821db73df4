"""Work for tests: what a job asks for is what happens."""

from typing import Any

from bprs.errors import DomainError
from bprs.jobs.models import Job


class NothingToDo(DomainError):
    code = "nothing_to_do"


def work(job: Job, on_progress: Any) -> dict[str, Any]:
    on_progress(3)
    match job.params["outcome"]:
        case "refused":
            raise NothingToDo("There is nothing to do.")
        case "bug":
            raise RuntimeError("Traceback with secrets")
        case _:
            return {"seen": Job.objects.get(pk=job.pk).done_count}
