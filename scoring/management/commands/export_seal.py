"""Write down the head of the chain of seals."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from bprs.disk import not_written
from bprs.management.refusals import refuse_unmigrated
from scoring.services.anchors import export_head

NOTHING = 1


class Command(BaseCommand):
    help = (
        "Write the last seal as JSON, for keeping where nobody who can change the database can change it: verify "
        "--anchor FILE finds by it whether seals were cut off or made anew. Exit codes: 0 written; 1 nothing is "
        "sealed yet, or it cannot be written."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--output", type=Path, metavar="FILE", help="where to (default: standard output)")

    def handle(self, *, output: Path | None, **_options: Any) -> None:
        refuse_unmigrated()
        head = export_head()
        if head is None:
            raise CommandError(_("Nothing is sealed yet: run manage.py seal."), returncode=NOTHING)
        text = json.dumps(head, indent=2)
        if output is None:
            self.stdout.write(text)
            return
        try:
            output.write_text(f"{text}\n")
        except OSError as error:
            raise CommandError(not_written(output, error), returncode=NOTHING) from None
