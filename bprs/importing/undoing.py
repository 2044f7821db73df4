"""Taking back what an import wrote, where nobody has touched it since; whoever has is told of."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import PROTECT, Max, Model

from bprs.access.models import User
from bprs.bulk import delete_rows, record_history, update_columns
from bprs.importing.locks import wait_for_other_imports
from bprs.importing.models import IMPORTED, UNDONE, ImportBatch
from bprs.importing.undoable import Undoable

UNDONE_AT_ONCE = 5_000
KEPT_NAMED = 1_000
CREATED, CHANGED = "+", "~"


@dataclass(frozen=True, slots=True, kw_only=True)
class Undoer:
    batch: ImportBatch
    by: User
    at: datetime


@dataclass(slots=True)
class Undone:
    """What became of the records of one slice; `kept` says why, by primary key."""

    removed: list[int] = field(default_factory=list)
    restored: list[int] = field(default_factory=list)
    kept: dict[int, str] = field(default_factory=dict)


def slices_of(batch: ImportBatch, kinds: Sequence[Undoable]) -> Iterator[tuple[Undoable, list[int]]]:
    """Slices of what the import wrote, by the keys of its history rows; what points at others comes first."""
    for kind in reversed(kinds):
        written = kind.model.history.filter(history_change_reason=batch.reason).order_by("history_id")
        keys = list(written.values_list("history_id", flat=True))
        for start in range(0, len(keys), UNDONE_AT_ONCE):
            yield kind, keys[start : start + UNDONE_AT_ONCE]


def take_back(kind: Undoable, history_keys: Sequence[int], undoer: Undoer) -> dict[str, Any]:
    """Take back one slice in the transaction that is open; return its counts and what had to stay."""
    wait_for_other_imports()
    undone = _TakingBack(kind, history_keys, undoer).go()
    return {
        "kind": str(kind.model._meta.model_name),
        "read": len(history_keys),
        "removed": len(undone.removed),
        "restored": len(undone.restored),
        "kept": len(undone.kept),
        "why_kept": Counter(undone.kept.values()),
        "kept_records": _named(kind, undone.kept),
    }


class _TakingBack:
    def __init__(self, kind: Undoable, history_keys: Sequence[int], undoer: Undoer) -> None:
        self.kind, self.undoer, self.undone = kind, undoer, Undone()
        self.history = kind.model.history.model.objects
        rows = self.history.filter(history_id__among=history_keys).values_list("id", "history_id", "history_type")
        self.written = {pk: (key, written) for pk, key, written in rows}

    def go(self) -> Undone:
        self._lock()
        self._keep_what_was_touched()
        created = [pk for pk, (_key, written) in self.written.items() if written == CREATED]
        self._keep_what_is_in_use(self._free(created))
        self._remove(self._free(created))
        changed = [pk for pk, (_key, written) in self.written.items() if written == CHANGED]
        self._restore(self._before(self._free(changed)))
        return self.undone

    def _lock(self) -> None:
        rows = self.kind.model.objects.filter(pk__among=list(self.written)).select_for_update(of=("self",))
        there = set(rows.values_list("pk", flat=True))
        self._keep([pk for pk in self.written if pk not in there], "gone")

    def _keep(self, pks: Collection[int], why: str) -> None:
        for pk in pks:
            self.undone.kept.setdefault(pk, why)

    def _free(self, pks: Sequence[int]) -> list[int]:
        return [pk for pk in pks if pk not in self.undone.kept]

    def _keep_what_was_touched(self) -> None:
        self._keep(self._changed_since(), "changed_since")
        if self.kind.used_at:
            self._keep(self._scored_since(), "scored_since")

    def _scored_since(self) -> list[int]:
        """Unless by a later import that was undone."""
        used_at, run_at = self.kind.used_at, self.undoer.batch.run_at
        undone = ImportBatch.objects.filter(state=ImportBatch.State.UNDONE, run_at__gt=run_at).values("run_at")
        used = self.kind.model.objects.filter(**{f"{used_at}__gt": run_at, "pk__among": list(self.written)})
        return list(used.exclude(**{f"{used_at}__in": undone}).values_list("pk", flat=True))

    def _changed_since(self) -> list[int]:
        """What has a later entry in its history than ours. A later import that was undone left nothing behind."""
        rows = self.history.filter(id__among=list(self.written)).order_by().values_list("id")
        latest = dict(rows.annotate(latest=Max("history_id")))
        later = [pk for pk, (key, _written) in self.written.items() if latest[pk] != key]
        reasons: dict[int, set[str]] = {pk: set() for pk in later}
        entries = self.history.filter(id__among=later).values_list("id", "history_id", "history_change_reason")
        for pk, key, reason in entries:
            if key > self.written[pk][0]:
                reasons[pk].add(reason or "")
        return [pk for pk in later if not _is_of_undone_imports(reasons[pk])]

    def _keep_what_is_in_use(self, created: Sequence[int]) -> None:
        """Only what the database guards as well: scores outlive their financing."""
        for relation in self.kind.model._meta.related_objects:
            if relation.on_delete is PROTECT and relation.field.db_constraint:
                name = relation.field.name
                pointing = relation.related_model.objects.filter(**{f"{name}__pk__among": created})
                self._keep(set(pointing.values_list(f"{name}__pk", flat=True)), "in_use")

    def _remove(self, pks: list[int]) -> None:
        if pks:
            self._record(pks, "-")
            delete_rows(self.kind.model, pks)
        self.undone.removed = pks

    def _before(self, pks: Sequence[int]) -> dict[int, int]:
        """The history row that says what each record was before; a record without one stays as it is."""
        earlier = self.history.filter(id__among=pks).order_by("history_id").values_list("id", "history_id")
        before = {pk: key for pk, key in earlier if key < self.written[pk][0]}
        self._keep([pk for pk in pks if pk not in before], "no_earlier_record")
        return before

    def _restore(self, before: Mapping[int, int]) -> None:
        model = self.kind.model
        names = [
            f.attname for f in model.history.model.tracked_fields if f.attname not in ("id", "created_at", "updated_at")
        ]
        rows = list(self.history.filter(history_id__among=list(before.values())).values("id", *names))
        self._keep_what_is_taken(rows)
        rows = [row for row in rows if row["id"] not in self.undone.kept]
        pks = [row["id"] for row in rows]
        columns: dict[str, object] = {name: [row[name] for row in rows] for name in names}
        if pks:
            update_columns(model, pks, {**columns, "updated_at": self.undoer.at})
            self._record(pks, "~")
        self.undone.restored = pks

    def _keep_what_is_taken(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """A number or NIK that another record has by now cannot be given back."""
        model: type[Model] = self.kind.model
        unique = [f.attname for f in model._meta.concrete_fields if f.unique and not f.primary_key]
        for name in unique:
            owners = {row[name]: row["id"] for row in rows if row[name] is not None}
            now = self.kind.model.objects.filter(**{f"{name}__among": list(owners)}).values_list(name, "pk")
            self._keep([owners[value] for value, pk in now if owners[value] != pk], "taken")

    def _record(self, pks: list[int], kind: str) -> None:
        undoer = self.undoer
        reason = undoer.batch.undo_reason
        record_history(self.kind.model, pks, changed_by=undoer.by, changed_at=undoer.at, kind=kind, reason=reason)


def _is_of_undone_imports(reasons: Set[str]) -> bool:
    """Whether each of these entries is of an import or of its undoing, and there are both."""
    undone = {reason.replace(UNDONE, IMPORTED) for reason in reasons if reason.startswith(UNDONE)}
    return reasons == undone | {reason.replace(IMPORTED, UNDONE) for reason in undone}


def _named(kind: Undoable, kept: Mapping[int, str]) -> list[dict[str, str]]:
    """The records that stay, as people know them: the latest number their history knows."""
    some = sorted(kept)[:KEPT_NAMED]
    rows = kind.model.history.model.objects.filter(id__among=some).order_by("history_id")
    numbers = dict(rows.values_list("id", kind.number))
    name = str(kind.model._meta.model_name)
    return [{"kind": name, "number": numbers[pk], "code": kept[pk]} for pk in some]
