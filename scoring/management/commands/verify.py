"""Prove that what is stored is what was computed."""

import sys
from collections import Counter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from bprs.disk import not_read
from bprs.management.refusals import refuse_unmigrated, refuse_wrong_keys, said_plainly
from scoring.services.anchors import Anchor, NotAnAnchor, read_anchor
from scoring.services.findings import Finding
from scoring.services.stored_scores import uncollected
from scoring.services.verifying import Verification

FOUND, NOT_VERIFIED = 1, 2
NAMED = 50  # of each kind


class Command(BaseCommand):
    help = (
        "Compute every stored score again from the facts it keeps and the card it was made with, and compare all of it; "
        "see that financing carries its latest score, that runs are whole, and that everything is as it was sealed. "
        "Nothing is changed. "
        "Exit codes: 0 all as it was written; 1 something is not, and is named; 2 it could not be verified."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--anchor",
            type=Path,
            metavar="FILE",
            help="a head of the chain that export_seal wrote: the chain must hold it",
        )

    def handle(self, *, anchor: Path | None, **_options: Any) -> None:
        refuse_unmigrated(exit_code=NOT_VERIFIED)
        refuse_wrong_keys(exit_code=NOT_VERIFIED)
        found: Counter[str] = Counter()
        columns = (SpinnerColumn(), TextColumn("{task.description} {task.completed:,.0f}"), TimeElapsedColumn())
        is_seen = sys.stderr.isatty()
        with (
            said_plainly(exit_code=NOT_VERIFIED),
            uncollected(),
            Progress(*columns, console=Console(stderr=True), disable=not is_seen, transient=True) as progress,
        ):
            task = progress.add_task(_("Scores"), total=None)
            verification = Verification(
                on_progress=lambda done: progress.update(task, completed=done),
                anchor=_anchor_in(anchor) if anchor else None,
                at=timezone.now(),
            )
            for finding in verification.findings():
                self._say(finding, found)
        for code, count in found.items():
            if count > NAMED:
                more = ngettext("and %(count)s more", "and %(count)s more", count - NAMED) % {"count": count - NAMED}
                self.stdout.write(f"! {code}: {more}")
        self._sum_up(verification, found.total())
        if found:
            raise SystemExit(FOUND)

    def _say(self, finding: Finding, found: Counter[str]) -> None:
        """Of each kind only so many; notes are not counted."""
        if not finding.is_note:
            found[finding.code] += 1
        if found[finding.code] <= NAMED:
            self.stdout.write(f"{'-' if finding.is_note else '!'} {finding.code}: {finding.sentence}")

    def _sum_up(self, verification: Verification, found: int) -> None:
        counts = {"scores": verification.scores, "rows": verification.rows, "found": found}
        self.stdout.write(
            _("Replayed %(scores)s scores of financing and %(rows)s rows of files: %(found)s findings.") % counts
        )
        self.stdout.write(_("Checked %(seals)s seals.") % {"seals": verification.seals})


def _anchor_in(path: Path) -> Anchor:
    """:raises NotAnAnchor: if it cannot be read, or is none"""
    try:
        return read_anchor(path.read_bytes())
    except OSError as error:
        raise NotAnAnchor(not_read(path, error)) from None
