"""A sheet, and what will become of each of its rows."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from bprs.importing.entries import Fate
from bprs.importing.plans import Plan
from bprs.importing.sheets import Sheet


@dataclass(frozen=True, slots=True, kw_only=True)
class Prospect:
    """`plan` is for the rows of the sheet that could be read: its row `i` is the sheet's `rows[i]`."""

    sheet: Sheet
    rows: Sequence[int]
    plan: Plan

    def fates(self) -> list[Fate]:
        """One for every row of the sheet."""
        fates = [Fate.REJECTED] * len(self.sheet)
        for row in self.sheet.blank - self.sheet.faults.keys():
            fates[row] = Fate.BLANK
        for row, fate in self.planned():
            fates[row] = fate
        return fates

    def planned(self) -> Iterator[tuple[int, Fate]]:
        """The rows that will be written or are there already."""
        faults = self.sheet.faults
        pairs = zip(self.rows, self.plan.fates, strict=True)
        return ((row, fate) for row, fate in pairs if row not in faults) if faults else pairs

    def groups(self) -> dict[int, str]:
        """What each planned row must be written together with."""
        faults = self.sheet.faults
        return {row: group for row, group in zip(self.rows, self.plan.groups, strict=True) if row not in faults}

    @property
    def generated_count(self) -> int:
        faults = self.sheet.faults
        return sum(1 for place in self.plan.generated if self.rows[place] not in faults)

    def before(self, row: int, name: str) -> Any:
        """What the value of a field of a planned row replaces.

        :raises KeyError: if it replaces nothing
        """
        return self.plan.before(bisect_left(self.rows, row), name)
