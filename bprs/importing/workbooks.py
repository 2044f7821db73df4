"""Workbooks that help an import along: the empty one to fill in, and the rows that were rejected."""

import io
from collections.abc import Iterable, Sequence

from bprs.importing.faults import Fault
from bprs.importing.resources import SheetResource
from bprs.spreadsheets.cells import Cell
from bprs.spreadsheets.column_spec import Language
from bprs.spreadsheets.tables import REJECTION_HEADERS
from bprs.spreadsheets.template import write_template
from bprs.spreadsheets.writing import XlsxWriter
from bprs.wording import screen_language


def template_workbook(resource: type[SheetResource], *, language: Language) -> bytes:
    target = io.BytesIO()
    write_template(target, resource.template_columns or resource.wanted, language=language)
    return target.getvalue()


def rejected_workbook(headers: Sequence[str], rows: Iterable[tuple[Sequence[Cell], Sequence[Fault]]]) -> bytes:
    """The rejected rows as they came, and what is wrong with each, in the language of the screen."""
    places = [place for place, header in enumerate(headers) if header not in REJECTION_HEADERS]
    titles = [*(headers[place] for place in places), REJECTION_HEADERS[screen_language() == "en"]]
    target = io.BytesIO()
    with XlsxWriter(target, titles, ["any"] * len(titles)) as writer:
        for cells, faults in rows:
            surplus = cells[len(headers) :]
            writer.write_rows([[*(cells[place] for place in places), _reasons(faults), *surplus]])
    return target.getvalue()


def _reasons(faults: Sequence[Fault]) -> str:
    return " ".join(f"{fault.column}: {fault.sentence}" if fault.column else fault.sentence for fault in faults)
