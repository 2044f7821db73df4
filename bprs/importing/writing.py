"""Writing a checked batch, part after part; each part looks again at what it changes, under lock."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol, cast

import numpy as np
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.module_loading import import_string

from bprs.importing.checking import counts_of, write_rejections
from bprs.importing.entries import Fate
from bprs.importing.faults import Fault
from bprs.importing.locks import wait_for_other_imports
from bprs.importing.models import ImportBatch
from bprs.importing.parts import rows_of, unpacked
from bprs.importing.plans import Importer
from bprs.importing.prospects import Prospect
from bprs.importing.sheet_kinds import resource_of
from bprs.importing.sheets import Sheet, SheetSource, original_cells

Counts = dict[str, Any]


class FollowUp(Protocol):
    """What else is done with the loans of an import; made anew for every attempt, by `settings.IMPORT_FOLLOW_UP`."""

    def chunk(self, loan_ids: Sequence[int], *, at: datetime) -> Mapping[str, Any]: ...

    def conclude(self, *, at: datetime, is_whole: bool) -> Mapping[str, Any]: ...


def follow_up_of(batch: ImportBatch) -> FollowUp | None:
    return cast(FollowUp, import_string(settings.IMPORT_FOLLOW_UP)(batch)) if batch.is_scored else None


class BatchWriter:
    """
    The parts of a batch whose file is open. Which rows are rejected was found by the check; a part rejects more only
    if the records changed since.
    """

    def __init__(self, batch: ImportBatch, source: SheetSource) -> None:
        self._batch, self._source = batch, source
        self._resource = resource_of(batch.kind)()
        self._sheet = self._resource.read(source)
        self._follow_up = follow_up_of(batch)
        parts = unpacked(bytes(batch.parts or b""))
        self._left_out = np.zeros(len(self._sheet), dtype=bool)
        self._left_out[[*batch.rejections.values_list("row_index", flat=True), *self._sheet.blank]] = True
        self.parts = rows_of(parts)

    def write(self, part: int) -> Counts:
        """Write one part in the transaction that is open; return the counts of its rows."""
        wait_for_other_imports()
        rows = self.parts[part]
        good = rows[~self._left_out[rows]].tolist()
        prospect, loan_ids = self._written(good)
        self._reject(prospect, good)
        counts: Counts = dict(counts_of(self._fates(rows.tolist(), prospect, good)))
        if self._follow_up and loan_ids:
            counts["follow_up"] = dict(self._follow_up.chunk(loan_ids, at=self._at))
        return counts

    @property
    def _at(self) -> datetime:
        at = self._batch.run_at
        if at is None:
            raise ValueError("the time of an import is fixed before it is written")
        return at

    def _written(self, good: Sequence[int]) -> tuple[Prospect, list[int]]:
        """Someone at a form may take a number between our look and our write: then look again, once."""
        try:
            with transaction.atomic():
                return self._plan_and_write(good)
        except IntegrityError:
            return self._plan_and_write(good)

    def _plan_and_write(self, good: Sequence[int]) -> tuple[Prospect, list[int]]:
        batch = self._batch
        importer = Importer(user=batch.owner, branch=batch.branch, at=self._at, is_final=True, reason=batch.reason)
        prospect = self._resource.prospect_of(self._sheet.take(good), importer)
        return prospect, prospect.plan.write()

    def _reject(self, prospect: Prospect, good: Sequence[int]) -> None:
        faults: dict[int, Sequence[Fault]] = {good[place]: found for place, found in prospect.sheet.faults.items()}
        cells = original_cells(self._source.table, faults)
        write_rejections(self._batch, self._sheet.row_numbers, faults, cells)

    def _fates(self, rows: Sequence[int], prospect: Prospect, good: Sequence[int]) -> list[Fate]:
        fates = dict(zip(good, prospect.fates(), strict=True))
        return [fates.get(row) or _left_out_as(self._sheet, row) for row in rows]


def _left_out_as(sheet: Sheet, row: int) -> Fate:
    return Fate.BLANK if row in sheet.blank else Fate.REJECTED


def added_up(results: Sequence[Mapping[str, Any]], names: Sequence[str]) -> dict[str, int]:
    return {name: sum(int(result.get(name, 0)) for result in results) for name in names}
