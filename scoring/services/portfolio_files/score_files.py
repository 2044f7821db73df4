"""Portfolios in files larger than a database: scored part by part, resumable after any death, every row accounted for."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType

from django.utils.translation import gettext, gettext_lazy
from django.utils.translation import gettext as _
from pydantic import ValidationError

from bprs.disk import DiskFull
from bprs.errors import DomainError
from bprs.spreadsheets import FileWarning
from bprs.spreadsheets.amounts import Locale
from bprs.spreadsheets.refusals import CELL_MESSAGES
from scoring.engine import Scorecard, canonical_json
from scoring.services.portfolio_files.folder import LOCK, MANIFEST, PLAN, locked, sweep, write_json
from scoring.services.portfolio_files.inputs import InputFile, find_files
from scoring.services.portfolio_files.part import Outcome, PartAccount, PartDone, SetAside
from scoring.services.portfolio_files.plan import PLANS, Asked, Plan, Task, plan_text, tasks_of
from scoring.services.portfolio_files.survey import survey

Runner = Callable[[Sequence[Task]], Iterator[Outcome]]
PART_ROWS = 1_000_000  # a second or less of work, 40 MB of results
OnProgress = Callable[[int, int | None], None]
REASONS = {"killed": gettext_lazy("it killed its worker again and again")}


class FolderRefused(DomainError):
    code = "folder_refused"


class InputChanged(DomainError):
    code = "input_changed"
    status = 409


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """What became of all rows. `exposure` is in rupiah, exact."""

    rows_read: int
    scored: int
    rejected: int
    blank: int
    exposure: Decimal
    segments: Mapping[str, int]
    faults: Mapping[str, int]

    @classmethod
    def of(cls, accounts: Iterable[PartAccount]) -> "Totals":
        parts = list(accounts)
        return cls(
            rows_read=sum(part.rows_read for part in parts),
            scored=sum(part.scored for part in parts),
            rejected=sum(part.rejected for part in parts),
            blank=sum(part.blank for part in parts),
            exposure=_rupiah(parts),
            segments=_summed(part.segments for part in parts),
            faults=_summed(part.faults for part in parts),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class FilesSummary:
    """`resumed` is how many parts an earlier attempt had finished; `set_aside` says by part why it could not be scored."""

    totals: Totals
    parts: int
    resumed: int
    set_aside: Mapping[str, str]
    warnings: tuple[tuple[Path, FileWarning], ...]

    @property
    def is_complete(self) -> bool:
        return not self.set_aside


def score_files(  # noqa: PLR0913 one parameter per choice the operator has
    *,
    sources: Sequence[Path],
    folder: Path,
    card: Scorecard,
    runner: Runner,
    locale: Locale = "id",
    mapping: Mapping[str, str] = MappingProxyType({}),
    part_rows: int = PART_ROWS,
    on_progress: OnProgress | None = None,
) -> FilesSummary:
    """
    Score Parquet and CSV files into a folder of Parquet files. The same call again goes on where the last one ended.

    The folder is complete once it has `_manifest.json`, the exact sum of its parts.

    :param runner: does the parts: `do_part` for every task, in any order and anywhere
    :param part_rows: how many rows a new plan gives to a part, about
    :raises NothingToScore: if there is no file, or no row in any
    :raises InputRefused: if a file cannot be read, or has other columns than the others
    :raises FolderRefused: if something else is in the folder, or other work than this one
    :raises FolderInUse: if another process writes into it
    :raises InputChanged: if a file was changed meanwhile
    :raises DiskFull: if there is no room left
    """
    inputs = find_files(sources)
    _refuse_overlap(inputs, sources, folder)
    asked = Asked(
        inputs=tuple(InputFile.of(path) for path in inputs),
        card_label=card.version,
        card_sha256=card.content_hash(),
        locale=locale,
        mapping=dict(mapping),
    )
    _refuse_others(folder)
    with locked(folder):
        plan, warnings = _plan(folder, asked, card, part_rows)
        tasks = tasks_of(plan, folder=folder, card=canonical_json(card.to_dict()), sentences=_sentences())
        (folder / MANIFEST).unlink(missing_ok=True)
        outcomes = _do(tasks, runner, plan.rows, on_progress)
        return _conclude(folder, plan, outcomes, warnings)


def _plan(
    folder: Path, asked: Asked, card: Scorecard, part_rows: int
) -> tuple[Plan, tuple[tuple[Path, FileWarning], ...]]:
    """The plan in the folder, or else a new one, which is in the folder before anything else is."""
    path = folder / PLAN
    if path.exists():
        return _same_plan(path, asked), ()
    surveyed = survey(asked, card, part_rows=part_rows)
    write_json(path, plan_text(surveyed.plan))
    return surveyed.plan, surveyed.warnings


def _same_plan(path: Path, asked: Asked) -> Plan:
    try:
        plan = PLANS.validate_json(path.read_bytes())
    except ValidationError:
        raise FolderRefused(_("%(path)s is not a plan that can be gone on with.") % {"path": path}) from None
    difference = _difference(plan.asked, asked)
    if difference:
        raise FolderRefused(
            _("%(folder)s holds scores of other work: %(difference)s. Choose another folder.")
            % {"folder": path.parent, "difference": difference}
        )
    return plan


def _difference(planned: Asked, asked: Asked) -> str:
    """In words; nothing if there is none."""
    if planned.card_sha256 != asked.card_sha256:
        return _("of the scorecard %(label)s") % {"label": planned.card_label}
    if (planned.locale, planned.mapping) != (asked.locale, asked.mapping):
        return _("the columns or numbers were read otherwise")
    before, now = set(planned.inputs), set(asked.inputs)
    changed = sorted({each.path for each in before ^ now})
    return _("%(path)s was added, removed or changed") % {"path": changed[0]} if changed else ""


def _do(tasks: Sequence[Task], runner: Runner, rows: int | None, on_progress: OnProgress | None) -> list[Outcome]:
    """All outcomes in the order of the parts; what stops everything is raised."""
    done, outcomes = 0, []
    with closing(runner(tasks)) as finished:  # type: ignore[type-var]  # a generator, whose cluster is to be closed
        for outcome in finished:
            _refuse_hopeless(outcome, tasks)
            outcomes.append(outcome)
            done += outcome.account.rows_read if isinstance(outcome, PartDone) else 0
            if on_progress:
                on_progress(done, rows)
    return sorted(outcomes, key=_index)


def _index(outcome: Outcome) -> int:
    return outcome.account.index if isinstance(outcome, PartDone) else outcome.index


def _refuse_hopeless(outcome: Outcome, tasks: Sequence[Task]) -> None:
    """What would befall every other part as well."""
    if not isinstance(outcome, SetAside):
        return
    if outcome.code == "disk_full":
        raise DiskFull(_("There is no room left on the disk. Free some, then give the same command again to go on."))
    if outcome.code == "input_changed":
        path = tasks[outcome.index].input.path
        raise InputChanged(_("%(path)s was changed while it was scored. Score into a new folder.") % {"path": path})


def _conclude(
    folder: Path, plan: Plan, outcomes: Sequence[Outcome], warnings: tuple[tuple[Path, FileWarning], ...]
) -> FilesSummary:
    done = [outcome for outcome in outcomes if isinstance(outcome, PartDone)]
    accounts = [each.account for each in done]
    sweep(folder, kept=frozenset().union(*(account.files for account in accounts)))
    summary = FilesSummary(
        totals=Totals.of(accounts),
        parts=len(plan.parts),
        resumed=sum(each.was_there for each in done),
        set_aside={_shown(plan, each.index): _reason(each) for each in outcomes if isinstance(each, SetAside)},
        warnings=warnings,
    )
    if summary.is_complete:
        write_json(folder / MANIFEST, _manifest(plan, summary.totals, accounts))
    return summary


def _manifest(plan: Plan, totals: Totals, accounts: Sequence[PartAccount]) -> dict[str, object]:
    return {
        "format": plan.format,
        "card": {"label": plan.asked.card_label, "sha256": plan.asked.card_sha256},
        "rows_read": totals.rows_read,
        "scored": totals.scored,
        "rejected": totals.rejected,
        "blank": totals.blank,
        "exposure": str(totals.exposure),
        "segments": dict(totals.segments),
        "faults": dict(totals.faults),
        "parts": [
            {"scored": {"file": account.scored_file, "rows": account.scored, "sha256": account.scored_sha256}}
            | (
                {"rejected": {"file": account.rejected_file, "sha256": account.rejected_sha256}}
                if account.rejected_file
                else {}
            )
            for account in accounts
        ],
    }


def _shown(plan: Plan, index: int) -> str:
    part = plan.parts[index]
    path, first = plan.asked.inputs[part.input].path, part.piece.first_row + 1
    return _("part %(number)s (%(path)s from row %(row)s)") % {"number": index, "path": path, "row": first}


def _reason(outcome: SetAside) -> str:
    return str(REASONS[outcome.code]) if outcome.code in REASONS else outcome.detail


def _rupiah(parts: Sequence[PartAccount]) -> Decimal:
    """Decimals add up exactly only within their context; whole sen always do."""
    sen = sum(int(part.exposure.scaleb(2)) for part in parts)
    return Decimal(f"{sen // 100}.{sen % 100:02}")


def _summed(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for each in counts:
        total.update(each)
    return dict(total)


def _sentences() -> dict[str, str]:
    """They travel with the task: workers know no language."""
    return {code: gettext(message) for code, message in CELL_MESSAGES.items()}


def _refuse_overlap(inputs: Sequence[Path], sources: Sequence[Path], folder: Path) -> None:
    """What is written must never be, or become, what is read."""
    target = folder.resolve()
    read_from = [source.resolve() for source in sources if source.is_dir()]
    if any(target in path.parents for path in inputs) or any(
        target == each or each in target.parents for each in read_from
    ):
        raise FolderRefused(_("The scores must go to a folder apart from the input."))


def _refuse_others(folder: Path) -> None:
    """A folder is new, empty, or ours."""
    if folder.exists() and not folder.is_dir():
        raise FolderRefused(_("%(folder)s is a file. The scores of a portfolio go to a folder.") % {"folder": folder})
    names = {path.name for path in folder.iterdir()} if folder.exists() else set()
    if names - {LOCK, "_parts", "_rejected"} and PLAN not in names:
        raise FolderRefused(_("%(folder)s holds other files. Choose a new folder.") % {"folder": folder})
