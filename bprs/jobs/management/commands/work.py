"""Do the background work."""

from typing import Any

from django.core.management.base import BaseCommand

from bprs.jobs.worker import Worker
from bprs.warming import warm_up


class Command(BaseCommand):
    help = (
        "Do background work, one job at a time, until Ctrl-C or SIGTERM. `serve` starts some by itself; start more of "
        "them here or on other machines with the same database and files. Exit code: 0 ended on request."
    )

    def handle(self, **_options: Any) -> None:
        worker = Worker()
        worker.stop_on_signals()
        warm_up()
        worker.work()
