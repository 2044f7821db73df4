"""Back the site up into one file."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from bprs.backups.making import make_backup
from bprs.backups.manifest import Manifest
from bprs.management.refusals import cleaning_up, refuse_unmigrated, said_plainly

NOT_WHOLE, NOT_MADE = 1, 2
MEGABYTE = 1024 * 1024


class Command(BaseCommand):
    help = (
        "Write the database as it is at one moment, every file its rows refer to and a manifest into one file, sealed "
        "and readable by its owner alone. The site may go on running. The keys are not in it. "
        "Exit codes: 0 written; 1 written, but files are named that were gone or not as they were stored; 2 not written."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "target", type=Path, metavar="TARGET", help="a new file, or a folder, in which it is named by the time"
        )

    def handle(self, *, target: Path, **_options: Any) -> None:
        refuse_unmigrated(exit_code=NOT_MADE)
        made_at = timezone.localtime()
        if target.is_dir():
            target /= f"bprs-{made_at:%Y%m%d-%H%M%S}.tar"
        with said_plainly(exit_code=NOT_MADE), cleaning_up():
            manifest = make_backup(target=target.absolute(), made_at=made_at)
        self._say(target, manifest)
        if manifest.lacking or manifest.changed:
            raise SystemExit(NOT_WHOLE)

    def _say(self, target: Path, manifest: Manifest) -> None:
        counts = {"rows": manifest.rows, "files": len(manifest.files), "size": target.stat().st_size // MEGABYTE}
        said = _("Backed up to %(file)s: %(rows)s rows and %(files)s files, %(size)s MB.")
        self.stdout.write(said % {"file": target, **counts})
        for line in shortcomings(manifest):
            self.stderr.write(line)


def shortcomings(manifest: Manifest) -> list[str]:
    lacking, changed = _("%(file)s was gone, and is not in the backup."), _("%(file)s is not as it was stored.")
    return [
        *(f"! {lacking % {'file': name}}" for name in manifest.lacking),
        *(f"! {changed % {'file': name}}" for name in manifest.changed),
    ]
