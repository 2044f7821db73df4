"""Do the background work."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from bprs.encryption import CHECKED
from bprs.in_use import RestoreRunning, site_in_use
from bprs.jobs.worker import Worker
from bprs.warming import warm_up


class Command(BaseCommand):
    help = (
        "Do background work, one job at a time, until Ctrl-C or SIGTERM. `serve` starts some by itself; start more of "
        "them here or on other machines with the same database and files. Exit codes: 0 ended on request; 1 a backup is being restored, or the keys are other ones."
    )

    def handle(self, **_options: Any) -> None:
        try:
            self.check(tags=[CHECKED], databases=["default"])
            with site_in_use():
                self._work()
        except RestoreRunning as refusal:
            raise CommandError(str(refusal)) from None

    def _work(self) -> None:
        worker = Worker()
        worker.stop_on_signals()
        warm_up()
        worker.work()
