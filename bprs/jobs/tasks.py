"""Where a worker enters."""

from uuid import UUID

from bprs.jobs.processes import this_process
from bprs.jobs.runner import run


def run_job(job_id: str) -> None:
    """Run the job unless it is over or another worker has it."""
    run(job_id=UUID(job_id), runner=this_process(), should_stop=lambda: False)
