"""Workbooks that help an import along: the empty one to fill in, and the rows that were rejected."""

import io
from collections.abc import Iterable, Sequence

from bprs.importing.faults import Fault
from bprs.importing.resources import SheetResource
from bprs.spreadsheets import ColumnMatch, NumberStyle, RejectedRows
from bprs.spreadsheets.cells import Cell
from bprs.spreadsheets.column_spec import Language
from bprs.spreadsheets.template import write_template
from bprs.wording import screen_language


def template_workbook(resource: type[SheetResource], *, language: Language) -> bytes:
    target = io.BytesIO()
    write_template(target, resource.template_columns or resource.wanted, language=language)
    return target.getvalue()


def rejected_workbook(
    match: ColumnMatch,
    style: NumberStyle,
    rows: Iterable[tuple[int, Sequence[Cell], Sequence[Fault]]],
    *,
    hides_identities: bool = False,
) -> bytes:
    """The rejected rows by their numbers as they came, and what is wrong with each, in the language of the screen."""
    fields = {match.header_of(name): name for name in match.columns}
    target, language = io.BytesIO(), screen_language()
    with RejectedRows(
        target,
        match.headers,
        columns=match.columns,
        style=style,
        language=language,
        hides_identities=hides_identities,
    ) as writer:
        for number, cells, faults in rows:
            faulty = {fields.get(fault.column, fault.column) for fault in faults}
            writer.write(cells, row_number=number, faulty=faulty, reason=_reasons(faults))
    return target.getvalue()


def _reasons(faults: Sequence[Fault]) -> str:
    return "; ".join(f"{fault.column}: {fault.sentence}" if fault.column else fault.sentence for fault in faults)
