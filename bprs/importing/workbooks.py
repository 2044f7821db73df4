"""Workbooks that help an import along: the empty one to fill in, and the rows that were rejected."""

import io

from bprs.access.models import Branch, User
from bprs.importing.resources import SheetResource
from bprs.importing.sheets import Sheet, SheetSource
from bprs.spreadsheets.column_spec import Language
from bprs.spreadsheets.tables import REJECTION_HEADERS
from bprs.spreadsheets.template import write_template
from bprs.spreadsheets.writing import write_xlsx
from bprs.wording import screen_language


def template_workbook(resource: type[SheetResource], *, language: Language) -> bytes:
    target = io.BytesIO()
    write_template(target, resource.template_columns or resource.wanted, language=language)
    return target.getvalue()


def rejected_workbook(resource: SheetResource, source: SheetSource, *, user: User, branch: Branch | None) -> bytes:
    """
    The rejected rows as they came, and what is wrong with each, in the language of the screen.

    :raises SpreadsheetRefused: if the sheet cannot be read
    """
    sheet = resource.judged(source, user=user, branch=branch)
    places = [place for place, header in enumerate(sheet.headers) if header not in REJECTION_HEADERS]
    headers = [*(sheet.headers[place] for place in places), REJECTION_HEADERS[screen_language() == "en"]]
    rows = [
        [*(sheet.cells[place][row] for place in places), _reasons(sheet, row), *sheet.surplus.get(row, ())]
        for row in sorted(sheet.faults)
    ]
    target = io.BytesIO()
    write_xlsx(target, headers, rows, ["any"] * len(headers))
    return target.getvalue()


def _reasons(sheet: Sheet, row: int) -> str:
    return " ".join(
        f"{fault.column}: {fault.sentence}" if fault.column else fault.sentence for fault in sheet.faults[row]
    )
