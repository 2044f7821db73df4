"""Prove that what is stored is what was computed."""

import sys
from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from bprs.management.refusals import refuse_unmigrated, said_plainly
from scoring.services.verifying import Verification

FOUND, NOT_VERIFIED = 1, 2
NAMED = 50  # of each kind


class Command(BaseCommand):
    help = (
        "Compute every stored score again from the facts it keeps and the card it was made with, and compare all of it; "
        "see that financing carries its latest score and that runs are whole. Nothing is changed. "
        "Exit codes: 0 all as it was written; 1 something is not, and is named; 2 it could not be verified."
    )

    def handle(self, **_options: Any) -> None:
        refuse_unmigrated(exit_code=NOT_VERIFIED)
        found: Counter[str] = Counter()
        columns = (SpinnerColumn(), TextColumn("{task.description} {task.completed:,.0f}"), TimeElapsedColumn())
        is_seen = sys.stderr.isatty()
        with (
            said_plainly(exit_code=NOT_VERIFIED),
            Progress(*columns, console=Console(stderr=True), disable=not is_seen, transient=True) as progress,
        ):
            task = progress.add_task(_("Scores"), total=None)
            verification = Verification(on_progress=lambda done: progress.update(task, completed=done))
            for finding in verification.findings():
                found[finding.code] += 1
                if found[finding.code] <= NAMED:
                    self.stdout.write(f"! {finding.code}: {finding.sentence}")
        for code, count in found.items():
            if count > NAMED:
                more = ngettext("and %(count)s more", "and %(count)s more", count - NAMED) % {"count": count - NAMED}
                self.stdout.write(f"! {code}: {more}")
        counts = {"scores": verification.scores, "rows": verification.rows, "found": found.total()}
        self.stdout.write(
            _("Replayed %(scores)s scores of financing and %(rows)s rows of files: %(found)s findings.") % counts
        )
        if found:
            raise SystemExit(FOUND)
