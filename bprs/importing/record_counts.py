"""What an import does to each kind of record: planned, done, and taken back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from bprs.importing.models import IMPORTED, ImportBatch
from bprs.importing.sheet_kinds import resource_of

KEPT_SHOWN = 100
WHY_KEPT = {
    "gone": gettext_noop("It is no longer there."),
    "changed_since": gettext_noop("Somebody has changed it since."),
    "scored_since": gettext_noop("It was scored since."),
    "in_use": gettext_noop("Something else rests on it by now."),
    "no_earlier_record": gettext_noop("What it was before is not on record."),
    "taken": gettext_noop("Its number belongs to another record by now."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordCounts:
    """How many records of one kind an import adds and changes, and where the list of just these is."""

    kind: str
    title: str
    url_name: str
    created: int
    changed: int

    @property
    def count(self) -> int:
        return self.created + self.changed


def planned_records(batch: ImportBatch) -> list[RecordCounts]:
    """What the check found; the latest kind first: financing before the customers it is for."""
    planned = zip(resource_of(batch.kind).records, batch.preview.get("records", ()), strict=False)
    return [_counts(record.model, tally["created"], tally["changed"]) for record, tally in planned][::-1]


def imported_records(batch: ImportBatch) -> list[RecordCounts]:
    """What was written, by its history; in the same order."""
    return [_written(batch, record.model) for record in reversed(resource_of(batch.kind).records)]


def later_imports(batch: ImportBatch) -> list[ImportBatch]:
    """Those that changed the same records afterwards and stand; what they changed stays unless they are undone first."""
    reasons: set[str] = set()
    for record in resource_of(batch.kind).records:
        ours = record.model.history.filter(history_change_reason=batch.reason).order_by()
        theirs = record.model.history.filter(id__in=ours.values("id"), history_change_reason__startswith=IMPORTED)
        reasons |= set(theirs.order_by().values_list("history_change_reason", flat=True).distinct())
    keys = [reason.removeprefix(IMPORTED) for reason in reasons - {batch.reason}]
    later = ImportBatch.objects.filter(pk__in=keys, run_at__gt=batch.run_at, state__in=ImportBatch.MAY_BE_UNDONE)
    return list(later.select_related("stored_file").order_by("-run_at"))


def _written(batch: ImportBatch, model: Any) -> RecordCounts:
    written = model.history.filter(history_change_reason=batch.reason).order_by()
    counts = dict(written.values_list("history_type").annotate(Count("history_id")))
    return _counts(model, counts.get("+", 0), counts.get("~", 0))


def _counts(model: Any, created: int, changed: int) -> RecordCounts:
    return RecordCounts(
        kind=str(model._meta.model_name),
        title=str(model._meta.verbose_name_plural),
        url_name=f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist",
        created=created,
        changed=changed,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenBack:
    """What undoing did to one kind of record."""

    kind: str
    title: str
    removed: int
    restored: int
    kept: int
    why_kept: Mapping[str, int]


def taken_back(batch: ImportBatch) -> list[TakenBack]:
    by_kind = batch.undone.get("by_kind", {})
    models = [record.model for record in reversed(resource_of(batch.kind).records)]
    return [_taken_back(model, counts) for model in models if (counts := by_kind.get(model._meta.model_name))]


def _taken_back(model: Any, counts: Mapping[str, Any]) -> TakenBack:
    return TakenBack(
        kind=str(model._meta.model_name),
        title=str(model._meta.verbose_name_plural),
        removed=counts["removed"],
        restored=counts["restored"],
        kept=counts["kept"],
        why_kept=counts.get("why_kept", {}),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptRecords:
    """How many records of a kind undoing had to leave as they are for one reason, and the numbers of the first of them."""

    title: str
    sentence: str
    count: int
    numbers: Sequence[str]

    @property
    def unnamed(self) -> int:
        """How many more there are than are named; none if none has a number."""
        return self.count - len(self.numbers) if self.numbers else 0


def kept_records(batch: ImportBatch) -> list[KeptRecords]:
    """What undoing had to leave as it is, and why; most of it first."""
    named = batch.undone.get("kept_records", [])
    kept = []
    for record in taken_back(batch):
        for code, count in record.why_kept.items():
            these = (each for each in named if (each["kind"], each["code"]) == (record.kind, code))
            numbers = [each["number"] for each in these if each["number"]]
            sentence = _(WHY_KEPT.get(code, code))
            kept.append(KeptRecords(title=record.title, sentence=sentence, count=count, numbers=numbers[:KEPT_SHOWN]))
    return sorted(kept, key=lambda each: -each.count)
