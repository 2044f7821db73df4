"""Work for tests: each part writes its rows, and does what the job asks for on the way."""

import os
import signal
import time
from collections.abc import Container, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

from bprs.access.models import Branch
from bprs.errors import DomainError
from bprs.jobs.models import Job, JobChunk
from bprs.jobs.work import Part, Work


class NothingToDo(DomainError):
    code = "nothing_to_do"


FAULTS: dict[str, Exception] = {
    "refuse": NothingToDo("There is nothing to do."),
    "break": RuntimeError("Traceback with secrets"),
    "fill_disk": OSError(28, "No space left on device"),
}


class WriteRows(Work):
    """
    Writes `rows` rows in `parts` parts, named for the job: a row written twice would show.

    `refuse`, `break`, `fill_disk` and `die`: the parts in which that happens; `..._reading` the same before any part.
    """

    title = "Writing of rows"

    def parts(self, skip: Container[int]) -> Iterator[Part]:
        time.sleep(self.job.params.get("pause_reading", 0))
        self._misbehave("reading")
        for index in range(self.job.params.get("parts", 3)):
            if os.environ.get("FALL_ASLEEP_BEFORE") == str(index):
                os.kill(os.getpid(), signal.SIGSTOP)
            yield Part(index=index, rows=10, run=lambda index=index: self._write(index))  # type: ignore[misc]

    def conclude(self, results: Sequence[Mapping[str, Any]], *, at: datetime, is_whole: bool) -> Mapping[str, Any]:
        self._misbehave("concluding")
        return {"written": sum(result["written"] for result in results), "is_whole": is_whole}

    @classmethod
    def result_url(cls, job: Job) -> str:
        return f"/admin/result/{job.pk}/" if job.result else ""

    def _write(self, index: int) -> Mapping[str, Any]:
        codes = [f"{self.job.params.get('mark', '')}{index * 10 + row}" for row in range(10)]
        Branch.objects.bulk_create(Branch(code=code, name=str(index)) for code in codes)
        time.sleep(self.job.params.get("pause", 0))
        self._misbehave(index)
        return {"written": len(codes)}

    def _misbehave(self, where: str | int) -> None:
        params = self.job.params
        for fault in (name for name in FAULTS if where in params.get(name, ())):
            raise FAULTS[fault]
        if where in params.get("break_once", ()) and self._is_first_time(where):
            raise FAULTS["break"]
        if where in params.get("cancel", ()):
            Job.objects.filter(pk=self.job.pk).update(cancel_asked_at=self.job.created_at)
        if where in params.get("lose_lease", ()):
            Job.objects.filter(pk=self.job.pk).update(lease_token=uuid4(), runner="another-machine pid:[1]|4711|boot 1")
        if where in params.get("die", ()):
            os.kill(os.getpid(), signal.SIGKILL)

    def _is_first_time(self, where: str | int) -> bool:
        return JobChunk.objects.filter(job=self.job, index=where, attempts=1).exists()
