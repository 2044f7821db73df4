"""Seal what is new."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone
from django.utils.translation import gettext as _

from bprs.management.refusals import refuse_unmigrated, said_plainly
from scoring.services.sealing import seal_new


class Command(BaseCommand):
    help = (
        "Seal every complete run, and every act in the life of a scorecard, that is not sealed yet. The workers do so "
        "once a minute by themselves. Exit code: 0."
    )

    def handle(self, **_options: Any) -> None:
        refuse_unmigrated()
        with said_plainly():
            count = seal_new(at=timezone.now())
        self.stdout.write(_("Sealed %(count)s runs and acts.") % {"count": count})
