"""Why rows were rejected: counted once, when they are, and shown in whatever language the reader has."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from bprs.importing.cell_json import from_json, origin_of
from bprs.importing.faults import fault_from_json
from bprs.importing.models import ImportBatch
from bprs.importing.shown_cells import shown_cell

ROWS_OF_A_REASON = 10
DIFFERS = "differs_from_row"
Written = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonRow:
    """`origin` is the row of the file that rejected rows came from, if this is a file of them."""

    number: int
    origin: int | None
    cell: str
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """What is wrong with some rows: how many they are, what it says of the first, and those shown."""

    column: str
    code: str
    sentence: str
    count: int
    is_same_for_all: bool
    rows: list[ReasonRow]

    @property
    def left_out(self) -> int:
        return self.count - len(self.rows)

    @property
    def has_cells(self) -> bool:
        """A row as a whole, or several of its columns, have no one cell to show."""
        return any(row.cell for row in self.rows)


def sum_up_reasons(batch: ImportBatch) -> None:
    """Note with the batch why its rows were rejected, the most frequent first: pages need not read all of them again."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    rejections = batch.rejections.order_by("row_index").values_list("row_index", "row_number", "faults")
    for row_index, number, faults in rejections.iterator():
        for fault in _one_of_each(faults):
            _count(found, row_index, number, fault)
    batch.preview["reasons"] = sorted(found.values(), key=lambda reason: -reason["count"])


def _one_of_each(faults: Sequence[Written]) -> Iterator[Written]:
    """What differs from another row in several columns is one thing to mend: its columns are named together."""
    differing = [fault for fault in faults if fault["code"] == DIFFERS]
    yield from (fault for fault in faults if fault["code"] != DIFFERS)
    if differing:
        yield {**differing[0], "column": ", ".join(fault["column"] for fault in differing), "key": ""}


def _count(found: dict[tuple[str, str], dict[str, Any]], row_index: int, number: int, fault: Written) -> None:
    key = fault.get("key", fault["column"]), fault["code"]
    reason = found.setdefault(key, {"fault": fault, "count": 0, "is_same_for_all": True, "places": []})
    reason["count"] += 1
    reason["is_same_for_all"] &= fault["params"] == reason["fault"]["params"]
    if len(reason["places"]) < ROWS_OF_A_REASON:
        reason["places"].append({"index": row_index, "number": number, "fault": fault})


def reasons_of(batch: ImportBatch) -> list[Reason]:
    """Why rows were rejected, the most frequent first. A row that lacks two things is counted under both."""
    noted = batch.preview.get("reasons", [])
    wanted = {place["index"] for reason in noted for place in reason["places"]}
    cells = dict(batch.rejections.filter(row_index__among=list(wanted)).values_list("row_index", "cells"))
    headers = {header: place for place, header in enumerate(batch.headers)}
    return [_told(reason, batch, cells, headers.get(reason["fault"]["column"])) for reason in noted]


def _told(noted: Written, batch: ImportBatch, cells: Mapping[int, Sequence[Any]], at: int | None) -> Reason:
    return Reason(
        column=noted["fault"]["column"],
        code=noted["fault"]["code"],
        sentence=fault_from_json(noted["fault"]).sentence,
        count=noted["count"],
        is_same_for_all=noted["is_same_for_all"],
        rows=[
            ReasonRow(
                number=place["number"],
                origin=origin_of(batch.headers, cells[place["index"]]),
                cell=_cell_at(cells[place["index"]], at),
                sentence=fault_from_json(place["fault"]).sentence,
            )
            for place in noted["places"]
        ],
    )


def _cell_at(cells: Sequence[Any], place: int | None) -> str:
    if place is None or place >= len(cells):
        return ""
    cell = from_json(cells[place])
    digits = str(cell)
    shown = shown_cell(cell)
    is_masked = "•" in shown and digits.isdigit()
    return _("%(cell)s (%(count)s digits)") % {"cell": shown, "count": len(digits)} if is_masked else shown
