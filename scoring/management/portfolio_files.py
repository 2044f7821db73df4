"""The side of `score_file` that scores many files into a folder, by several processes or machines."""

import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from bprs.management.refusals import said_plainly, unbroken
from bprs.wording import warning_sentence
from loans.models import Segment
from scoring.engine import Scorecard
from scoring.services.portfolio_files.cluster import LOCAL, Cluster, ClusterRefused, Tls, runner_for
from scoring.services.portfolio_files.inputs import is_many
from scoring.services.portfolio_files.score_files import PART_ROWS, FilesSummary, FolderRefused, score_files

SOME_REJECTED, NOTHING_SCORED = 1, 2
WARNINGS_SHOWN = 20
OF_ONE_FILE = ("sheet", "rejected")
FILE_SUFFIXES = (".csv", ".xlsx", ".parquet")


def add_cluster_arguments(parser: ArgumentParser) -> None:
    """What can be said about who does the work."""
    parser.add_argument(
        "--cluster",
        metavar="WHERE",
        help="local (default for a folder): processes on this machine; here: this process alone; or a Dask scheduler, "
        "tcp://127.0.0.1:8786 or tls://host:8786",
    )
    parser.add_argument("--workers", type=int, metavar="N", help="with local: how many (default: every core)")
    parser.add_argument(
        "--part-rows",
        type=int,
        default=PART_ROWS,
        metavar="N",
        help="rows of a part, about (default: %(default)s); a folder that is gone on with keeps its parts",
    )
    for name, says in (("ca", "whom to believe"), ("cert", "who we are"), ("key", "what proves it")):
        parser.add_argument(f"--tls-{name}", type=Path, metavar="FILE", help=f"with tls://: {says} (PEM)")


def is_for_a_folder(sources: list[Path], output: Path, options: Mapping[str, Any]) -> bool:
    """Whether this is work for a cluster: because it says so, or because many files, or Parquet, go to a folder."""
    if options["cluster"] or len(sources) > 1:
        return True
    [source] = sources
    is_parquet = source.suffix.lower() == ".parquet"
    return is_parquet or (is_many(source) and not _is_file_name(output))


def score_into_folder(
    command: BaseCommand,
    sources: list[Path],
    folder: Path,
    card: Scorecard,
    mapping: Mapping[str, str],
    options: Mapping[str, Any],
) -> None:
    """
    Score, say what became of the rows, and end with the exit code that says so.

    :raises CommandError: if it is refused, or nothing was scored
    """
    with said_plainly(exit_code=NOTHING_SCORED), _progress() as on_progress:
        _refuse_misplaced(folder, options)
        with unbroken():
            runner = runner_for(_cluster(options))
        summary = score_files(
            sources=sources,
            folder=folder,
            card=card,
            runner=runner,
            locale=options["locale"],
            mapping=mapping,
            part_rows=options["part_rows"],
            on_progress=on_progress,
        )
    _say(command, summary, folder)
    if not summary.totals.scored:
        raise CommandError(_("Nothing was scored."), returncode=NOTHING_SCORED)
    if summary.totals.rejected or summary.set_aside:
        raise SystemExit(SOME_REJECTED)


def rows_sentence(*, read: int, scored: int, rejected: int, blank: int) -> str:
    return _("Read %(read)s rows: %(scored)s scored, %(rejected)s rejected, %(blank)s blank.") % {
        "read": read,
        "scored": scored,
        "rejected": rejected,
        "blank": blank,
    }


def segment_lines(segments: Mapping[str, int]) -> Iterator[str]:
    yield from (f"  {Segment(segment).label}: {count}" for segment, count in segments.items())


def _is_file_name(output: Path) -> bool:
    return output.suffix.lower() in FILE_SUFFIXES and not output.is_dir()


def _refuse_misplaced(folder: Path, options: Mapping[str, Any]) -> None:
    if _is_file_name(folder):
        raise FolderRefused(_("Parquet, and anything scored by a cluster, is scored into a folder: -o scored/"))
    if options["part_rows"] < 1:
        raise FolderRefused(_("A part has at least one row."))
    misplaced = [name for name in OF_ONE_FILE if options[name]]
    if misplaced:
        raise FolderRefused(_("--%(option)s is for a single file.") % {"option": misplaced[0]})


def _cluster(options: Mapping[str, Any]) -> Cluster:
    if options["workers"] is not None and options["workers"] < 1:
        raise ClusterRefused(_("There must be at least one worker."))
    files = [options["tls_ca"], options["tls_cert"], options["tls_key"]]
    tls = Tls(ca=files[0], cert=files[1], key=files[2]) if all(files) else None
    if any(files) and not tls:
        raise ClusterRefused(_("--tls-ca, --tls-cert and --tls-key go together."))
    return Cluster(address=options["cluster"] or LOCAL, workers=options["workers"] or 0, tls=tls)


def _say(command: BaseCommand, summary: FilesSummary, folder: Path) -> None:
    for path, warning in summary.warnings[:WARNINGS_SHOWN]:
        command.stderr.write(f"{path}: {warning_sentence(warning.code, warning.params)}")
    for part, reason in summary.set_aside.items():
        command.stderr.write(_("Set aside: %(part)s, because %(reason)s.") % {"part": part, "reason": reason})
    command.stdout.write("\n".join(_account(summary)))
    command.stdout.write(_("Scores are in %(path)s.") % {"path": folder})
    if summary.totals.rejected:
        command.stdout.write(_("Rejected rows are in %(path)s.") % {"path": folder / "_rejected"})
    if summary.set_aside:
        command.stdout.write(_("The folder is not complete. Give the same command again to try what was set aside."))


def _account(summary: FilesSummary) -> Iterator[str]:
    totals = summary.totals
    yield rows_sentence(read=totals.rows_read, scored=totals.scored, rejected=totals.rejected, blank=totals.blank)
    yield from segment_lines(totals.segments)
    yield _("Financing amounts of the scored rows: Rp %(sum)s.") % {
        "sum": number_format(totals.exposure, decimal_pos=2, force_grouping=True)
    }
    yield _("%(parts)s parts, of which %(resumed)s were there already.") % {
        "parts": summary.parts,
        "resumed": summary.resumed,
    }


@contextmanager
def _progress() -> Iterator[Callable[[int, int | None], None]]:
    """A bar on a terminal; nothing is drawn into a log file."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty(), transient=True) as progress:
        task = progress.add_task(_("Rows"), total=None)
        yield lambda done, rows: progress.update(task, completed=done, total=rows)
