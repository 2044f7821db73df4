"""Back the site up into one file."""

from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from bprs.backups.making import make_backup
from bprs.backups.manifest import Manifest
from bprs.management.refusals import cleaning_up, refuse_unmigrated, refuse_wrong_keys, said_plainly

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
            "target",
            metavar="TARGET",
            help="a new file that ends in .tar, or a folder, in which it is named by the time",
        )

    def handle(self, *, target: str, **_options: Any) -> None:
        refuse_unmigrated(exit_code=NOT_MADE)
        refuse_wrong_keys(exit_code=NOT_MADE)
        made_at = timezone.localtime()
        file = _file_meant(target, made_at)
        with said_plainly(exit_code=NOT_MADE), cleaning_up():
            manifest = make_backup(target=file.absolute(), made_at=made_at)
        self._say(file, manifest)
        if manifest.lacking or manifest.changed:
            raise SystemExit(NOT_WHOLE)

    def _say(self, target: Path, manifest: Manifest) -> None:
        counts = {"rows": manifest.rows, "files": len(manifest.files), "size": target.stat().st_size // MEGABYTE}
        said = _("Backed up to %(file)s: %(rows)s rows and %(files)s files, %(size)s MB.")
        self.stdout.write(said % {"file": target, **counts})
        for line in shortcomings(manifest):
            self.stderr.write(line)


def _file_meant(target: str, made_at: datetime) -> Path:
    """A folder that is not there, or not mounted, is not taken for the name of a file: there would be one night's backup and no other."""
    if target and Path(target).is_dir():
        return Path(target, f"bprs-{made_at:%Y%m%d-%H%M%S}.tar")
    if not target.endswith(".tar"):
        sentence = _("«%(target)s» is no folder. Make it, or name a file that ends in .tar.")
        raise CommandError(sentence % {"target": target}, returncode=NOT_MADE)
    return Path(target)


def shortcomings(manifest: Manifest) -> list[str]:
    lacking, changed = _("%(file)s was gone, and is not in the backup."), _("%(file)s is not as it was stored.")
    return [
        *(f"! {lacking % {'file': name}}" for name in manifest.lacking),
        *(f"! {changed % {'file': name}}" for name in manifest.changed),
    ]
