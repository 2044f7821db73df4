"""Say what a scorecard can never do."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from bprs.disk import not_read
from bprs.management.refusals import refuse_unmigrated, said_plainly
from scoring.engine import Level, Scorecard
from scoring.findings import examine_card, finding_sentence
from scoring.management.cards import card_labelled

WARNED, UNUSABLE = 1, 2


class Command(BaseCommand):
    help = (
        "Say in plain sentences what a scorecard can never reach. "
        "Exit codes: 0 nothing to warn of; 1 warnings; 2 no such card, or not a card."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "card",
            nargs="?",
            default="",
            help="a label such as standard-1, or a JSON file (default: the card in force)",
        )

    def handle(self, *, card: str, **_options: Any) -> None:
        with said_plainly(exit_code=UNUSABLE):
            label, definition = _read(card)
        findings = examine_card(definition).findings
        self.stdout.write(f"{label}:")
        for finding in findings:
            mark = "  " if finding.level is Level.INFO else "! "
            self.stdout.write(f"{mark}{finding_sentence(finding)}")
        levels = {finding.level for finding in findings}
        if Level.BLOCKING in levels:
            raise CommandError(_("This is not a scorecard that can be used."), returncode=UNUSABLE)
        if Level.WARNING in levels:
            raise SystemExit(WARNED)


def _read(card: str) -> tuple[str, Scorecard | Mapping[str, object]]:
    path = Path(card)
    if path.suffix.lower() == ".json" or path.is_file():
        return card, _definition_in(path)
    refuse_unmigrated(exit_code=UNUSABLE)
    version = card_labelled(card, at=timezone.now())
    return version.label, version.card


def _definition_in(path: Path) -> Mapping[str, object]:
    try:
        definition = json.loads(path.read_bytes())
    except OSError as error:
        raise CommandError(not_read(path, error), returncode=UNUSABLE) from None
    except (ValueError, RecursionError) as error:
        raise CommandError(
            _("%(path)s is not JSON: %(reason)s") % {"path": path, "reason": error}, returncode=UNUSABLE
        ) from None
    if not isinstance(definition, dict):
        raise CommandError(_("%(path)s holds no scorecard, which is an object.") % {"path": path}, returncode=UNUSABLE)
    return definition
