"""Restore a backup, or prove that it can be."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from bprs.backups.manifest import Manifest
from bprs.backups.proving import Proof
from bprs.backups.restoring import NotAsWritten, Restored, restore_backup, verify_backup
from bprs.management.commands.backup import shortcomings
from bprs.management.refusals import cleaning_up, said_plainly

FOUND, REFUSED = 1, 2


class Command(BaseCommand):
    help = (
        "Restore a backup beside the site, count its rows, verify every score, file and seal in it, and then put it in "
        "the site's place; what was there is kept under a dated name. The site must be stopped, except for --verify. "
        "Exit codes: 0 restored, or verified; 1 verifying found something, which is named, and nothing was restored; "
        "2 refused, and nothing was changed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("backup", type=Path, metavar="BACKUP", help="a file that `backup` wrote")
        wish = parser.add_mutually_exclusive_group()
        wish.add_argument("--verify", action="store_true", help="only prove it; the site is left alone, and may run")
        wish.add_argument("--replace", action="store_true", help="also where a bank is already")
        parser.add_argument(
            "--despite-findings", action="store_true", help="restore it also if verifying found something"
        )

    def handle(self, *, backup: Path, verify: bool, replace: bool, despite_findings: bool, **_options: Any) -> None:
        with said_plainly(exit_code=REFUSED), cleaning_up():
            if verify:
                self._verify(backup)
            else:
                self._restore(backup, is_replacing=replace, despite_findings=despite_findings)

    def _verify(self, backup: Path) -> None:
        manifest, proof = verify_backup(path=backup)
        self._say_proof(proof)
        self._say_manifest(backup, manifest)
        if not proof.is_clean:
            raise SystemExit(FOUND)
        self.stdout.write(_("It can be restored. Nothing was changed."))

    def _restore(self, backup: Path, *, is_replacing: bool, despite_findings: bool) -> None:
        try:
            restored = restore_backup(
                path=backup,
                restored_at=timezone.localtime(),
                is_replacing=is_replacing,
                despite_findings=despite_findings,
                on_proof=self._say_proof,
            )
        except NotAsWritten as refusal:
            raise CommandError(str(refusal), returncode=FOUND) from None
        self._say_manifest(backup, restored.manifest)
        self._say_where_the_old_is(restored)

    def _say_proof(self, proof: Proof) -> None:
        for line in proof.lines:
            self.stdout.write(line)

    def _say_manifest(self, backup: Path, manifest: Manifest) -> None:
        named = {"file": backup, "at": manifest.made_at, "rows": manifest.rows, "files": len(manifest.files)}
        self.stdout.write(_("%(file)s, made at %(at)s, holds %(rows)s rows and %(files)s files.") % named)
        for line in shortcomings(manifest):
            self.stdout.write(line)

    def _say_where_the_old_is(self, restored: Restored) -> None:
        self.stdout.write(_("Restored. The old database is kept as %(name)s.") % {"name": restored.old_database})
        if restored.old_files:
            self.stdout.write(_("The old files are kept in %(folder)s.") % {"folder": restored.old_files})
