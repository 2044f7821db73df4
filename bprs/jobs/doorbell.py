"""Telling the workers that there is something to do. A ring that is lost delays work, and loses none."""

from uuid import UUID

from django.db import transaction
from django_q.tasks import async_task

TASK = "bprs.jobs.tasks.run_job"


def ring(job_id: UUID) -> None:
    """Only the id travels, once this transaction is committed: the worker reads the rest."""
    transaction.on_commit(lambda: async_task(TASK, str(job_id)))
