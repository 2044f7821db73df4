"""Score a file of applications."""

import errno
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from bprs.disk import NO_SPACE, not_written
from bprs.management.refusals import cleaning_up, refuse_unmigrated, said_plainly, unbroken
from bprs.wording import warning_sentence
from scoring.engine import Scorecard
from scoring.management.cards import card_labelled
from scoring.management.portfolio_files import (
    NOTHING_SCORED,
    SOME_REJECTED,
    add_cluster_arguments,
    is_for_a_folder,
    rows_sentence,
    score_into_folder,
    segment_lines,
)
from scoring.services.score_path import FileSummary, score_path

FULL = gettext_lazy("There is no room left on the disk for %(path)s.")
FAULTS = {
    errno.ENOENT: gettext_lazy("There is no file %(path)s."),
    errno.EISDIR: gettext_lazy("%(path)s is a folder, not a file."),
    errno.EACCES: gettext_lazy("%(path)s may not be read or written."),
    **dict.fromkeys(NO_SPACE, FULL),
}


class Command(BaseCommand):
    requires_system_checks = ()  # they import every page and endpoint, for longer than a small file takes
    help = (
        "Score a CSV or XLSX file: its columns with the outcome beside them go to OUT (.csv, .xlsx or .parquet), "
        "rejected rows with their reasons to a workbook. Files appear whole or not at all. "
        "Or score many Parquet or CSV files of any size, by several processes or machines, into a folder OUT; the same "
        "command again goes on where it ended. "
        "Exit codes: 0 all scored; 1 some rows rejected or parts set aside; 2 refused, or nothing scored."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "source",
            type=Path,
            nargs="+",
            metavar="IN",
            help="the CSV or XLSX file of applications; or Parquet or CSV files, a folder of them, 'portfolio/*.parquet'",
        )
        parser.add_argument(
            "-o", "--output", type=Path, required=True, metavar="OUT", help="where the scores go: a file, or a folder"
        )
        parser.add_argument("--scorecard", default="", metavar="LABEL", help="such as standard-1 (default: in force)")
        parser.add_argument("--sheet", metavar="NAME", help="which sheet of a workbook that has several")
        parser.add_argument(
            "--column",
            action="append",
            default=[],
            metavar="TITLE=NAME",
            help="read the column with this title as monthly_income, assets_value, ...; may be given several times",
        )
        parser.add_argument(
            "--rejected",
            type=Path,
            metavar="FILE",
            help="where rejected rows go (default: <OUT>.rejected.xlsx beside it)",
        )
        parser.add_argument(
            "--locale",
            choices=("id", "en"),
            default="id",
            help="what groups thousands where the file itself does not tell: id the point (default), en the comma",
        )

        add_cluster_arguments(parser)

    def handle(self, *, source: list[Path], output: Path, scorecard: str, **options: Any) -> None:
        refuse_unmigrated(exit_code=NOTHING_SCORED)
        with said_plainly(exit_code=NOTHING_SCORED):
            card = card_labelled(scorecard, at=timezone.now()).card
        mapping = _mapping(options["column"])
        with unbroken():
            pa.array([""])  # at its first array pyarrow looks for pandas
        with cleaning_up(), _file_faults(output):
            if is_for_a_folder(source, output, options):
                score_into_folder(self, source, output, card, mapping, options)
            else:
                self._score_one(source, output, card, mapping, options)

    def _score_one(
        self, source: list[Path], output: Path, card: Scorecard, mapping: dict[str, str], options: dict[str, Any]
    ) -> None:
        _refuse_missing_folder(output)
        _refuse_pipe(source[0])
        with said_plainly(exit_code=NOTHING_SCORED), _progress() as on_progress:
            summary = score_path(
                source=source[0],
                output=output,
                card=card,
                rejected=options["rejected"],
                sheet=options["sheet"],
                locale=options["locale"],
                mapping=mapping,
                on_progress=on_progress,
            )
        self._say(summary, output)
        if not summary.account.accepted:
            raise CommandError(_("Nothing was scored."), returncode=NOTHING_SCORED)
        if summary.account.rejected:
            raise SystemExit(SOME_REJECTED)

    def _say(self, summary: FileSummary, output: Path) -> None:
        account = summary.account
        for warning in summary.warnings:
            self.stderr.write(warning_sentence(warning.code, warning.params))
        self.stdout.write(
            rows_sentence(
                read=account.rows_read, scored=account.accepted, rejected=account.rejected, blank=account.blank
            )
        )
        for line in segment_lines(summary.segments):
            self.stdout.write(line)
        self.stdout.write(_("Scores are in %(path)s.") % {"path": output})
        if summary.rejected_path:
            self.stdout.write(_("Rejected rows are in %(path)s.") % {"path": summary.rejected_path})


def _mapping(columns: Sequence[str]) -> dict[str, str]:
    """What is given by hand; a title may contain an equals sign, a name cannot."""
    pairs = [column.rpartition("=") for column in columns]
    unclear = [column for column, pair in zip(columns, pairs, strict=True) if not (pair[0].strip() and pair[2].strip())]
    if unclear:
        raise CommandError(
            _("Write --column as TITLE=NAME, such as «Gaji pokok=monthly_income», not «%(given)s».")
            % {"given": unclear[0]},
            returncode=NOTHING_SCORED,
        )
    return {title.strip(): name.strip() for title, _equals, name in pairs}


def _refuse_missing_folder(output: Path) -> None:
    if not output.parent.is_dir():
        raise CommandError(
            _("There is no folder %(folder)s to write to.") % {"folder": output.parent}, returncode=NOTHING_SCORED
        )


def _refuse_pipe(source: Path) -> None:
    if source.is_fifo():
        raise CommandError(
            _("%(path)s is a pipe, and the file is read more than once: write it to the disk first.")
            % {"path": source},
            returncode=NOTHING_SCORED,
        )


@contextmanager
def _file_faults(output: Path) -> Iterator[None]:
    """A missing file, a full disk or a forbidden folder is the operator's to mend, not a bug."""
    try:
        yield
    except OSError as error:
        path = error.filename or output
        sentence = FAULTS.get(error.errno or 0)
        said = sentence % {"path": path} if sentence else not_written(path, error)
        raise CommandError(said, returncode=NOTHING_SCORED) from None


@contextmanager
def _progress() -> Iterator[Callable[[int], None]]:
    """A running count on a terminal; nothing is drawn into a log file."""
    columns = (SpinnerColumn(), TextColumn("{task.description} {task.completed:,.0f}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty(), transient=True) as progress:
        task = progress.add_task(_("Rows"), total=None)
        yield lambda rows_read: progress.update(task, completed=rows_read)
