"""Remove the files that nobody used."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone
from django.utils.translation import gettext as _

from bprs.jobs.tidying import tidy


class Command(BaseCommand):
    help = (
        "Remove uploads that nothing refers to, imports that were never run, and what killed workers left, once they "
        "are older than KEEP_UNUSED_FILES_DAYS, and kept answers and webhook messages whose days are over. The workers "
        "do so once a day by themselves. Exit code: 0."
    )

    def handle(self, **_options: Any) -> None:
        removed = tidy(at=timezone.now())
        self.stdout.write(
            _(
                "Removed %(drafts)s imports never run, %(uploads)s uploads, %(results)s other files, "
                "%(repeated calls)s kept answers, %(messages)s webhook messages."
            )
            % removed
        )
