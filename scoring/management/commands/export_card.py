"""Write a scorecard as a file."""

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from bprs.disk import not_written
from bprs.management.refusals import refuse_unmigrated, said_plainly
from scoring.management.cards import card_labelled
from scoring.services.card_files import CARD_FORMATS, CardFormat, card_file

UNUSABLE = 2


class Command(BaseCommand):
    help = (
        "Write a scorecard as JSON (its SHA-256 is the content hash), as a sheet to print, or as SQL. "
        "Exit codes: 0 written; 2 no such scorecard, or it cannot be written so."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "card", nargs="?", default="", help="a label such as standard-1 (default: the card in force)"
        )
        parser.add_argument("--format", choices=CARD_FORMATS, default="json", dest="file_format")
        parser.add_argument("-o", "--output", type=Path, help="the file to write; without it, standard output")

    def handle(self, *, card: str, file_format: CardFormat, output: Path | None, **_options: Any) -> None:
        refuse_unmigrated(exit_code=UNUSABLE)
        with said_plainly(exit_code=UNUSABLE):
            content = card_file(card_labelled(card, at=timezone.now()), file_format)
        if output is None:
            self._print(content, file_format)
        else:
            _write(output, content)

    def _print(self, content: bytes, file_format: CardFormat) -> None:
        if file_format != "xlsx":
            self.stdout.write(content.decode(), ending="")
            return
        if sys.stdout.isatty():
            raise CommandError(_("A workbook is no text: name a file with --output."), returncode=UNUSABLE)
        sys.stdout.buffer.write(content)


def _write(output: Path, content: bytes) -> None:
    try:
        output.write_bytes(content)
    except OSError as error:
        raise CommandError(not_written(output, error), returncode=UNUSABLE) from None
